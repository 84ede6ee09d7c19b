/** Runs other programs; a failure is an error that says what failed and what to do about it. */

/** An error whose message is meant for the person at the terminal: shown without a stack. */
export class SetupError extends Error {}

/** Thrown where the person at the terminal asks what a task takes: its message is the answer. */
export class HelpAsked extends Error {}

/** Runs a program with its output shown. @throws SetupError if it fails; `advice` is added */
export async function run(
  command: string,
  args: readonly string[],
  options: {
    readonly env?: Record<string, string>;
    readonly cwd?: string;
    readonly advice?: string;
    /** Whether the program reads from its input that this process has ended, and ends too. */
    readonly endsWithUs?: boolean;
    /** When a line is written to the program's input, for which it waits; with `endsWithUs` only. */
    readonly begin?: Promise<void>;
  } = {},
): Promise<void> {
  const { advice = "", endsWithUs = false, begin, ...rest } = options;
  let code: number;
  try {
    const stdin = endsWithUs ? "piped" : "null";
    const child = new Deno.Command(command, { args: [...args], stdin, ...rest }).spawn();
    begin?.then(async () => {
      const input = child.stdin.getWriter();
      await input.write(new TextEncoder().encode("\n")).catch(() => {}); // the other end is gone
      input.releaseLock();
    });
    code = (await child.status).code;
    if (endsWithUs) await child.stdin.close().catch(() => {}); // the other end is gone
  } catch (error) {
    throw new SetupError(`cannot run ${command}: ${(error as Error).message}. ${advice}`);
  }
  if (code !== 0) {
    throw new SetupError(`${command} ${args.slice(0, 4).join(" ")} … failed (${code}). ${advice}`);
  }
}

/** What a program prints, or undefined if it is not there or fails. */
export async function output(
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const result = await new Deno.Command(command, {
      args: [...args],
      stderr: "null",
      stdin: "null",
    })
      .output();
    return result.success ? new TextDecoder().decode(result.stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The entry of a task: shows a `SetupError` as one message and ends with its exit status. */
export async function main(task: () => Promise<number | void>): Promise<never> {
  try {
    Deno.exit(await task() ?? 0);
  } catch (error) {
    if (error instanceof HelpAsked) {
      console.log(error.message);
      Deno.exit(0);
    }
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message.trim()}`);
    Deno.exit(1);
  }
}

/** Says what is going on, and afterwards how long it took. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  console.error(`▸ ${what} …`);
  const result = await work();
  console.error(`  ${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
