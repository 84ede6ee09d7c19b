import { type Architecture, trace } from "../../model/architecture.ts";
import {
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  Sigmoid,
  Tanh,
} from "./torch_layers.ts";
import type { Module } from "./module.ts";

/** Stacks the modules that an architecture describes; those without a name are named by index. */
export function buildModule(architecture: Architecture): Sequential {
  return new Sequential(
    trace(architecture).map(({ layer, input }, index) => {
      switch (layer.kind) {
        case "conv":
          return [layer.name, new Conv2d(input[0], layer.filters, layer.kernel)];
        case "dense":
          return [layer.name, new Linear(input[0], layer.units)];
        case "maxpool":
          return [String(index), new MaxPool2d(layer.size)];
        case "tanh":
          return [String(index), new Tanh()];
        case "sigmoid":
          return [String(index), new Sigmoid()];
        case "relu":
          return [String(index), new ReLU()];
        case "flatten":
          return [String(index), new Flatten()];
      }
    }) satisfies [string, Module][],
  );
}
