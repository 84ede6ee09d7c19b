/** What a format or this project has no form for is refused by its name, and damage is found. */
import assert from "node:assert/strict";
import { strToU8, zipSync } from "fflate";
import { join } from "node:path";
import fc from "../fast_check.ts";
import { floatFixture, int8Fixture } from "../../bench/roundtrips/fixtures.ts";
import { everyLayer, seededWeights } from "../../bench/roundtrips/networks.ts";
import {
  decodeKeras,
  decodeOnnx,
  decodeTfjs,
  encodeKeras,
  encodeOnnx,
  encodePytorch,
  encodeTfjs,
  ModelFileError,
  openNetwork,
  saveNetwork,
} from "../../lib/formats/mod.ts";
import { decodePytorch } from "../../lib/formats/mod.ts";
import {
  decodeModelProto,
  encodeModelProto,
  type NodeProto,
} from "../../lib/formats/onnx/onnx_messages.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import { assertRejects, assertThrows } from "../assert.ts";
import { scriptArguments } from "../script.ts";

const { architecture, weights } = floatFixture;

/** The file of the float32 network with one node changed, found by its operator. */
function withNode(opType: string, change: (node: NodeProto) => NodeProto): Uint8Array {
  const model = decodeModelProto(encodeOnnx(floatFixture)), graph = model.graph!;
  const at = graph.node.findIndex((node) => node.opType === opType);
  const node = graph.node.map((node, i) => i === at ? change(node) : node);
  return encodeModelProto({ ...model, graph: { ...graph, node } });
}

Deno.test("a damaged HDF5 file is refused in one sentence, and nothing more is printed", async () => {
  const address = (path: string) => new URL(`../../${path}`, import.meta.url).href;
  // the library keeps the console that it finds, so another process looks at what it prints
  const code = `
    import { unzipSync, zipSync } from "fflate";
    import { floatFixture } from "${address("bench/roundtrips/fixtures.ts")}";
    import { decodeKeras, encodeKeras } from "${address("lib/formats/mod.ts")}";
    const files = unzipSync(await encodeKeras(floatFixture));
    const name = Object.keys(files).find((name) => name.endsWith(".h5")), whole = files[name];
    const refused = [];
    for (let at = 0; at < 4000; at += 97) {
      const bytes = whole.slice().fill(255, at, at + 60);
      await decodeKeras(zipSync({ ...files, [name]: bytes })).catch((e) => refused.push(String(e)));
    }
    console.log(JSON.stringify(refused));`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: scriptArguments(code),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const refused: string[] = JSON.parse(new TextDecoder().decode(stdout));
  assert(refused.length > 10, `${refused.length} were refused`);
  for (const text of refused) assert.match(text, /^ModelFileError: .*$/);
  assert.doesNotMatch(new TextDecoder().decode(stderr), /HDF5/);
});

Deno.test("an ONNX operator without a layer here is refused by its name", () => {
  const renamed = (to: string) => withNode("Tanh", (node) => ({ ...node, opType: to }));
  assertThrows(() => decodeOnnx(renamed("Gelu"), "a.onnx"), ModelFileError, "operator Gelu (");
  assertThrows(() => decodeOnnx(renamed("Gelu"), "a.onnx"), ModelFileError, "a.onnx is not");
  const foreign = withNode("Tanh", (node) => ({ ...node, domain: "com.other" }));
  assertThrows(() => decodeOnnx(foreign), ModelFileError, "com.other.Tanh");
});

Deno.test("a setting of an ONNX operator that no layer here has is refused", () => {
  const cases = [
    ["Conv", { name: "group", type: 2, i: 2 }, "group 2"],
    ["Conv", { name: "dilations", type: 7, ints: [2, 2] }, "dilations 2,2"],
    ["Conv", { name: "strides", type: 7, ints: [1, 2] }, "strides 1,2"],
    ["MaxPool", { name: "strides", type: 7, ints: [1, 1] }, "overlap"],
    ["MaxPool", { name: "kernel_shape", type: 7, ints: [2, 3] }, "kernel_shape 2,3"],
    ["Gemm", { name: "transB", type: 2, i: 0 }, "transB"],
    ["Gemm", { name: "alpha", type: 1, f: 0.5 }, "alpha 0.5"],
    ["BatchNormalization", { name: "epsilon", type: 1, f: 0.001 }, "epsilon"],
  ] as const;
  for (const [opType, attribute, part] of cases) {
    const bytes = withNode(opType, (node) => ({
      ...node,
      attribute: [...node.attribute.filter(({ name }) => name !== attribute.name), attribute],
    }));
    assertThrows(() => decodeOnnx(bytes), ModelFileError, part);
  }
});

Deno.test("a graph that is no chain is refused", () => {
  const bytes = withNode("Tanh", (node) => ({ ...node, input: ["images"] }));
  assertThrows(() => decodeOnnx(bytes), ModelFileError, "only chains");
});

Deno.test("an int8 graph whose scales do not fit each other is refused", () => {
  const model = decodeModelProto(encodeOnnx(int8Fixture)), graph = model.graph!;
  const initializer = graph.initializer.map((tensor) =>
    tensor.name === "fc1.multipliers"
      ? { ...tensor, rawData: tensor.rawData!.map((byte, i) => i % 4 === 2 ? byte ^ 64 : byte) }
      : tensor
  );
  const bytes = encodeModelProto({ ...model, graph: { ...graph, initializer } });
  assertThrows(() => decodeOnnx(bytes), ModelFileError, "bias of fc1");
});

/** A `.keras` file of the float32 network with the description of one layer changed. */
async function withLayer(className: string, config: object, to = className): Promise<Uint8Array> {
  const { unzipSync } = await import("fflate");
  const files = unzipSync(await encodeKeras(floatFixture));
  const model = JSON.parse(new TextDecoder().decode(files["config.json"]));
  // deno-lint-ignore no-explicit-any -- a description of Keras's
  const layer = model.config.layers.find((layer: any) => layer.class_name === className);
  layer.class_name = to;
  Object.assign(layer.config, config);
  return zipSync({ ...files, "config.json": strToU8(JSON.stringify(model)) });
}

Deno.test("a layer of Keras, or a setting, that this project has not is refused by its name", async () => {
  const cases = [
    ["Conv2D", { activation: "gelu" }, "activation gelu"],
    ["Conv2D", { dilation_rate: [2, 2] }, "dilation_rate [2,2]"],
    ["Conv2D", { use_bias: false }, "use_bias false"],
    ["Conv2D", { kernel_size: [3, 2] }, "kernel_size [3,2]"],
    ["Conv2D", { data_format: "channels_first" }, "data_format"],
    ["Conv2D", { padding: "causal" }, 'padding "causal"'],
    ["BatchNormalization", { epsilon: 0.001 }, "epsilon 0.001"],
    ["MaxPooling2D", { strides: [1, 1] }, "strides [1,1]"],
    ["Dense", { activation: "softmax" }, "except at the end"],
    ["InputLayer", { batch_shape: [null, 5] }, "input shape [null,5]"],
    ["Rescaling", { scale: 0 }, "one scale above 0"],
  ] as const;
  for (const [className, config, part] of cases) {
    const bytes = await withLayer(className, config);
    await assertRejects(() => decodeKeras(bytes), ModelFileError, part);
  }
  const lstm = await withLayer("Flatten", {}, "LSTM");
  await assertRejects(() => decodeKeras(lstm, "b.keras"), ModelFileError, "Keras's LSTM (");
});

Deno.test("a softmax at the end of a Keras model is left out, and same padding becomes a number", async () => {
  const { files, model } = await tfjsParts();
  const layers = model.modelTopology.config.layers;
  layers.at(-1).config.activation = "softmax";
  const first = layers.findIndex((layer: { class_name: string }) =>
    layer.class_name === "ZeroPadding2D"
  );
  layers.splice(first, 1);
  layers[first].config.padding = "same";
  const found = await decodeTfjs(strToU8(JSON.stringify(model)), partOf(files));
  assert.deepEqual(found.architecture, architecture);
});

async function tfjsParts() {
  const files = await encodeTfjs(floatFixture);
  return { files, model: JSON.parse(new TextDecoder().decode(files["model.json"])) };
}

const partOf = (files: Readonly<Record<string, Uint8Array>>) => (name: string) =>
  Promise.resolve(files[name]!);

Deno.test("a LayersModel that leads out of its folder, or lacks numbers, is refused", async () => {
  const { files, model } = await tfjsParts();
  const [group] = model.weightsManifest, read = partOf(files);
  const refused = async (change: object, part: string) => {
    const changed = { ...model, weightsManifest: [{ ...group, ...change }] };
    const bytes = strToU8(JSON.stringify(changed));
    await assertRejects(() => decodeTfjs(bytes, read), ModelFileError, part);
  };
  const twice = [{ ...group!, paths: [...group!.paths, ...group!.paths] }];
  let reads = 0;
  await assertRejects(
    () =>
      decodeTfjs(strToU8(JSON.stringify({ ...model, weightsManifest: twice })), (name) => {
        reads++;
        return read(name);
      }),
    ModelFileError,
    "twice",
  );
  assert.equal(reads, 0, "a file that is named a thousand times would fill the memory");
  for (const path of ["../secret", "/etc/passwd", "a\\b", "..", "http://x"]) {
    await refused({ paths: [path] }, "not beside it");
  }
  await refused({ weights: group.weights.slice(1) }, "must have");
  const [first, ...rest] = group.weights;
  await refused({ weights: [{ ...first, dtype: "int32" }, ...rest] }, "not stored in float32");
  await refused({ weights: [{ ...first, name: "other" }, ...rest] }, `${first.name} is missing`);
  const graph = strToU8(JSON.stringify({ format: "graph-model" }));
  await assertRejects(() => decodeTfjs(graph, read), ModelFileError, "GraphModel");
});

Deno.test("NaN, a wrong shape and a wrong count of classes are not written in any format", async () => {
  const name = "fc2.bias", array = weights[name]!;
  const bad = [
    [
      { [name]: { ...array, data: Float32Array.from(array.data, () => NaN) } },
      "fc2.bias[0] is NaN",
    ],
    [{ [name]: { shape: [4], data: new Float32Array(4) } }, "must have shape (5)"],
  ] as const;
  for (const format of ["onnx", "keras", "tfjs", "pytorch"] as const) {
    const folder = await Deno.makeTempDir();
    const path = join(folder, "network.keras");
    for (const [change, part] of bad) {
      const network = { ...floatFixture, weights: { ...weights, ...change } };
      await assertRejects(() => saveNetwork(path, network, format), RangeError, part);
    }
    const classes = ["one"];
    await assertRejects(
      () => saveNetwork(path, { ...floatFixture, classes }, format),
      RangeError,
      "1 class names for 5",
    );
    assert.deepEqual([...Deno.readDirSync(folder)], [], "nothing is left behind");
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file for Keras is named as Keras wants it", async () => {
  await assertRejects(() => saveNetwork("a.h5", floatFixture, "keras"), RangeError, "named .keras");
});

Deno.test("int8 goes to ONNX only, and a normalisation behind a flatten not to Keras", async () => {
  for (const format of ["keras", "tfjs", "pytorch"] as const) {
    await assertRejects(() => saveNetwork("x.keras", int8Fixture, format), RangeError, "int8");
  }
  const layers = [...everyLayer.layers];
  layers.splice(layers.findIndex(({ kind }) => kind === "flatten") + 1, 0, {
    ...{ kind: "batchnorm", name: "bn0" } as const,
  });
  const behind: Architecture = { ...everyLayer, layers };
  const network = { architecture: behind, weights: seededWeights(behind, 1) };
  await assertRejects(() => encodeKeras(network), RangeError, "bn0");
  assert.deepEqual(decodeOnnx(encodeOnnx(network)), network, "ONNX has PyTorch's order");
});

Deno.test("an activation that a file is not written with is refused by its name", async () => {
  const layers = [...everyLayer.layers];
  layers[layers.findIndex(({ kind }) => kind === "tanh")] = { kind: "activation", function: "elu" };
  const network = { ...floatFixture, architecture: { ...everyLayer, layers } };
  assertThrows(() => encodeOnnx(network), RangeError, "elu");
  await assertRejects(() => encodeKeras(network), RangeError, "elu");
  await assertRejects(() => encodeTfjs(network), RangeError, "elu");
});

Deno.test("archives of torch.save are refused with the line that makes them safetensors", async () => {
  const path = await Deno.makeTempFile({ suffix: ".pt" });
  await Deno.writeFile(path, zipSync({ "archive/data.pkl": new Uint8Array(8) }));
  await assertRejects(
    () => openNetwork(path, architecture),
    ModelFileError,
    "safetensors.torch.save_file(model.state_dict(), path)",
  );
  await Deno.remove(path);
});

Deno.test("files of weights alone need an architecture, and unknown endings are refused", async () => {
  const folder = await Deno.makeTempDir();
  for (
    const [name, part] of [
      ["a.safetensors", "name the architecture"],
      ["a.weights.h5", "name the architecture"],
      ["a.h5", "save it as .keras"],
      ["a.tflite", "must end in"],
    ] as const
  ) {
    const path = join(folder, name);
    await Deno.writeFile(path, encodePytorch(floatFixture));
    await assertRejects(() => openNetwork(path), ModelFileError, part);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a saved LayersModel replaces an earlier one and its weights", async () => {
  const folder = await Deno.makeTempDir();
  await saveNetwork(folder, floatFixture, "tfjs");
  const other = { ...floatFixture, weights: seededWeights(architecture, 3) };
  await saveNetwork(folder, other, "tfjs");
  assert.equal([...Deno.readDirSync(folder)].length, 2);
  const found = await openNetwork(folder);
  assert("weights" in found);
  assert.deepEqual(found.weights, other.weights);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("damaged files are read as what they say or refused as a file, never otherwise", async () => {
  const { files } = await tfjsParts(), model = files["model.json"]!;
  const formats: readonly [Uint8Array, (bytes: Uint8Array) => unknown][] = [
    [encodeOnnx(floatFixture), (bytes) => decodeOnnx(bytes)],
    [encodeOnnx(int8Fixture), (bytes) => decodeOnnx(bytes)],
    [await encodeKeras(floatFixture), (bytes) => decodeKeras(bytes)],
    [model, (bytes) => decodeTfjs(bytes, partOf(files))],
    [encodePytorch(floatFixture), (bytes) => decodePytorch(bytes, architecture)],
  ];
  for (const [whole, read] of formats) {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
          maxLength: 3,
        }),
        fc.boolean(),
        async (end, flips, isCut) => {
          const bytes = whole.slice(0, isCut ? end : whole.length);
          for (const [at, change] of flips) if (at < bytes.length) bytes[at]! ^= change;
          try {
            await read(bytes);
          } catch (error) {
            assert(error instanceof ModelFileError, String(error));
          }
        },
      ),
      { numRuns: 60 },
    );
  }
});
