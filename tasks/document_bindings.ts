/** The numbers in the pages (documents.ts) that are results, each bound to its file in `results/`. */
import type { Binding, Row } from "./text_numbers.ts";

interface Share {
  readonly value: number;
  readonly interval: readonly [number, number];
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

/** What a system scores on the test images in Table II. */
function score(rows: readonly Row[], system: keyof typeof titles, metric: string): Share {
  return find(rows, { system: titles[system], split: "test", metric }).here as Share;
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
/** What the bench claims, by its words: the median of a machine's runs, of the last machine if none is named. */
const median = (
  rows: readonly Row[],
  claim: string,
  { machine = "median", digits = 1 }: { readonly machine?: string; readonly digits?: number } = {},
) => (find(rows, { claim })[machine] as number).toFixed(digits);
const two = { digits: 2 } as const;

/** The numbers of the pages that are results. */
export const bindings: readonly Binding[] = [
  {
    file: "specs.json",
    words: words("Of tfjs-core's specs # run, and # pass"),
    values: ([row]) =>
      [row!.run, row!.passed].map((count) => (count as number).toLocaleString("en")),
  },
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
  ...(["numpy", "torch", "keras"] as const).map((system): Binding => ({
    file: `tiny50/fault_matrix_${system}.json`,
    words: words(`# / # (${system})`),
    values: (rows) => {
      const row = find(rows, { what: "correct" });
      return [row.top1, row.top5].map((score) => (score as Share).value.toFixed(3));
    },
  })),
  {
    file: "tiny50/fault_matrix_numpy.json",
    words: words("above chance, with top-1 / top-5 of # / #"),
    values: (rows) => {
      const row = rows.find(({ what }) => String(what).startsWith("correct, with start from U"))!;
      return [row.top1, row.top5].map((score) => (score as Share).value.toFixed(3));
    },
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
    file: "search/tiny50_third.json",
    words: words("It trains for # epochs. Half"),
    values: (rows) => [String(rows[0]!.epochs)],
  },
  {
    file: "search/tiny50_third.json",
    words: words("Each image is predicted from # views"),
    values: (rows) => [String((rows[0]!.testOneView as { views: number }).views)],
  },
  ...([
    ["tiny50_second", "ends with test top-1 # and top-5 # ([five seeds of # epochs]"],
    ["synthetic50", "and no wider network: test top-1 # and top-5 # ([five seeds of # epochs]"],
  ] as const).map(([log, text]): Binding => ({
    file: `search/${log}.json`,
    words: words(text),
    values: (rows) => {
      const means = (["top1", "top5"] as const).map((metric) => {
        const shares = rows.map(({ test }) => (test as Record<typeof metric, number>)[metric]);
        return (shares.reduce((sum, share) => sum + share, 0) / shares.length).toFixed(3);
      });
      return [...means, String(rows[0]!.epochs)];
    },
  })),
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
  {
    file: "bench/runs.json",
    words: words("Medians of the last runs there, # in number:"),
    values: ([row]) => [String(Object.keys(row!).filter((key) => /^\d$/.test(key)).length)],
  },
  ...(["numpy", "torch", "keras"] as const).map((system): Binding => ({
    file: "bench/runs.json",
    words: new RegExp(
      String
        .raw`\| ${system}(?:, by hand)? +\| +${number} \| +${number} \| +${number} \| +${number} \|`,
    ),
    values: (rows) =>
      ["1 thread", "2 threads"].flatMap((threads) =>
        [`${system} (ours)`, `${system} (ours), turbo`].map((who) =>
          median(rows, `Training, batch 256, ${threads}: ${who} to PyTorch`)
        )
      ),
  })),
  {
    file: "bench/throughput.json",
    words: words("numpy trained # images a second, torch #, keras #, PyTorch # and Keras #."),
    values: (rows) =>
      ["numpy (ours)", "torch (ours)", "keras (ours)", "PyTorch", "Keras"].map((who) =>
        rate(rows, { ...trains(2), who })
      ),
  },
  {
    file: "bench/throughput.json",
    words: words("On the native TensorFlow torch trained # and keras #."),
    values: (rows) =>
      ["torch", "keras"].map((system) =>
        rate(rows, { ...trains(2), who: `${system} (ours), native TensorFlow` })
      ),
  },
  {
    file: "bench/machines.json",
    words: words(
      "numpy trained at # times PyTorch's rate on 2 threads, # in turbo. With PyTorch held to 256 bits " +
        "there, it was # and #.",
    ),
    values: (rows) =>
      ["PyTorch", "PyTorch, AVX2"].flatMap((other) =>
        ["numpy (ours)", "numpy (ours), turbo"].map((who) =>
          median(rows, `Training, batch 256, 2 threads: ${who} to ${other}`, { machine: "A" })
        )
      ),
  },
  {
    file: "bench/runs.json",
    words: words("numpy infers at # times the rate of onnxruntime-node"),
    values: (rows) => [
      median(rows, "Inference, batch 256, 1 thread: numpy (ours) to onnxruntime-node", two),
    ],
  },
  {
    file: "bench/runs.json",
    words: words("and at # times in turbo. It infers single images at # times."),
    values: (rows) =>
      [
        "Inference, batch 256, 1 thread: numpy (ours), turbo to onnxruntime-node",
        "Inference, batch 1, 1 thread: numpy (ours) to onnxruntime-node",
      ].map((claim) => median(rows, claim, two)),
  },
  {
    file: "bench/runs.json",
    words: words(
      "infers at # times its rate in batches, at # times in turbo, and at # times with single",
    ),
    values: (rows) =>
      [
        "Inference, batch 256, 1 thread: numpy (ours) to onnxruntime",
        "Inference, batch 256, 1 thread: numpy (ours), turbo to onnxruntime",
        "Inference, batch 1, 1 thread: numpy (ours) to onnxruntime",
      ].map((claim) => median(rows, claim, two)),
  },
  {
    file: "bench/runs.json",
    words: words(
      "answers # times as many images a second as our float32 in batches of 256, and # times as many one by " +
        "one; in turbo it answers # times",
    ),
    values: (rows) =>
      [
        "Compressed inference, batch 256, 1 thread: int8 (ours) to numpy (ours)",
        "Compressed inference, batch 1, 1 thread: int8 (ours) to numpy (ours)",
        "Compressed inference, batch 256, turbo, 1 thread: int8 (ours), turbo to numpy (ours), turbo",
      ].map((claim) => median(rows, claim, two)),
  },
  {
    file: "bench/runs.json",
    words: words("on several threads, at # times the rate of OpenCV"),
    values: (rows) => [
      median(
        rows,
        "JPEG files to 32×32 grey: preprocessing (ours) to OpenCV + DataLoader",
        two,
      ),
    ],
  },
  ...([
    ["PyTorch", "the int8 of PyTorch answered # and #"],
    ["onnxruntime", "int8 of onnxruntime # and # times"],
  ] as const).map(([library, text]): Binding => ({
    file: "bench/int8_accuracy.json",
    words: words(text),
    values: (rows) => {
      const { times, single } = rows.find((row) => row.library === library && row.times)!;
      return [times, single].map((ratio) => String(ratio).split(" ")[0]!);
    },
  })),
];
