import { aboveConstant } from "../../metrics/binomial.ts";
import { fisherExact } from "../../metrics/fisher.ts";
import { holm } from "../../metrics/holm.ts";
import { systemNames, systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { countedShare } from "../paper_shares.ts";
import { formatNumber, Table } from "../table.ts";

const splits = { val: "validation", test: "test" } as const;
const metrics = { top1: "top-1", top5: "top-5" } as const;
/** What one class for every image scores on the paper's images: 9 of 450, and 45 of 450 within five. */
const constant = { top1: 1 / 50, top5: 5 / 50 } as const;

/**
 * The paper's own accuracies as images of 450, with exact intervals and an exact test against one class for
 * every image; among them the one of its abstract, which stands in no table of the paper.
 */
export function paperAccuracyTable(): Table {
  const printed = systemNames.flatMap((system) =>
    (["val", "test"] as const).flatMap((split) =>
      (["top1", "top5"] as const).map((metric) => ({
        system: systemTitles[system],
        split: splits[split],
        metric,
        value: paper.table2[system][split][metric],
        images: paper.images[split],
      }))
    )
  );
  const inAbstract = {
    system: "the abstract",
    split: "not said",
    metric: "top5" as const,
    value: paper.abstract.top5,
    images: paper.images.test,
  };
  const counted = [...printed, inAbstract].map((row) => ({
    ...row,
    counted: countedShare(row.value, row.images),
  }));
  // the family: every number that is not exactly that of one class for every image
  const tested = counted.filter(({ counted, metric }) =>
    counted && counted.hits !== constant[metric] * counted.images
  );
  const ps = holm(
    tested.map(({ counted, metric }) =>
      aboveConstant(counted!.hits, counted!.images, constant[metric])
    ),
  );
  return new Table({
    title: "The paper's accuracies as counts of images",
    columns: [
      { key: "system", label: "system" },
      { key: "split", label: "images" },
      { key: "metric", label: "" },
      { key: "printed", label: "printed" },
      { key: "hits", label: "of 450" },
      { key: "share", label: "95 %", digits: 4 },
      { key: "p", label: "above one class, p", digits: 3 },
    ],
    rows: counted.map((row) => {
      const at = tested.indexOf(row);
      return {
        system: row.system,
        split: row.split,
        metric: metrics[row.metric],
        printed: String(row.value),
        hits: row.counted?.hits ?? "none",
        share: at >= 0 ? row.counted : undefined,
        p: at >= 0 ? ps[at] : undefined,
      };
    }),
    notes: [
      "95 %: exact intervals (Clopper and Pearson). p: exact binomial test against one class for every " +
      `image, corrected after Holm for the ${tested.length} numbers tested. Numbers without them are those of ` +
      "one class for every image, 9 and 45 of 450. These are exact by design, for each class has 9 of the 450 " +
      "images, and so they have no interval.",
      "0.01 is no count of 450 images. It is a misprint: the paper's notebook shows " +
      `${paper.notebook.torch.val.top5}.`,
      `The abstract's ${paper.abstract.top5} is 202 of 450. It stands in no table of the paper.`,
      splitsNote(),
    ],
  });
}

/** How much the paper's validation and test accuracies of LeNet5 TF differ, and how surprising that is. */
function splitsNote(): string {
  const { val, test } = paper.table2.keras;
  const ps = (["top1", "top5"] as const).map((metric) => {
    const [a, b] = [val[metric], test[metric]];
    const [first, second] = [
      countedShare(a, paper.images.val)!,
      countedShare(b, paper.images.test)!,
    ];
    return fisherExact(first.hits, first.images, second.hits, second.images);
  });
  const corrected = holm(ps);
  const [p1, p5] = ps.map((p) => formatNumber(p, 3)),
    [h1, h5] = corrected.map((p) => formatNumber(p, 3));
  const cases = formatNumber(100 * ps[0]!, 1);
  return `LeNet5 TF: two samples of one network differ as much as ${val.top1} on validation and ${test.top1} ` +
    `on test, or more, in ${cases} of 100 cases (Fisher's exact test, p = ${p1}). ` +
    `Top-5 differs the other way, ${val.top5} against ${test.top5} (p = ${p5}). After Holm for the two ` +
    `tests p is ${h1} and ${h5}.`;
}
