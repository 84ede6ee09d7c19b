// deno-lint-ignore-file no-explicit-any
/**
 * Lets @tensorflow/tfjs-node-gpu find the native TensorFlow that `deno task setup` put into
 * `.native/`, and gives it back what newer runtimes took away. Must be evaluated before that package.
 */
import util from "node:util";
// @ts-types="./pre_binding.d.ts"
import prebinding from "@mapbox/node-pre-gyp/lib/pre-binding.js";
import { environment, setEnvironment } from "../util/platform.ts";
import { addonPath, chosenKind } from "./native_path.ts";

const kind = chosenKind();
if (kind === undefined) {
  throw new Error(
    "the native TensorFlow is missing from .native/; run `deno task setup` in the project's folder",
  );
}
const addon = addonPath(kind);
// tfjs-node asks node-pre-gyp where its addon is, and expects it in its own package
const find = prebinding.find;
prebinding.find = (path, options) => path.includes("tfjs-node") ? addon : find(path, options);
// tfjs-node 4.22 still calls a function that Node.js 23 removed
(util as any).isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
// 2: warnings about missing GPUs and CPU features are not shown, errors are
if (environment("TF_CPP_MIN_LOG_LEVEL") === undefined) {
  setEnvironment("TF_CPP_MIN_LOG_LEVEL", "2");
}
