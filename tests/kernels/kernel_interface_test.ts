/** What TypeScript knows of the kernels is what their sources say. */
import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { descriptorBytes, writeDescriptor } from "../../lib/kernels/descriptor.ts";
import { fixedMemory } from "../../lib/kernels/fixed_memory.ts";
import { AdamStep, ConvLayer } from "../../lib/kernels/kernel_interface.ts";
import { compileKernels, instantiateKernels } from "../../lib/kernels/kernel_module.ts";
import { kernelInterface } from "../../tasks/kernel_interface.ts";
import { generateInterface, interfacePath } from "../../tasks/kernels.ts";

Deno.test("kernel_interface.ts is what the sources' signatures and fields give", async () => {
  assert.deepEqual(await generateInterface(), await Deno.readTextFile(interfacePath));
});

Deno.test("exports become methods, and fields get offsets in their order", () => {
  const sources: Record<string, string> = {
    index: 'export { twice } from "./numbers";',
    numbers: `/** Not this. */
export const one = 1;
/** Twice a number. */
// @inline
export function twice(layer: Layer, x: usize, sure: bool): f64 { return 2; }`,
    layers: `/** A layer. */
@unmanaged
export class Layer {
  /** Where. */
  at: usize;
  rate: f32;
}`,
  };
  const text = kernelInterface((name) => sources[name]!);
  assert.deepEqual(
    text.split("\n").slice(4).join("\n"),
    `export interface Kernels {
/** Twice a number. */
twice(layer: number, x: number, sure: number): number;
}

/** A layer. */
export const Layer = {
  /** Where. */
  at: [0, "usize"],
  rate: [4, "f32"],
} as const satisfies DescriptorFields;
`,
  );
  const broken = { ...sources, layers: sources.layers!.replace("f32", "f64") };
  const read = (name: string) => broken[name as keyof typeof broken]!;
  assertThrows(() => kernelInterface(read), SyntaxError, "Layer.rate: f64 is none of");
});

Deno.test("a kernel reads a descriptor's fields where TypeScript writes them", async () => {
  const memory = fixedMemory(2 ** 18);
  const kernels = instantiateKernels(await compileKernels("narrow", memory), memory);
  const zeros = Object.fromEntries(Object.keys(ConvLayer).map((name) => [name, 0]));
  // one filter of 2 × 2 with two channels
  writeDescriptor(memory, 65536, ConvLayer, {
    ...zeros as Record<keyof typeof ConvLayer, number>,
    ...{ weights: 70016, packed: 71040, filters: 1, channels: 2, kernel: 2 },
  });
  const weights = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  new Float32Array(memory.buffer, 70016, 8).set(weights);
  kernels.packFilters(65536);
  const packed = new Float32Array(memory.buffer, 71040, 64);
  assert.deepEqual(Float32Array.from({ length: 8 }, (_, tap) => packed[8 * tap]!), weights);
});

Deno.test("a descriptor takes its fields' room, and no field without a number", () => {
  assert.deepEqual(descriptorBytes(AdamStep), 24);
  const memory = fixedMemory(65536);
  const step = { beta1: 0.9, beta2: 0.5, rate: 1e-3, epsilon: 1e-8, correction: 1, decay: 0 };
  writeDescriptor(memory, 64, AdamStep, step);
  const floats = new Float32Array(memory.buffer, 64, 6);
  assert.deepEqual(floats, Float32Array.from(Object.values(step)));
  assertThrows(
    () => writeDescriptor(memory, 64, { units: [0, "i32"] }, { units: 0.5 }),
    RangeError,
    "units of a descriptor must be a whole number, got 0.5",
  );
});
