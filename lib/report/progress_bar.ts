import { standardError } from "../util/platform.ts";
import type { OnProgress } from "../util/progress.ts";
import { escapeXml } from "./escape.ts";
import { jupyter } from "./kernel.ts";
import { Stopped, stopSignal } from "./stop.ts";

/** Where a bar is drawn and what time it is; replaced in tests. */
export interface ProgressPort {
  now(): number;
  /** Shows the bar's state, in the place of the one before. */
  draw(text: string, share: number, last: boolean): Promise<void>;
  /** Lets the kernel send what was drawn, and hear of a stop. */
  breathe(): Promise<void>;
}

/** How a bar behaves. */
export interface ProgressBarOptions {
  /** Where it is drawn; default: the notebook or the terminal. */
  readonly port?: ProgressPort;
  /** Units that were finished when the clock started; they do not count towards the rate. */
  readonly before?: number;
  /** Stops the work; default: when the reader presses Stop. */
  readonly signal?: AbortSignal;
  /** Whether a stop ends the work with an error. It should not where the work itself looks at the signal. */
  readonly throws?: boolean;
}

/** Milliseconds after which a bar lets the kernel breathe. */
const BREATH = 100;

/**
 * A bar with count, rate and remaining time. It appears after two seconds of work, so that quick work
 * shows no bar, and is redrawn at most three times a second.
 */
export class Progress {
  readonly #port: ProgressPort;
  readonly #before: number;
  readonly #signal: AbortSignal;
  readonly #throws: boolean;
  readonly #start: number;
  #drawn = -Infinity;
  #breathed: number;
  #isOver = false;
  #last: readonly [done: number, total: number] = [0, 0];

  /** A bar whose clock starts now. */
  constructor(readonly label: string, readonly unit: string, options: ProgressBarOptions = {}) {
    this.#port = options.port ?? terminalOrNotebook();
    this.#before = options.before ?? 0;
    this.#signal = options.signal ?? stopSignal();
    this.#throws = options.throws ?? true;
    this.#start = this.#breathed = this.#port.now();
  }

  /**
   * `OnProgress`; bound, so that it can be handed on.
   * @throws Stopped if the reader pressed Stop
   */
  readonly update: OnProgress = async (done, total, note = "") => {
    if (this.#port.now() - this.#breathed >= BREATH) {
      await this.#port.breathe();
      this.#breathed = this.#port.now();
    }
    const now = this.#port.now();
    const seconds = (now - this.#start) / 1000;
    const share = total === 0 ? 1 : done / total;
    this.#last = [done, total];
    if (this.#signal.aborted) return await this.#stop(share, done, total, seconds);
    const last = done >= total;
    if (seconds < 2 || (!last && now - this.#drawn < 333)) return;
    this.#drawn = now;
    const rate = (done - this.#before) / seconds;
    const parts = [
      `${this.label}: ${this.#count(done, total)}` + (last ? "" : ` (${percent(share)})`),
      `${rate.toLocaleString("en", { maximumSignificantDigits: 3 })}/s`,
      last
        ? `took ${duration(seconds)}`
        : `${duration(seconds)}, ${duration((total - done) / rate)} left`,
    ];
    if (note && !last) parts.push(note);
    await this.#port.draw(parts.join(", "), share, last);
  };

  /** Ends the bar where it is: work that looks at the signal itself need not tell of its end. */
  async end(): Promise<void> {
    const [done, total] = this.#last;
    const seconds = (this.#port.now() - this.#start) / 1000;
    if (total > 0 && done < total) await this.#stop(done / total, done, total, seconds);
  }

  /** The last state of a bar whose work was stopped. */
  async #stop(share: number, done: number, total: number, seconds: number): Promise<void> {
    const text = `${this.label}: stopped at ${percent(share)}, ${this.#count(done, total)}`;
    const isFirst = !this.#isOver;
    this.#isOver = true;
    if (isFirst) await this.#port.draw(`${text}, after ${duration(seconds)}`, share, true);
    if (this.#throws) throw new Stopped(text);
  }

  #count(done: number, total: number): string {
    return `${done.toLocaleString("en")} of ${total.toLocaleString("en")} ${this.unit}`;
  }
}

/**
 * A listener that draws a bar for one piece of work. If the reader presses Stop, it ends the work with an
 * error that says how far it had come.
 */
export function progress(label: string, unit: string): OnProgress {
  return lazily((before) => new Progress(label, unit, { before }));
}

/**
 * What a training is told, so that it shows a bar and can be stopped: it ends after the batch at hand, and
 * the epochs completed are its result.
 */
export function training(
  label: string,
): { readonly onProgress: OnProgress; readonly signal: AbortSignal } {
  const signal = stopSignal();
  const bar = (before: number) => {
    const made = new Progress(label, "images", { before, signal, throws: false });
    signal.addEventListener("abort", () => made.end(), { once: true });
    return made;
  };
  return { onProgress: lazily(bar), signal };
}

/** The clock starts with the first call, not when the listener is made. */
function lazily(make: (before: number) => Progress): OnProgress {
  let bar: Progress | undefined;
  return (done, total, note) => (bar ??= make(done)).update(done, total, note);
}

function percent(share: number): string {
  return `${Math.floor(100 * share)} %`;
}

/** 8 s, 2:05 min */
function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

function terminalOrNotebook(): ProgressPort {
  return jupyter ? notebookPort(jupyter) : terminalPort();
}

function notebookPort(kernel: typeof Deno.jupyter): ProgressPort {
  const id = crypto.randomUUID();
  let shown = false;
  return {
    now: () => performance.now(),
    async draw(text, share, last) {
      const bar = last
        ? ""
        : `<progress value="${share.toFixed(3)}" max="1" style="width:16em"></progress> `;
      const bundle = {
        "text/html": `<code>${bar}${escapeXml(text)}</code>`,
        "text/plain": text,
        // the executor (tasks/execute.py) recognises a bar by this and draws it in the terminal
        "application/vnd.lenet.progress+json": { share, last },
      };
      await kernel.display(bundle, { raw: true, display_id: id, update: shown });
      shown = true;
      await macrotask();
    },
    breathe: macrotask,
  };
}

function terminalPort(): ProgressPort {
  const { isTerminal: inPlace, write } = standardError();
  let drawn = -Infinity;
  return {
    now: () => performance.now(),
    draw(text, share, last) {
      const filled = Math.round(20 * share);
      const line = `${"█".repeat(filled)}${"░".repeat(20 - filled)} ${text}`;
      if (inPlace) {
        write(`\r\x1b[K${line}${last ? "\n" : ""}`);
      } else if (last || performance.now() - drawn > 10_000) {
        drawn = performance.now();
        console.error(line); // a log file wants few lines
      }
      return Promise.resolve();
    },
    breathe: () => Promise.resolve(),
  };
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
