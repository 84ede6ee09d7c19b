/**
 * The numbers in README.md and in the notebooks' text. Those of results are read from the file in
 * `results/` that they are bound to; all others are listed below as facts of the paper, as settings of the
 * code, or as measured by hand. tests/readme_test.ts fails on a number that is neither, and
 * `deno task numbers` writes the results' numbers anew.
 */
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

type Row = Readonly<Record<string, unknown>>;
interface Share {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Numbers of a text that are those of a results file. */
export interface Binding {
  /** The file in `results/`. */
  readonly file: string;
  /** The words around the numbers; each group in it is a number. */
  readonly words: RegExp;
  /** What the groups must say, from the file's rows. */
  readonly values: (rows: readonly Row[]) => readonly string[];
}

/** 0.180 (0.147–0.218) */
function written({ value, interval: [low, high] }: Share, digits = 3): string {
  return `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** The row that has these values. @throws Error naming them if there is none */
function find(rows: readonly Row[], wanted: Row): Row {
  const row = rows.find((row) =>
    Object.entries(wanted).every(([key, value]) => row[key] === value)
  );
  if (!row) throw new Error(`there is no row with ${JSON.stringify(wanted)}`);
  return row;
}

const titles = { numpy: "LeNet5 Numpy", torch: "LeNet5 Torch", keras: "LeNet5 TF" } as const;

/** What a system scores on the test images in a Table II, which has a row or a column for each system. */
function score(rows: readonly Row[], system: keyof typeof titles, metric: string): Share {
  const long = rows.some((row) => "here" in row);
  return long
    ? find(rows, { system: titles[system], split: "test", metric }).here as Share
    : find(rows, { split: "test", metric })[system] as Share;
}

const share = String.raw`(\d\.\d+ \(\d\.\d+–\d\.\d+\))`;
const number = String.raw`(\d[\d,]*(?:\.\d+)?)`;

/** A pattern of words in which any white space stands for any other, and `#` for a number. */
function words(text: string): RegExp {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
  return new RegExp(escaped.replaceAll("#", number));
}

const trains = (threads: number) => ({ what: "Training, batch 256", threads });
const rate = (rows: readonly Row[], wanted: Row) =>
  (find(rows, wanted).median as number).toLocaleString("en", { maximumSignificantDigits: 2 });
const times = (rows: readonly Row[], wanted: Row, digits = 1) =>
  Number(String(find(rows, wanted).ratio).split(" ")[0]).toFixed(digits);
const median = (rows: readonly Row[], claim: string) =>
  (find(rows, { claim }).median as number).toFixed(1);

/** The README's numbers that are results. */
export const readmeBindings: readonly Binding[] = [
  ...(["top-1", "top-5"] as const).map((metric): Binding => ({
    file: "table_2.json",
    words: new RegExp(
      String
        .raw`\| ${metric} +\| +0\.\d+ \| ${share} \| +0\.\d+ \| ${share} \| [^|]+\| ${share} \|`,
    ),
    values: (rows) =>
      (["numpy", "torch", "keras"] as const).map((system) => written(score(rows, system, metric))),
  })),
  ...(["top-1", "top-5"] as const).map((metric): Binding => ({
    file: "paper_accuracies.json",
    words: new RegExp(String.raw`\| ${metric} .*\| ${share} \| [^|]+\|$`, "m"),
    values: (rows) => [
      written(find(rows, { system: "LeNet5 TF", split: "test", metric }).share as Share, 4),
    ],
  })),
  {
    file: "tiny50/table_2.json",
    words: words("top-1 / top-5 of # / # (numpy), # / # (torch) and # / # (keras)"),
    values: (rows) =>
      (["numpy", "torch", "keras"] as const).flatMap((system) =>
        (["top-1", "top-5"] as const).map((metric) => score(rows, system, metric).value.toFixed(3))
      ),
  },
  {
    file: "tiny50/best_recipe.json",
    words: words("reach test top-1 # and top-5 #"),
    values: (rows) =>
      (["top-1", "top-5"] as const).map((metric) => {
        const row = rows.find((row) => row.images === "test" && row.metric === metric && row.best);
        return (row!.best as Share).value.toFixed(3);
      }),
  },
  {
    file: "quantization.json",
    words: words(
      "the same class as the float32 network for # % of the images, and its file has # of",
    ),
    values: (rows) => {
      const row = rows.find(({ name }) =>
        name === "int8, per channel" || name === "int8, a scale a channel"
      )!;
      return [(row.agreement as number).toFixed(1), (row.share as number).toFixed(2)];
    },
  },
  {
    file: "quantization.json",
    words: words("the file has # of the bytes"),
    values: (rows) => {
      const row = rows.find(({ name }) => String(name).startsWith("both: structured pruning"))!;
      return [(row.share as number).toFixed(2)];
    },
  },
  ...([["PyTorch", "PyTorch, which has 512 bits there"], [
    "PyTorch, AVX2",
    "PyTorch held to the 256 bits of most others",
  ]] as const).map(([other, label]): Binding => ({
    file: "bench/runs.json",
    words: new RegExp(
      String.raw`\| ${label} +\| +${number} \| +${number} \| +${number} \| +${number} \|`,
    ),
    values: (rows) =>
      ["1 thread", "2 threads"].flatMap((threads) =>
        ["numpy (ours)", "numpy (ours), turbo"].map((who) =>
          median(rows, `Training, batch 256, ${threads}: ${who} to ${other}`)
        )
      ),
  })),
  {
    file: "bench/throughput.json",
    words: words(
      "In the last of the runs it trained # images a second, # in turbo, and PyTorch #.",
    ),
    values: (rows) =>
      ["numpy (ours)", "numpy (ours), turbo", "PyTorch"].map((who) =>
        rate(rows, { ...trains(2), who })
      ),
  },
  {
    file: "bench/throughput.json",
    words: words("Keras trains at # times PyTorch's rate there on one thread, and # on two"),
    values: (rows) => [1, 2].map((threads) => times(rows, { ...trains(threads), who: "Keras" })),
  },
  {
    file: "bench/throughput.json",
    words: words("infers at # times the rate of onnxruntime-node, # in turbo, and Keras at #"),
    values: (rows) =>
      ["numpy (ours)", "numpy (ours), turbo", "Keras"].map((who) =>
        times(rows, { what: "Inference, batch 256", threads: 1, who }, 2)
      ),
  },
  {
    file: "bench/throughput.json",
    words: words("Its int8 network is # times as fast as its float32 network with batches of 256"),
    values: (rows) => [
      times(rows, { what: "Compressed inference, batch 256", threads: 1, who: "int8 (ours)" }),
    ],
  },
];

/** A number that is no result of a file, in words that stand in the text. */
export interface Fact {
  /** Where it comes from. */
  readonly source: "the paper" | "the code" | "other things' names" | "measured by hand";
  /** The words with the number. */
  readonly words: readonly string[];
}

/** The README's other numbers. */
export const readmeFacts: readonly Fact[] = [
  {
    source: "the paper",
    words: [
      "National Cheng Kung University, 2023",
      "each on 50 classes",
      "0.02 / 0.1, as two of the paper's",
      "63,325 synthetic training images, the paper's number",
      "learning rate 1e-4, images sorted",
      "raw pixels 0–255",
      "Table I: learning rate 0.01; the code",
      "Table I's 0.01 is no mistake",
      "from U(0, 1) and U(−1, 1)",
      "because 450 images are few",
      "| top-1 | 0.02 |",
      "| 0.02 |",
      "| top-5 | 0.1 |",
      "| 0.1 |",
      "202 of 450",
      "top-5 of 0.4489",
      "9 of 450",
      "(450 test images, 95 % intervals)",
    ],
  },
  {
    source: "the code",
    words: [
      "with seed 1 you can",
      "On 50 animal classes of Tiny ImageNet",
      "on 50 animal classes of Tiny ImageNet",
      "(25,000 training images), ten",
      "the same 65,106 parameters",
      "With batches of 256 and one thread",
      "with batches of 256",
      "batches of 256 are",
      "with 40 multiplications in place of 100",
      "with 36 in place of 100",
      "gets 128 bits, and 256 in turbo",
      "which has 512 bits there",
      "held to the 256 bits of most",
      "joins the kernels' vectors to 256 bits",
      "up to 14 grey levels",
      "on 1, 2 and 4 threads",
      "40 % of the units removed before",
      "2 × 2 max-pooling",
      "32×32 grey pixels",
      "ten epochs, 1e-3, shuffled",
      "0.001, as Keras's code",
      "better than 0.001 with",
      "worse than 0.001 with",
      "notebook 7, 20 seeds",
      "(1 seed)",
      "has 20 seeds in each row",
      ", 1 seed)",
      "1, 2 and 4 the same",
      "have 95 % intervals after",
      "On 2 cores of a processor",
      "| 1 thread |",
      "| 2 threads |",
    ],
  },
  {
    source: "other things' names",
    words: [
      ...[
        "LeNet-5",
        "LeNet5",
        "Python 3.11 or newer",
        "Deno 2.9.6",
        "[Deno] 2.9.6",
        "x86_64",
        "AVX-512",
        "AVX2",
      ],
      ...["int8", "float32", "top-1", "top-5", "the LeNet-5 of 1998", "CIFAR-10", "Figures 1 to 3"],
      ...["1. [Preprocessing", "2. [Models", "3. [Training", "4. [Pruning", "5. [Quantization"],
      ...[
        "6. [Figures",
        "7. [Diagnosis",
        "int8 in whole numbers",
        "notebook 7",
        "V8",
        "x86 since 2013",
      ],
    ],
  },
  {
    source: "measured by hand",
    words: [
      "| on 2 cores",
      "10 minutes and the set-up, beside other work",
      "an earlier version took 2 to 3 minutes",
      "11 minutes and the set-up, beside other work",
      "takes 0.64 of the time that it takes in float32, 0.46 in turbo",
      "are 2.2 times as fast",
      "has moved from 13 to 1 on",
    ],
  },
];

/** Numbers in the fixed text of all notebooks: names, and how notebooks refer to each other. */
const notebookNames: Fact = {
  source: "other things' names",
  words: [
    ...["LeNet-5", "LeNet5", "32×32", "int8", "float32", "float64", "float16", "top-1", "top-5"],
    ...["1. From image", "2. One network", "3. Training", "4. Pruning", "5. Quantization"],
    ...["6. The paper's", "7. Why two", "Notebook 7", "notebook 7", "notebook 2", "notebook 3"],
    ...["Figure 1", "Figure 2", "Figure 3", "Figures 1 to 3", "equations (1) and (2)", "64×64"],
    ...["1/K (top-1) and 5/K", "AVX2", "AVX-512", "uint8", "CIFAR-10", "University, 2023"],
  ],
};

/** The other numbers in the fixed text of each notebook. None of them is a result of this project. */
export const notebookFacts: Readonly<Record<string, readonly Fact[]>> = {
  "1_preprocessing.ipynb": [notebookNames, {
    source: "the paper",
    words: [
      "images of 50 classes",
      "the paper's 450 validation and 450 test",
      "part of the 109 seconds",
      "used 0 to 255 as they are",
    ],
  }, {
    source: "the code",
    words: [
      "It has 50 classes of imaginary",
      "At 1 nothing is squashed; at 2 a",
      "mean 0 and standard deviation 1 over",
    ],
  }],
  "2_models.ipynb": [notebookNames, {
    source: "the code",
    words: ["At 5 the slope is nearly 0.", "A convolution of 5×5"],
  }],
  "3_training.ipynb": [notebookNames, {
    source: "the paper",
    words: ["learning rate of 0.01 does"],
  }, {
    source: "the code",
    words: [
      "Adam at 1e-3, standardised",
      "has a floor, 0.",
      "the loss at least 0",
      "Middle grey is 0.",
    ],
  }],
  "4_pruning.ipynb": [notebookNames, {
    source: "the paper",
    words: ["20 % of the weights of each", "40 % of each dense", "20 % and 60 %"],
  }],
  "5_quantization.ipynb": [notebookNames, {
    source: "the code",
    words: [
      "activations are 8-bit whole",
      "sums are 32-bit whole",
      "from −127 to 127",
      "is stored as 0.",
      "from 0 to 255, and the network",
      "that stands for 0",
      "for 4 products",
      "vector of 128 bits holds 4 float32 numbers or 16 bytes",
      "multiply 16 pairs, add neighbours in 16 bits",
      "that of 16 other pairs, and then widen to 32 bits",
      "for 32 products",
      "16 bits hold the numbers from −32,768 to 32,767",
      "byte is 255, and 255 · 128 is less than 32,767",
      "add up to 128",
      "a sum of 32 bits",
      "activations by 1. Calibration on 512 training",
    ],
  }],
  "6_figures.ipynb": [notebookNames, {
    source: "the paper",
    words: [
      "systems score 0.02 and 0.1. With 50 classes",
      "1/50 and 5/50",
      "ended at −588.7",
      "past epoch 10",
      "near epoch 10",
      "one epoch over 63,325",
    ],
  }],
  "7_diagnosis.ipynb": [notebookNames, {
    source: "the paper",
    words: [
      "systems reach 0.02 and 0.1",
      "learning rate is 1e-4, and it",
      "from U(0, 1)",
      "from U(−1, 1)",
      "batches of about 317 images, at 1e-4 with momentum 0.8 (v ← 0.8 v + 0.2 g)",
      "takes 0.0003 of every",
      "pixels from 0 to 255",
      "had 316 or 317 images",
      "learning rate 0.01",
      "pixels, 0.01 against",
    ],
  }, {
    source: "the code",
    words: ["they have 317", "take 1e-3", "against 1e-3", "images of 50 classes of Tiny ImageNet"],
  }],
};

/** The text of a notebook's Markdown cells, without formulas. */
export function notebookProse(notebook: string): string {
  const { cells } = JSON.parse(notebook) as {
    readonly cells: readonly { readonly cell_type: string; readonly source: readonly string[] }[];
  };
  return cells.filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => source.join("")).join("\n\n")
    .replace(/\$\$[\s\S]*?\$\$|\$[^$]*\$/g, " ");
}

/** Text without what is no prose: code, and where links and images lead. */
export function prose(markdown: string): string {
  return markdown
    .replace(/```[\s\S]*?```/g, (code) => code.replace(/[^\n]/g, " "))
    .replace(/``.*?``|`[^`\n]*`/g, (code) => " ".repeat(code.length))
    .replace(/\]\([^)]*\)/g, (target) => "]" + " ".repeat(target.length - 1));
}

/** The rows of a file in `results/`. */
export async function resultRows(file: string): Promise<readonly Row[]> {
  return JSON.parse(await Deno.readTextFile(join(projectRoot, "results", file))).rows;
}

/** A binding whose numbers the text does not have. */
export interface Stale {
  readonly binding: Binding;
  /** What the text says, undefined if it has no such words. */
  readonly found: readonly string[] | undefined;
  /** What the results say. */
  readonly wanted: readonly string[];
}

/** The bindings whose numbers are not those of the results. */
export async function staleNumbers(text: string, bindings: readonly Binding[]): Promise<Stale[]> {
  const stale: Stale[] = [];
  for (const binding of bindings) {
    const wanted = binding.values(await resultRows(binding.file));
    const found = text.match(binding.words)?.slice(1);
    if (found?.join() !== wanted.join()) stale.push({ binding, found, wanted });
  }
  return stale;
}

/** The text with the results' numbers in it. @throws Error if words are missing in it */
export async function renewNumbers(text: string, bindings: readonly Binding[]): Promise<string> {
  let renewed = text;
  for (const { binding, found, wanted } of await staleNumbers(text, bindings)) {
    if (!found) throw new Error(`the text has no words like ${binding.words}`);
    renewed = renewed.replace(binding.words, (whole) => {
      let rest = whole, done = "";
      found.forEach((old, i) => {
        const at = rest.indexOf(old);
        done += rest.slice(0, at) + wanted[i]!.padStart(old.length);
        rest = rest.slice(at + old.length);
      });
      return done + rest;
    });
  }
  return renewed;
}

/** The numbers of a text that are in no list, each with the words around it. */
export function unlistedNumbers(
  markdown: string,
  bindings: readonly Binding[],
  facts: readonly Fact[],
): string[] {
  let text = prose(markdown).replace(/[ \t]*\n[ \t]*/g, "\n");
  const blank = (whole: string) => whole.replace(/\d/g, "·");
  for (const { words } of bindings) {
    text = text.replace(words, (whole, ...groups) => {
      let rest = whole;
      for (const group of groups.filter((part): part is string => typeof part === "string")) {
        if (/^\d/.test(group) && group.length < whole.length) {
          rest = rest.replace(group, blank(group));
        }
      }
      return rest;
    });
  }
  for (const fact of facts.flatMap(({ words }) => words).toSorted((a, b) => b.length - a.length)) {
    const pattern = fact.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
    text = text.replace(new RegExp(pattern, "g"), blank);
  }
  return [...text.matchAll(/\d[\d.,]*/g)].map(({ index, 0: found }) =>
    `${found} in "…${text.slice(Math.max(0, index - 30), index + 30).replace(/\s+/g, " ")}…"`
  );
}
