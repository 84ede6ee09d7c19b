/** Damaged lists: any of them is opened, or refused by an error that names its file. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { DataError } from "../../lib/data/data_error.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { withFiles } from "./files.ts";

/** `LENET_SOAK_LISTS` asks for more lists than the usual test tries. */
const numRuns = Number(Deno.env.get("LENET_SOAK_LISTS") ?? 150);

const good = {
  "images/a/1.JPEG": "",
  "images/b/3.png": "",
  "images/b/4 x.png": "",
  "train.txt": "images/a/1.JPEG 0\nimages/b/3.png 1\n",
  "val.txt": "images/a/1.JPEG 0\n",
  "test.txt": "images/b/4 x.png 1\n",
};

const path = fc.constantFrom(
  ...["images/a/1.JPEG", "images/b/3.png", "images/b/4 x.png", "images/a", "images", "."],
  ...["../secret", "/etc/passwd", "images/../../x", "missing.png", "", "train.txt", "a\\b.png"],
);
const label = fc.constantFrom("0", "1", "2", "-1", "01", "1.0", "1e0", "x", "", "9999999999999999");
const separator = fc.constantFrom(" ", "\t", "", "  ", ",", "\u00a0");
const right = fc.constantFrom(
  ...["images/a/1.JPEG 0", "images/b/3.png 1", "images/b/4 x.png 1", "images/b/4 x.png 0"],
);
const line = fc.oneof(
  { weight: 20, arbitrary: right },
  { weight: 4, arbitrary: fc.tuple(path, separator, label).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const list = fc.tuple(
  fc.constantFrom("", "\ufeff", "\n"),
  fc.array(line, { maxLength: 4 }),
  fc.constantFrom("\n", "\r\n", "\r", "\n\n"),
).map(([start, lines, end]) => start + lines.map((text) => text + end).join(""));
const bytes = fc.uint8Array({ maxLength: 24 });

Deno.test(`${numRuns} damaged lists are opened or refused by name`, async () => {
  const seen = { opened: 0, refused: 0 };
  await withFiles(good, async (root) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("train.txt", "val.txt", "test.txt"),
        fc.oneof({ weight: 5, arbitrary: list }, { weight: 1, arbitrary: bytes }),
        async (name, content) => {
          await Deno.writeFile(
            `${root}/${name}`,
            typeof content === "string" ? new TextEncoder().encode(content) : content,
          );
          try {
            const { classes, splits } = await openDataset(root, { onNotice: () => {} });
            assert(classes.length > 0 && splits.train.length > 0);
            seen.opened++;
          } catch (error) {
            assert(error instanceof DataError, `${error}`);
            assert(/(train|val|test)\.txt|images/.test(error.message), error.message);
            assert(!error.message.includes("root:"), "a foreign file is shown");
            seen.refused++;
          }
          await Deno.writeTextFile(`${root}/${name}`, good[name as "train.txt"]);
        },
      ),
      { numRuns },
    );
  });
  assert(seen.opened > numRuns / 20 && seen.refused > numRuns / 4, JSON.stringify(seen));
});
