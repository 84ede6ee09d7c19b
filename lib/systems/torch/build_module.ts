import { type Architecture, trace } from "../../model/architecture.ts";
import { BatchNorm1d, BatchNorm2d } from "./batch_norm.ts";
import {
  AvgPool2d,
  Conv2d,
  Dropout,
  Flatten,
  FurtherActivationModule,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  Sigmoid,
  Tanh,
} from "./torch_layers.ts";
import type { Module } from "./module.ts";

/**
 * Stacks the modules that an architecture describes; those without a name are named by index.
 * @param seed of what dropout leaves out
 */
export function buildModule(architecture: Architecture, seed = 0): Sequential {
  return new Sequential(
    trace(architecture).map(({ layer, input }, index) => {
      switch (layer.kind) {
        case "conv": {
          const { name, filters, kernel, stride, padding } = layer;
          return [name, new Conv2d(input[0], filters, kernel, { stride, padding })];
        }
        case "dense":
          return [layer.name, new Linear(input[0], layer.units)];
        case "maxpool":
          return [String(index), new MaxPool2d(layer.size)];
        case "avgpool":
          return [String(index), new AvgPool2d(layer.size)];
        case "batchnorm": {
          const BatchNorm = input.length === 3 ? BatchNorm2d : BatchNorm1d;
          return [layer.name, new BatchNorm(input[0])];
        }
        case "dropout":
          return [String(index), new Dropout(layer.rate, seed + index)];
        case "tanh":
          return [String(index), new Tanh()];
        case "sigmoid":
          return [String(index), new Sigmoid()];
        case "relu":
          return [String(index), new ReLU()];
        case "activation":
          return [String(index), new FurtherActivationModule(layer.function)];
        case "flatten":
          return [String(index), new Flatten()];
      }
    }) satisfies [string, Module][],
  );
}
