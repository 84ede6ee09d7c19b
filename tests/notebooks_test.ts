/** The notebooks themselves: their committed outputs, and that they run through the real kernel. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { assertStringIncludes } from "./assert.ts";
import { exists, projectRoot, sha256 } from "../lib/util/files.ts";
import { executeNotebook, notebookPaths } from "../tasks/execute.ts";
import { fewImages } from "./few_images.ts";
import { needs } from "./requirements.ts";

interface Cell {
  readonly cell_type: string;
  readonly execution_count?: number | null;
  readonly metadata: {
    readonly lenet?: { readonly source: string };
    readonly tags?: readonly string[];
  };
  readonly source: string | string[];
  readonly outputs?: readonly {
    readonly output_type: string;
    readonly data?: Readonly<Record<string, string | string[]>>;
  }[];
}

const joined = (text: string | string[] | undefined) =>
  Array.isArray(text) ? text.join("") : text ?? "";

async function codeCells(path: string): Promise<Cell[]> {
  const { cells } = JSON.parse(await Deno.readTextFile(path)) as { cells: Cell[] };
  return cells.filter(({ cell_type }) => cell_type === "code");
}

for (const path of notebookPaths()) {
  const name = basename(path);
  Deno.test(`${name}: committed outputs are of the committed code`, async () => {
    const cells = await codeCells(path);
    for (const [i, cell] of cells.entries()) {
      const where = `${name}, code cell ${i + 1}: run \`deno task reproduce\` again`;
      assert.deepEqual(cell.execution_count, i + 1, where);
      assert.deepEqual(cell.metadata.lenet?.source, await sha256(joined(cell.source)), where);
      if (/^await (show|keep)\(/m.test(joined(cell.source))) {
        assert(cell.outputs!.length > 0, where);
      }
      assert(cell.outputs!.every(({ output_type }) => output_type === "display_data"), where);
    }
  });

  Deno.test(`${name}: carries no path, time or version of the machine`, async () => {
    const text = await Deno.readTextFile(path);
    assert(!text.includes(projectRoot) && !text.includes(Deno.env.get("HOME") ?? projectRoot));
    assert.deepEqual(Object.keys(JSON.parse(text).metadata).sort(), [
      "kernelspec",
      "language_info",
    ]);
    assert(!text.includes("iopub"));
  });

  Deno.test(`${name}: begins with its settings, and no cell is above 15 lines`, async () => {
    const cells = await codeCells(path);
    assert.deepEqual(cells.map(({ metadata }) => metadata.tags), [
      ["parameters"],
      ...cells.slice(1).map(() => undefined),
    ]);
    const long = cells.flatMap(({ source }, i) => {
      const lines = joined(source).split("\n");
      return i > 0 && lines.length > 15 ? [`code cell ${i + 1}: ${lines.length} lines`] : [];
    });
    assert.deepEqual(long, []);
  });

  Deno.test(`${name}: names the notebooks before and after it`, async () => {
    const number = Number(name[0]);
    const { cells } = JSON.parse(await Deno.readTextFile(path)) as { cells: Cell[] };
    const links = [
      ...joined(cells.at(-1)!.source).matchAll(/(Previous|Next):\s+\[(\d)\..*?\]\((\d)_/gs),
    ];
    const wanted = [["Previous", number - 1], ["Next", number + 1]] as const;
    assert.deepEqual(
      links.map(([, word, title, file]) => [word, Number(title), Number(file)]),
      wanted.filter(([, n]) => n > 0 && n <= notebookPaths().length).map((
        [word, n],
      ) => [word, n, n]),
    );
  });
}

const tables: Readonly<Record<string, readonly string[]>> = {
  "4_pruning.ipynb": ["pruning", "pruning_storage", "pruning_curve"],
  "5_quantization.ipynb": [
    ...["quantization_rounding", "quantization", "quantization_controls"],
    ...["table_3", "table_3_losses", "bench/int8_accuracy"],
  ],
  "6_figures.ipynb": ["table_1", "table_2", "timings/speed"],
  "7_diagnosis.ipynb": [
    ...["published", "warnings", "ladder_numpy", "ladder_torch", "ladder_keras", "ladder_written"],
    ...["fault_matrix_numpy", "fault_matrix_torch", "fault_matrix_keras"],
    ...["outlook", "table_2_complete"],
    ...["witness", "witness_accuracy", "alike"].map((name) => `witness/synthetic50/${name}`),
  ],
};
for (const [notebook, names] of Object.entries(tables)) {
  Deno.test(`${notebook}: committed tables are those that it shows`, async () => {
    const cells = await codeCells(join(projectRoot, "notebooks", notebook));
    const shown = cells.flatMap(({ outputs }) => outputs!)
      .map(({ data }) => joined(data?.["text/markdown"]));
    for (const name of names) {
      const saved = await Deno.readTextFile(join(projectRoot, "results", `${name}.md`));
      assert(shown.includes(saved), `results/${name}.md differs from ${notebook}`);
    }
  });
}

/** Fewer epochs, seeds and turns than a reader wants: all code runs, and nothing here looks at the scores. */
const parameters: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "4_pruning.ipynb": { moreEpochs: 1, turns: 1 },
  "5_quantization.ipynb": {
    ...{ awareEpochs: 1, moreEpochs: 2, timedEpochs: 2, turns: 1, processes: 1 },
  },
  "7_diagnosis.ipynb": { ladderSeeds: 2, bestSeeds: 2 },
};

/** Notebook 7 alone trains in processes of its own; so few images are trained on faster than a process starts. */
const inProcesses = (path: string) => ({
  LENET_THREADS: basename(path).startsWith("7_") ? String(navigator.hardwareConcurrency) : "1",
});

Deno.test(
  ...needs("the notebooks' Python", "every notebook runs by itself on a small data set"),
  async (t) => {
    const folder = await Deno.makeTempDir();
    const data = await fewImages();
    for (const path of notebookPaths()) {
      await t.step(basename(path), async () => {
        const results = join(folder, basename(path, ".ipynb"));
        const env = { LENET_DATA: data, LENET_RESULTS: results, ...inProcesses(path) };
        const given = parameters[basename(path)] ?? {}, [first] = await codeCells(path);
        for (const name of Object.keys(given)) {
          assertStringIncludes(joined(first!.source), `\nconst ${name} = `);
        }
        const out = await executeNotebook(path, join(folder, "out"), env, [], undefined, given);
        const cells = await codeCells(out);
        const outputs = cells.flatMap(({ outputs }) => outputs!);
        assert(outputs.every(({ output_type }) => output_type === "display_data"));
        const text = outputs.map(({ data }) => joined(data?.["text/plain"])).join("\n");
        assertStringIncludes(text, "small (synthetic");
        for (const { data } of outputs) {
          const image = joined(data?.["text/html"])?.match(
            /^<img alt="([^"]*)".* src="[^,]*,(.*)">$/,
          );
          if (!image) continue;
          assert(image[1]!.length > 20, `the text in place of a figure is "${image[1]}"`);
          assert.match(atob(image[2]!), /^<svg [\s\S]*<\/svg>\s*$/);
        }
        if (basename(path).startsWith("6_")) {
          for (const file of ["figure_1.svg", "figure_2.png", "figure_3.svg", "table_2.json"]) {
            assert(await exists(join(results, file)), file);
          }
        }
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
);
