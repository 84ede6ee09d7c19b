import type { Command } from "commander";
import { loadClassifier } from "../../lib/classifier/classifier_file.ts";
import {
  type PortableFormat,
  portableFormats,
  saveNetwork,
} from "../../lib/formats/network_files.ts";
import { pathOf } from "../arguments.ts";
import { outputPath } from "./files.ts";
import { addOutputOptions, choice, type OutputOptions } from "./options.ts";
import { print } from "./output.ts";

/** What `export` is told. */
interface ExportOptions extends OutputOptions {
  readonly to: PortableFormat;
}

export function addExport(program: Command): void {
  const command = program.command("export")
    .description("Writes a classifier's network for another framework.")
    .argument("<model>", "a classifier's file")
    .addOption(
      choice("--to <format>", "the other framework; int8 goes to onnx only", portableFormats)
        .makeOptionMandatory(),
    );
  addOutputOptions(command, "the file that is written; for tfjs a folder").action(exportModel);
}

async function exportModel(
  model: string,
  { to, ...output }: ExportOptions,
): Promise<void> {
  const { network, classes } = await loadClassifier(pathOf(model));
  const out = await outputPath(output, to === "tfjs" ? "folder" : "file");
  await saveNetwork(out, { ...network, classes }, to);
  print(output.json, { model: pathOf(model), to, out, numbers: network.numbers }, [
    `${output.out}: ${to}, ${network.numbers}`,
  ]);
}
