/** The package for Node.js, unpacked into an empty folder outside the project. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "../../lib/util/files.ts";
import { buildPackage, packagesIn, renamed } from "../../tasks/npm.ts";
import { examples } from "../examples.ts";
import { fewImages } from "../few_images.ts";
import { needsNode, outputOf, runNode } from "../node.ts";

const program = fileURLToPath(new URL("./program.js", import.meta.url));

/** A folder in which the package is installed, with no more than what it needs. */
async function installed(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lenet-package-" });
  const built = join(folder, "built"), modules = join(folder, "node_modules");
  await buildPackage(built);
  const [{ filename }] = JSON.parse(await outputOf("npm", ["pack", "--json", built], folder));
  const own = join(modules, "@lenet", "three-ways");
  await Deno.mkdir(own, { recursive: true });
  await outputOf("tar", ["xf", join(folder, filename), "--strip-components=1", "-C", own], folder);
  // what `npm install` would fetch
  await Deno.symlink(
    await Deno.realPath(join(projectRoot, "node_modules/sharp")),
    `${modules}/sharp`,
  );
  await Deno.remove(built, { recursive: true });
  return folder;
}

Deno.test(
  ...needsNode("the package draws, trains, prunes and quantizes with the bits that it has here"),
  async (t) => {
    const folder = await installed();
    try {
      await t.step(
        "every entry that needs no more than sharp is there, with its types",
        async () => {
          const own = join(folder, "node_modules/@lenet/three-ways");
          const { exports } = JSON.parse(await Deno.readTextFile(join(own, "package.json")));
          for (const { types, default: code } of Object.values<Record<string, string>>(exports)) {
            for (const path of [types!, code!]) {
              assert((await Deno.stat(join(own, path))).isFile, path);
            }
          }
          const needMore = ["./torch", "./keras", "./backend", "./report", "./formats"];
          const entries = Object.keys(exports).filter((entry) => !needMore.includes(entry));
          const imports = entries.map((entry) =>
            `await import("@lenet/three-ways${entry.slice(1)}");`
          );
          await Deno.writeTextFile(join(folder, "entries.mjs"), imports.join("\n"));
          await runNode(["entries.mjs"], folder);
          const code = `import { createSystem, lenet5, type System } from "@lenet/three-ways";
            export const system: Promise<System> = createSystem("numpy", lenet5(3));
            // @ts-expect-error there is no such system
            createSystem("jax", lenet5(3));`;
          const all = entries.map((entry, i) =>
            `export * as e${i} from "@lenet/three-ways${entry.slice(1)}";`
          );
          await Deno.writeTextFile(join(folder, "consumer.ts"), [...all, code].join("\n"));
          await Deno.writeTextFile(join(folder, "package.json"), `{"type": "module"}`);
          const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
          const how = ["--noEmit", "--strict", "--module", "nodenext", "--lib", "esnext,dom"];
          how.push("--target", "esnext", "--skipDefaultLibCheck"); // those of TypeScript are not ours
          await runNode([tsc, ...how, "consumer.ts"], folder);
        },
      );
      await t.step(
        "the pages' examples run as they are written, if Node.js knows their syntax",
        async () => {
          const env = { LENET_DATA: await fewImages() };
          const own = (await examples()).filter(({ where, code }) =>
            where.includes("README.md") && !/^using |"torch"|"keras"|formats"/m.test(code)
          );
          assert(own.length >= 2, "there are no examples for Node.js");
          for (const { code, where } of own) {
            await Deno.writeTextFile(join(folder, "example.ts"), code);
            assert((await runNode(["example.ts"], folder, env)).trim() !== "", where);
          }
        },
      );
      await t.step("the same bits", async () => {
        await Deno.copyFile(program, join(folder, "program.mjs"));
        const there = JSON.parse(await runNode(["program.mjs"], folder));
        const own = await Deno.makeTempDir();
        const here = JSON.parse(
          await outputOf(
            Deno.execPath(),
            ["run", "-P=test", "--config", join(projectRoot, "deno.json"), program],
            own,
          ),
        );
        await Deno.remove(own, { recursive: true });
        assert.deepEqual(there, here);
        assert.equal(there.images, 50);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("names of own modules change, in imports and in the URLs of threads, and no others", () => {
  const code =
    `import "./a.ts"; import x from "../b/c.ts"; new URL("./w.ts", import.meta.url); "a.ts"`;
  assert.equal(
    renamed(code),
    `import "./a.js"; import x from "../b/c.js"; new URL("./w.js", import.meta.url); "a.ts"`,
  );
});

Deno.test("packages are found in all kinds of imports, and not in comments", () => {
  const code =
    `/** import "no" */ import s from "sharp"; export * from "@a/b/c"; await import("d/e");
import "./own.js"; import fs from "node:fs"; import.meta.resolve("f");`;
  assert.deepEqual([...packagesIn([code])], ["sharp", "@a/b", "d", "f"]);
});
