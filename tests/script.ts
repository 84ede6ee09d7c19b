import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

/**
 * Arguments of Deno that run a script, whose imports are whole addresses, with the permissions of the tests and no
 * others; `deno eval` would give it all.
 */
export function scriptArguments(code: string, permissions: readonly string[] = ["-P=test"]) {
  const config = join(projectRoot, "deno.json");
  return [
    ...["run", "--no-check", "--no-prompt", "--config", config, ...permissions],
    `data:application/typescript,${encodeURIComponent(code)}`,
  ];
}
