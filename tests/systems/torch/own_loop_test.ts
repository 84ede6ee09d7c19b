/** PyTorch's way in a program's own loop: what it may do beside what the torch system does. */
import assert from "node:assert/strict";
import { openBackend } from "../../../lib/backend/choose_backend.ts";
import * as tf from "../../../lib/backend/tf.ts";
import { lenet5 } from "../../../lib/model/architecture.ts";
import { initialWeights } from "../../../lib/model/initial_weights.ts";
import { buildModule } from "../../../lib/systems/torch/build_module.ts";
import * as torch from "../../../lib/systems/torch/mod.ts";
import { assertLess } from "../../assert.ts";
import { onBoth, worstDifference } from "../../backend/helpers.ts";

const backend = await openBackend("kernels");
await tf.setBackend(backend.tfName);

/** Two layers, of which the second may be left out. */
class TwoLayers extends torch.Module {
  first = new torch.Linear(2, 8);
  second = new torch.Linear(8, 2);
  isShort = false;
  override forward(x: torch.Tensor): torch.Tensor {
    const hidden = torch.tanh(this.first.forward(x));
    return this.isShort ? hidden : this.second.forward(hidden);
  }
}

/** Parameters that are no zeros. */
function drawn<M extends torch.Module>(module: M): M {
  torch.initialise(module, 5);
  return module;
}

Deno.test("a gradient by what a layer has put out is found, in a gradient too", async () => {
  const first = drawn(new torch.Conv2d(1, 3, 5)), second = drawn(new torch.Conv2d(3, 2, 3));
  const image = tf.sin(tf.range(0, 2 * 12 * 12)).reshape([2, 1, 12, 12]);
  const score = (hidden: tf.Tensor) => tf.sum(tf.square(second.forward(torch.tanh(hidden))));
  const { ours, plain } = await onBoth(() => {
    const hidden = first.forward(image);
    // the class activation maps of Grad-CAM begin so
    const at = tf.grad(score)(hidden);
    // the same without the layer before
    const copied = tf.grad(score)(tf.tensor(hidden.dataSync(), hidden.shape));
    const within = tf.grad((x) => {
      const hidden = first.forward(x);
      return tf.sum(tf.square(tf.grad(score)(hidden)));
    })(image);
    return [at, copied, within];
  });
  assertLess(worstDifference(ours, plain), 1e-5);
  assertLess(worstDifference([ours[0]!], [ours[1]!]), 1e-6);
  assert(ours[2]!.some((value) => value !== 0));
});

Deno.test("a parameter that the loss does not depend on has no gradient, and stays where it is", async () => {
  for (
    const options of [
      { kind: "adam", learningRate: 0.1 },
      { kind: "sgd", learningRate: 0.1, momentum: 0.9 },
    ] as const
  ) {
    const model = drawn(new TwoLayers()), alone = drawn(new TwoLayers());
    const optimizer = new torch.Optimizer(model.parameters(), options);
    const other = new torch.Optimizer(alone.first.parameters(), options);
    const x = tf.tensor2d([[1, 2], [3, 4]]);
    const loss = (module: TwoLayers) => () => tf.mean(tf.square(module.forward(x))) as tf.Scalar;
    assert.throws(() => optimizer.step(), /call backward/);
    for (const isShort of [true, true]) {
      model.isShort = alone.isShort = isShort;
      tf.tidy(() => void torch.backward(model, loss(model)));
      tf.tidy(() => void torch.backward(alone.first, loss(alone)));
      assert.equal(model.second.weight.grad, undefined);
      optimizer.step();
      other.step();
    }
    const [state, wanted] = [await model.stateDict(), await alone.stateDict()];
    assert.deepEqual(state, wanted);
    model.isShort = false;
    tf.tidy(() => void torch.backward(model, loss(model)));
    optimizer.step();
    assert.notDeepEqual((await model.stateDict())["second.weight"], wanted["second.weight"]);
    for (const held of [optimizer, other, model, alone, x]) held.dispose();
  }
});

Deno.test("initialise draws what initialWeights does, and a network of two layers learns from there", async () => {
  const architecture = lenet5(7), model = buildModule(architecture, 0);
  for (const scheme of ["pytorch", "lecun", "keras"] as const) {
    torch.initialise(model, 3, scheme);
    assert.deepEqual(await model.stateDict(), initialWeights(architecture, scheme, 3));
  }
  const xor = drawn(new TwoLayers()), criterion = new torch.CrossEntropyLoss();
  const optimizer = new torch.Optimizer(xor.parameters(), { kind: "adam", learningRate: 0.05 });
  const x = tf.tensor2d([[0, 0], [0, 1], [1, 0], [1, 1]]), labels = tf.tensor1d([0, 1, 1, 0]);
  for (let step = 0; step < 200; step++) {
    tf.tidy(() =>
      void torch.backward(xor, () => tf.tidy(() => criterion.forward(xor.forward(x), labels)))
    );
    optimizer.step();
  }
  assert.equal(tf.tidy(() => torch.countCorrect(xor.forward(x), labels)), 4);
});

Deno.test("what no layer, loss or optimizer can be made of is refused by name", () => {
  const { Conv2d, CrossEntropyLoss, Dropout, Linear, maxPool2d, Optimizer } = torch;
  const cases: readonly (readonly [work: () => unknown, message: RegExp])[] = [
    [() => new Conv2d(1, 2.5, 3), /^Conv2d: outChannels must be a whole number/],
    [() => new Conv2d(1, 2, 3, { stride: 0 }), /^Conv2d: stride must be/],
    [() => new Conv2d(1, 2, 3, { padding: -1 }), /^Conv2d: padding must be .* at least 0/],
    [() => new Conv2d(1, 2, 3, { strides: 2 } as never), /unknown option strides/],
    [() => new Linear(0, 2), /^Linear: inFeatures must be/],
    [() => new Dropout(NaN), /^Dropout: rate must be in \[0, 1\]/],
    [() => new CrossEntropyLoss(1), /^labelSmoothing must be in \[0, 1\)/],
    [() => new Optimizer([], { kind: "adam", lr: 0.1 } as never), /unknown option lr/],
    [() => new Optimizer([], { kind: "adam" } as never), /^learningRate must be above 0/],
    [() => new Conv2d(1, 2, 5).forward(tf.ones([1, 1, 3, 4])), /5×5 does not fit .* 3×4/],
    [() => maxPool2d(tf.ones([1, 1, 4, 4]), 5), /square of 5×5 does not fit/],
    [() => maxPool2d(tf.ones([1, 1, 4, 4]), 0), /size must be a whole number/],
    [() => torch.countCorrect(tf.ones([2, 3]), tf.ones([3])), /\(2, 3\) and \(3\)/],
    [
      () => new CrossEntropyLoss().forward(tf.ones([2, 3]), tf.tensor1d([1.5, 1])),
      /no whole number: 1\.5/,
    ],
  ];
  for (const [work, message] of cases) {
    assert.throws(() => tf.tidy(() => void work()), (error: Error) => {
      assert(error instanceof RangeError, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
});
