/**
 * Makes the default images if they are missing, and decodes them once for all notebooks. `reproduce` runs this while
 * it sets up, which waits for downloads most of the time. It ends when its standard input does: then the process
 * that started it has ended.
 */
import { projectRoot } from "../lib/util/files.ts";
import { SetupError } from "./run.ts";

/**
 * Starts it.
 * @returns what waits for its end
 * @throws SetupError, when it is waited for, if it fails
 */
export function startMakingImages(env: Readonly<Record<string, string>>): () => Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys"],
      ...["--allow-write=.", "--allow-ffi=./node_modules", import.meta.filename!],
    ],
    cwd: projectRoot,
    env: { ...env, LENET_PARAMETERS: "none" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // not the terminal itself: its bar would stand in the middle of what others say
  const told = child.stderr.pipeTo(Deno.stderr.writable, { preventClose: true });
  return async () => {
    await told;
    const { code } = await child.status;
    await child.stdin.close().catch(() => {}); // the other end is gone
    if (code !== 0) throw new SetupError("The images could not be made; the reason stands above.");
  };
}

if (import.meta.main) {
  (async () => {
    for await (const _ of Deno.stdin.readable);
    Deno.exit(1);
  })();
  // not before it is needed: `reproduce` only starts this
  const { openExperiment } = await import("../lib/runs/experiment.ts");
  const { progress } = await import("../lib/report/progress_bar.ts");
  await openExperiment(progress);
  Deno.exit(0);
}
