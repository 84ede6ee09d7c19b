import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { chooseBackend, openBackend, withBackend } from "../../lib/backend/choose_backend.ts";
import { defaultBackend } from "../../lib/backend/backend_choice.ts";
import { chosenKind, hasNvidiaGpu } from "../../lib/backend/native_path.ts";
import * as tf from "../../lib/backend/tf.ts";

function withEnvironment(value: string, work: () => void): void {
  const before = Deno.env.get("LENET_BACKEND");
  Deno.env.set("LENET_BACKEND", value);
  try {
    work();
  } finally {
    if (before === undefined) Deno.env.delete("LENET_BACKEND");
    else Deno.env.set("LENET_BACKEND", before);
  }
}

Deno.test("the backend is the one asked for, then LENET_BACKEND's, then the fastest", () => {
  assert.equal(defaultBackend(true, "gpu"), "native");
  // with a GPU too, TensorFlow's build for processors is slower than the kernels
  for (const [hasGpu, kind] of [[true, "cpu"], [true, undefined], [false, "gpu"]] as const) {
    assert.equal(defaultBackend(hasGpu, kind), "kernels");
  }
  const usual = defaultBackend(hasNvidiaGpu(), chosenKind());
  withEnvironment("", () => assert.deepEqual(chooseBackend(), usual));
  withEnvironment("native", () => assert.deepEqual(chooseBackend(), "native"));
  withEnvironment("native", () => assert.deepEqual(chooseBackend("kernels"), "kernels"));
});

Deno.test("a backend that there is not is refused by name, and its source named", async () => {
  await assertRejects(() => openBackend("webgl"), RangeError, "no backend named webgl; there are");
  const refused = [
    [
      { thread: 1 },
      "openBackend has the unknown option thread; it has threads, build, memoryBytes",
    ],
    [{ build: "broad" }, "build must be narrow or wide, got broad"],
  ] as const;
  for (const [options, message] of refused) {
    await assertRejects(() => openBackend("kernels", options as never), RangeError, message);
  }
  withEnvironment("cuda", () => {
    assertThrows(() => chooseBackend(), RangeError, "no backend named cuda (LENET_BACKEND)");
  });
});

Deno.test({
  name: "both backends work side by side, and the current one comes back, errors or not",
  ignore: chosenKind() === undefined,
  async fn() {
    const [kernels, native] = [await openBackend("kernels"), await openBackend("native")];
    await tf.setBackend(kernels.tfName);
    const x = withBackend(native, () => tf.tensor1d([1, 2]));
    const y = tf.tensor1d([3, 4]);
    withBackend(native, () => {
      assert.deepEqual(tf.getBackend(), "tensorflow");
      withBackend(kernels, () => assert.deepEqual(tf.getBackend(), kernels.tfName));
      assert.deepEqual(tf.getBackend(), "tensorflow");
    });
    assertThrows(() =>
      withBackend(native, () => {
        throw new Error("on the way");
      })
    );
    assert.deepEqual(tf.getBackend(), kernels.tfName);
    // a tensor follows to where it is used
    const sums = [kernels, native, kernels].map((backend) =>
      withBackend(backend, () => {
        const sum = tf.add(x, y);
        const numbers = [...sum.dataSync()];
        sum.dispose();
        return numbers;
      })
    );
    assert.deepEqual(sums, [[4, 6], [4, 6], [4, 6]]);
    tf.dispose([x, y]);
    assert.deepEqual([kernels.runsOn, native.runsOn].map((text) => text.split(" ")[0]), [
      ...["kernels", "native"],
    ]);
  },
});
