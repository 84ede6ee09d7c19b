/**
 * `deno task bundle`: the kernels backend with TensorFlow.js as a package for web pages, in `dist/`. Its one module
 * holds the compiled kernels and the threads' code, and needs neither Deno nor Node.js. Beside it `int8.js`, the int8
 * predictor alone. The types of both stand beside them.
 */
import { join } from "node:path";
import * as esbuild from "esbuild";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { bundleInt8, pageModule } from "./bundle_int8.ts";
import { bundleTypes } from "./declarations.ts";
import { takeNoArguments } from "./arguments.ts";
import { main } from "./run.ts";

const tensor = join(projectRoot, "lib", "kernels", "tensor");

/** What the bundles with TensorFlow.js have in common. */
const common = {
  ...pageModule,
  // the names of classes are part of tfjs's saved models
  keepNames: true,
  // the licenses of what is inside
  legalComments: "eof",
} as const satisfies esbuild.BuildOptions;

const entry = `
  import binary from ${JSON.stringify(join(tensor, "builds", "narrow.wasm"))};
  import workerSource from "worker source";
  import { openInPage } from ${JSON.stringify(join(projectRoot, "lib", "backend", "web.ts"))};
  export * as tf from "@tensorflow/tfjs";
  export const openBackend = (options) => openInPage({ binary, workerSource }, options);
`;

/** tfjs brings its WebGL backend along, which is half of it and not needed. */
const withoutWebgl = `export const version_webgl = "left out";`;

/** The backend as the text of one ES module with the exports `openBackend` and `tf`. */
export async function bundleBackend(): Promise<string> {
  try {
    const worker = await esbuild.build({
      ...common,
      entryPoints: [join(tensor, "web_worker.ts")],
    });
    const workerSource = worker.outputFiles[0]!.text;
    const result = await esbuild.build({
      ...common,
      stdin: { contents: entry, resolveDir: projectRoot },
      loader: { ".wasm": "binary" },
      plugins: [
        virtual("worker source", workerSource, "text"),
        virtual("@tensorflow/tfjs-backend-webgl", withoutWebgl, "js"),
      ],
    });
    return result.outputFiles[0]!.text;
  } finally {
    await esbuild.stop();
  }
}

/** A module that is a text. */
function virtual(name: string, contents: string, loader: esbuild.Loader): esbuild.Plugin {
  return {
    name,
    setup(build) {
      build.onResolve(
        { filter: /./ },
        ({ path }) => path === name ? { path, namespace: name } : undefined,
      );
      build.onLoad({ filter: /./, namespace: name }, () => ({ contents, loader }));
    },
  };
}

const readme = `# TensorFlow.js on WebAssembly kernels that train

A backend of TensorFlow.js for web pages: SIMD kernels in WebAssembly, gradients included, on several threads where the
page is cross-origin isolated, on one otherwise. It needs a browser with WebAssembly's relaxed SIMD.

\`\`\`js
import { openBackend, tf } from "./kernels_backend.js";
const { threads } = await openBackend(); // or openBackend({ threads: 1, memoryBytes: 2 ** 29 })
const model = tf.sequential(); // and so on: every tfjs program runs on it
\`\`\`

\`tf\` is TensorFlow.js without its WebGL backend. The types name those of \`@tensorflow/tfjs\`, which a program
in TypeScript needs beside this package; nothing else does. A page is cross-origin isolated if its server sends
\`Cross-Origin-Opener-Policy: same-origin\` and \`Cross-Origin-Embedder-Policy: require-corp\`.
`;

/** The package's description for npm. */
async function packageJson(): Promise<string> {
  const { version, license, imports } = JSON.parse(
    await Deno.readTextFile(join(projectRoot, "deno.json")),
  ) as { version: string; license: string; imports: Record<string, string> };
  return JSON.stringify(
    {
      name: "tfjs-kernels-backend",
      version,
      license,
      description: "A backend of TensorFlow.js in WebAssembly that trains",
      type: "module",
      exports: { types: "./kernels_backend.d.ts", default: "./kernels_backend.js" },
      files: ["kernels_backend.js", "kernels_backend.d.ts", "types/backend/"],
      peerDependencies: { "@tensorflow/tfjs": imports["@tensorflow/tfjs"]!.split("@").at(-1) },
      peerDependenciesMeta: { "@tensorflow/tfjs": { optional: true } },
    },
    null,
    2,
  ) + "\n";
}

if (import.meta.main) {
  await main(async () => {
    takeNoArguments("bundle");
    const dist = join(projectRoot, "dist");
    const text = await bundleBackend();
    await writeAtomic(join(dist, "kernels_backend.js"), text);
    await writeAtomic(join(dist, "package.json"), await packageJson());
    await writeAtomic(join(dist, "README.md"), readme);
    await writeAtomic(
      join(dist, "LICENSE"),
      await Deno.readTextFile(join(projectRoot, "LICENSE")),
    );
    for (const [path, types] of await bundleTypes()) await writeAtomic(join(dist, path), types);
    const int8 = await bundleInt8();
    await writeAtomic(join(dist, "int8.js"), int8);
    console.log(`dist/int8.js: ${Math.round(int8.length / 1000)} kB`);
    console.log(`dist/kernels_backend.js: ${(text.length / 2 ** 20).toFixed(1)} MiB`);
  });
}
