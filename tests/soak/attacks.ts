/** The attacks of `deno task test:soak`: what is tried, how often, and what came of it. */
import { join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { chosenKind } from "../../lib/backend/native_path.ts";
import { fillDisks } from "./full_disk.ts";
import { killTrainings } from "./kill_trainings.ts";
import { longNotebook, longRun } from "./long_runs.ts";
import { twoReproduces } from "./two_reproduces.ts";
import type { trained } from "./tiny_training.ts";

/** One line of the table. */
export interface Attacked {
  /** What was tried. */
  readonly kind: string;
  /** How often. */
  readonly count: number;
  /** What came of it, in words. */
  readonly outcome: string;
  /** Whether it was as it should be. */
  readonly isSound: boolean;
}

/** Attacks by name; each gives the lines of its own. */
export const attacks: Readonly<Record<string, () => Promise<Attacked[]>>> = {
  ...killsOf("numpy", 50),
  ...killsOf("torch", 50),
  ...killsOf("keras", 50),
  ...killsOf("numpy, reference", 20),
  ...(chosenKind() === undefined
    ? {}
    : { ...killsOf("torch, native", 20), ...killsOf("keras, native", 20) }),
  images: async () => [
    await tests("damaged images", ["tests/pixels/mutated_images_test.ts"], {
      count: 2600,
      env: { LENET_SOAK_IMAGES: "2600" },
      outcome: "each decoded right or set aside with its reason",
    }),
  ],
  lists: async () => [
    await tests("damaged lists", ["tests/data/list_fuzz_test.ts", "tests/data/bad_lists_test.ts"], {
      env: { LENET_SOAK_LISTS: "2500" },
      outcome: "each opened, or refused with its file and line",
    }),
  ],
  archives: async () => [
    await tests("damaged IDX and CIFAR archives", ["tests/data/archive_fuzz_test.ts"], {
      outcome: "each read, or refused by its name",
    }),
  ],
  "model files": async () => [
    await tests("damaged model and weight files", [
      "tests/model/safetensors_test.ts",
      "tests/compression/quantized_model_file_test.ts",
      "tests/compression/sparse_file_test.ts",
    ], { outcome: "each read, or refused by its name" }),
  ],
  classifiers: async () => [
    await tests("damaged and forged files of classifiers", [
      "tests/classifier/classifier_file_test.ts",
    ], { outcome: "each read, or refused by its name" }),
    await tests("damaged files of ONNX, Keras, TensorFlow.js and PyTorch", [
      "tests/formats/refusals_test.ts",
    ], { outcome: "each read, or refused by its name" }),
    await tests("damaged archives of known data sets, and PNG files of the int8 predictor", [
      "tests/data/named/archives_test.ts",
      "tests/int8/png_test.ts",
    ], { outcome: "each read as it should be, or refused by its name" }),
  ],
  "full disks": fillDisks,
  replacing: async () => [
    await tests(
      "kills while results are replaced, and places that cannot be written",
      ["tests/tasks/replace_files_test.ts"],
      { count: 15, outcome: "all new or all old" },
    ),
    await tests(
      "kills and Ctrl-C of the executor and its parent",
      ["tests/tasks/ends_together_test.ts"],
      { count: 4, outcome: "no process, no folder, no traceback left" },
    ),
  ],
  reproduce: twoReproduces,
  "long runs": async () => [
    ...await longRun("numpy"),
    ...await longRun("torch"),
    ...await longRun("keras"),
  ],
  "long notebook": longNotebook,
};

function killsOf(what: keyof typeof trained, wanted: number) {
  const attack = async (): Promise<Attacked[]> => {
    const { kills, inTraining, ended, different, torn } = await killTrainings(
      what,
      wanted,
      newSeed(),
    );
    return [{
      kind: `SIGKILL at a random moment: ${what}`,
      count: kills,
      outcome: `${inTraining} while it trained; ${ended} trainings went on to their end, ` +
        `${different} with other bits; ${torn} torn files`,
      isSound: different === 0 && torn === 0,
    }];
  };
  return { [`kills: ${what}`]: attack };
}

/** A seed of its own for each attack, which is told, so that the attack can be made again. */
function newSeed(): number {
  const given = Deno.env.get("LENET_TEST_SEED");
  const seed = given ? Number(given) : crypto.getRandomValues(new Int32Array(1))[0]!;
  console.error(`  LENET_TEST_SEED=${seed}`);
  return seed;
}

/** Runs test files on new random cases, and counts what their properties tried, unless the count is known. */
async function tests(
  kind: string,
  files: readonly string[],
  options: {
    readonly outcome: string;
    readonly count?: number;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Attacked> {
  const counted = await Deno.makeTempFile();
  const seed = `${newSeed()}`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-P", "--quiet", "--no-check", ...files],
    cwd: projectRoot,
    env: { ...options.env, LENET_SOAK_COUNT: counted, LENET_TEST_SEED: seed, NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  if (code !== 0) await Deno.stderr.write(stdout);
  const sums = (await Deno.readTextFile(counted)).split("\n").map(Number);
  await Deno.remove(counted);
  return {
    kind,
    count: options.count ?? sums.reduce((a, b) => a + b, 0),
    outcome: code === 0 ? options.outcome : "a test has failed; see the terminal",
    isSound: code === 0,
  };
}

/** Where the lines of earlier runs are. */
export const soakTable: string = join(projectRoot, "results", "soak");
