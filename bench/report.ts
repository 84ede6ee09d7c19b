import { median } from "../lib/metrics/median.ts";
import { Figure } from "../lib/report/figure.ts";
import { escapeXml } from "../lib/report/escape.ts";
import { systemStyle } from "../lib/report/plot.ts";
import { systemNames } from "../lib/systems/create_system.ts";
import { type Cell, Table } from "../lib/report/table.ts";
import { type ContenderName, type Measurement, pairedRatio } from "./contenders.ts";
import { measuredOn, type Occasion } from "./machine.ts";
import type { Profile } from "./profile.ts";

/** One comparison: who was measured at what. */
export interface Section {
  readonly title: string;
  readonly threads: number;
  readonly measurements: readonly Measurement[];
  /** Whom the ratios are taken to. */
  readonly baseline: ContenderName;
}

/** Writes all tables (Markdown, JSON) and the chart of training (SVG, PNG). */
export async function writeReport(
  folder: string,
  occasion: Occasion,
  sections: readonly Section[],
  profiles: readonly Profile[],
): Promise<void> {
  await throughputTable(occasion, sections).save(`${folder}/throughput`);
  await profileTable(occasion, profiles).save(`${folder}/profile`);
  await trainingChart(occasion, sections.filter(({ title }) => title === "Training, batch 256"))
    .save(`${folder}/training`);
}

/** All comparisons; a ratio is the median of the rounds' own ratios, with their range. */
export function throughputTable(occasion: Occasion, sections: readonly Section[]): Table {
  return new Table({
    title: "Images a second, medians of rounds that alternate",
    columns: [
      { key: "what", label: "what" },
      { key: "threads", label: "threads" },
      { key: "who", label: "who" },
      { key: "median", label: "images/s", digits: 0 },
      { key: "range", label: "range", align: "right" },
      { key: "ratio", label: "ratio", align: "right" },
      { key: "to", label: "to" },
      { key: "memory", label: "peak memory, MB", digits: 0 },
    ],
    rows: sections.flatMap(({ title, threads, measurements, baseline }) => {
      const base = measurements.find(({ name }) => name === baseline)!;
      return measurements.map((measurement): Record<string, Cell> => {
        const { name, rates, error, peakBytes } = measurement;
        if (rates.length === 0) return { what: title, threads, who: name, range: error ?? "none" };
        const ratio = pairedRatio(measurement, base);
        return {
          what: title,
          threads,
          who: name,
          median: median(rates),
          range: `${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))}`,
          ...(ratio && name !== baseline ? { ratio: showRatio(ratio), to: baseline } : {}),
          memory: peakBytes / 1e6,
        };
      });
    }),
    notes: [
      measuredOn(occasion),
      "Each contender has a process of its own; the processes take turns, with a pause for the threads of " +
      "the one before to settle, so that whatever slows the machine for a while slows them all. " +
      "Ratios are taken round by round: median (range).",
      "Training: forward, backward and Adam on a float32 batch in memory. Inference: batch in, logits " +
      "out. PyTorch: fused Adam, inference mode; AVX2: held to vectors of 256 bits, the most that " +
      "WebAssembly gets; compiled: torch.compile. Keras: its compiled train " +
      "function. NumPy: im2col and BLAS. turbo: V8's two flags, see the README. All of it: images shifted " +
      "and mirrored, 450 more evaluated. JPEG files: both sides read, decode, turn to grey and shrink all " +
      "images in batches of 64, without a cache, on so many threads (with PyTorch's DataLoader: processes), which " +
      "stay from epoch to epoch. Drawing: 600 images in each turn, encoded and written, the start of the threads " +
      "included. " +
      "Fast decoder: most pixels within a few grey levels of OpenCV's, the others are the same. int8 (ours): " +
      "bytes in; pruned: without a quarter of the filters and 40 % of the units. PyTorch, pruned: masks; " +
      "int8: eager static quantization. onnxruntime, int8: static QDQ. Both: weights of 7 bits where the " +
      "processor has no VNNI, for which see int8_accuracy.md.",
    ],
  });
}

/** "2.79 (2.19–2.80)" */
export const showRatio = ({ median, low, high }: { median: number; low: number; high: number }) =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

function profileTable(occasion: Occasion, profiles: readonly Profile[]): Table {
  return new Table({
    title: "Where a training step spends its time, one thread, batch 256",
    columns: [
      { key: "build", label: "build" },
      { key: "kernel", label: "kernel" },
      { key: "time", label: "µs an image", digits: 2 },
      { key: "share", label: "share of the step", align: "right" },
      { key: "peak", label: "of the arithmetic peak", align: "right" },
    ],
    rows: profiles.flatMap(({ build, peak, multiplyAdds, microsecondsPerImage, kernels }) => {
      const share = (value: number) => `${(100 * value).toFixed(1)} %`;
      const name = build === "wide" ? "turbo" : "default";
      return [
        {
          build: name,
          kernel: "whole step, without Adam",
          time: microsecondsPerImage,
          share: share(1),
          peak: share(multiplyAdds / microsecondsPerImage / 1000 / peak),
        },
        ...kernels.slice(0, 12).map(({ kernel, microsecondsPerImage: time }) => ({
          build: name,
          kernel,
          time,
          share: share(time / microsecondsPerImage),
        })),
      ];
    }),
    notes: [
      `${measuredOn(occasion)} Best of 25 rounds.`,
      `A step needs ${
        profiles[0]!.multiplyAdds.toLocaleString("en")
      } multiply-adds an image when the ` +
      "zeros behind max-pooling are left out (what Winograd's method saves still counts). The peak " +
      `is measured with a loop of multiply-adds that touches no memory: ${
        profiles.map(({ build, peak }) =>
          `${peak.toFixed(1)}·10⁹/s (${build === "wide" ? "turbo, 256 bits" : "default, 128 bits"})`
        ).join(", ")
      }.`,
    ],
  });
}

/** The colour of programs that are no system of this project. */
const OTHERS = "#777";

function colourOf(contender: string): string {
  const system = systemNames.find((name) => contender.startsWith(`${name} (ours)`));
  return system ? systemStyle(system).color : OTHERS;
}

/** Bars of images a second, a group for each number of threads. */
function trainingChart({ machine, date }: Occasion, sections: readonly Section[]): Figure {
  const [left, width, row] = [200, 460, 24];
  const most = Math.max(
    ...sections.flatMap(({ measurements }) => measurements).flatMap(({ rates }) => rates),
  );
  let y = 4;
  let body = "";
  for (const { threads, measurements } of sections) {
    body += `<text x="8" y="${y + 14}" font-size="12" font-weight="bold">` +
      `${threads} thread${threads > 1 ? "s" : ""}</text>`;
    y += 22;
    for (const { name, rates } of measurements) {
      if (rates.length === 0) continue;
      const value = median(rates), length = width * value / most;
      const color = colourOf(name);
      const x = (rate: number) => left + width * rate / most;
      body += `<text x="${left - 8}" y="${y + 15}" font-size="12" text-anchor="end">` +
        `${escapeXml(name)}</text>` +
        `<rect x="${left}" y="${y + 4}" width="${length.toFixed(1)}" height="15" fill="${color}" ` +
        `fill-opacity="0.5"/><line x1="${x(Math.min(...rates)).toFixed(1)}" x2="${
          x(Math.max(...rates)).toFixed(1)
        }" y1="${y + 11.5}" y2="${y + 11.5}" stroke="${color}" stroke-width="2"/>` +
        `<text x="${(x(Math.max(...rates)) + 6).toFixed(1)}" y="${y + 16}" font-size="12">${
          Math.round(value).toLocaleString("en")
        }</text>`;
      y += row;
    }
    y += 8;
  }
  return new Figure({ width: left + width + 110, height: y, body }, {
    title: "Training LeNet-5: images a second",
    subtitle: "batch 256, float32, Adam; medians, lines from the slowest round to the fastest",
    legend: [
      ...systemNames.map((system) => ({
        label: `${system} (ours)`,
        color: systemStyle(system).color,
      })),
      { label: "others", color: OTHERS },
    ],
    caption: `${machine}; ${date}`,
  });
}
