/** The types beside the modules in dist/, as a program in TypeScript sees them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import ts from "typescript";
import { projectRoot } from "../../lib/util/files.ts";
import { bundleTypes, declarations } from "../../tasks/declarations.ts";

/** What TypeScript says of a program that stands beside the modules. */
function complaints(folder: string, program: string, options: ts.CompilerOptions): string[] {
  const path = join(folder, "program.ts");
  Deno.writeTextFileSync(path, program);
  const made = ts.createProgram([path], {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, types: [] },
    ...{ target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.NodeNext },
    ...{ lib: ["lib.esnext.d.ts", "lib.dom.d.ts"], skipDefaultLibCheck: true },
    ...options,
  });
  return ts.getPreEmitDiagnostics(made).map(({ file, messageText }) =>
    `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`
  );
}

Deno.test("programs in TypeScript are checked against the types of the bundled modules", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of await bundleTypes()) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    }
    await Deno.writeTextFile(join(folder, "package.json"), `{"type": "module"}`);
    await Deno.symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
    const int8 = `
      import { type Int8Classifier, openInt8Classifier } from "./int8.js";
      const classifier: Int8Classifier = await openInt8Classifier(new Uint8Array(9), "name");
      const image = { width: 2, height: 2, data: new Uint8ClampedArray(16) };
      const [first] = await classifier.classify(image, { top: 3 });
      export const name: string = first!.name, pixels: number = classifier.input.height;
      // @ts-expect-error a path is no file's bytes
      await openInt8Classifier("small.safetensors");`;
    assert.deepEqual(complaints(folder, int8, {}), []);
    const backend = `
      import { openBackend, type PageBackend, tf } from "./kernels_backend.js";
      export const { threads, close }: PageBackend = await openBackend({ memoryBytes: 2 ** 29 });
      export const model: tf.Sequential = tf.sequential();
      // @ts-expect-error an option that there is not
      await openBackend({ thread: 1 });`;
    // the types of TensorFlow.js itself do not pass
    assert.deepEqual(complaints(folder, backend, { skipLibCheck: true }), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the types of a module come with those that they name, and with no others", async () => {
  assert.deepEqual([...(await declarations("backend/web.ts")).keys()], ["backend/web.d.ts"]);
  const names = [...(await declarations("int8/mod.ts")).keys()];
  for (const name of ["int8/mod", "int8/int8_classifier", "model/architecture"]) {
    assert(names.includes(`${name}.d.ts`), name);
  }
  assert(!names.includes("int8/png.d.ts"));
});
