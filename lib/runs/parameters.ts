/**
 * The parameters that stand in the first cell of a notebook, and how those of one notebook reach the
 * others: what a notebook says is kept in a file, and a notebook that leaves a value out takes it from
 * there.
 */
import { join, resolve } from "node:path";
import { type BackendName, backendNames } from "../backend/backend_names.ts";
import { knownDataset } from "../data/choose_dataset.ts";
import { MOST_THREADS } from "../kernels/thread_count.ts";
import { exists, projectRoot, writeAtomic } from "../util/files.ts";
import { environment, readTextFile } from "../util/platform.ts";

/** What a notebook may say. A value that is left out, or undefined, is taken from elsewhere. */
export interface Parameters {
  /** Folder of the images, or the name of a known data set; a relative path starts at the notebook's folder. */
  readonly dataFolder?: string | undefined;
  /** Epochs of training, from 1. */
  readonly epochs?: number | undefined;
  /** Images of a batch, from 1. */
  readonly batchSize?: number | undefined;
  /** Learning rate of Adam, above 0. */
  readonly learningRate?: number | undefined;
  /** Seed of the starting weights and of the order of the images. */
  readonly seed?: number | undefined;
  /** Threads that compute, from 1; the results are the same with 1, 2 and 4. */
  readonly threads?: number | undefined;
  /** What torch and keras run on. */
  readonly backend?: BackendName | undefined;
}

/** Name of a parameter. */
export type ParameterName = keyof Parameters;

/** A value that a notebook said, and which notebook that was. */
interface Said {
  readonly value: string | number;
  readonly notebook: string;
}

/** Parameters with all values that somebody said, and who said them. */
export interface GatheredParameters {
  /** What was said, here or by another notebook. */
  readonly values: Parameters;
  /** The notebook that said a value, for each value that another one said. */
  readonly from: Readonly<Partial<Record<ParameterName, string>>>;
}

/** What a value of each parameter must be, in words and as a test. */
const rules: Readonly<
  Record<ParameterName, readonly [expected: string, test: (value: unknown) => boolean]>
> = {
  dataFolder: [
    "the path of a folder or the name of a data set",
    (value) => typeof value === "string" && value !== "",
  ],
  epochs: ["a whole number of at least 1", isCount],
  batchSize: ["a whole number of at least 1", isCount],
  learningRate: ["a number above 0", (value) => Number.isFinite(value) && (value as number) > 0],
  seed: ["a whole number", Number.isInteger],
  threads: [
    `a whole number from 1 to ${MOST_THREADS}`,
    (value) => isCount(value) && (value as number) <= MOST_THREADS,
  ],
  backend: [
    backendNames.map((name) => `"${name}"`).join(" or "),
    (value) => (backendNames as readonly unknown[]).includes(value),
  ],
};

/**
 * Completes what a notebook says by what the notebooks before it said, and keeps what it says for the
 * others. A value that this notebook said in an earlier run and leaves out now is forgotten.
 * @param notebook its name, as in "3_training"
 * @param file default: what `LENET_PARAMETERS` names, else `.cache/parameters.json`; with "none" nothing
 * is kept and nothing taken, as `reproduce` wants it
 * @throws RangeError naming a parameter that is unknown or has no sensible value
 * @throws Error naming the file if it is damaged
 */
export async function gatherParameters(
  notebook: string,
  given: Parameters,
  file: string = environment("LENET_PARAMETERS") || join(projectRoot, ".cache/parameters.json"),
): Promise<GatheredParameters> {
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  checkParameters("the parameters", own);
  if (typeof own.dataFolder === "string" && !knownDataset(own.dataFolder)) {
    own.dataFolder = resolve(own.dataFolder);
  }
  if (file === "none") return { values: own, from: {} };
  const kept = await readKept(file);
  const next = new Map(Object.entries(kept).filter(([, said]) => said.notebook !== notebook));
  const values: Record<string, unknown> = { ...own };
  const from: Record<string, string> = {};
  for (const [name, { value, notebook: other }] of next) {
    if (name in own) continue;
    values[name] = value;
    from[name] = other;
  }
  for (const [name, value] of Object.entries(own)) next.set(name, { value, notebook });
  const text = JSON.stringify(Object.fromEntries(next), undefined, 2) + "\n";
  if (text !== JSON.stringify(kept, undefined, 2) + "\n") await writeAtomic(file, text);
  return { values, from };
}

async function readKept(file: string): Promise<Record<string, Said>> {
  if (!await exists(file)) return {};
  try {
    const kept = JSON.parse(await readTextFile(file)) as Record<string, Said>;
    const isKnown = Object.values(kept).every((said) => typeof said?.notebook === "string");
    if (!isKnown || Object.prototype !== Object.getPrototypeOf(kept)) {
      throw new Error("it does not say which notebook said what");
    }
    checkParameters("it", Object.fromEntries(Object.entries(kept).map(([k, v]) => [k, v.value])));
    return kept;
  } catch (error) {
    throw new Error(
      `${file}, which holds the parameters of the notebooks, cannot be used: ` +
        `${(error as Error).message}; delete the file`,
    );
  }
}

function checkParameters(what: string, given: object): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) {
      throw new RangeError(
        `${what} cannot have ${name}; there are ${Object.keys(rules).join(", ")}`,
      );
    }
    const [expected, test] = rules[name as ParameterName];
    if (!test(value)) throw new RangeError(`${name} must be ${expected}, got ${String(value)}`);
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}
