import type { OnProgress } from "../util/progress.ts";
import { escapeXml } from "./escape.ts";

/** The kernel's side of a notebook; undefined outside one, where `Deno.jupyter` throws. */
const jupyter: typeof Deno.jupyter | undefined = (() => {
  try {
    return Deno.jupyter;
  } catch {
    return undefined;
  }
})();

/** Something that a notebook can show: a `Table` or a `Figure`. */
export interface Displayable {
  /** The thing by media type, plain text among them. */
  displayData(): Record<string, string>;
}

/**
 * Shows things, one after the other, below the cell; text is taken as Markdown. Cells use nothing else
 * to show results and await it, so that the kernel sends everything before the cell ends. Outside a
 * notebook the plain text is printed.
 */
export async function show(...things: readonly (Displayable | string)[]): Promise<void> {
  for (const thing of things) {
    const bundle = typeof thing === "string"
      ? { "text/markdown": thing, "text/plain": thing }
      : thing.displayData();
    if (jupyter) await jupyter.display(bundle, { raw: true });
    else console.log(bundle["text/plain"]);
  }
  await tick(50);
}

function tick(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Where a bar is drawn and what time it is; replaced in tests. */
export interface ProgressPort {
  now(): number;
  /** Shows the bar's state, in the place of the one before. */
  draw(text: string, share: number, last: boolean): Promise<void>;
}

/**
 * A bar with count, rate and remaining time. It appears after two seconds of work, so that quick work
 * shows no bar, and is redrawn at most five times a second.
 */
export class Progress {
  readonly #start: number;
  #drawn = -Infinity;

  constructor(
    readonly label: string,
    readonly unit: string,
    readonly port: ProgressPort = terminalOrNotebook(),
    /** Units that were finished when the clock started; they do not count towards the rate. */
    readonly before = 0,
  ) {
    this.#start = port.now();
  }

  /** `OnProgress`; bound, so that it can be handed on. */
  readonly update: OnProgress = async (done, total, note = "") => {
    const now = this.port.now();
    const seconds = (now - this.#start) / 1000;
    const last = done >= total;
    if (seconds < 2 || (!last && now - this.#drawn < 200)) return;
    this.#drawn = now;
    const rate = (done - this.before) / seconds;
    const share = total === 0 ? 1 : done / total;
    const parts = [
      `${this.label}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")} ${this.unit}` +
      (last ? "" : ` (${Math.floor(100 * share)} %)`),
      `${rate.toLocaleString("en", { maximumSignificantDigits: 3 })}/s`,
      last
        ? `took ${duration(seconds)}`
        : `${duration(seconds)}, ${duration((total - done) / rate)} left`,
    ];
    if (note && !last) parts.push(note);
    await this.port.draw(parts.join(", "), share, last);
  };
}

/** A listener that draws a bar for one piece of work. */
export function progress(label: string, unit: string): OnProgress {
  let bar: Progress | undefined;
  // the clock starts with the first call, not when the listener is made
  return (done, total, note) =>
    (bar ??= new Progress(label, unit, terminalOrNotebook(), done)).update(done, total, note);
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
        : `<progress value="${share}" max="1" style="width:16em;vertical-align:middle"></progress> `;
      const bundle = {
        "text/html": `<code>${bar}${escapeXml(text)}</code>`,
        "text/plain": text,
        // the executor (tasks/execute.py) recognises a bar by this and draws it in the terminal
        "application/vnd.lenet.progress+json": { share, last },
      };
      await kernel.display(bundle, { raw: true, display_id: id, update: shown });
      shown = true;
      await tick(0);
    },
  };
}

function terminalPort(): ProgressPort {
  const inPlace = Deno.stderr.isTerminal();
  let drawn = -Infinity;
  return {
    now: () => performance.now(),
    draw(text, share, last) {
      const filled = Math.round(20 * share);
      const line = `${"█".repeat(filled)}${"░".repeat(20 - filled)} ${text}`;
      if (inPlace) {
        Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}${last ? "\n" : ""}`));
      } else if (last || performance.now() - drawn > 10_000) {
        drawn = performance.now();
        console.error(line); // a log file wants few lines
      }
      return Promise.resolve();
    },
  };
}
