/**
 * Where a training step spends its time, kernel by kernel, beside the arithmetic peak:
 *
 *     deno run --allow-read=lib --allow-env bench/profile.ts [narrow|wide]
 */
import { fileURLToPath } from "node:url";
import { lenet5 } from "../lib/model/architecture.ts";
import { initialWeights } from "../lib/model/initial_weights.ts";
import {
  compileKernels,
  instantiateKernels,
  type KernelBuild,
} from "../lib/kernels/kernel_module.ts";
import { ConvLayer, type Kernels } from "../lib/kernels/kernel_interface.ts";
import { turboFlags } from "../lib/kernels/kernel_platform.ts";
import { layOut, layOutBatch } from "../lib/kernels/memory_layout.ts";
import { fixedMemory } from "../lib/kernels/fixed_memory.ts";
import { packWeights } from "../lib/kernels/pack_weights.ts";
import { Pass } from "../lib/kernels/training_pass.ts";
import { type Plan, planKernels } from "../lib/kernels/kernel_plan.ts";
import { projectRoot } from "../lib/util/files.ts";
import { Rng } from "../lib/util/rng.ts";
import { measurePeak } from "./peak.ts";

/** One kernel's share of a training step. */
export interface KernelTime {
  readonly kernel: string;
  readonly microsecondsPerImage: number;
}

/** The profile of a build. */
export interface Profile {
  readonly build: KernelBuild;
  /** Multiply-adds a second of one thread at most, in units of 10⁹. */
  readonly peak: number;
  /** Multiply-adds that a step needs for an image, pooling's zeros left out. */
  readonly multiplyAdds: number;
  readonly microsecondsPerImage: number;
  readonly kernels: readonly KernelTime[];
}

/** Forward 419,880; backward the dense layers twice, the convolutions at a quarter. */
const multiplyAdds = 419_880 + 2 * (48_000 + 10_080 + 4_200) + (117_600 + 2 * 240_000) / 4;

/** Best of many rounds, since what else runs on the machine only adds. */
async function profileHere(build: KernelBuild): Promise<Profile> {
  const [size, rounds, steps] = [256, 25, 10];
  const memory = fixedMemory(2 ** 25);
  const kernels = instantiateKernels(await compileKernels(build, memory), memory);
  const times = new Map<string, number>();
  const timed = Object.fromEntries(
    Object.entries(kernels).map(([name, kernel]) => [name, (...args: number[]) => {
      const start = performance.now();
      kernel(...args);
      const channels = () => new Int32Array(memory.buffer, args[0]! + ConvLayer.channels[0], 1)[0];
      const key = name === "convPool" ? `convPool, ${channels()} channels` : name;
      times.set(key, (times.get(key) ?? 0) + performance.now() - start);
    }]),
  ) as unknown as Kernels;
  const layout = layOut(planKernels(lenet5()) as Plan, 1);
  packWeights(memory, layout, initialWeights(lenet5(), "lecun", 1));
  const batch = layOutBatch(layout, size, 50);
  const rng = new Rng(1);
  new Float32Array(memory.buffer, batch.images, size * 1024).forEach((_, i, to) => {
    to[i] = rng.normal();
  });
  const step = (pass: Pass) => {
    pass.refresh();
    pass.gradient(batch, 0, 0, size, 1 / size, 0);
  };
  const [plain, withTimes] = [kernels, timed].map((k) => new Pass(k, memory, layout, 0)) as [
    Pass,
    Pass,
  ];
  for (let i = 0; i < 40; i++) step(plain);
  const perImage = (milliseconds: number) => milliseconds / steps / size * 1000;
  let whole = Infinity;
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < steps; i++) step(plain);
    whole = Math.min(whole, perImage(performance.now() - start));
    times.clear();
    for (let i = 0; i < steps; i++) step(withTimes);
    for (const [name, time] of times) {
      best.set(name, Math.min(best.get(name) ?? Infinity, perImage(time)));
    }
  }
  return {
    build,
    peak: await measurePeak(build) / 1e9,
    multiplyAdds,
    microsecondsPerImage: whole,
    kernels: [...best].map(([kernel, microsecondsPerImage]) => ({ kernel, microsecondsPerImage }))
      .sort((a, b) => b.microsecondsPerImage - a.microsecondsPerImage),
  };
}

/** Both builds, each in a process with the flags that it is made for. */
export async function profile(): Promise<Profile[]> {
  const profiles: Profile[] = [];
  for (const build of ["narrow", "wide"] as const) {
    const flags = build === "wide" ? [`--v8-flags=${turboFlags.join(",")}`] : [];
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-read=lib",
        "--allow-env",
        ...flags,
        fileURLToPath(import.meta.url),
        build,
      ],
      cwd: projectRoot,
      stderr: "inherit",
    }).output();
    profiles.push(JSON.parse(new TextDecoder().decode(stdout)));
  }
  return profiles;
}

if (import.meta.main) {
  console.log(JSON.stringify(await profileHere((Deno.args[0] ?? "narrow") as KernelBuild)));
}
