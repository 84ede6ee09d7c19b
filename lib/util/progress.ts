/**
 * Told of work going on: `done` of `total` units are finished, `note` says something of the moment
 * (the current loss, say). Steps of the pipeline call it; a bar in a notebook or a terminal, or
 * nothing at all, listens. Callers await it, so that a listener can let output through.
 */
export type OnProgress = (done: number, total: number, note?: string) => void | Promise<void>;

/** Progress of a whole whose parts come one after the other, each worth some of the whole's units. */
export class JoinedProgress {
  #before = 0;

  /** @param total units of the whole */
  constructor(readonly total: number, readonly onProgress: OnProgress | undefined) {}

  /** A listener for the next part. It may be told as often as one likes; whole units are passed on. */
  part(units: number): OnProgress {
    const before = this.#before;
    this.#before += units;
    return async (done, total, note) => {
      await this.onProgress?.(before + Math.floor(units * done / total), this.total, note);
    };
  }

  /** Tells that a part is finished which had no listener. */
  async finish(units = 1): Promise<void> {
    await this.part(units)(1, 1);
  }
}
