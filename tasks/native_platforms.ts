/** For which systems there is a native TensorFlow on PyPI, and how the addon is linked there. */
import type { NativeKind } from "../lib/backend/native_path.ts";

/** A system and its processor, as `Deno.build` has them. */
export type System = Pick<typeof Deno.build, "os" | "arch">;

/** A wheel on PyPI. */
export interface Wheel {
  readonly requirement: string;
  /** Checksum of the file, as PyPI has it. */
  readonly sha256: string;
  /** The platform tags that pip may take. */
  readonly tags: readonly string[];
}

/** What a system's native TensorFlow is made of. */
export interface NativePlatform {
  readonly tensorflow: Readonly<Partial<Record<NativeKind, Wheel>>>;
  /** The libraries in the wheel; the last one is unpacked last. */
  readonly libraries: readonly string[];
  readonly linkFlags: readonly string[];
  /** A C++ compiler for systems that have none, and what it is to compile for. */
  readonly zig: Wheel;
  readonly zigTarget: string;
}

const version = "2.21.0";

function linuxTags(arch: string, oldest: readonly string[]): string[] {
  return ["manylinux_2_27", "manylinux_2_17", "manylinux2014", ...oldest]
    .map((tag) => `${tag}_${arch}`);
}

function zigWheel(sha256: string, tags: readonly string[]): Wheel {
  return { requirement: "ziglang==0.17.1", sha256, tags };
}

const linux = {
  libraries: ["libtensorflow_framework.so.2", "libtensorflow_cc.so.2"],
  linkFlags: ["-Wl,-rpath,$ORIGIN", "-Wl,--allow-shlib-undefined"],
} as const;

const x64 = linuxTags("x86_64", ["manylinux_2_12"]), arm64 = linuxTags("aarch64", []);
const mac = ["macosx_12_0_arm64", "macosx_13_0_arm64"];

const platforms: Readonly<Record<string, NativePlatform>> = {
  "linux x86_64": {
    tensorflow: {
      cpu: {
        requirement: `tensorflow-cpu==${version}`,
        sha256: "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb",
        tags: x64,
      },
      gpu: {
        requirement: `tensorflow==${version}`,
        sha256: "b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0",
        tags: x64,
      },
    },
    ...linux,
    zig: zigWheel("ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54", x64),
    zigTarget: "x86_64-linux-gnu.2.27",
  },
  "linux aarch64": {
    tensorflow: {
      cpu: {
        requirement: `tensorflow==${version}`,
        sha256: "b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552",
        tags: arm64,
      },
    },
    ...linux,
    zig: zigWheel("b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e", arm64),
    zigTarget: "aarch64-linux-gnu.2.27",
  },
  "darwin aarch64": {
    tensorflow: {
      cpu: {
        requirement: `tensorflow==${version}`,
        sha256: "56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712",
        tags: mac,
      },
    },
    libraries: ["libtensorflow_framework.2.dylib", "libtensorflow_cc.2.dylib"],
    linkFlags: ["-Wl,-rpath,@loader_path", "-Wl,-undefined,dynamic_lookup"],
    zig: zigWheel("09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23", mac),
    zigTarget: "aarch64-macos",
  },
};

/** What is known of a system; undefined where PyPI has no TensorFlow with a C library for it. */
export function nativePlatform({ os, arch }: System): NativePlatform | undefined {
  return platforms[`${os} ${arch}`];
}
