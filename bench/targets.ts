/** What the project sets out to reach, each target beside what was measured and beside the strongest of the others. */
import { median } from "../lib/metrics/median.ts";
import { type Cell, Table } from "../lib/report/table.ts";
import { type ContenderName, type Measurement, pairedRatio } from "./contenders.ts";
import { measuredOn, type Occasion } from "./machine.ts";
import { type Section, showRatio } from "./report.ts";

/** Who at what is to be how many times as fast as whom, or to do how many images a second. */
export interface Target {
  readonly title: string;
  readonly threads?: number;
  readonly who: ContenderName;
  /** Another contender of the same section, or images a second. */
  readonly to: ContenderName | number;
  /** The ratio of the rates that is wanted at least. */
  readonly atLeast: number;
}

const training = { title: "Training, batch 256", threads: 2 } as const;
const single = { title: "Inference, batch 1", threads: 1 } as const;
const int8 = "Compressed inference, batch";
/** Decoding and resizing. */
export const jpegs = "JPEG files to 32×32 grey";
/** Drawing the default images, encoding and writing them. */
export const drawing = "Drawing of synthetic images";
/** The most times as long as the hand-written system that something may take. */
const LONGEST = 1.6;
/** Images a second of one that takes 0.3 ms. */
const SINGLE_RATE = 1000 / 0.3;

const ofSystem = (system: "torch" | "keras"): Target[] => {
  const [plain, turbo] = [`${system} (ours)`, `${system} (ours), turbo`] as const;
  return [
    { ...training, who: plain, to: "PyTorch", atLeast: 2 },
    { ...training, who: turbo, to: "PyTorch", atLeast: 3 },
    { ...training, who: plain, to: `${system} (ours), native TensorFlow`, atLeast: 6 },
    { ...training, who: plain, to: "numpy (ours)", atLeast: 1 / LONGEST },
    { ...training, who: turbo, to: "numpy (ours), turbo", atLeast: 1 / LONGEST },
    { ...single, who: plain, to: SINGLE_RATE, atLeast: 1 },
  ];
};

export const targets: readonly Target[] = [
  ...ofSystem("torch"),
  ...ofSystem("keras"),
  { title: "Inference, batch 256", who: "numpy (ours)", to: "onnxruntime-node", atLeast: 1.3 },
  { title: `${int8} 256`, who: "int8 (ours)", to: "numpy (ours)", atLeast: 2.3 },
  {
    title: `${int8} 256, turbo`,
    who: "int8 (ours), turbo",
    to: "numpy (ours), turbo",
    atLeast: 2.3,
  },
  { title: `${int8} 1`, who: "int8 (ours)", to: "numpy (ours)", atLeast: 1 },
  { title: `${int8} 1, turbo`, who: "int8 (ours), turbo", to: "numpy (ours), turbo", atLeast: 1 },
  { title: jpegs, who: "preprocessing (ours)", to: "OpenCV + DataLoader", atLeast: 1 },
  { title: drawing, who: "drawing (ours)", to: 200, atLeast: 1 },
];

const isOurs = (name: string) => name.includes("(ours)");
const has = ({ rates }: Measurement) => rates.length > 0;

/** The fastest of those who are not ours; of a section in turbo, among those of the section without. */
function strongest(sections: readonly Section[], section: Section): Measurement | undefined {
  const titles = [section.title, section.title.replace(/, turbo$/, "")];
  return sections
    .filter(({ title, threads }) => titles.includes(title) && threads === section.threads)
    .flatMap(({ measurements }) => measurements)
    .filter((measurement) => has(measurement) && !isOurs(measurement.name))
    .sort((a, b) => median(b.rates) - median(a.rates))[0];
}

/** The targets that these sections have measured. */
export function targetsTable(occasion: Occasion, sections: readonly Section[]): Table {
  return new Table({
    title: "What is wanted, and what was measured",
    columns: [
      { key: "what", label: "what" },
      { key: "who", label: "who" },
      { key: "rate", label: "images/s", digits: 0 },
      { key: "to", label: "times the rate of" },
      { key: "wanted", label: "wanted", digits: 2 },
      { key: "ratio", label: "measured", align: "right" },
      { key: "reached", label: "reached" },
      { key: "strongest", label: "strongest other" },
      { key: "beside", label: "times its rate", digits: 2 },
    ],
    rows: targets.flatMap((target): Record<string, Cell>[] => {
      const { title, threads, who, to, atLeast } = target;
      const section = sections.find((one) =>
        one.title === title && (threads ?? one.threads) === one.threads
      );
      const of = (name: unknown) => section?.measurements.find((one) => one.name === name);
      const own = of(who);
      if (!section || !own || !has(own)) return [];
      const rate = median(own.rates), other = of(to);
      const ratio = typeof to === "number"
        ? { median: rate / to, low: Math.min(...own.rates) / to, high: Math.max(...own.rates) / to }
        : other && pairedRatio(own, other);
      const best = strongest(sections, section);
      return [{
        what: title + (threads ? `, ${threads} thread${threads > 1 ? "s" : ""}` : ""),
        who,
        rate,
        wanted: atLeast,
        to: typeof to === "number" ? `${Math.round(to).toLocaleString("en")} images a second` : to,
        ratio: ratio ? showRatio(ratio) : "not measured",
        reached: ratio ? ratio.median >= atLeast ? "yes" : "no" : "",
        ...best && { strongest: best.name, beside: rate / median(best.rates) },
      }];
    }),
    notes: [
      `${measuredOn(occasion)} ` +
      "Ratios to whom the target names are taken round by round: median (range).",
      `0.63 times the rate of the hand-written system is ${LONGEST} times its time.`,
      "Strongest other: the fastest in the same comparison of those who are not this project's, by medians; " +
      "PyTorch and TensorFlow take all vectors that the processor has.",
    ],
  });
}
