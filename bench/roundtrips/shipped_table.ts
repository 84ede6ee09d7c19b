import { wilson } from "../../lib/metrics/wilson.ts";
import { type Cell, Table } from "../../lib/report/table.ts";
import { argmax } from "../../lib/util/argmax.ts";
import type { Route } from "./measure.ts";
import { promises } from "./table.ts";

/** Who answers: a framework, the package in Node.js, the int8 module in Node.js, or the page in Chromium. */
export type Answerer = Route | "package" | "module" | "page";

/** What one of them was given: the pixels that the network sees, the image files, or the same images as PNG. */
export type Given = "pixels" | "files" | "PNG";

/** One classifier's logits of the same images, by all who were asked. */
export interface Answers {
  readonly name: string;
  /** How it was trained. */
  readonly origin: string;
  readonly numbers: "float32" | "int8";
  readonly classes: number;
  readonly labels: ArrayLike<number>;
  /** Logits of this project. */
  readonly ours: Float32Array;
  readonly others: readonly {
    readonly by: Answerer;
    readonly images: Given;
    readonly logits: Float32Array;
  }[];
}

/** How two lists of logits compare. */
export interface Comparison {
  readonly images: number;
  /** Images whose likeliest class is the same. */
  readonly same: number;
  readonly difference: number;
}

/** @throws RangeError if they are not about as many images */
export function compareLogits(
  ours: Float32Array,
  theirs: Float32Array,
  classes: number,
): Comparison {
  if (ours.length !== theirs.length) {
    throw new RangeError(`${theirs.length} logits, not ${ours.length}`);
  }
  const mine = likeliest(ours, classes), others = likeliest(theirs, classes);
  return {
    images: mine.length,
    same: mine.filter((label, n) => label === others[n]).length,
    difference: ours.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i]!)), 0),
  };
}

function likeliest(logits: Float32Array, classes: number): number[] {
  return Array.from(
    { length: logits.length / classes },
    (_, n) => argmax(logits.subarray(n * classes, (n + 1) * classes)),
  );
}

/** All answers side by side, after those of this project. */
export function shippedTable(
  answers: readonly Answers[],
  frameworks: Readonly<Record<Route, string>>,
  notes: readonly string[],
): Table {
  const titles: Readonly<Record<Answerer, string>> = {
    ...frameworks,
    package: "the npm package in Node.js",
    module: "the int8 module alone, in Node.js",
    page: "the page in headless Chromium",
  };
  return new Table({
    title: "One classifier, asked in many places",
    columns: [
      { key: "classifier", label: "classifier" },
      { key: "by", label: "answered by" },
      { key: "given", label: "given" },
      { key: "top1", label: "top-1 (95 %)", align: "right" },
      { key: "same", label: "same answer as here (95 %)", align: "right" },
      { key: "difference", label: "largest difference of a logit", align: "right" },
    ],
    rows: answers.flatMap(({ name, numbers, classes, labels, ours, others }) => {
      const classifier = `${name}, ${numbers}`;
      const top1 = (logits: Float32Array) => {
        const found = likeliest(logits, classes);
        return wilson(found.filter((label, n) => label === labels[n]).length, found.length);
      };
      const here = { classifier, by: "this project", given: "files", top1: top1(ours) };
      return [
        here,
        ...others.map(({ by, images, logits }): Record<string, Cell> => {
          const { same, images: count, difference } = compareLogits(ours, logits, classes);
          return {
            classifier,
            by: titles[by],
            given: images,
            top1: top1(logits),
            same: wilson(same, count),
            difference: difference === 0 ? "0, to the bit" : difference.toExponential(1),
          };
        }),
      ];
    }),
    notes: [
      'The answer is the likeliest class. "Pixels" are those that this project has prepared; who is given ' +
      "image files decodes and resizes them without it. PNG files hold the pixels of the image files as this " +
      "project decodes them, since the int8 module decodes nothing else; what a browser decodes otherwise, " +
      "such as JPEG, may differ by some grey levels.",
      ...notes,
    ],
  });
}

/** Whose answers are not as near to ours as is promised; none if all is well. */
export function broken(answers: readonly Answers[]): string[] {
  return answers.flatMap(({ name, numbers, classes, ours, others }) =>
    others.flatMap(({ by, images, logits }) => {
      const { same, images: count, difference } = compareLogits(ours, logits, classes);
      const ofFramework = by !== "package" && by !== "module" && by !== "page";
      const isNear = by === "page" && images === "files"
        ? true // the browser's own decoder
        : numbers === "float32" && (ofFramework || by === "package")
        ? difference <= promises.difference
        : ofFramework
        ? same / count >= promises.sameClass
        : difference === 0;
      return isNear
        ? []
        : [`${name}, ${by}, ${images}: ${same} of ${count} the same, ${difference}`];
    })
  );
}
