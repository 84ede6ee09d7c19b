import type { Architecture } from "../model/architecture.ts";
import { ALPHA } from "./chance.ts";
import type { MeasuredMatrix, MeasuredRow } from "./measure_matrix.ts";
import { type PaperRunName, paperRuns } from "./paper_faults.ts";

/**
 * What a matrix says of one of the paper's runs. A run *collapses* if it is not above constant
 * prediction. A fault *suffices* if the correct run is above it and the correct run with this fault
 * alone is not. A fault is *necessary* if the published run is not above it and the published run with
 * this fault alone repaired is.
 */
export interface Conclusion {
  /** Which of the paper's runs. */
  readonly run: PaperRunName;
  /** What tables call it. */
  readonly title: string;
  /** The correct run. */
  readonly correct: MeasuredRow;
  /** The run with all faults. */
  readonly published: MeasuredRow;
  /** Names of the faults that suffice; undefined where the correct run collapses itself. */
  readonly sufficient: readonly string[] | undefined;
  /** Names of the faults that do not suffice; undefined where the correct run collapses itself. */
  readonly harmless: readonly string[] | undefined;
  /** Names of the necessary faults; undefined where the published run does not collapse. */
  readonly necessary: readonly string[] | undefined;
}

/** Draws the conclusions from a matrix, one for each of the paper's runs that it has whole. */
export function conclude(architecture: Architecture, { rows }: MeasuredMatrix): Conclusion[] {
  const runs = paperRuns(architecture);
  return (Object.keys(runs) as PaperRunName[]).flatMap((run): Conclusion[] => {
    const { title, faults } = runs[run];
    const own = rows.filter((row) => row.run === run);
    const of = (kind: MeasuredRow["kind"]) => own.filter((row) => row.kind === kind);
    const [correct] = of("correct"), [published] = of("published");
    if (!correct || !published) return [];
    const single = faults.length === 1;
    const alone = single ? [{ ...published, fault: faults[0]! }] : of("one fault");
    const repaired = single ? [{ ...correct, fault: faults[0]! }] : of("one repair");
    if (alone.length < faults.length || repaired.length < faults.length) return [];
    const names = (found: readonly MeasuredRow[], alive: boolean) =>
      found.filter(({ verdict }) => verdict.alive === alive).map(({ fault }) => fault!.name);
    return [{
      run,
      title,
      correct,
      published,
      sufficient: correct.verdict.alive ? names(alone, false) : undefined,
      harmless: correct.verdict.alive ? names(alone, true) : undefined,
      necessary: published.verdict.alive ? undefined : names(repaired, true),
    }];
  });
}

/** The conclusions in words, a paragraph of Markdown for each of the paper's runs. */
export function conclusionText(conclusions: readonly Conclusion[], family: number): string {
  if (conclusions.length === 0) return "The matrix is not whole, so nothing is concluded from it.";
  const seeds = [...new Set(conclusions.map(({ correct }) => correct.verdict.seeds))].join(" or ");
  const rule =
    `A run counts as collapsed if it is not above constant prediction: an exact test on ` +
    `the counts of each of ${seeds} ${seeds === "1" ? "seed" : "seeds"}, together at ` +
    `${100 * ALPHA} % over ${family} configurations (Holm).`;
  return [...conclusions.map((one) => `**${one.title}.** ${sentences(one).join(" ")}`), rule]
    .join("\n\n");
}

function sentences(conclusion: Conclusion): string[] {
  const { correct, published, sufficient, harmless, necessary } = conclusion;
  // what Table I says was never run by the paper
  const whole = conclusion.run.startsWith("text") ? "literal" : "published";
  const found = [`The ${whole} run ${state(published)}; the correct run ${state(correct)}.`];
  if (sufficient === undefined) {
    found.push("The correct run has not learned either, so no fault can be told to suffice.");
  } else {
    found.push(
      sufficient.length === 0
        ? "No fault alone makes the correct run collapse."
        : `Put alone into the correct run, ${
          faultsOf("each of", sufficient)
        } suffices to make it ` +
          "collapse.",
    );
    if (sufficient.length > 0 && harmless!.length > 0) {
      const verb = harmless!.length === 1 ? "does not" : "does";
      found.push(`Put in alone, ${faultsOf("none of", harmless!)} ${verb}.`);
    }
  }
  if (necessary === undefined) {
    found.push(`The ${whole} run has not collapsed, so there is no collapse to explain.`);
  } else if (necessary.length === 0) {
    found.push(`No repair alone revives the ${whole} run, so no single fault is necessary.`);
  } else {
    const it = necessary.length === 1 ? "it" : "each of them";
    found.push(
      `The ${whole} run no longer collapses once ${faultsOf("one of", necessary)} is repaired: ` +
        `${it} is necessary for the collapse.`,
    );
  }
  return found;
}

/** "is above constant prediction (top-1 0.164, top-5 0.532)" */
function state({ summary, verdict }: MeasuredRow): string {
  const { top1, top5 } = summary.test;
  const scores = `top-1 ${top1.value.toFixed(3)}, top-5 ${top5.value.toFixed(3)}`;
  if (verdict.alive) return `is above constant prediction (${scores})`;
  const { constantSeeds, seeds } = verdict;
  const counted = `${constantSeeds} of ${seeds} ${seeds === 1 ? "seed" : "seeds"}`;
  return `is not above constant prediction (${scores}; ${counted} with one class for every image)`;
}

/** "a", "a and b", "a, b and c" */
function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** "the fault “a”"; "one of the faults “a” and “b”", with what stands before several of them */
function faultsOf(before: string, names: readonly string[]): string {
  const quoted = joinNames(names.map((name) => `“${name}”`));
  return names.length === 1 ? `the fault ${quoted}` : `${before} the faults ${quoted}`;
}
