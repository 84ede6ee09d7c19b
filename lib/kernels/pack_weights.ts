import type { ParameterShape } from "../model/architecture.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import { elementCount } from "../util/element_count.ts";
import { PANEL } from "./kernel_constants.ts";
import type { DenseLayout } from "./dense_memory.ts";
import type { Layout } from "./memory_layout.ts";

/**
 * Writes weights into the kernels' layouts: convolutions as they are, dense layers in panels. What
 * belongs to the weights, like the optimizer's moments, is written the same way `shift` bytes on.
 */
export function packWeights(
  memory: WebAssembly.Memory,
  layout: Layout,
  weights: Weights,
  shift = 0,
): void {
  const floats = new Float32Array(memory.buffer).subarray(shift / 4);
  floats.fill(0, layout.parameters / 4, layout.parameters / 4 + layout.parameterFloats);
  for (const { name, weight, bias } of [...layout.convs, ...layout.denses]) {
    floats.set(weights[`${name}.bias`]!.data, bias / 4);
    const dense = layout.denses.find((dense) => dense.name === name);
    if (dense === undefined) floats.set(weights[`${name}.weight`]!.data, weight / 4);
    else {
      const { data } = weights[`${name}.weight`]!;
      unitStarts(dense).forEach((start, unit) => {
        const row = unit * dense.inputs;
        for (let i = 0; i < dense.inputs; i++) floats[start + i * PANEL] = data[row + i]!;
      });
    }
  }
}

/** Reads weights out of the kernels' layouts; `shift` bytes on, gradients, say. */
export function unpackWeights(
  memory: WebAssembly.Memory,
  layout: Layout,
  shapes: readonly ParameterShape[],
  shift = 0,
): Weights {
  const floats = new Float32Array(memory.buffer);
  const weights: Record<string, WeightArray> = {};
  for (const { name, shape } of shapes) {
    const [stage, kind] = name.split(".") as [string, "weight" | "bias"];
    const data = new Float32Array(elementCount(shape));
    const found = [...layout.convs, ...layout.denses].find(({ name }) => name === stage)!;
    const dense = layout.denses.find((dense) => dense.name === stage);
    if (dense !== undefined && kind === "weight") {
      unitStarts(dense).forEach((start, unit) => {
        const row = unit * dense.inputs, from = start + shift / 4;
        for (let i = 0; i < dense.inputs; i++) data[row + i] = floats[from + i * PANEL]!;
      });
    } else {
      const from = (found[kind] + shift) / 4;
      data.set(floats.subarray(from, from + data.length));
    }
    weights[name] = { shape, data };
  }
  return weights;
}

/** Where the weights of each unit (a row of inputs) stand among the memory's floats, PANEL apart. */
function unitStarts({ units, weight, panelStride }: DenseLayout): number[] {
  return Array.from(
    { length: units },
    (_, unit) => weight / 4 + Math.floor(unit / PANEL) * panelStride / 4 + unit % PANEL,
  );
}
