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
import { exists, projectRoot, writeAtomic } from "../lib/util/files.ts";
import { findPython, pip } from "./python.ts";
import { output, run, SetupError, step } from "./run.ts";

/** The wheels, with the checksums of the files as PyPI has them. */
const wheels = {
  cpu: {
    requirement: "tensorflow-cpu==2.21.0",
    sha256: "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb",
  },
  gpu: {
    requirement: "tensorflow==2.21.0",
    sha256: "b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0",
  },
  zig: {
    requirement: "ziglang==0.17.1",
    sha256: "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
  },
} as const;

const folderOf = (kind: NativeKind) => join(projectRoot, ".native", kind);

/** Which build to set up: the one asked for, else what `LENET_NATIVE` says, else CUDA on a GPU. */
export function kindToSetUp(gpu?: boolean): NativeKind {
  if (gpu !== undefined) return gpu ? "gpu" : "cpu";
  const asked = Deno.env.get("LENET_NATIVE");
  if (asked === "cpu" || asked === "gpu") return asked;
  if (asked) throw new SetupError(`LENET_NATIVE must be cpu or gpu, got ${asked}`);
  return hasNvidiaGpu() ? "gpu" : "cpu";
}

/** Sets up what is missing: TensorFlow's libraries, NVIDIA's for the build with CUDA, the addon. */
export async function setupNative(kind: NativeKind): Promise<void> {
  const folder = folderOf(kind);
  const library = join(folder, "tensorflow", "libtensorflow_cc.so.2");
  if (await exists(addonPath(kind))) return;
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new SetupError(
      `The native TensorFlow is set up on x86_64 Linux only, this is ${Deno.build.arch} ${Deno.build.os}. ` +
        "The hand-written system needs none of it.",
    );
  }
  if (!await exists(library)) {
    await step(`TensorFlow's library from ${wheels[kind].requirement}`, async () => {
      await fetchWheel(wheels[kind], join(folder, "wheel"));
      await run(await findPython(), [join(projectRoot, "tasks", "unpack_wheel.py"), folder], {
        advice: "Is there space on disk? It needs 1.2 GB.",
      });
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
  await step("Compiling the TensorFlow addon", () => compileAddon(kind));
}

/** Downloads one wheel; pip compares its checksum. */
async function fetchWheel(
  { requirement, sha256 }: { readonly requirement: string; readonly sha256: string },
  target: string,
): Promise<void> {
  const list = join(target, "requirement.txt");
  await writeAtomic(list, `${requirement} --hash=sha256:${sha256}\n`);
  const platforms = [
    "manylinux_2_27_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_12_x86_64",
  ];
  await pip(await findPython(), [
    ...[
      "download",
      "--no-deps",
      "--only-binary=:all:",
      "--require-hashes",
      "--python-version",
      "3.12",
    ],
    ...platforms.flatMap((platform) => ["--platform", platform]),
    ...["--dest", target, "-r", list],
  ], requirement);
}

async function compileAddon(kind: NativeKind): Promise<void> {
  const folder = folderOf(kind);
  const require = createRequire(join(projectRoot, "deno.json"));
  const packageFolder = (name: string) => dirname(require.resolve(`${name}/package.json`));
  const sources = join(packageFolder("@tensorflow/tfjs-node-gpu"), "binding");
  const headers = join(packageFolder("node-api-headers"), "include");
  const libraries = join(folder, "tensorflow");
  const [compiler = "", ...flags] = await findCompiler();
  const addon = addonPath(kind);
  const part = `${addon}.part`;
  const cache = join(projectRoot, ".native", "zig", "cache");
  await run(compiler, [
    ...flags,
    ...["-std=c++17", "-O1", "-shared", "-fPIC", "-w", "-DNAPI_VERSION=8"],
    ...[`-I${headers}`, `-I${join(folder, "include")}`],
    ...[join(sources, "tfjs_backend.cc"), join(sources, "tfjs_binding.cc")],
    ...[join(libraries, "libtensorflow_cc.so.2"), join(libraries, "libtensorflow_framework.so.2")],
    ...["-Wl,-rpath,$ORIGIN", "-Wl,--allow-shlib-undefined", "-o", part],
  ], {
    // zig would keep its cache in the home
    env: { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
    advice: "The addon did not compile; the compiler's messages are above.",
  });
  await Deno.rename(part, addon);
}

/** `CXX`, g++ or clang++ if there is one, else zig's from PyPI. */
export async function findCompiler(): Promise<string[]> {
  const asked = Deno.env.get("CXX");
  for (const name of asked ? [asked] : ["g++", "clang++"]) {
    if (await output(name, ["--version"]) !== undefined) return [name];
  }
  if (asked) throw new SetupError(`CXX is ${asked}, which does not run`);
  const folder = join(projectRoot, ".native", "zig");
  const zig = join(folder, "ziglang", "zig");
  if (!await exists(zig)) {
    await step("A C++ compiler (zig) from PyPI, as there is none here", async () => {
      await fetchWheel(wheels.zig, join(folder, "wheel"));
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
  return [zig, "c++", "-target", "x86_64-linux-gnu.2.27"];
}
