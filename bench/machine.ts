import { namesByteDot } from "../lib/kernels/kernel_platform.ts";

/** The machine on which something was measured, and the day. */
export interface Occasion {
  readonly machine: string;
  /** As in 2026-01-31. */
  readonly date: string;
}

/** Today, on this machine. */
export function occasion(): Occasion {
  return { machine: machine(), date: new Date().toISOString().slice(0, 10) };
}

/** The sentence of a table's notes. */
export const measuredOn = ({ date, machine }: Occasion) => `Measured on ${date}, on: ${machine}.`;

/** One line about the machine that was measured. */
export function machine(): string {
  const { osRelease, cpu, memory } = {
    // the version alone, without what those who built the kernel have appended
    osRelease: /^[\d.]*/.exec(Deno.osRelease())![0],
    cpu: cpuName(),
    memory: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
  };
  return `${cpu}, ${navigator.hardwareConcurrency} cores, ${memory} GiB, Linux ${osRelease}, ` +
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8})`;
}

/** Whether the processor has vectors of 512 bits, twice those that WebAssembly can get. */
export function hasAvx512(): boolean {
  return / avx512f /.test(cpuInfo());
}

function cpuName(): string {
  const name = cpuInfo().match(/model name\s*: (.*)/)?.[1] ?? Deno.build.arch;
  return hasAvx512() ? `${name} with AVX-512` : name;
}

/** The kernels' `hasByteDot`, which sees the processor with all permissions only. */
export function hasByteDot(): boolean {
  return namesByteDot(cpuInfo());
}

/** What Linux says of the processor, empty elsewhere. Deno hides the file, unless another program reads it. */
function cpuInfo(): string {
  try {
    const { stdout } = new Deno.Command("cat", {
      args: ["/proc/cpuinfo"],
      stderr: "null",
    }).outputSync();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}
