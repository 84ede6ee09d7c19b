export * from "./data/mod.ts";
export * from "./systems/mod.ts";
export { loadPixels } from "./pixels/load_pixels.ts";
export { DataLoader, normalisation } from "./pixels/loader.ts";
export * from "./runs/run.ts";
export { topK } from "./metrics/topk.ts";
export { guardedFit } from "./diagnosis/guard.ts";
