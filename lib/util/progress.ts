/**
 * Told of work going on: `done` of `total` units are finished, `note` says something of the moment
 * (the current loss, say). Steps of the pipeline call it; a bar in a notebook or a terminal, or
 * nothing at all, listens. Callers await it, so that a listener can let output through.
 */
export type OnProgress = (done: number, total: number, note?: string) => void | Promise<void>;
