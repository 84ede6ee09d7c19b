import { assertEquals, assertThrows } from "@std/assert";
import {
  countClasses,
  countMultiplyAdds,
  countParameters,
  lenet5,
  parameterShapes,
  trace,
} from "../../lib/model/architecture.ts";
import { perceptron, smallConvolutional } from "../systems/helpers.ts";

Deno.test("LeNet-5 has the report's parameters and multiply-adds", () => {
  assertEquals(countParameters(lenet5()), 65_106);
  assertEquals(countMultiplyAdds(lenet5()), 419_880);
  assertEquals(countClasses(lenet5(10)), 10);
});

Deno.test("trace follows the shapes of LeNet-5", () => {
  assertEquals(trace(lenet5()).map(({ output }) => output.join("×")), [
    "6×28×28",
    "6×28×28",
    "6×14×14",
    "16×10×10",
    "16×10×10",
    "16×5×5",
    "400",
    "120",
    "120",
    "84",
    "84",
    "50",
  ]);
});

Deno.test("parameter shapes hold exactly the counted parameters", () => {
  for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
    const held = parameterShapes(architecture)
      .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
    assertEquals(held, countParameters(architecture));
  }
});

Deno.test("an architecture that cannot be is refused by the layer's name", () => {
  const build = (layers: Parameters<typeof trace>[0]["layers"]) => () =>
    trace({ name: "bad", input: { channels: 1, height: 6, width: 6 }, layers });
  assertThrows(
    build([{ kind: "conv", name: "c", filters: 2, kernel: 7 }]),
    RangeError,
    "c: kernel 7 is larger than its input 6×6",
  );
  assertThrows(
    build([{ kind: "conv", name: "c", filters: 0, kernel: 3 }]),
    RangeError,
    "c: filters must be a whole number of at least 1, got 0",
  );
  assertThrows(build([{ kind: "maxpool", size: 4 }]), RangeError, "not a multiple of pool size 4");
  assertThrows(build([{ kind: "dense", name: "d", units: 3 }]), RangeError, "add a flatten");
  assertThrows(
    build([{ kind: "flatten" }, { kind: "conv", name: "c", filters: 2, kernel: 3 }]),
    RangeError,
    "got a flat 36",
  );
  assertThrows(
    build([{ kind: "flatten" }, { kind: "dense", name: "d", units: 3 }, {
      kind: "dense",
      name: "d",
      units: 3,
    }]),
    RangeError,
    "two layers are named d",
  );
});
