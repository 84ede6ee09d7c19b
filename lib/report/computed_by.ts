import type { RunConfiguration } from "../runs/run_configuration.ts";
import { systemTitles } from "../systems/create_system.ts";

/** What a table's column "computed by" says of a run: the system that really trained. */
export function computedBy({ system }: RunConfiguration): string {
  return systemTitles[system];
}

/** The title of the system whose row a run fills, whichever system computed it. */
export function standsFor({ system, standsFor = system }: RunConfiguration): string {
  return systemTitles[standsFor];
}
