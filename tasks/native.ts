/**
 * Puts the native TensorFlow of @tensorflow/tfjs-node-gpu into `.native/<cpu|gpu>/`.
 *
 * The package's own install script downloads from a host that is often out of reach. The wheel on PyPI
 * holds the same library with the whole C API. The addon between that library and JavaScript is
 * compiled from the sources in the npm package.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { addonPath, hasNvidiaGpu, type NativeKind } from "../lib/backend/native_path.ts";
import {
  type NativePlatform,
  nativePlatform,
  type System,
  type Wheel,
} from "./native_platforms.ts";
import { exists, projectRoot, writeAtomic } from "../lib/util/files.ts";
import { findPython, pip } from "./python.ts";
import { output, run, SetupError, step } from "./run.ts";

const folderOf = (kind: NativeKind) => join(projectRoot, ".native", kind);

/** Which build to set up: the one asked for, else what `LENET_NATIVE` says, else CUDA on a GPU if there is such a build. */
export function kindToSetUp(
  gpu?: boolean,
  system: System = Deno.build,
  hasGpu: () => boolean = hasNvidiaGpu,
): NativeKind {
  if (gpu !== undefined) return gpu ? "gpu" : "cpu";
  const asked = Deno.env.get("LENET_NATIVE");
  if (asked === "cpu" || asked === "gpu") return asked;
  if (asked) throw new SetupError(`LENET_NATIVE must be cpu or gpu, got ${asked}`);
  return hasGpu() && nativePlatform(system)?.tensorflow.gpu ? "gpu" : "cpu";
}

/**
 * Sets up what is missing: TensorFlow's libraries, NVIDIA's for the build with CUDA, the addon.
 * @throws SetupError where it fails, or where there is no such build for the system
 */
export async function setupNative(kind: NativeKind, system: System = Deno.build): Promise<void> {
  const folder = folderOf(kind);
  const platform = nativePlatform(system);
  const wheel = platform?.tensorflow[kind];
  if (platform === undefined || wheel === undefined) {
    throw new SetupError(
      `There is no native TensorFlow ${kind === "gpu" ? "with CUDA " : ""}to be had for ` +
        `${system.arch} ${system.os}. The hand-written system needs none of it.`,
    );
  }
  if (await exists(addonPath(kind))) return;
  if (!await exists(join(folder, "tensorflow", platform.libraries.at(-1)!))) {
    await step(`TensorFlow's library from ${wheel.requirement}`, async () => {
      await fetchWheel(wheel, join(folder, "wheel"));
      try {
        await run(await findPython(), [join(projectRoot, "tasks", "unpack_wheel.py"), folder], {
          advice: "Is there space on disk? It needs 1.2 GB.",
        });
      } finally {
        // 250 MB, which the work on the kernels may need where the disk is full
        await Deno.remove(join(folder, "wheel"), { recursive: true }).catch(() => {});
      }
    });
  }
  if (kind === "gpu" && !await exists(join(folder, "cuda.installed"))) {
    await step("NVIDIA's CUDA libraries", async () => {
      const list = join(projectRoot, "tasks", "requirements-cuda.txt");
      const args = ["install", "--no-deps", "--require-hashes", "--target", folder, "-r", list];
      await pip(await findPython(), args, "CUDA");
      await writeAtomic(join(folder, "cuda.installed"), "");
    });
  }
  await step("Compiling the TensorFlow addon", () => compileAddon(kind, platform));
}

/** Downloads one wheel; pip compares its checksum. */
async function fetchWheel({ requirement, sha256, tags }: Wheel, target: string): Promise<void> {
  const list = join(target, "requirement.txt");
  await writeAtomic(list, `${requirement} --hash=sha256:${sha256}\n`);
  await pip(await findPython(), [
    ...[
      "download",
      "--no-deps",
      "--only-binary=:all:",
      "--require-hashes",
      "--python-version",
      "3.12",
    ],
    ...tags.flatMap((tag) => ["--platform", tag]),
    ...["--dest", target, "-r", list],
  ], requirement);
}

/** Compiles the addon against the libraries in the folder of a kind. */
export async function compileAddon(
  kind: NativeKind,
  platform: NativePlatform,
  compilerCommand?: readonly string[],
): Promise<void> {
  const folder = folderOf(kind);
  const require = createRequire(join(projectRoot, "deno.json"));
  const packageFolder = (name: string) => dirname(require.resolve(`${name}/package.json`));
  const sources = join(packageFolder("@tensorflow/tfjs-node-gpu"), "binding");
  const headers = join(packageFolder("node-api-headers"), "include");
  const libraries = join(folder, "tensorflow");
  const [compiler = "", ...flags] = compilerCommand ?? await findCompiler(platform);
  const addon = addonPath(kind);
  const part = `${addon}.part`;
  const cache = join(projectRoot, ".native", "zig", "cache");
  await run(compiler, [
    ...flags,
    ...["-std=c++17", "-O1", "-shared", "-fPIC", "-w", "-DNAPI_VERSION=8"],
    ...[`-I${headers}`, `-I${join(folder, "include")}`],
    ...[join(sources, "tfjs_backend.cc"), join(sources, "tfjs_binding.cc")],
    ...platform.libraries.toReversed().map((name) => join(libraries, name)),
    ...[...platform.linkFlags, "-o", part],
  ], {
    // zig would keep its cache in the home
    env: { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
    advice: "The addon did not compile; the compiler's messages are above.",
  });
  await Deno.rename(part, addon);
}

/** `CXX`, g++ or clang++ if there is one, else zig's from PyPI. */
export async function findCompiler(platform = nativePlatform(Deno.build)): Promise<string[]> {
  const asked = Deno.env.get("CXX");
  for (const name of asked ? [asked] : ["g++", "clang++"]) {
    if (await output(name, ["--version"]) !== undefined) return [name];
  }
  if (asked) throw new SetupError(`CXX is ${asked}, which does not run`);
  if (platform === undefined) throw new SetupError("A C++ compiler is needed, and none is found.");
  const folder = join(projectRoot, ".native", "zig");
  const zig = join(folder, "ziglang", "zig");
  if (!await exists(zig)) {
    await step("A C++ compiler (zig) from PyPI, as there is none here", async () => {
      await fetchWheel(platform.zig, join(folder, "wheel"));
      const files = [...Deno.readDirSync(join(folder, "wheel"))].map(({ name }) => name);
      const wheel = files.find((name) => name.endsWith(".whl"))!;
      const python = await findPython();
      await pip(
        python,
        ["install", "--no-deps", "--target", folder, join(folder, "wheel", wheel)],
        "zig",
      );
    });
  }
  return [zig, "c++", "-target", platform.zigTarget];
}
