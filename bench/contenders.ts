import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { median } from "../lib/metrics/median.ts";
import { projectRoot } from "../lib/util/files.ts";
import { turboEnvironment } from "../tasks/python.ts";
import { output } from "../tasks/run.ts";
import { benchPython } from "./bench_python.ts";
import type { Answer, Request } from "./protocol.ts";

/** Who can be asked, by the name in the tables. */
export const contenders = {
  "numpy (ours)": ["deno", "numpy"],
  "numpy (ours), turbo": ["deno --turbo", "numpy"],
  "torch (ours)": ["deno", "torch"],
  "torch (ours), turbo": ["deno --turbo", "torch"],
  "torch (ours), native TensorFlow": ["deno", "torch:native"],
  "keras (ours)": ["deno", "keras"],
  "keras (ours), turbo": ["deno --turbo", "keras"],
  "keras (ours), native TensorFlow": ["deno", "keras:native"],
  "reference (ours)": ["deno", "reference"],
  "PyTorch": ["python", "pytorch"],
  "PyTorch, AVX2": ["python, AVX2", "pytorch"],
  "PyTorch, compiled": ["python", "pytorch-compiled"],
  "Keras": ["python", "keras"],
  "NumPy, vectorised": ["python", "numpy"],
  "onnxruntime": ["python", "onnxruntime"],
  "onnxruntime-node": ["deno, own packages", "onnxruntime-node"],
  "int8 (ours)": ["deno", "int8"],
  "int8 (ours), turbo": ["deno --turbo", "int8"],
  "pruned + int8 (ours)": ["deno", "int8:pruned"],
  "pruned + int8 (ours), turbo": ["deno --turbo", "int8:pruned"],
  "PyTorch, pruned": ["python", "pytorch-pruned"],
  "PyTorch, int8": ["python", "pytorch-int8"],
  "onnxruntime, int8": ["python", "onnxruntime-int8"],
  "numpy (ours), all of it": ["deno", "numpy:all"],
  "numpy (ours), turbo, all of it": ["deno --turbo", "numpy:all"],
  "preprocessing (ours)": ["deno", "numpy"],
  "preprocessing (ours), fast decoder": ["deno", "numpy:fast"],
  "drawing (ours)": ["deno", "numpy"],
  "OpenCV + DataLoader": ["python", "opencv"],
} as const;

export type ContenderName = keyof typeof contenders;

/** Holds PyTorch's kernels and the libraries behind them to vectors of 256 bits. */
const avx2 = {
  ATEN_CPU_CAPABILITY: "avx2",
  ONEDNN_MAX_CPU_ISA: "AVX2",
  MKL_ENABLE_INSTRUCTIONS: "AVX2",
};

/** The arguments of Deno by which a contender may do what it needs, and no more. */
function permissions(runtime: string): string[] {
  const common = ["--allow-read", "--allow-env", "--allow-sys", "--allow-run=cat"];
  const own = ["--allow-ffi=./node_modules,./.native", "--allow-write=./.cache/bench"];
  return runtime === "deno, own packages"
    // its 288 MB stay out of the project's own packages: its native code lies in Deno's cache
    ? [...common, "--allow-ffi", "--no-lock", "--node-modules-dir=none"]
    : [...common, ...own];
}

/** A contender in a process of its own, with a number of threads. */
export class Contender {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(readonly name: ContenderName, readonly threads: number) {
    const [runtime, kind] = contenders[name];
    const isPython = runtime.startsWith("python");
    const command = isPython ? benchPython : Deno.execPath();
    const script = join(projectRoot, "bench", `contender.${isPython ? "py" : "ts"}`);
    const before = isPython ? [] : ["run", "--no-prompt", ...permissions(runtime)];
    this.#child = new Deno.Command(command, {
      args: [...before, script, kind, `${threads}`],
      cwd: projectRoot,
      env: {
        TF_NUM_INTRAOP_THREADS: `${threads}`,
        TF_NUM_INTEROP_THREADS: `${threads}`,
        TF_CPP_MIN_LOG_LEVEL: "3",
        ...(runtime === "python, AVX2" ? avx2 : {}),
        ...(runtime === "deno --turbo" ? turboEnvironment : {}),
        DENO_NO_UPDATE_CHECK: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: Deno.env.get("BENCH_DEBUG") ? "inherit" : "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    const output = Readable.from(this.#child.stdout);
    this.#lines = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  /** Asks and waits for the answer. */
  async ask(request: Request): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return { error: `${this.name} ended` };
      if (value.startsWith("{")) return JSON.parse(value) as Answer;
    }
  }

  /** Peak of the process's memory so far, 0 where the system does not tell or the process has ended. */
  async peakBytes(): Promise<number> {
    const status = await output("cat", [`/proc/${this.#child.pid}/status`]);
    return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(status ?? "")?.[1] ?? 0);
  }

  async stop(): Promise<void> {
    await this.#input.close().catch(() => {});
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // it has ended already
    }
    await this.#child.status;
  }
}

/** Images a second of each round; or why there are none. */
export interface Measurement {
  readonly name: ContenderName;
  readonly threads: number;
  readonly rates: readonly number[];
  readonly peakBytes: number;
  readonly error?: string;
}

/**
 * Milliseconds between two turns: the threads of OpenMP, OpenBLAS and TensorFlow go on spinning for a while
 * after their work, on cores that the next one wants.
 */
const PAUSE = 250;

/**
 * Asks all contenders the same, one after the other, `rounds` times over, so that whatever slows the
 * machine for a while slows them all.
 */
export async function compare(
  names: readonly ContenderName[],
  threads: number,
  request: Request,
  rounds: number,
  say: (text: string) => void,
): Promise<Measurement[]> {
  const contestants = names.map((name) => new Contender(name, threads));
  const rates = new Map<ContenderName, number[]>();
  const errors = new Map<ContenderName, string>();
  const peaks = new Map<ContenderName, number>();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const contender of contestants) {
        const { name } = contender;
        if (errors.has(name)) continue;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        const answer = await contender.ask(request);
        peaks.set(name, await contender.peakBytes());
        if ("error" in answer) {
          errors.set(name, answer.error);
          continue;
        }
        const rate = answer.images / answer.seconds;
        rates.set(name, [...rates.get(name) ?? [], rate]);
        const on = `${threads} ${threads > 1 ? "threads" : "thread"}`;
        say(`  ${request.work} ${request.batch}, ${on}, ${name}: ${Math.round(rate)}/s`);
      }
    }
  } finally {
    await Promise.all(contestants.map((contender) => contender.stop()));
  }
  return names.map((name) => {
    const error = errors.get(name);
    const measurement = { name, threads, rates: rates.get(name) ?? [] };
    const peakBytes = peaks.get(name) ?? 0;
    return { ...measurement, peakBytes, ...(error === undefined ? {} : { error }) };
  });
}

/** Median and range of the ratios of two contenders, round by round. */
export function pairedRatio(
  ours: Measurement,
  theirs: Measurement,
): { readonly median: number; readonly low: number; readonly high: number } | undefined {
  const ratios = ours.rates.slice(0, theirs.rates.length).map((rate, i) => rate / theirs.rates[i]!);
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
