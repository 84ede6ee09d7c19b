import { decodeSafetensors, encodeChecked } from "../model/safetensors.ts";
import type { OptimizerState } from "../model/training_step.ts";
import type { Weights } from "../model/weights.ts";
import type { FitOptions } from "../systems/system.ts";
import type { TrainingState } from "../systems/training_state.ts";
import { exists, removeParts, writeAtomic } from "../util/files.ts";
import { readFile, remove } from "../util/platform.ts";
import { nameNonFinite, readNonFinite } from "../util/non_finite_json.ts";

/** What a checkpoint belongs to. Only a training with the same key and code goes on from it. */
export interface CheckpointOwner {
  /** Digest of the configuration and the images. */
  readonly key: string;
  /** Digest of the code that trains. */
  readonly code: string;
}

/** Form of the file; another form is not read. */
const FORM = "1";

/** Largest share of the time that may go into writing checkpoints. */
const MOST_SHARE = 0.02;

/**
 * The state of a training that is under way, in a file that is replaced whole every few seconds. A
 * training that was killed goes on from it.
 */
export class Checkpoint {
  /** When the file was last written, and how long that took, in milliseconds. */
  #last = performance.now();
  #cost = 0;
  #hasWarned = false;

  /**
   * The checkpoint of a training, whether its file is there or not.
   * @param path of the file
   * @param seconds least time from one writing to the next, and before the first; 0 for each batch
   */
  constructor(
    readonly path: string,
    readonly owner: CheckpointOwner,
    readonly seconds = 5,
  ) {}

  /**
   * The state to go on from. A file that is damaged, or that another configuration, other code or another
   * backend has written, is left alone, and a line says so.
   * @param runsOn what computes; other backends round otherwise
   */
  async read(runsOn: string): Promise<TrainingState | undefined> {
    if (!await exists(this.path)) return undefined;
    try {
      const { weights, metadata } = decodeSafetensors(await readFile(this.path), this.path);
      for (const [name, own] of Object.entries(this.#metadata(runsOn))) {
        if (metadata[name] === own) continue;
        throw new Error(`${name} is ${metadata[name] ?? "missing"}, that of the run is ${own}`);
      }
      const state = unflatten(weights, JSON.parse(metadata.state!, readNonFinite));
      const { history: { length }, steps } = state;
      console.info(`A training goes on after ${length} whole epochs, ${steps} batches in all.`);
      return state;
    } catch (error) {
      const reason = (error as Error).message;
      console.warn(
        `The checkpoint ${this.path} is not used: ${reason}. The training starts from the beginning.`,
      );
      return undefined;
    }
  }

  /** `onState` of a training: writes the state if it is time to, or if the training is being stopped. */
  listener(runsOn: string, signal?: AbortSignal): NonNullable<FitOptions["onState"]> {
    return async (capture) => {
      const start = performance.now();
      const wait = Math.max(1000 * this.seconds, this.#cost / MOST_SHARE);
      if (start - this.#last < wait && !signal?.aborted) return;
      try {
        const { arrays, rest } = flatten(await capture());
        const state = JSON.stringify(rest, nameNonFinite);
        await writeAtomic(this.path, encodeChecked(arrays, { ...this.#metadata(runsOn), state }));
      } catch (error) {
        // the training itself is sound, and may still find room for its result
        if (!this.#hasWarned) console.warn(`No checkpoint: ${(error as Error).message}`);
        this.#hasWarned = true;
      }
      this.#last = performance.now();
      // with 0 seconds the state is written after each batch, however long that takes
      this.#cost = this.seconds === 0 ? 0 : this.#last - start;
    };
  }

  /** Removes the file, once the run itself is kept. Another process may have done so already. */
  async remove(): Promise<void> {
    await remove(this.path, { force: true });
    await removeParts(this.path);
  }

  #metadata(runsOn: string): Record<string, string> {
    return { form: FORM, ...this.owner, "what computes": runsOn };
  }
}

type Rest = Omit<TrainingState, "weights" | "optimizer" | "companions"> & {
  readonly optimizer: Pick<OptimizerState, "kind" | "steps">;
};

/** All arrays of a state in one list, and what is left of it. */
function flatten(state: TrainingState): { readonly arrays: Weights; readonly rest: Rest } {
  const { weights, optimizer, companions = {}, ...rest } = state;
  const { kind, steps } = optimizer;
  const groups: Record<string, Weights> = optimizer.kind === "adam"
    ? { weights, mean: optimizer.mean, square: optimizer.square }
    : { weights, velocity: optimizer.velocity };
  for (const [name, arrays] of Object.entries(companions)) groups[`companion ${name}`] = arrays;
  const entries = Object.entries(groups).flatMap(([group, arrays]) =>
    Object.entries(arrays).map(([name, array]) => [`${group}/${name}`, array] as const)
  );
  return { arrays: Object.fromEntries(entries), rest: { ...rest, optimizer: { kind, steps } } };
}

function unflatten(arrays: Weights, rest: Rest): TrainingState {
  const group = (name: string): Weights =>
    Object.fromEntries(
      Object.entries(arrays).filter(([key]) => key.startsWith(`${name}/`))
        .map(([key, array]) => [key.slice(name.length + 1), array]),
    );
  const { kind, steps } = rest.optimizer;
  const optimizer: OptimizerState = kind === "adam"
    ? { kind, steps, mean: group("mean"), square: group("square") }
    : { kind, steps, velocity: group("velocity") };
  const names = new Set(
    Object.keys(arrays).flatMap((key) => /^companion ([^/]*)\//.exec(key)?.[1] ?? []),
  );
  const companions = Object.fromEntries(
    [...names].map((name) => [name, group(`companion ${name}`)]),
  );
  const state = { ...rest, weights: group("weights"), optimizer };
  return names.size > 0 ? { ...state, companions } : state;
}
