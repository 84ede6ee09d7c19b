/**
 * `deno task setup [--native | --no-native] [--gpu | --cpu]`: makes everything that the other tasks
 * need and skips what is there: the native TensorFlow, `.venv` with nbclient, the project's Deno
 * kernelspec. All of it stays in the project's folder. The other tasks call it by themselves.
 *
 * The native TensorFlow is one of two backends of the torch and keras systems. Where it cannot be set up,
 * and with `--no-native`, they run on the project's own kernels, and a line says so.
 */
import { gpuChoice, nativeChoice, readArguments } from "./arguments.ts";
import { kindToSetUp, setupNative } from "./native.ts";
import { setupVenv, writeKernelspecs } from "./python.ts";
import { main, SetupError } from "./run.ts";

/** What to set up. */
export interface SetupOptions {
  /** The build of TensorFlow with CUDA, or the one without; default: by the machine. */
  readonly gpu?: boolean | undefined;
  /** Whether the native TensorFlow must be there (true) or is left out (false); default: if possible. */
  readonly native?: boolean | undefined;
  /** Whether it goes on without Python, which the notebooks need; default false. */
  readonly withoutPython?: boolean;
}

/**
 * Sets up what is missing.
 * @returns whether the native TensorFlow is there
 * @throws SetupError if something cannot be set up that is needed or was asked for
 */
export async function setup(
  { gpu, native, withoutPython = false }: SetupOptions = {},
): Promise<boolean> {
  try {
    await setupVenv("requirements.txt");
    await writeKernelspecs();
  } catch (error) {
    if (!withoutPython || !(error instanceof SetupError)) throw error;
    console.error(`Without the notebooks' Python. The reason: ${oneLine(error)}`);
  }
  return await setupNativeIfPossible(native, () => setupNative(kindToSetUp(gpu)));
}

/**
 * Sets up the native TensorFlow, or says in a line why it is done without.
 * @param native see `SetupOptions`
 * @returns whether it is there
 */
export async function setupNativeIfPossible(
  native: boolean | undefined,
  work: () => Promise<void>,
): Promise<boolean> {
  const instead = "torch and keras run on the project's own kernels";
  if (native === false) {
    console.error(`Without the native TensorFlow: ${instead}.`);
    return false;
  }
  try {
    await work();
    return true;
  } catch (error) {
    if (native || !isExpected(error)) throw error;
    console.error(
      `The native TensorFlow cannot be set up, so ${instead}. The reason: ${oneLine(error)}`,
    );
    return false;
  }
}

/** Whether a set-up can fail like this without a fault of its own: by itself, or in the files or the network. */
function isExpected(error: unknown): error is Error {
  return error instanceof SetupError || (error instanceof Error && "code" in error);
}

function oneLine(error: Error): string {
  return error.message.trim().replace(/\s+/g, " ");
}

if (import.meta.main) {
  await main(() => {
    const given = readArguments(
      "setup",
      Deno.args,
      { native: "boolean", "no-native": "boolean", gpu: "boolean", cpu: "boolean" },
      "--native or --no-native, and --gpu or --cpu",
    );
    return setup({ gpu: gpuChoice(given), native: nativeChoice(given) }).then(() => {});
  });
}
