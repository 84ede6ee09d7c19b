import { activationNumber } from "./activation_number.ts";
import { type AddressSpace, roundUp } from "./address_space.ts";
import { MICRO_BATCH, PANEL, PANEL_ROW } from "./kernel_constants.ts";
import { DenseLayer, GemmShape } from "./kernel_interface.ts";
import type { DenseStage } from "./kernel_plan.ts";

/** Where a dense layer's numbers stand; addresses and strides in bytes. */
export interface DenseLayout extends DenseStage {
  readonly weight: number;
  readonly bias: number;
  /** Between two images' inputs. */
  readonly inStride: number;
  /** Between two panels of weights. */
  readonly panelStride: number;
  /** Between two images' outputs. */
  readonly outStride: number;
}

/** A thread's buffers for one dense layer. */
export interface DenseBuffers {
  /** The descriptor, a DenseLayer. */
  readonly layer: number;
  /** Descriptors, each a GemmShape: outputs = inputs · weights. */
  readonly forward: number;
  /** Gradient of the weights = inputs transposed · gradient of the outputs. */
  readonly weightGradient: number;
  /** Gradient of the inputs = gradient of the outputs · weights transposed. */
  readonly inputGradient: number;
  readonly out: number;
  readonly grad: number;
  readonly transposed: number;
}

/** Floats of a dense layer's weights in panels. */
export function denseWeightFloats({ inputs, units }: DenseStage): number {
  return roundUp(inputs, 4) * roundUp(units, PANEL);
}

/** Lays out what all threads share of a dense layer. */
export function layOutDense(
  stage: DenseStage,
  weight: number,
  bias: number,
  inStride: number,
): DenseLayout {
  return {
    ...{ ...stage, weight, bias, inStride },
    panelStride: PANEL_ROW * roundUp(stage.inputs, 4),
    outStride: 4 * roundUp(stage.units, PANEL),
  };
}

/** A thread's buffers and descriptors for a dense layer. */
export function denseBuffers(dense: DenseLayout, space: AddressSpace): DenseBuffers {
  const { inputs, units, activation, inStride, panelStride, outStride } = dense;
  const panels = Math.ceil(units / PANEL);
  const outFloats = MICRO_BATCH * outStride / 4 + 64;
  const transposed = space.floats(roundUp(inputs, PANEL) * roundUp(units, 4));
  const transposedPanelBytes = PANEL_ROW * roundUp(units, 4);
  return {
    transposed,
    layer: space.descriptor(DenseLayer, {
      ...{ inputs, units, panels, transposed, transposedPanelBytes },
      ...{ weights: dense.weight, bias: dense.bias },
      ...{ panelBytes: panelStride, outBytes: outStride },
      activation: activation ? activationNumber(activation) : 0,
    }),
    forward: space.descriptor(GemmShape, {
      ...{ panels, aRow: inStride, aColumn: 4, bPanel: panelStride, bRow: PANEL_ROW },
      ...{ cPanel: PANEL_ROW, cRow: outStride },
    }),
    weightGradient: space.descriptor(GemmShape, {
      ...{ panels, aRow: 4, aColumn: inStride, bPanel: PANEL_ROW, bRow: outStride },
      ...{ cPanel: panelStride, cRow: PANEL_ROW },
    }),
    inputGradient: space.descriptor(GemmShape, {
      panels: Math.ceil(inputs / PANEL),
      ...{ aRow: outStride, aColumn: 4, bPanel: transposedPanelBytes, bRow: PANEL_ROW },
      ...{ cPanel: PANEL_ROW, cRow: inStride },
    }),
    out: space.floats(outFloats),
    grad: space.floats(outFloats),
  };
}
