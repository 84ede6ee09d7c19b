/** The executor, on small notebooks of its own, through the real Deno kernel. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assertStringIncludes } from "../assert.ts";
import { exists, projectRoot } from "../../lib/util/files.ts";
import { jupyterEnvironment, venvPython } from "../../tasks/python.ts";
import { needs } from "../requirements.ts";

interface Output {
  readonly output_type: string;
  readonly text?: string | string[];
  readonly data?: Readonly<Record<string, string | string[]>>;
}
interface Cell {
  readonly cell_type: string;
  readonly id: string;
  readonly source: string | string[];
  readonly outputs: readonly Output[];
  readonly metadata: { readonly lenet?: { readonly source: string } };
}

/**
 * Runs code cells and tells how it went.
 * @param begin when the first cell may run; default: at once
 */
async function execute(cells: readonly string[], begin?: () => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "deno", display_name: "Other" }, secret: "/home/somebody" },
    cells: cells.map((source, i) => ({
      cell_type: "code",
      id: `old${i}`,
      metadata: { execution: { "iopub.status.busy": "2026" } },
      execution_count: i + 7, // as an earlier run would have left it
      outputs: [{ output_type: "stream", name: "stdout", text: "of an earlier run" }],
      source,
    })),
  };
  const path = join(folder, "trial.ipynb");
  await Deno.writeTextFile(path, JSON.stringify(notebook));
  const out = join(folder, "out", "trial.ipynb");
  const child = new Deno.Command(venvPython, {
    args: [
      ...[join(projectRoot, "tasks", "execute.py"), path, "--out", out],
      ...begin ? ["--wait"] : [],
    ],
    ...{ env: jupyterEnvironment(), stdin: "piped", stderr: "piped" },
  }).spawn();
  const input = child.stdin.getWriter();
  begin?.().then(() => input.write(new TextEncoder().encode("\n")));
  const { code, stderr } = await child.output();
  await input.close().catch(() => {}); // the other end is gone
  const result = await exists(out) ? await Deno.readTextFile(out) : undefined;
  const left = await exists(join(folder, "out")) ? [...Deno.readDirSync(join(folder, "out"))] : [];
  await Deno.remove(folder, { recursive: true });
  return {
    code,
    message: new TextDecoder().decode(stderr),
    text: result,
    cells: (result ? JSON.parse(result).cells : []) as Cell[],
    left: left.map(({ name }) => name),
  };
}

const textOf = ({ outputs }: Cell) =>
  outputs.flatMap(({ text, data }) => [text, data?.["text/plain"]]).flat().join("");

/** By which a cell imports a module of the project. */
const address = (path: string) => pathToFileURL(join(projectRoot, path)).href;

Deno.test(
  ...needs("the notebooks' Python", "a progress bar shows in the terminal and not in the notebook"),
  async () => {
    const { code, cells, message } = await execute([
      `import { Progress } from "${address("lib/report/progress_bar.ts")}";
     const real = performance.now;
     const bar = new Progress("digging", "holes");
     performance.now = () => real.call(performance) + 4000;
     await bar.update(3, 8, "deep");
     performance.now = () => real.call(performance) + 8000;
     await bar.update(8, 8);
     await Deno.jupyter.display({ "text/plain": "dug" }, { raw: true });`,
    ]);
    assert.deepEqual(code, 0, message);
    assert.match(message, /█{8}░{12} digging: 3 of 8 holes \(37 %\), .* left, deep\n/);
    assert.match(message, /█{20} digging: 8 of 8 holes, .* took 8 s\n/);
    assert.deepEqual(textOf(cells[0]!), "dug");
  },
);

Deno.test(...needs("the notebooks' Python", "late output stays with its cell"), async () => {
  const helper = "const show = (text: string) => Deno.jupyter.display(" +
    '{ "text/plain": text }, { raw: true });';
  const many = Array.from(
    { length: 12 },
    (_, i) => `console.log("log ${i}"); await show("shown ${i}");`,
  );
  const { code, cells, message } = await execute([helper, ...many]);
  assert.deepEqual(code, 0, message);
  cells.slice(1).forEach((cell, i) => {
    assertStringIncludes(textOf(cell), `log ${i}\n`);
    assertStringIncludes(textOf(cell), `shown ${i}`);
    assert.deepEqual(cell.outputs.length, 2);
  });
});

Deno.test(
  ...needs(
    "the notebooks' Python",
    "a notebook that waits has loaded its modules and runs no cell",
  ),
  async () => {
    const folder = await Deno.makeTempDir();
    const [module, loaded, word] = ["module.ts", "loaded", "word"].map((name) =>
      join(folder, name)
    );
    await Deno.writeTextFile(
      module!,
      `Deno.writeTextFileSync(${JSON.stringify(loaded)}, ""); export const one = 1;`,
    );
    const cell = `import { one } from ${JSON.stringify(module)};\n` +
      `console.log(one, Deno.readTextFileSync(${JSON.stringify(word)}))`;
    const { code, cells, message } = await execute([cell], async () => {
      while (!await exists(loaded!)) await new Promise((resolve) => setTimeout(resolve, 50));
      await Deno.writeTextFile(word!, "word");
    });
    assert.deepEqual(code, 0, message);
    assert.deepEqual(textOf(cells[0]!), "1 word\n");
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test(
  ...needs("the notebooks' Python", "a display that is updated leaves its last state only"),
  async () => {
    const { cells } = await execute([
      'for (let i = 0; i <= 20; i++) await Deno.jupyter.display({ "text/plain": `at ${i}` }, ' +
      '{ raw: true, display_id: "bar", update: i > 0 });',
    ]);
    assert.deepEqual(cells[0]!.outputs.length, 1);
    assert.deepEqual(textOf(cells[0]!), "at 20");
  },
);

Deno.test(
  ...needs(
    "the notebooks' Python",
    "a cell that throws fails the run by its number and leaves no file",
  ),
  async () => {
    const { code, message, left } = await execute(["1 + 1", 'throw new Error("not today")', "2"]);
    assert.deepEqual([code, left], [1, []]);
    assertStringIncludes(message, "trial.ipynb: code cell 2 failed");
    assertStringIncludes(message, "not today");
  },
);

Deno.test(
  ...needs("the notebooks' Python", "a syntax error, which shows no output, fails the run"),
  async () => {
    const { code, message, left } = await execute(["1 + 1", "const = 3"]);
    assert.deepEqual([code, left], [1, []]);
    assertStringIncludes(message, "code cell 2 failed");
  },
);

Deno.test(
  ...needs("the notebooks' Python", "the result carries no times, paths or foreign metadata"),
  async () => {
    const first = await execute(["const x: number = 1; console.log(x)"]);
    const again = await execute(["const x: number = 1; console.log(x)"]);
    assert.deepEqual(first.text, again.text);
    assert(!first.text!.includes("iopub") && !first.text!.includes("/home/somebody"));
    assert.deepEqual(first.cells[0]!.id, "cell-0");
    assert.deepEqual(Object.keys(first.cells[0]!.metadata), ["lenet"]);
  },
);
