import type { Dataset } from "../../data/dataset.ts";
import type { Outlook, OutlookRow } from "../../diagnosis/measure_outlook.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Below this a corrected p-value counts as a difference. */
const LEVEL = 0.05;

/** Which preprocessing and which stacking of layers does better, as the paper asks at its end. */
export function outlookTable(dataset: Dataset, outlook: Outlook): Table {
  const { rows, images, dates } = outlook, { seeds } = rows[0]!;
  return new Table({
    title: `Other images and other layers, on ${dataLabel(dataset)}`,
    columns: [
      { key: "what", label: "network" },
      { key: "parameters", label: "parameters" },
      { key: "multiplyAdds", label: "multiply-adds an image" },
      { key: "val1", label: "validation top-1 (95 %)" },
      { key: "test1", label: "test top-1 (95 %)" },
      { key: "test5", label: "test top-5 (95 %)" },
      { key: "difference", label: "top-1 against the first (95 %)" },
      { key: "p", label: "p (Holm)", digits: 3 },
    ],
    rows: rows.map(({ name, parameters, multiplyAdds, val, test, difference }) => ({
      what: name,
      parameters,
      multiplyAdds,
      val1: val.top1,
      test1: test.top1,
      test5: test.top5,
      difference: difference && { value: difference.value, interval: difference.interval },
      p: difference?.corrected,
    })),
    notes: [
      `Each row differs from the first in one thing. All trained for 10 epochs in batches of 256 with Adam ` +
      `at 0.001 on standardised pixels, with ${seeds} seeds, on the torch system. The budget of epochs is ` +
      "equal; where images or layers are larger, parameters and multiply-adds are more too.",
      `Intervals hold for other images and other seeds (bootstrap over both). The differences are on the ` +
      `${images} validation and test images together, paired by image and seed; their p-values are ` +
      "corrected for all rows by Holm's method.",
      outlookWords(rows),
      `Computed ${dates[0] === dates[1] ? `on ${dates[0]}` : `from ${dates[0]} to ${dates[1]}`}.`,
    ],
  });
}

/** Says which rows differ from the first and by how much, from the numbers alone. */
export function outlookWords(rows: readonly OutlookRow[]): string {
  const compared = rows.flatMap(({ name, difference }) =>
    difference ? [{ name, value: difference.value, isShown: difference.corrected < LEVEL }] : []
  );
  const list = (chosen: typeof compared) =>
    chosen
      .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .map(({ name, value }) => `${name} (${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(3)})`)
      .join(", ");
  const shown = compared.filter(({ isShown }) => isShown);
  const better = list(shown.filter(({ value }) => value > 0));
  const worse = list(shown.filter(({ value }) => value < 0));
  const others = list(compared.filter(({ isShown }) => !isShown));
  return [
    `Better than the first: ${better || "none"}.`,
    `Worse: ${worse || "none"}.`,
    `No difference is shown for ${others || "none"}.`,
  ].join(" ");
}

/** What colour and more pixels gain, which is what the paper's explanation of its scores asks. */
export function detailWords({ rows }: Pick<Outlook, "rows">): string {
  const [plain] = rows;
  const found = rows.flatMap(({ name, difference, seeds, parameters }) => {
    if (!difference || !["colour", "64×64 pixels"].includes(name)) return [];
    const { value, interval: [low, high], corrected } = difference;
    const range = `95 %: ${low.toFixed(3)} to ${high.toFixed(3)}, ${seeds} seeds; p = ` +
      `${corrected.toFixed(3)} after Holm`;
    const larger = parameters > 2 * plain!.parameters
      ? ` Its network has ${(parameters / plain!.parameters).toFixed(1)} times the parameters.`
      : "";
    const change = corrected < LEVEL
      ? `is ${Math.abs(value).toFixed(3)} ${value > 0 ? "higher" : "lower"}`
      : `differs by ${value.toFixed(3)}, which may be chance`;
    return [`- With ${name} top-1 ${change} (${range}).${larger}`];
  });
  return found.join("\n") || "The outlook has neither colour nor larger images.";
}
