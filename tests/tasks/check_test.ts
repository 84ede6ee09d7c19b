import assert from "node:assert/strict";
import { join } from "node:path";
import { assertStringIncludes, assertThrows } from "../assert.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { checkNotebook, joinCells } from "../../tasks/check.ts";
import { parseArguments } from "../../tasks/reproduce.ts";

const notebook = (...cells: string[]) =>
  JSON.stringify({
    cells: [
      { cell_type: "markdown", id: "a", metadata: {}, source: "# not code" },
      ...cells.map((source, i) => ({
        cell_type: "code",
        id: `b${i}`,
        execution_count: null,
        metadata: {},
        outputs: [],
        source: source.split(/(?<=\n)/),
      })),
    ],
    metadata: { language_info: { name: "typescript" } },
    nbformat: 4,
    nbformat_minor: 5,
  });

Deno.test("cells become one module that knows where each line came from", () => {
  const { source, origin } = joinCells(notebook("const a = 1;\nconst b = a;", "b;"));
  assert.deepEqual(source, "const a = 1;\nconst b = a;\nb;\nexport {};\n");
  assert.deepEqual(origin, [[1, 1], [1, 2], [2, 1]]);
});

Deno.test("a type error is reported by notebook, cell and line; nothing is left behind", async () => {
  // in the project, which is where its settings count, and where no other test looks for files
  const folder = await Deno.makeTempDir({ dir: join(projectRoot, "notebooks"), prefix: ".check_" });
  try {
    const path = join(folder, "9_bad.ipynb");
    await Deno.writeTextFile(
      path,
      notebook("const a = 1;\n", "const b = a;\nconst c: string = b;\nc;"),
    );
    const findings = await checkNotebook(path);
    assertStringIncludes(findings, "9_bad.ipynb, code cell 2, line 2");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["9_bad.ipynb"]);
    await Deno.writeTextFile(path, notebook("const a = 1;\n", "export const b = a;"));
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] }).output();
    assert.deepEqual(await checkNotebook(path), "");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("const a = 1;", "const a   = 1;"));
    assertStringIncludes(await checkNotebook(path), "9_bad.ipynb is not formatted");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("reproduce reads its arguments and refuses others", () => {
  assert.deepEqual(parseArguments(["--data", "/x/y", "--gpu", "--turbo"]), {
    data: "/x/y",
    full: false,
    gpu: true,
    native: true,
    turbo: true,
  });
  assert.deepEqual(parseArguments(["--full"]).full, true);
  assertThrows(() => parseArguments(["--fast"]), Error, "does not know --fast");
  assertThrows(() => parseArguments(["--data"]), Error, "does not know --data");
  assertThrows(() => parseArguments(["--full", "--data=/x"]), Error, "leave out the other");
});
