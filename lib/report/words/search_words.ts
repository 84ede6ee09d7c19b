import { rankingScore, type SearchLog, type Trial } from "../../runs/search_log.ts";

/** What a search did, and whether its last round can tell the recipes apart, from its log alone. */
export function searchWords({ turn, data, trials, kept, chosenBy }: SearchLog): string {
  const candidates = new Set(trials.map(({ candidate }) => candidate)).size;
  const search = turn ? `${turn} search` : "search";
  const tried =
    `The ${search} on ${data} tried ${candidates} recipes in ${trials.length} trainings.`;
  const chosen = kept.at(-1)?.[0];
  const epochs = Math.max(...trials.map((trial) => trial.epochs));
  const last = trials.filter((trial) => trial.epochs === epochs);
  const own = last.find(({ candidate }) => candidate === chosen);
  if (!own) return `${tried} It has not come to its end.`;
  const [next] = last.filter((trial) => trial !== own).sort((a, b) =>
    rankingScore(b) - rankingScore(a)
  );
  const found =
    `${tried} It chose "${chosen}" with ${rankingScore(own).toFixed(3)} after ${epochs} ` +
    "epochs (mean of top-1 and top-5).";
  if (!next) return found;
  const gap = rankingScore(own) - rankingScore(next), images = chosenBy.toLocaleString("en");
  const judged = Math.abs(gap) > reach(own, next, chosenBy)
    ? "The difference is larger than what other images would change, in one seed of each."
    : `Each has one seed and ${images} images, so the difference of ${
      gap.toFixed(3)
    } may be chance.`;
  return `${found} The next, "${next.candidate}", has ${rankingScore(next).toFixed(3)}. ${judged}`;
}

/**
 * Half the 95 % interval of the difference of two means of top-1 and top-5, as if both networks saw other
 * images: top-1 hits are top-5 hits, so the score of an image is 0, 1/2 or 1.
 */
function reach(a: Trial, b: Trial, images: number): number {
  const variance = (trial: Trial) => (3 * trial.top1 + trial.top5) / 4 - rankingScore(trial) ** 2;
  return 1.96 * Math.sqrt((variance(a) + variance(b)) / images);
}
