/**
 * `deno task setup [--gpu|--cpu]`: everything the other tasks need, skipping what is there: the
 * native TensorFlow, `.venv` with nbclient, the project's Deno kernelspec. All of it stays in the
 * project's folder. The other tasks call it by themselves.
 */
import { gpuChoice, readArguments } from "./arguments.ts";
import { kindToSetUp, setupNative } from "./native.ts";
import { setupVenv, writeKernelspecs } from "./python.ts";
import { main } from "./run.ts";

/** Sets up what is missing. */
export async function setup(options: { readonly gpu?: boolean | undefined } = {}): Promise<void> {
  await setupVenv("requirements.txt");
  await writeKernelspecs();
  await setupNative(kindToSetUp(options.gpu));
}

if (import.meta.main) {
  await main(() => {
    const options = { gpu: "boolean", cpu: "boolean" } as const;
    const given = readArguments("setup", Deno.args, options, "--gpu or --cpu");
    return setup({ gpu: gpuChoice(given) });
  });
}
