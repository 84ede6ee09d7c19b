/** Which systems stand on the checks that the tests of this folder attack. */
import type { SystemName } from "../../lib/systems/system.ts";

/** The systems that extend `CheckedSystem`. */
export const CHECKED: readonly SystemName[] = ["numpy"];
/** The systems whose training goes through `checkedBatches`. */
export const BATCH_CHECKED: readonly SystemName[] = ["numpy", "torch"];

/** What JavaScript lets through where TypeScript would not. */
// deno-lint-ignore no-explicit-any
export const untyped = (value: unknown) => value as any;
