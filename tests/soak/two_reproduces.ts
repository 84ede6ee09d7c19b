/** Kills of `reproduce`, and two of them at once, on a small data folder of their own. */
import { basename, join } from "node:path";
import { generateSynthetic } from "../../lib/data/synthetic/generate_synthetic.ts";
import { exists, projectRoot } from "../../lib/util/files.ts";
import { Rng } from "../../lib/util/rng.ts";
import type { Attacked } from "./attacks.ts";

const KILLS = 5;

/** Every file of the results by its path, those that are shared between runs left out. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for await (const { name, isFile, isDirectory } of Deno.readDir(join(folder, path))) {
      if (isFile) found.push(join(path, name));
      if (isDirectory && name !== "runs" && name !== "weights") await visit(join(path, name));
    }
  };
  if (await exists(folder)) await visit(".");
  return found.sort();
}

function start(data: string) {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "reproduce", "--no-native", "--data", data],
    cwd: projectRoot,
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

/** First some that are killed, then one that is let be, then two at once. */
export async function twoReproduces(): Promise<Attacked[]> {
  const base = await Deno.makeTempDir(), data = join(base, `soak-${Deno.pid}`);
  const results = join(projectRoot, "results", basename(data));
  const rng = new Rng(3);
  try {
    await generateSynthetic(data, { train: 150, heldOut: 1, seed: 1 });
    let left = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start(data);
      const end = setTimeout(() => child.kill("SIGKILL"), 1000 * rng.uniform(3, 60));
      await child.output();
      clearTimeout(end);
      await new Promise((next) => setTimeout(next, 3000));
      left += (await filesIn(results)).filter((path) => !path.startsWith(".data")).length;
    }
    const whole = await start(data).output();
    const files = await filesIn(results);
    const [first, second] = [start(data), start(data)];
    const both = await Promise.all([first.output(), second.output()]);
    const texts = both.map(({ stderr }) => new TextDecoder().decode(stderr));
    const waited = texts.filter((text) => text.includes("Another reproduce runs")).length;
    const again = await filesIn(results);
    const isSame = JSON.stringify(again) === JSON.stringify(files);
    return [{
      kind: "SIGKILL of reproduce at a random moment",
      count: KILLS,
      outcome: `${left} files left of them; the next one ended with status ${whole.code} and ` +
        `${files.length} files`,
      isSound: left === 0 && whole.code === 0 && files.length > 40,
    }, {
      kind: "two reproduces at once",
      count: 2,
      outcome: `both ended with status ${both.map(({ code }) => code).join(" and ")}, ${waited} ` +
        `waited, ${again.length} of ${files.length} files`,
      isSound: isSame && waited === 1 && both.every(({ code }) => code === 0),
    }];
  } finally {
    await Deno.remove(base, { recursive: true });
    if (await exists(results)) await Deno.remove(results, { recursive: true });
  }
}
