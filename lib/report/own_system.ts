import type { Summary } from "../diagnosis/summary.ts";
import { systemTitles } from "../systems/create_system.ts";
import type { SystemName } from "../systems/system.ts";

/** Asserts that a row that names a system holds runs of it. @throws RangeError naming both */
export function requireOwnSystem(system: SystemName, { configuration }: Summary): void {
  if (configuration.system === system) return;
  throw new RangeError(
    `a row named ${systemTitles[system]} was given runs of ${systemTitles[configuration.system]}`,
  );
}
