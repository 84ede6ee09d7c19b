/** Which systems have the checks that the tests of this folder attack. */
import { systemNames } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";

/** The systems that extend `CheckedSystem`. */
export const CHECKED: readonly SystemName[] = systemNames;
/** The systems whose training goes through `checkedBatches`. */
export const BATCH_CHECKED: readonly SystemName[] = systemNames;

/** Hides the type of a value, as untyped JavaScript does. */
// deno-lint-ignore no-explicit-any
export const untyped = (value: unknown) => value as any;
