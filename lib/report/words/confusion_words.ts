import type { ConfusionMatrix } from "../../metrics/confusion.ts";

/**
 * What is seen in a confusion matrix: how full its diagonal is, and its fullest column.
 * @param names of the classes; with them the two that are confused most often are named too
 */
export function confusionWords(
  { classes, counts }: ConfusionMatrix,
  names?: readonly string[],
): string {
  const of = (row: number, column: number) => counts[row * classes + column]!;
  const all = Array.from({ length: classes }, (_, label) => label);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const rows = all.map((row) => sum(all.map((column) => of(row, column))));
  const columns = all.map((column) => sum(all.map((row) => of(row, column))));
  const total = sum(rows), right = sum(all.map((label) => of(label, label)));
  if (total === 0) return "There are no images.";
  const fullest = columns.indexOf(Math.max(...columns));
  const called = names ? `, ${names[fullest]},` : "";
  const seen = `${right} of ${total} images (${Math.round(100 * right / total)} %) stand on the ` +
    `diagonal. The fullest column${called} has ${columns[fullest]} images.`;
  if (!names) return seen;
  const pairs = all.flatMap((row) => all.map((column) => ({ row, column, count: of(row, column) })))
    .filter(({ row, column, count }) => row !== column && count > 0)
    .sort((a, b) => b.count - a.count);
  const [most] = pairs;
  if (!most) return `${seen} No image stands beside it.`;
  const others = pairs.filter(({ count }) => count === most.count).length - 1;
  return `${seen} Most often ${names[most.row]} is taken for ${
    names[most.column]
  }: ${most.count} ` +
    `of ${rows[most.row]} images` +
    (others > 0 ? `; so often in ${others} other ${others > 1 ? "pairs" : "pair"} too.` : ".");
}
