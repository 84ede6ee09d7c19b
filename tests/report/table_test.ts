import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertThrows } from "../assert.ts";
import { escapeMarkdown, escapeXml } from "../../lib/report/escape.ts";
import { formatCell, formatNumber, Table } from "../../lib/report/table.ts";

const table = new Table({
  title: "Accuracy | <all>",
  columns: [
    { key: "name", label: "system" },
    { key: "top1", label: "top-1" },
    { key: "loss", label: "loss", digits: 2 },
  ],
  rows: [
    { name: "a|b <c>", top1: { value: 0.18, interval: [0.1468, 0.2181] }, loss: 3.912 },
    { name: "none", loss: 65106 },
  ],
  notes: ["A note."],
});

Deno.test("a table as Markdown: aligned, escaped, with its notes", () => {
  assert.deepEqual(
    table.markdown(),
    "**Accuracy \\| &lt;all>**\n\n" +
      "| system | top-1 | loss |\n| :-- | --: | --: |\n" +
      "| a\\|b &lt;c> | 0.180 (0.147–0.218) | 3.91 |\n| none |  | 65,106.00 |\n\nA note.\n",
  );
});

Deno.test("a table as HTML and text", () => {
  assert(table.html().includes('<td style="text-align:left">a|b &lt;c&gt;</td>'));
  assert(table.html().includes("Accuracy | &lt;all&gt;"));
  assert.deepEqual(table.text().split("\n")[2], "a|b <c>  0.180 (0.147–0.218)       3.91");
});

Deno.test("saved: Markdown, and JSON with the raw values", async () => {
  const folder = await Deno.makeTempDir();
  await table.save(`${folder}/sub/table`);
  assert.deepEqual(await Deno.readTextFile(`${folder}/sub/table.md`), table.markdown());
  const json = JSON.parse(await Deno.readTextFile(`${folder}/sub/table.json`));
  assert.deepEqual(json.rows[0].top1, { value: 0.18, interval: [0.1468, 0.2181] });
  assert.deepEqual([...Deno.readDirSync(`${folder}/sub`)].length, 2);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a row is refused if the table has no column of that key", () => {
  const make = () => new Table({ title: "t", columns: [], rows: [{ lost: 1 }] });
  assertThrows(make, RangeError, 'table "t" has no column lost');
});

Deno.test("numbers are shown short, and a small one is not shown as zero", () => {
  assert.deepEqual([65106, 0.001, 1e-4, 3.91202, 1234.56, -0.5].map((x) => formatNumber(x)), [
    "65,106",
    "0.001",
    "1.0e-4",
    "3.912",
    "1,235",
    "-0.5",
  ]);
  assert.deepEqual([NaN, Infinity].map((x) => formatNumber(x)), ["NaN", "Infinity"]);
  assert.deepEqual([0, 1e-4, 5.1e-4, -1e-4].map((x) => formatCell(x, 3)), [
    ...["0.000", "< 0.001", "0.001", "-0.000"],
  ]);
  assert.deepEqual([undefined, true, "x"].map((cell) => formatCell(cell)), ["", "yes", "x"]);
});

Deno.test("a cell may hold any text; the table keeps its rows and columns", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const odd = new Table({
      title: text,
      columns: [{ key: "a", label: text }],
      rows: [{ a: text }],
    });
    const lines = odd.markdown().trimEnd().split("\n").filter((line) => line.startsWith("|"));
    assert.deepEqual(lines.length, 3);
    for (const line of lines) assert.deepEqual(line.match(/(?<!\\)(?:\\\\)*\|/g)?.length, 2, line);
    assert.match(odd.html(), /^<table>.*<\/table>$/s);
    assert(!/<(?!\/?(table|caption|thead|tbody|tr|th|td)\b)/.test(odd.html()));
  }));
  assert.deepEqual(escapeXml(`<&>"'`), "&lt;&amp;&gt;&quot;&#39;");
  assert.deepEqual(escapeMarkdown("a\\|b"), "a&#92;\\|b");
});

Deno.test("a loss that is NaN or infinite is written to the JSON by name", async () => {
  const folder = await Deno.makeTempDir();
  const columns = [{ key: "loss", label: "loss" }];
  await new Table({ title: "t", columns, rows: [{ loss: NaN }, { loss: -Infinity }] })
    .save(`${folder}/t`);
  const { rows } = JSON.parse(await Deno.readTextFile(`${folder}/t.json`));
  assert.deepEqual(rows, [{ loss: "NaN" }, { loss: "-Infinity" }]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("HTML in a note is escaped", () => {
  const noted = new Table({ title: "t", columns: [], rows: [], notes: ["a <b> c"] });
  assert(noted.markdown().endsWith("\na &lt;b> c\n"));
  assert(noted.html().includes("a &lt;b&gt; c"));
});

Deno.test("a table that would be wider than its cell is set smaller, and others are not", () => {
  const of = (count: number) =>
    new Table({
      title: "intervals",
      columns: Array.from({ length: count }, (_, i) => ({ key: `k${i}`, label: "top-1" })),
      rows: [Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`k${i}`, { value: 0.5, interval: [0.4, 0.6] }]),
      )],
    }).html();
  assert(of(4).startsWith("<table><caption"));
  assert.equal(of(4).split("<table").length, 2);
  assert.match(of(8), /^<table style="font-size:(8|9)px"/);
  // where there is room a number and its interval are one line; else the interval may stand below, whole
  assert.match(of(2), /white-space:nowrap">0\.500\u00a0\(0\.400\u2060–\u20600\.600\)</);
  assert.match(of(8), /text-align:right">0\.500 \(0\.400\u2060–\u20600\.600\)</);
});

Deno.test("a table too wide for the smallest letters is shown in parts, each with its first words", () => {
  const keys = Array.from({ length: 14 }, (_, i) => `k${i}`);
  const cells = keys.map((key, i) => [key, { value: i / 100, interval: [0, 1] }]);
  const table = new Table({
    ...{ title: "wide", notes: ["once"] },
    columns: [{ key: "name", label: "network" }, ...keys.map((key) => ({ key, label: key }))],
    rows: [{ name: "LeNet-5", ...Object.fromEntries(cells) }],
  });
  const parts = table.html().split("<table").slice(1);
  assert(parts.length > 1);
  assert(parts.every((part) => part.includes(">LeNet-5<") && part.includes(">network<")));
  assert.deepEqual(parts.map((part) => /bold">(.*?)<\/caption/.exec(part)![1]), [
    "wide",
    ...parts.slice(1).map(() => "wide, continued"),
  ]);
  for (const key of keys) assert.equal(parts.filter((part) => part.includes(`>${key}<`)).length, 1);
  assert.equal(table.html().split("once").length, 2);
  assert.equal(table.markdown().split("network").length, 2, "on disk it is one table");
});
