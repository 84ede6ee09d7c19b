/** One line about the machine that was measured. */
export function machine(): string {
  const { osRelease, cpu, memory } = {
    osRelease: Deno.osRelease(),
    cpu: cpuName(),
    memory: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
  };
  return `${cpu}, ${navigator.hardwareConcurrency} cores, ${memory} GiB, Linux ${osRelease}, ` +
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8})`;
}

function cpuName(): string {
  try {
    const name = Deno.readTextFileSync("/proc/cpuinfo").match(/model name\s*: (.*)/)?.[1];
    return name ?? Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}
