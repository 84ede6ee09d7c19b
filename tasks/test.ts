/**
 * `deno task test [arguments of deno test]`: sets up what is missing, runs the tests, and ends with a
 * line "N passed, N failed, N skipped".
 */

import { projectRoot } from "../lib/util/files.ts";
import { main, SetupError } from "./run.ts";
import { setup } from "./setup.ts";

/** The counts of `deno test`'s closing line, undefined if there is none. */
export function closingCounts(text: string): string | undefined {
  const found = text.match(/(\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?( \| .*)?/);
  if (!found) return undefined;
  const skipped = found[3]?.match(/(\d+) ignored/)?.[1] ?? "0";
  return `${found[1]} passed, ${found[2]} failed, ${skipped} skipped`;
}

async function test(): Promise<number> {
  await setup({ withoutPython: true }); // tests that need it are skipped, and say so
  const args = ["test", "-P", "--no-prompt", ...Deno.args];
  if (!Deno.args.some((arg) => !arg.startsWith("-"))) args.push("tests/");
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: projectRoot,
    stdin: "null",
    stdout: "piped",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).spawn();
  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4000);
  }
  const { code } = await child.status;
  const counts = closingCounts(tail);
  if (counts === undefined) throw new SetupError("deno test ended without a summary");
  console.log(counts);
  return counts.startsWith("0 passed") && code === 0 ? 1 : code;
}

if (import.meta.main) await main(test);
