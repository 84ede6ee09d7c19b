/**
 * The figures that matter most: the machine's last three runs of the bench side by side, and all machines
 * side by side.
 */
import { median } from "../lib/metrics/median.ts";
import { join } from "node:path";
import { Table } from "../lib/report/table.ts";
import { exists, writeAtomic } from "../lib/util/files.ts";
import { type ContenderName, pairedRatio } from "./contenders.ts";
import type { Occasion } from "./machine.ts";
import { type Section, throughputTable } from "./report.ts";
import { jpegs, targets } from "./targets.ts";

/** A claim: who at what, in proportion to whom. */
interface Claim {
  readonly title: string;
  readonly threads?: number;
  readonly who: ContenderName;
  readonly to: ContenderName;
}

const [plain, turbo] = ["numpy (ours)", "numpy (ours), turbo"] as const;
const inference = { title: "Inference, batch 256", threads: 1 } as const;
const compressed = { title: "Compressed inference, batch 256", threads: 1 } as const;
const everything = "An epoch of 20000 images, with augmentation and evaluation";

const listed: readonly Claim[] = [
  ...([1, 2] as const).flatMap((threads): Claim[] => [
    { title: "Training, batch 256", threads, who: plain, to: "PyTorch" },
    { title: "Training, batch 256", threads, who: turbo, to: "PyTorch" },
    { title: "Training, batch 256", threads, who: plain, to: "PyTorch, AVX2" },
    { title: "Training, batch 256", threads, who: turbo, to: "PyTorch, AVX2" },
    ...(["torch", "keras"] as const).flatMap((system): Claim[] => [
      { title: "Training, batch 256", threads, who: `${system} (ours)`, to: "PyTorch" },
      { title: "Training, batch 256", threads, who: `${system} (ours), turbo`, to: "PyTorch" },
    ]),
  ]),
  { ...inference, who: plain, to: "onnxruntime-node" },
  { ...inference, who: turbo, to: "onnxruntime-node" },
  { ...inference, who: plain, to: "onnxruntime" },
  { ...inference, who: turbo, to: "onnxruntime" },
  { ...inference, who: plain, to: "PyTorch" },
  { ...inference, who: turbo, to: "PyTorch" },
  { title: "Inference, batch 1", threads: 1, who: plain, to: "onnxruntime-node" },
  { title: "Inference, batch 1", threads: 1, who: plain, to: "onnxruntime" },
  { ...compressed, who: "int8 (ours)", to: plain },
  { ...compressed, who: "pruned + int8 (ours)", to: plain },
  {
    title: `${compressed.title}, turbo`,
    threads: 1,
    who: "int8 (ours), turbo",
    to: turbo,
  },
  {
    title: jpegs,
    who: "preprocessing (ours), fast decoder",
    to: "OpenCV + DataLoader",
  },
  { title: everything, who: `${plain}, all of it`, to: plain },
  { title: everything, who: `${turbo}, all of it`, to: turbo },
];

/** The listed ones, and the targets that they lack. */
const claims: readonly Claim[] = [
  ...listed,
  ...targets.flatMap(({ title, threads = 1, who, to }): Claim[] => {
    if (typeof to === "number") return [];
    const isListed = listed.some((one) => one.title === title && one.who === who && one.to === to);
    return isListed ? [] : [title === jpegs ? { title, who, to } : { title, threads, who, to }];
  }),
];

type Ratios = Readonly<Record<string, number>>;

/** A run as it is kept for the next ones. */
export interface Run {
  readonly machine: string;
  /** The day on which it began, as in 2026-01-31; older runs do not tell. */
  readonly date?: string;
  readonly ratios: Ratios;
}

/** "run 1 on 2026-01-30, run 2 on a day that was not noted" */
function days(runs: readonly Run[]): string {
  return runs.map(({ date }, i) => `run ${i + 1} on ${date ?? "a day that was not noted"}`)
    .join(", ");
}

const nameOf = ({ title, threads, who, to }: Claim) =>
  `${title}${threads ? `, ${threads} thread${threads > 1 ? "s" : ""}` : ""}: ${who} to ${to}`;

/** The claims' ratios in one run: medians over its rounds. */
export function claimedRatios(sections: readonly Section[]): Ratios {
  return Object.fromEntries(claims.flatMap((claim) => {
    const section = sections.find(({ title, threads, measurements }) =>
      title === claim.title && (claim.threads ?? threads) === threads &&
      measurements.some(({ name }) => name === claim.who)
    );
    const of = (name: ContenderName) => section?.measurements.find((one) => one.name === name);
    const [who, to] = [of(claim.who), of(claim.to)];
    const ratio = who && to ? pairedRatio(who, to) : undefined;
    return ratio ? [[nameOf(claim), ratio.median] as const] : [];
  }));
}

/** The last runs of one machine side by side. */
export function runsTable(runs: readonly Run[]): Table {
  return new Table({
    title: "How many times as fast, run by run",
    columns: [
      { key: "claim", label: "what" },
      ...runs.map((_, i) => ({ key: `${i}`, label: `run ${i + 1}`, digits: 2 })),
      { key: "median", label: "median", digits: 2 },
    ],
    rows: claims.flatMap((claim) => {
      const name = nameOf(claim);
      const values = runs.flatMap(({ ratios }) => ratios[name] ?? []);
      // not asked where PyTorch has no wider vectors; who failed keeps an empty row
      if (values.length === 0 && claim.to === "PyTorch, AVX2") return [];
      return [{
        claim: name,
        ...Object.fromEntries(runs.map(({ ratios }, i) => [`${i}`, ratios[name]])),
        median: values.length > 0 ? median(values) : undefined,
      }];
    }),
    notes: [
      `Measured on: ${runs.at(-1)?.machine}; ${days(runs)}. ` +
      "Each value is the median of its run's rounds.",
      "PyTorch, AVX2: PyTorch held to vectors of 256 bits, where it has wider ones. WebAssembly gets " +
      "128 by default and 256 in turbo.",
    ],
  });
}

/** The claims' medians on every machine that the bench has run on. */
export function machinesTable(runs: readonly Run[]): Table {
  const machines = [...new Set(runs.map(({ machine }) => machine))];
  const letter = (index: number) => String.fromCharCode(65 + index);
  const of = (machine: string, name: string) =>
    runs.flatMap((run) => run.machine === machine ? run.ratios[name] ?? [] : []);
  return new Table({
    title: "How many times as fast, machine by machine",
    columns: [
      { key: "claim", label: "what" },
      ...machines.map((_, i) => ({ key: letter(i), label: `machine ${letter(i)}`, digits: 2 })),
    ],
    rows: claims.flatMap((claim) => {
      const name = nameOf(claim);
      const values = machines.map((machine) => of(machine, name));
      if (values.every(({ length }) => length === 0) && claim.to === "PyTorch, AVX2") return [];
      const cells = values.map((ratios, i) =>
        [letter(i), ratios.length > 0 ? median(ratios) : undefined] as const
      );
      return [{ claim: name, ...Object.fromEntries(cells) }];
    }),
    notes: machines.map((machine, i) => {
      const own = runs.filter((run) => run.machine === machine);
      return `Machine ${letter(i)}: ${machine}; ` +
        `medians of its last ${own.length} runs, ${days(own)}.`;
    }),
  });
}

/** How many runs of a machine are kept. */
const KEPT = 3;

/**
 * Puts a run beside those before it, of which the last ones of each machine are kept, and writes the
 * tables. What the machine's sections hold stands in `machines/<machine>.{md,json}` too.
 */
export async function recordRun(
  folder: string,
  occasion: Occasion,
  sections: readonly Section[],
): Promise<void> {
  const { machine } = occasion, path = join(folder, "ratios.json");
  const earlier: Run[] = await exists(path) ? JSON.parse(await Deno.readTextFile(path)) : [];
  const own = [
    ...earlier.filter((run) => run.machine === machine),
    { ...occasion, ratios: claimedRatios(sections) },
  ].slice(-KEPT);
  const runs = [...earlier.filter((run) => run.machine !== machine), ...own];
  await writeAtomic(path, JSON.stringify(runs, null, 2) + "\n");
  await runsTable(own).save(join(folder, "runs"));
  await machinesTable(runs).save(join(folder, "machines"));
  await throughputTable(occasion, sections).save(join(folder, "machines", fileName(machine)));
}

/** "AMD EPYC, 2 cores, …" → "amd-epyc-2-cores"; machines that differ in less have a file together. */
export function fileName(machine: string): string {
  return machine.split(",").slice(0, 2).join(" ").toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
