import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { recipes } from "../../lib/runs/recipes.ts";
import { runConfiguration, type RunSettings } from "../../lib/runs/run_configuration.ts";
import { runKey } from "../../lib/runs/run_key.ts";
import { runData } from "./pixels.ts";

const architecture = lenet5(5);
const sgd = { kind: "sgd", learningRate: 0.01, momentum: 0.8 } as const;

/** Settings as they come from JavaScript or from a file, where no compiler looks at them. */
const configure = (settings: Record<string, unknown>) =>
  runConfiguration({ architecture, ...settings } as unknown as RunSettings);

Deno.test("a configuration without further choices is the corrected recipe with seed 1", () => {
  const { system, start, seed, ...rest } = configure({ system: "torch" });
  assert.deepEqual([system, start, seed], ["torch", "pytorch", 1]);
  const { architecture: _, ...recipe } = rest;
  assert.deepEqual(recipe, recipes.corrected);
});

Deno.test("each system has its own start, which for keras is no scheme of ours", () => {
  const start = (system: string) => configure({ system }).start;
  assert.deepEqual([start("numpy"), start("torch"), start("keras")], ["lecun", "pytorch", "own"]);
  assert.deepEqual(configure({ system: "numpy", start: "own" }), configure({ system: "numpy" }));
});

Deno.test("equal choices have equal keys, however they were written down; others have not", async () => {
  const data = runData();
  const key = (settings: Record<string, unknown>) => runKey(configure(settings), data);
  const first = { system: "numpy", epochs: 2, optimizer: sgd };
  const teacher = { configuration: configure({ system: "numpy" }), weight: 0.5, ways: 2 };
  const { kind, learningRate, momentum } = sgd;
  const again = { optimizer: { momentum, learningRate, kind }, epochs: 2, system: "numpy" };
  const explicit = { ...again, seed: 1, faults: [], schedule: undefined };
  assert.deepEqual(await key(again), await key(first));
  assert.deepEqual(await key(explicit), await key(first));
  const faults = ["frozen filters", "dense layers move twice"];
  assert.deepEqual(
    await key({ ...first, faults }),
    await key({ ...first, faults: faults.toReversed() }),
  );
  const others = [
    ...[{ seed: 2 }, { epochs: 3 }, { system: "torch" }, { architecture: lenet5(6) }],
    ...[{ faults }, { pixels: "raw" }, { order: "by class" }],
    ...[{ mixing: { kind: "mixup", share: 1 } }, { teacher }, { teacher: { ...teacher, ways: 3 } }],
    ...[{ labelSmoothing: 0.1 }, { views: { shift: 1 } }, { optimizer: { ...sgd, momentum: 0 } }],
  ];
  for (const other of others) {
    assert.notDeepEqual(
      await key({ ...first, ...other }),
      await key(first),
      Object.keys(other)[0]!,
    );
  }
  const images = { ...data, train: { ...data.train, key: "changed" } };
  assert.notDeepEqual(await runKey(configure(first), images), await key(first));
});

Deno.test("unknown keys and values are refused by name", () => {
  const refused = (settings: Record<string, unknown>, message: string) =>
    assertThrows(() => configure({ system: "numpy", ...settings }), RangeError, message);
  refused({ learningRate: 0.1 }, 'a run\'s configuration has no key "learningRate"');
  refused({ optimizer: { ...sgd, nesterov: true } }, 'optimizer has no key "nesterov"');
  refused({ augmentation: { rotate: 3 } }, 'augmentation has no key "rotate"');
  refused({ views: { rotate: 3 } }, 'views has no key "rotate"');
  refused({ optimizer: { kind: "adagrad" } }, "must be adam or sgd, got adagrad");
  refused({ system: "jax" }, "system must be one of numpy, torch, keras, got jax");
  refused({ start: "zeros" }, "start must be one of");
  refused({ pixels: "grey" }, "pixels must be one of raw, standardised, got grey");
  refused({ order: "random" }, "order must be one of");
  refused({ schedule: "cosine" }, "schedule must be one of one-cycle, got cosine");
});

Deno.test("values that nothing can be trained with are refused before any training, a teacher's too", () => {
  const teacher = { configuration: { system: "numpy", architecture }, weight: 0.5, ways: 1 };
  const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ epochs: 0 }, "epochs must be a whole number of at least 1, got 0"],
    [{ epochs: 1.5 }, "epochs must be a whole number of at least 1, got 1.5"],
    [{ epochs: "3" }, "epochs must be a whole number of at least 1, got 3"],
    [{ batchSize: -4 }, "batchSize must be a whole number of at least 1, got -4"],
    [{ seed: 1.5 }, "seed must be a whole number, got 1.5"],
    [{ seed: 1e300 }, "seed must be a whole number"],
    [{ labelSmoothing: 1 }, "labelSmoothing must be in [0, 1), got 1"],
    [{ averaging: NaN }, "averaging must be in [0, 1), got NaN"],
    [{ architecture: undefined }, "the architecture must be an object, got undefined"],
    [{ optimizer: null }, "the optimizer must be adam or sgd, got undefined"],
    [
      { optimizer: { ...sgd, learningRate: -1 } },
      "learningRate must be above 0 and finite, got -1",
    ],
    [{ optimizer: { ...sgd, momentum: 1 } }, "momentum must be in [0, 1), got 1"],
    [{ augmentation: { shift: 32 } }, "shift must be a whole number from 0 to below 32, got 32"],
    [{ views: { shift: 0.5 } }, "shift must be a whole number from 0 to below 32, got 0.5"],
    [{ mixing: { kind: "cutmix", share: 2 } }, "from 0 to 1, got 2"],
  ];
  for (const [settings, message] of wrong) {
    const refused = (given: Record<string, unknown>) =>
      assertThrows(() => configure({ system: "numpy", ...given }), RangeError, message);
    refused(settings);
    if ("views" in settings) continue;
    const configuration = { ...teacher.configuration, ...settings };
    refused({ teacher: { ...teacher, configuration } });
  }
  const heavy = { teacher: { ...teacher, weight: 1.5 } };
  assertThrows(
    () => configure({ system: "numpy", ...heavy }),
    RangeError,
    "teacher.weight must be from 0 to 1, got 1.5",
  );
});

Deno.test("a fault is refused by name where it is unknown or its system does not compute", () => {
  const refused = (settings: Record<string, unknown>, message: string) =>
    assertThrows(() => configure(settings), RangeError, message);
  refused({ system: "numpy", faults: ["sleepy"] }, 'there is no fault named "sleepy"');
  refused(
    { system: "numpy", faults: ["swapped loss arguments"] },
    'the fault "swapped loss arguments" exists only in the torch system, but this run computes ' +
      "with numpy",
  );
  refused({ system: "keras", faults: ["frozen filters"] }, "exists only in the numpy system");
  const numpy = { system: "numpy", faults: ["frozen filters"] };
  refused({ ...numpy, optimizer: sgd, labelSmoothing: 0.1 }, "labels cannot be smoothed");
  assert.deepEqual(configure(numpy).faults, ["frozen filters"]);
});

Deno.test("a teacher is completed, and has no teacher and no fault beside it", () => {
  const teacher = {
    ways: 4,
    weight: 0.5,
    configuration: { system: "numpy", architecture },
  };
  const { teacher: found } = configure({ system: "torch", teacher });
  assert.deepEqual(Object.keys(found!), ["configuration", "weight", "ways"]);
  assert.deepEqual(found!.configuration, configure({ system: "numpy" }));
  const refused = (settings: Record<string, unknown>, message: string) =>
    assertThrows(() => configure({ system: "numpy", ...settings }), RangeError, message);
  const taught = configure({ system: "numpy", teacher });
  refused({ teacher: { ...teacher, configuration: taught } }, "cannot have a teacher itself");
  refused({ teacher: { ...teacher, ways: 0 } }, "teacher.ways must be a whole number");
  refused({ teacher: { ...teacher, temperature: 2 } }, 'no key "temperature"');
  const faults = ["frozen filters"];
  refused({ teacher, faults, optimizer: sgd }, "neither mixing nor a teacher");
});
