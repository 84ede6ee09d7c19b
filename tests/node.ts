/** Node.js for the tests that need it, 22 or newer. They say so in their names and are skipped without it. */

/** Ways to start it: the one that is installed, or the one that npm keeps or fetches. */
const ways = [["node"], ["npx", "--yes", "node@22"]];

/** Its program, which starts at once, while npx takes a second each time; undefined if it is too old. */
async function programOf([command, ...args]: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(command!, {
      args: [...args, "--print", "[process.versions.node, process.execPath].join('\\n')"],
      stdin: "null",
      stderr: "null",
    }).output();
    const [version, path] = new TextDecoder().decode(stdout).trim().split("\n");
    return parseInt(version!) >= 22 ? path : undefined;
  } catch {
    return undefined; // there is no such command
  }
}

async function find(): Promise<string | undefined> {
  for (const way of ways) {
    const program = await programOf(way);
    if (program) return program;
  }
}

/** The path of Node.js; undefined if there is none that is new enough. */
export const nodeProgram: string | undefined = await find();

/** The first two arguments of `Deno.test` for a test that needs Node.js. */
export function needsNode(
  name: string,
): [name: string, options: { readonly ignore: boolean }] {
  return nodeProgram
    ? [`${name} (needs Node.js)`, { ignore: false }]
    : [`${name} (skipped: no Node.js from version 22 on is found)`, { ignore: true }];
}

/** Runs a program in Node.js and gives what it prints. @throws Error with what it says if it fails */
export async function runNode(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  return await outputOf(nodeProgram!, args, cwd, env);
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
