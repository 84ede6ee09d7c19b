/** Names that attack: what a data folder is called, and its classes and files, never become markup. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { parseHTML } from "linkedom";
import { assertStringIncludes } from "../assert.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { confusionFigure } from "../../lib/report/figures/confusion_figure.ts";
import { escapeMarkdown, escapeXml, markdown } from "../../lib/report/escape.ts";
import { Table } from "../../lib/report/table.ts";
import { dataLabel, datasetTable } from "../../lib/report/tables/dataset_table.ts";

const hostile = [
  "<img src=x onerror=alert(1)>",
  "![x](https://evil.example/x.png)",
  "[click](javascript:alert(1))",
  "https://evil.example",
  "www.evil.example",
  "mailto:a@evil.example",
  "<https://evil.example>",
  "`code` **bold** _em_ ~~gone~~",
  "$\\href{javascript:alert(1)}{x}$",
  "\\(\\href{javascript:alert(1)}{x}\\)",
  "\\[x](https://evil.example)",
  "&lt;script&gt;",
  "]]><script>alert(1)</script>",
  '" onload="alert(1)',
  "' onload='alert(1)",
  "a\n\n# heading\n\n- list",
  "a\u2028<b>",
  "a | b",
  "[x]: https://evil.example",
  "\u0000\u001b[31m\ufffe",
];
const name = fc.oneof(
  fc.constantFrom(...hostile),
  fc.tuple(fc.constantFrom(...hostile), fc.string(), fc.constantFrom(...hostile))
    .map((parts) => parts.join("")),
  fc.string({ unit: "grapheme" }),
);

/** What is live in Markdown: an unescaped mark, HTML, an address, a formula, a second line. */
function assertInert(text: string): void {
  const plain = text.replace(/\\[`*_[\]|~$]/g, "").replace(/&(amp|lt|#\d+);/g, "");
  assert.doesNotMatch(plain, /[`*_[\]|~$<&\\@\n\r]|:\/|www\./i, text);
}

/** What a reader of Markdown sees. */
const seen = (text: string) =>
  text.replace(/\\([`*_[\]|~$])/g, "$1")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll("&lt;", "<").replaceAll("&amp;", "&");

Deno.test("no text is live in Markdown, and each reads as it is", () => {
  fc.assert(fc.property(name, (text) => {
    const escaped = escapeMarkdown(text);
    assertInert(escaped);
    assert.equal(seen(escaped), text.replace(/\s*[\n\r\u2028\u2029]\s*/g, " "));
    assertInert(markdown`${text}`);
    assert.doesNotMatch(markdown`${text}`, /^\s*([-+=#>]|\d+[.)](\s|$))/);
  }));
  assert.deepEqual(["1. a", "2)", "0.02 is"].map((text) => markdown`${text}`), [
    ...["1&#46; a", "2&#41;", "0.02 is"],
  ]);
  assert.equal(markdown`**Data:** ${"*a*"}.\n\n${"# b"}`, "**Data:** \\*a\\*.\n\n&#35; b");
});

const datasetNamed = (text: string): Dataset => ({
  ...{ name: text, root: `/data/${text}`, layout: "folders", classes: [text, "b"] },
  ...{ synthetic: false, splits: { train: empty, val: empty, test: empty } },
} as unknown as Dataset);
const empty = { length: 0, labels: new Int32Array(), images: [] };

/** Elements and attributes of HTML or SVG that could do something. */
function assertHarmless(markup: string): void {
  const { document } = parseHTML(`<html><body>${markup}</body></html>`);
  assert.equal(
    document.querySelectorAll("script, iframe, object, embed, a, foreignObject").length,
    0,
  );
  for (const element of document.querySelectorAll("*")) {
    for (const { name } of element.attributes) {
      assert(!name.toLowerCase().startsWith("on"), `${name} in ${markup}`);
    }
    const source = element.getAttribute("src") ?? element.getAttribute("href") ?? "data:";
    assert.match(source, /^(data:|#)/, markup);
  }
}

Deno.test("no name of a data set or a class is live in a table", () => {
  fc.assert(fc.property(name, (text) => {
    const table = new Table({
      title: `Table on ${dataLabel(datasetNamed(text))}`,
      columns: [{ key: "class", label: text }],
      rows: [{ class: text }],
      notes: [text],
    });
    assertHarmless(table.html());
    const cells = table.markdown().split("\n").filter((line) => line !== "");
    const written = cells.map((line) =>
      line.replace(/^\*\*|\*\*$/g, "").replace(/^\| | \|$|^\| :--|--: \|$/g, "")
    );
    for (const line of written) assertInert(line);
  }));
  const about = datasetTable(datasetNamed("<img src=x onerror=alert(1)>"));
  assertHarmless(about.html());
  assertStringIncludes(about.markdown(), "&lt;img");
});

Deno.test("no name of a class is live in a figure", () => {
  const matrix = { classes: 2, counts: Int32Array.of(1, 2, 3, 4), predicted: 2 };
  fc.assert(
    fc.property(name, (text) => {
      const figure = confusionFigure(matrix as Parameters<typeof confusionFigure>[0], {
        ...{ names: [text, "b"], title: text, data: text },
      });
      assertHarmless(figure.svg);
      assertHarmless(figure.displayData()["text/html"]!);
    }),
    { numRuns: 30 },
  );
  assert.equal(escapeXml("\u0000"), "\ufffd");
});
