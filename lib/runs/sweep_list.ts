import type { PreprocessOptions } from "../pixels/preprocess.ts";
import type { RunConfiguration } from "./run_configuration.ts";

/** One of the configurations of a sweep. It is run with each seed. */
export interface SweepEntry {
  /** What tables call it. No two entries of a list have the same name. */
  readonly name: string;
  /** The run; its seed does not count. */
  readonly configuration: RunConfiguration;
  /** How the images are prepared, where that differs from the default. */
  readonly preprocess?: Partial<PreprocessOptions>;
}

/** The configurations of a sweep, in the order of its table. */
export type SweepList = readonly SweepEntry[];
