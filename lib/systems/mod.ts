export * from "../model/architecture.ts";
export * from "../model/weights.ts";
export { loadWeights, saveWeights } from "../model/safetensors.ts";
export * from "./create_system.ts";
export * from "./system.ts";
export { predictAll, type Predictions } from "./evaluate.ts";
export { oneCycle } from "./schedule.ts";
