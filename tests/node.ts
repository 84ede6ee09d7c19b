/** Node.js for the tests that need it, 22 or newer. They say so in their names and are skipped without it. */

/** Ways to start it: the one that is installed, or the one that npm keeps or fetches. */
const ways = [["node"], ["npx", "--yes", "node@22"]];

async function version(command: readonly string[]): Promise<number> {
  try {
    const [program, ...args] = command as [string, ...string[]];
    const output = await new Deno.Command(program, {
      args: [...args, "--version"],
      stdin: "null",
      stderr: "null",
    }).output();
    return Number(/^v(\d+)/.exec(new TextDecoder().decode(output.stdout))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function find(): Promise<readonly string[] | undefined> {
  for (const way of ways) if (await version(way) >= 22) return way;
}

/** The command that starts Node.js; undefined if there is none that is new enough. */
export const nodeCommand: readonly string[] | undefined = await find();

/** The first two arguments of `Deno.test` for a test that needs Node.js. */
export function needsNode(
  name: string,
): [name: string, options: { readonly ignore: boolean }] {
  return nodeCommand
    ? [`${name} (needs Node.js)`, { ignore: false }]
    : [`${name} (skipped: no Node.js from version 22 on is found)`, { ignore: true }];
}

/** Runs a program in Node.js and gives what it prints. @throws Error with what it says if it fails */
export async function runNode(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const [program, ...before] = nodeCommand as [string, ...string[]];
  return await outputOf(program, [...before, ...args], cwd, env);
}

/** What a program prints. @throws Error with what it says if it fails */
export async function outputOf(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env,
    stdin: "null",
  }).output();
  const [told, failed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${failed || told}`);
  return told!;
}
