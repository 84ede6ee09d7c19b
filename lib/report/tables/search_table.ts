import { seedMean } from "../../metrics/seeds.ts";
import type { FinalRun, SearchLog, Trial } from "../../runs/search_log.ts";
import { type Cell, Table } from "../table.ts";

/** "second ", for a log that says so. */
const nth = (turn: SearchLog["turn"]) => turn ? `${turn} ` : "";

/** What a search tried, and what each candidate scored in each round that it came to. */
export function searchTable(log: SearchLog): Table {
  const { turn, data, trials, kept, trainImages, chosenBy } = log;
  const rounds = [...new Set(trials.map(({ epochs }) => epochs))].sort((a, b) => a - b);
  const names = [...new Set(trials.map(({ candidate }) => candidate))];
  const score = (trial: Trial | undefined): Cell =>
    trial && `${trial.top1.toFixed(3)} / ${trial.top5.toFixed(3)}`;
  const rows = names.map((name) => {
    const own = trials.filter(({ candidate }) => candidate === name);
    const cells = rounds.map((epochs) => [
      `after_${epochs}`,
      score(own.find((trial) => trial.epochs === epochs)),
    ]);
    const seconds = own.reduce((sum, { seconds }) => sum + seconds, 0);
    return { candidate: name, ...Object.fromEntries(cells), seconds };
  });
  const teacher = Math.max(...trials.map(({ teacherSeconds = 0 }) => teacherSeconds));
  const dates = trials.map(({ date }) => date).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  const [trained, ranked] = [trainImages, chosenBy].map((count) => count.toLocaleString("en"));
  return new Table({
    title: `The ${nth(turn)}search for the best recipe of LeNet-5, on ${data}`,
    columns: [
      { key: "candidate", label: "recipe" },
      ...rounds.map((epochs) => ({
        key: `after_${epochs}`,
        label: `${epochs} epochs, top-1 / top-5`,
        align: "right" as const,
      })),
      { key: "seconds", label: "seconds", digits: 0 },
    ],
    rows,
    notes: [
      `Each recipe was trained once, with seed 1, on ${trained} images. It was judged by the mean of ` +
      `top-1 and top-5 on ${ranked} others: a tenth of the training images and all validation images. ` +
      "No test image was looked at. A recipe without a number did not go on to that round.",
      ...kept.length === rounds.length
        ? [`Chosen: ${kept.at(-1)![0]}.`]
        : ["The search has not come to its end: the same command goes on with it."],
      ...teacher > 0
        ? [
          "The seconds leave out the teacher, which its pupils share: training it and asking it took " +
          `${teacher.toFixed(0)} s.`,
        ]
        : [],
      `Computed ${
        first === last ? `on ${first}` : `from ${first} to ${last}`
      } by the hand-written ` +
      "system.",
    ],
  });
}

/**
 * The runs with the recipe that a search chose, and their means with their intervals.
 * @param valImages how many validation images there are; without it their means have no interval
 */
export function bestRecipeTable(
  { turn, data, final, valImages: logged }: SearchLog,
  valImages: number | undefined = logged,
): Table {
  const row = (run: FinalRun) => ({
    seed: `${run.seed}`,
    val1: run.top1,
    val5: run.top5,
    test1: run.test.top1,
    test5: run.test.top5,
    seconds: run.seconds,
  });
  const mean = (pick: (run: FinalRun) => number, images: number | undefined): Cell =>
    images === undefined
      ? final.map(pick).reduce((sum, value) => sum + value, 0) / Math.max(1, final.length)
      : seedMean(final.map(pick), images);
  const [first] = final;
  const testImages = first?.test.images ?? 1;
  const teacher = Math.max(...final.map(({ teacherSeconds = 0 }) => teacherSeconds));
  return new Table({
    title: `The recipe that the ${nth(turn)}search chose, on all training images of ${data}`,
    columns: [
      { key: "seed", label: "seed", align: "right" },
      { key: "val1", label: "validation top-1", digits: 3 },
      { key: "val5", label: "validation top-5", digits: 3 },
      { key: "test1", label: "test top-1", digits: 3 },
      { key: "test5", label: "test top-5", digits: 3 },
      { key: "seconds", label: "seconds", digits: 0 },
    ],
    rows: [
      ...final.map(row),
      {
        seed: "mean (95 %)",
        val1: mean((run) => run.top1, valImages),
        val5: mean((run) => run.top5, valImages),
        test1: mean((run) => run.test.top1, testImages),
        test5: mean((run) => run.test.top5, testImages),
        seconds: final.reduce((sum, { seconds }) => sum + seconds, 0) / Math.max(1, final.length),
      },
    ],
    notes: [
      `${first?.candidate}, ${first?.epochs} epochs. The intervals hold the uncertainty from the ` +
      "images and that from the seeds.",
      ...teacher > 0
        ? [
          `The teacher, which all seeds share, took ${
            teacher.toFixed(0)
          } s at most in all, its answers ` +
          "included; the seconds in the table leave that out.",
        ]
        : [],
      `Computed until ${final.map(({ date }) => date).sort().at(-1)} by the hand-written system.`,
    ],
  });
}

/**
 * The mean of the chosen recipe's runs, for the README and whoever wants one number.
 * @param valImages number of validation images
 */
export function bestRecipeSummary({ data, final }: SearchLog, valImages: number): Table {
  const [first] = final;
  if (!first) throw new RangeError("the chosen recipe has not been trained; add --final");
  const counts = [...new Set(final.map(({ threads }) => threads))], [count] = counts;
  const threads = count === undefined || counts.length > 1
    ? ""
    : ` on ${count} ${count === 1 ? "thread" : "threads"}`;
  const { candidate, epochs } = first, testImages = first.test.images;
  const withOne = final.filter(({ testOneView }) => testOneView);
  const views = withOne[0]?.testOneView?.views;
  const seconds = final.reduce((sum, { seconds }) => sum + seconds, 0) / final.length;
  const minutes = (seconds / 60).toFixed(1);
  const metrics = [["top-1", "top1"], ["top-5", "top5"]] as const;
  const rows = metrics.flatMap(([metric, key]) => [
    { images: "validation", metric, best: seedMean(final.map((run) => run[key]), valImages) },
    {
      images: "test",
      metric,
      best: seedMean(final.map(({ test }) => test[key]), testImages),
      ...withOne.length > 0 && {
        one: seedMean(withOne.map(({ testOneView }) => testOneView![key]), testImages),
      },
    },
  ]);
  return new Table({
    title: `The best recipe, on ${data}`,
    columns: [
      { key: "images", label: "images" },
      { key: "metric", label: "" },
      { key: "best", label: "best recipe, here (95 %)", digits: 3 },
      ...withOne.length > 0
        ? [{ key: "one", label: "from one view of an image (95 %)", digits: 3 }]
        : [],
    ],
    rows: rows.toSorted((a, b) => b.images.localeCompare(a.images)),
    notes: [
      `Chosen: ${candidate}. Means of ${final.length} seeds of ${epochs} epochs, which took ` +
      `${minutes} minutes each${threads}. The intervals hold the uncertainty from the images and that ` +
      "from the seeds.",
      ...withOne.length > 0
        ? [
          `The recipe's answer is the mean of ${views} views of an image, shifted or ` +
          "mirrored, which takes as many times the multiply-adds of one view.",
        ]
        : [],
      `Computed until ${final.map(({ date }) => date).sort().at(-1)} by LeNet5 Numpy.`,
    ],
  });
}
