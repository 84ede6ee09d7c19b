/** A process of Deno that does pieces of work on one thread, see `side_by_side_process.ts`. */
import type { ChildProcess, ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exists, projectRoot } from "../util/files.ts";
import { deno, nodeModule } from "../util/platform.ts";

const configPath = join(projectRoot, "deno.json");

/**
 * Whether processes can be started: in Deno, from a checkout of the project. The package has no configuration
 * that a process would find.
 */
export async function canStartProcesses(): Promise<boolean> {
  return deno !== undefined && import.meta.url.startsWith("file:") && await exists(configPath);
}

/** Starts a process. @param dataFolder of the experiment, undefined for the default images */
export function startProcess(dataFolder: string | undefined): ChildProcessWithoutNullStreams {
  const { spawn } = nodeModule("node:child_process");
  const child = spawn(deno!.execPath(), processArguments(dataFolder), {
    env: { ...deno!.env.toObject(), LENET_THREADS: "1", NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // where the input breaks, the process has ended, and so does its output, which is read
  child.stdin.on("error", () => {});
  return child;
}

/** Never resolves. @throws Error saying what to do, if the process cannot be started */
export function startFailure(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.on("error", ({ message }) =>
      reject(
        new Error(
          `a process for trainings cannot be started: ${message}. ` +
            "Allow Deno to run itself (--allow-run), or set LENET_THREADS=1, with which the trainings are made here",
        ),
      ));
  });
}

/** Waits for the end of a process. @returns its signal or exit code, and the end of its error output */
export async function endOf(child: ChildProcess): Promise<string> {
  let complaint = "";
  child.stderr!.on("data", (text) => complaint = `${complaint}${text}`.slice(-1000));
  return await new Promise((resolve) => {
    child.on("close", (code, signal) => {
      resolve(`${signal ?? `exit code ${code}`}. ${complaint.trim()}`.trim());
    });
  });
}

function processArguments(dataFolder: string | undefined): string[] {
  return [
    ...["run", "--quiet", "--no-prompt", "--config", configPath],
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-ffi"],
    fileURLToPath(new URL("./side_by_side_process.ts", import.meta.url)),
    JSON.stringify(dataFolder ?? null),
  ];
}
