/** Each mistake that is planted brings up its warning; a sound training brings up none. */
import type { OptimizerOptions } from "../../lib/model/training_step.ts";
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import type { Check, Warning } from "../../lib/diagnosis/checks.ts";
import { guardedFit } from "../../lib/diagnosis/guard.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { guardedRuns } from "../../lib/diagnosis/guarded_runs.ts";
import { FaultyNumpy } from "../../lib/runs/faulty_numpy.ts";
import { saturatingWeights } from "../../lib/runs/saturating_weights.ts";
import { sortByClass } from "../../lib/runs/sort_by_class.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { normalisation } from "../../lib/pixels/normalisation.ts";
import type { Normalisation } from "../../lib/pixels/pixels.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { BrokenLossError, type System } from "../../lib/systems/system.ts";
import { pixelSet, runData } from "../runs/pixels.ts";

import { swappedCrossEntropy } from "../../lib/runs/swapped_loss.ts";
import { TorchSystem } from "../../lib/systems/torch/torch_system.ts";

const classes = 10;
const net = lenet5(classes);
const pixels = pixelSet(320, classes, 1);
const sound = normalisation(pixels);
const adam: OptimizerOptions = { kind: "adam", learningRate: 1e-3 };

/** What is wrong with a training. */
interface Plant {
  readonly system?: System;
  readonly normalisation?: Normalisation;
  readonly sorted?: boolean;
  readonly optimizer?: OptimizerOptions;
  readonly batchSize?: number;
}

async function warningsOf(plant: Plant): Promise<readonly Warning[]> {
  const system = plant.system ?? await createSystem("numpy", net, { seed: 1 });
  const train = new DataLoader(plant.sorted ? sortByClass(pixels) : pixels, {
    batchSize: plant.batchSize ?? 32,
    shuffle: !plant.sorted,
    seed: 1,
    normalisation: plant.normalisation ?? sound,
  });
  const told: Warning[] = [];
  try {
    const { warnings, history } = await guardedFit(
      ...[system, train, { epochs: 2, optimizer: plant.optimizer ?? adam }] as const,
      { onWarning: (warning) => told.push(warning) },
    );
    assert.deepEqual(history.length, 2);
    assert.deepEqual(told, warnings, "each warning is told when it comes up");
    return warnings;
  } finally {
    system.dispose();
  }
}

async function assertWarns(check: Check, measured: RegExp, plant: Plant): Promise<void> {
  const warnings = await warningsOf(plant);
  const found = warnings.filter((warning) => warning.check === check);
  assert.deepEqual(found.length, 1, `${check}; there were: ${warnings.map(({ check }) => check)}`);
  assert.match(found[0]!.measured, measured);
}

for (const name of systemNames) {
  Deno.test(
    `the guard is silent on a sound training of ${name}`,
    async () => {
      assert.deepEqual(
        await warningsOf({ system: await createSystem(name, net, { seed: 1 }) }),
        [],
      );
    },
  );
}

Deno.test(
  "a guarded training is the training itself, to the bit",
  async () => {
    const fit = async (guarded: boolean) => {
      const system = await createSystem("numpy", net, { seed: 1 });
      const train = new DataLoader(pixels, { shuffle: true, seed: 1, normalisation: sound });
      const options = { epochs: 2, optimizer: adam };
      if (guarded) await guardedFit(system, train, options);
      else await system.fit(train, options);
      const weights = await system.weights();
      system.dispose();
      return weights;
    };
    assert.deepEqual(await fit(true), await fit(false));
  },
);

Deno.test(
  "raw pixels are unscaled input",
  () =>
    assertWarns("unscaled input", /mean \d\d\.\d and std \d\d/, {
      normalisation: { mean: 0, std: 1 },
    }),
);

Deno.test(
  "images sorted by class make sorted batches",
  () => assertWarns("sorted batches", /^[12] of 10 classes/, { sorted: true }),
);

Deno.test(
  "the swapped loss starts far from ln K and falls below zero",
  async () => {
    const system = () => new TorchSystem(net, { criterion: swappedCrossEntropy });
    const far = "loss far from ln K at the start";
    await assertWarns(far, /ln 10 is 2\.30/, { system: system() });
    await assertWarns("loss below zero", /^the loss is -\d/, { system: system() });
  },
);

Deno.test("a bias that is NaN makes a loss that is no number, whether training goes on or stops", async () => {
  const train = new DataLoader(pixels, { batchSize: 32, normalisation: sound });
  const weights = initialWeights(net, "lecun", 1);
  weights["fc3.bias"]!.data.fill(NaN);
  const warningsOf = async (continueAtBrokenLoss: boolean) => {
    const system = await createSystem("numpy", net);
    await system.setWeights(weights, { allowBroken: true });
    const told: Warning[] = [];
    const limits = { onWarning: (warning: Warning) => told.push(warning) };
    const options = { epochs: 1, optimizer: adam, continueAtBrokenLoss };
    const fit = guardedFit(system, train, options, limits);
    if (continueAtBrokenLoss) await fit;
    else await assertRejects(() => fit, BrokenLossError, "is NaN");
    system.dispose();
    return told.filter(({ check }) => check === "loss is no number");
  };
  for (const goesOn of [true, false]) {
    const found = await warningsOf(goesOn);
    assert.deepEqual(found.map(({ measured }) => measured), ["the loss is NaN"], `${goesOn}`);
  }
});

Deno.test(
  "frozen filters are parameters that do not move",
  async () => {
    const system = await FaultyNumpy.create(net, ["frozen filters"]);
    await system.setWeights(initialWeights(net, "lecun", 1));
    const optimizer = { kind: "sgd", learningRate: 0.01, momentum: 0.8 } as const;
    const named = /^conv1\.weight, conv1\.bias, conv2\.weight, conv2\.bias did not change/;
    await assertWarns("parameters that do not move", named, { system, optimizer });
  },
);

Deno.test(
  "the paper's start saturates the units and predicts one class",
  async () => {
    const paperCode = lenet5(classes, { convActivation: "sigmoid", denseActivation: "relu" });
    const make = async () => {
      const system = await createSystem("numpy", paperCode);
      await system.setWeights(saturatingWeights(paperCode, 1));
      return system;
    };
    const raw = { mean: 0, std: 1 };
    await assertWarns("saturated units", /conv1 100 %, conv2 100 %/, {
      system: await make(),
      normalisation: raw,
    });
    await assertWarns("one-class predictions", /are predicted as class \d/, {
      system: await make(),
      normalisation: raw,
    });
  },
);

Deno.test("a loss of one's own, and images that are mixed, bring up no warning by themselves", async () => {
  const mixed = new DataLoader(pixels, {
    ...{ batchSize: 32, shuffle: true, seed: 1, normalisation: sound, classes },
    mixing: { kind: "mixup", share: 1 },
  });
  using system = await createSystem("numpy", net, { seed: 1 });
  const { warnings } = await guardedFit(system, mixed, {
    ...{ epochs: 1, optimizer: adam },
    // below zero and far from ln K, as it may be
    loss: ({ logits }) => ({ loss: -50, gradient: logits.map((x) => x / 1000) }),
  });
  assert.deepEqual(warnings.map(({ check }) => check), []);
});

Deno.test("the runs under the guard tell how far they are, to the end", async () => {
  const data = runData();
  const all = ablations(lenet5(5));
  const told: number[] = [];
  const total = 7 * data.train.length; // the first step of four ladders, the last one of three systems
  const measured = Object.fromEntries(
    Object.entries(all).map(([key, { name, steps }]) => {
      return [key, { name, steps: steps.map((step) => ({ step })) }];
    }),
  ) as unknown as Parameters<typeof guardedRuns>[1];
  const runs = await guardedRuns({ data }, measured, (done, of) => {
    assert.equal(of, total);
    told.push(done);
  });
  assert.equal(runs.length, 7);
  assert.deepEqual(told, told.toSorted((a, b) => a - b));
  assert.equal(told.at(-1), total);
});
