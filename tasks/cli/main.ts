/**
 * The command line: `deno task train`, `evaluate`, `compress`, `predict` and `export`. Results go to the
 * standard output, everything else to the error output. The exit code is 0 when all went well, 1 when something
 * failed, 2 when the command was not understood, and 130 when Ctrl-C stopped a training.
 */
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { BadImage, BadImages } from "../../lib/pixels/bad_image.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { ModelFileError } from "../../lib/model/model_file_error.ts";
import { Stopped } from "../../lib/runs/stopped.ts";
import { BrokenLossError } from "../../lib/systems/system.ts";
import { SetupError } from "../run.ts";
import { addCompress } from "./compress.ts";
import { addEvaluate } from "./evaluate.ts";
import { addExport } from "./export.ts";
import { addPredict } from "./predict.ts";
import { addTrain } from "./train.ts";

/** Errors whose message says all that the reader needs. */
const explained = [
  ...[BadImage, BadImages, BrokenLossError, DataError, ModelFileError, SetupError, Stopped],
  ...[RangeError, Deno.errors.PermissionDenied, Deno.errors.NotCapable],
];

/** All commands. */
function commands(output: OutputConfiguration): Command {
  const program = new Command("deno task")
    .exitOverride()
    .configureOutput(output)
    .showHelpAfterError("(add --help to see what there is)")
    .description("Train LeNet-5, make it smaller, ask it, and hand it to other frameworks.");
  for (const add of [addTrain, addEvaluate, addCompress, addPredict, addExport]) add(program);
  return program;
}

/**
 * Runs a command.
 * @param output where help, and what was not understood, is written; default: the standard outputs
 * @returns the exit code
 */
export async function runCommand(
  args: readonly string[],
  output: OutputConfiguration = {},
): Promise<number> {
  try {
    await commands(output).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
    if (!(error instanceof Error) || !explained.some((kind) => error instanceof kind)) throw error;
    const isStopped = error instanceof Stopped;
    console.error(`${isStopped ? "" : "error: "}${error.message.trim()}`);
    return isStopped ? 130 : 1;
  }
}

if (import.meta.main) {
  console.info = console.error; // what the library tells is no result
  Deno.exit(await runCommand(Deno.args));
}
