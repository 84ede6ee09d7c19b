/** Speeds of the int8 table, taken from what the bench has measured. */
import { median } from "../lib/metrics/median.ts";
import { type ContenderName, pairedRatio } from "./contenders.ts";
import type { Int8Speeds } from "./int8_accuracy.ts";
import { type Section, showRatio } from "./report.ts";

/** Who stands for a library: its float32, and its int8 in the setting that the processor needs. */
const measuredAs: Readonly<Record<string, { float: ContenderName; int8: ContenderName }>> = {
  "this project": { float: "numpy (ours)", int8: "int8 (ours)" },
  "PyTorch": { float: "PyTorch", int8: "PyTorch, int8" },
  "onnxruntime": { float: "onnxruntime", int8: "onnxruntime, int8" },
};

/** The speeds in the sections "Compressed inference". Settings that were not measured have none. */
export function int8Speeds(sections: readonly Section[], hasVnni: boolean): Int8Speeds {
  return (library, setting, batch) => {
    const who = measuredAs[library]!;
    const weights = `int8, weights of ${hasVnni ? 8 : 7} bits`;
    const isMeasured = library === "this project" || setting === "float32" || setting === weights;
    if (!isMeasured) return undefined;
    const section = sections.find(({ title }) => title === `Compressed inference, batch ${batch}`);
    const of = (name: ContenderName) => section?.measurements.find((one) => one.name === name);
    const own = of(setting === "float32" ? who.float : who.int8), float = of(who.float);
    if (!own || own.rates.length === 0) return undefined;
    const ratio = float && own !== float ? pairedRatio(own, float) : undefined;
    return { rate: median(own.rates), ...(ratio ? { times: showRatio(ratio) } : {}) };
  };
}
