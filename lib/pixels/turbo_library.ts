/**
 * libjpeg-turbo, called directly. The npm package's own binding always takes the fast transform, so
 * the library that the package ships is opened without it.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deno } from "../util/platform.ts";

/** Version of the package, exactly as deno.json has it; another one may round otherwise. */
export const turboVersion = "3.0.1";

/** The functions in use, as turbojpeg.h declares them; a size is a `size_t`. */
const functions = {
  tj3Init: { parameters: ["i32"], result: "pointer" },
  tj3Destroy: { parameters: ["pointer"], result: "void" },
  tj3Set: { parameters: ["pointer", "i32", "i32"], result: "i32" },
  tj3Get: { parameters: ["pointer", "i32"], result: "i32" },
  tj3DecompressHeader: { parameters: ["pointer", "buffer", "usize"], result: "i32" },
  tj3Decompress8: {
    parameters: ["pointer", "buffer", "usize", "buffer", "i32", "i32"],
    result: "i32",
  },
  /** The same function on a thread of its own. */
  tj3Decompress8Async: {
    name: "tj3Decompress8",
    nonblocking: true,
    parameters: ["pointer", "buffer", "usize", "buffer", "i32", "i32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** A decompressor of the library. */
export type TurboHandle = Deno.PointerValue;

/** The library's functions. */
export type TurboLibrary = Deno.DynamicLibrary<typeof functions>["symbols"];

/** Constants of turbojpeg.h: enum TJINIT, TJPARAM and TJPF. */
export const turbo = {
  initDecompress: 1,
  stopOnWarning: 0,
  jpegWidth: 5,
  jpegHeight: 6,
  fastDct: 10,
  formatRgb: 0,
  formatGrey: 6,
} as const;

let library: TurboLibrary | undefined | null = null;

/**
 * The library, opened when it is first asked for.
 * @returns undefined where the package has no build that can be called: another decoder must do then
 */
export function turboLibrary(): TurboLibrary | undefined {
  if (library === null) library = openLibrary();
  return library;
}

function openLibrary(): TurboLibrary | undefined {
  if (!deno) return undefined; // Node.js does not call into libraries
  for (const path of libraryPaths(deno.build)) {
    try {
      return deno.dlopen(path, functions).symbols;
    } catch { // not there, or built for another C library: the next one may fit
    }
  }
  return undefined;
}

/**
 * Where the package keeps its builds: on Linux a library beside its binding; on macOS the binding
 * itself, which the library is linked into. On Windows the binding does not hand the functions on.
 */
export function libraryPaths({ os, arch }: { os: string; arch: string }): string[] {
  let folder: string;
  try {
    folder = dirname(fileURLToPath(import.meta.resolve("@julusian/jpeg-turbo")));
  } catch {
    return []; // the package is not installed
  }
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  const build = (name: string, file: string) =>
    join(folder, "prebuilds", `jpeg-turbo-${name}`, file);
  if (os === "darwin") return [build(`darwin-${cpu}`, "node-napi-v10.node")];
  if (os !== "linux") return [];
  return [`linux-${cpu}`, `linux-${cpu}-musl`].map((name) => build(name, "libturbojpeg.so.0"));
}
