/**
 * What some tests need besides Deno and the npm packages. A test that needs it says so in its name,
 * and is skipped, with the reason in its name, where it is missing.
 */
import { chosenKind } from "../lib/backend/native_path.ts";
import { benchPython } from "../bench/bench_python.ts";
import { daskPython } from "../tasks/sweep_dask.ts";
import { venvPython } from "../tasks/python.ts";

/** The parts of the set-up that may be missing. */
export type Requirement =
  | "the native TensorFlow"
  | "the notebooks' Python"
  | "dask.distributed"
  | "a Python with NumPy";

/** Whether a Python has a package; only a test file that needs it asks. */
function hasPackage(python: string, name: string): boolean {
  try {
    const args = ["-c", `import ${name}`];
    return new Deno.Command(python, { args, stdin: "null" }).outputSync().success;
  } catch {
    return false; // there is no such program
  }
}

/** The first Python that has NumPy: the bench's, or the system's. */
export const numpyPython = (): string | undefined =>
  [benchPython, "python3"].find((python) => hasPackage(python, "numpy"));

const isThere: Readonly<Record<Requirement, () => boolean>> = {
  "the native TensorFlow": () => chosenKind() !== undefined,
  "the notebooks' Python": () => hasPackage(venvPython, "nbclient"),
  "dask.distributed": () => hasPackage(daskPython, "distributed"),
  "a Python with NumPy": () => numpyPython() !== undefined,
};
const known = new Map<Requirement, boolean>();

/** What to do about it. */
const advice: Readonly<Record<Requirement, string>> = {
  "the native TensorFlow": "deno task setup makes it",
  "the notebooks' Python": "deno task setup makes it",
  "dask.distributed": "deno task sweep --list corrected --scheduler local installs it",
  "a Python with NumPy": "deno task bench installs it",
};

/**
 * The first two arguments of `Deno.test` for a test that needs something:
 *
 *     Deno.test(...needs("the native TensorFlow", "the three systems agree"), async () => { … });
 */
export function needs(
  requirement: Requirement,
  name: string,
): [name: string, options: { readonly ignore: boolean }] {
  const has = known.get(requirement) ?? isThere[requirement]();
  known.set(requirement, has);
  return !has
    ? [`${name} (skipped: ${requirement} is missing; ${advice[requirement]})`, { ignore: true }]
    : [`${name} (needs ${requirement})`, { ignore: false }];
}
