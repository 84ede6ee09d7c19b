/** What Table III's measurements say, in sentences that follow the numbers. */
import type { PairedRatio } from "../../metrics/paired_ratio.ts";
import type { PaperRow, PaperSource, PaperVariant } from "../../runs/paper_compression_runs.ts";
import { paper } from "../paper.ts";
import { formatCell } from "../table.ts";
import { paperSeconds, sourceTitles } from "../tables/table_3.ts";

/** Whether a measured ratio agrees with the paper's, in words. */
export function verdict({ interval: [low, high] }: PairedRatio, inPaper: number): string {
  if (!Number.isFinite(low)) return "one epoch alone does not tell whether it is slower";
  if (high < 1) return "it is faster, so the paper's slowdown is not reproduced";
  if (low <= 1 && high >= inPaper) {
    return "the interval is too wide to tell, because it holds both 1 and the paper's factor";
  }
  if (low <= 1) return "no difference is measured, so the paper's slowdown is not reproduced";
  if (low > inPaper) return "the slowdown is reproduced, and is larger than in the paper";
  if (high < inPaper) return "it is slower, but by less than in the paper";
  return "the slowdown is reproduced, and the interval holds the paper's factor";
}

/**
 * Says of the paper's quantized system and of the one that is pruned as well whether the slowdown
 * reproduces, as the text says and as the code did, and gives the likely reason where it does not.
 * Markdown, one paragraph for each of the two ways.
 * @param trainImages how many images an epoch here has
 */
export function slowdownWords(rows: readonly PaperRow[], trainImages: number): string {
  const of = (source: PaperSource, variant: PaperVariant) =>
    rows.find((row) => row.source === source && row.variant === variant);
  const parts = (["text", "code"] as const).flatMap((source) => {
    const sentences = (["pruning", "quantization", "both"] as const).flatMap((variant) => {
      const row = of(source, variant);
      const measured = row?.slowdown;
      if (!measured) return [];
      const inPaper = paperSeconds[variant] / paperSeconds.dense;
      const judged = variant === "pruning"
        ? pruningVerdict(measured, inPaper)
        : verdict(measured, inPaper);
      return [
        `+ ${variant} takes ${
          formatCell(shown(measured), 2)
        } times as long as dense, in the paper ` +
        `${inPaper.toFixed(2)} times: ${judged}.`,
      ];
    });
    if (sentences.length === 0) return [];
    const reason = source === "text" ? textReason() : codeReason(rows, trainImages);
    const title = sourceTitles[source];
    return [`**${title[0]!.toUpperCase()}${title.slice(1)}.** ${sentences.join(" ")} ${reason}`];
  });
  return parts.join("\n\n");
}

function pruningVerdict({ interval: [low, high] }: PairedRatio, inPaper: number): string {
  if (!Number.isFinite(low)) return "one epoch alone does not tell whether it is slower";
  if (low <= inPaper && inPaper <= high) return "the interval holds the paper's factor";
  return high < inPaper ? "less than in the paper" : "more than in the paper";
}

function shown({ value, interval }: PairedRatio) {
  return { value, interval };
}

function textReason(): string {
  return "Masks and rounding are computed anew in each pass, and nothing is left out for them.";
}

function codeReason(rows: readonly PaperRow[], trainImages: number): string {
  const [dense, fused] = (["dense", "quantization"] as const).map((variant) =>
    rows.find((row) => row.source === "code" && row.variant === variant)
  );
  if (!dense || !fused) return "";
  const same = dense.losses.every((loss, i) => loss === fused.losses[i]);
  const seconds = dense.seconds.median * paper.images.train / trainImages;
  const share = 1 - seconds / paperSeconds.dense;
  const equal = same
    ? "The fused network gives the same losses as the dense one to the last bit, because fusing changes " +
      "no operation. So the arithmetic of the paper's code for quantization cannot have doubled its time."
    : "The fused network's losses differ from the dense one's by rounding.";
  const decoding = share > 0
    ? ` Training on ${paper.images.train.toLocaleString("en")} decoded images takes ` +
      `${seconds.toFixed(1)} s here, ${(100 * share).toFixed(0)} % less than the paper's ` +
      `${paperSeconds.dense} s.`
    : "";
  return `${equal}${decoding} The likely reason for the paper's ${paperSeconds.quantization} s is ` +
    "outside of the network: each of its numbers is one epoch, measured once, with every image read " +
    "and decoded in it, on a machine that may have been busy or slower at that moment.";
}

/** Says how much memory the paper's masks and its quantization cost, as measured. */
export function paperMemoryWords(rows: readonly PaperRow[]): string {
  const bytes = (variant: PaperVariant) =>
    rows.find((row) => row.source === "text" && row.variant === variant)?.residentBytes;
  const dense = bytes("dense");
  if (!dense) return "";
  const parts = (["pruning", "quantization", "both"] as const).flatMap((variant) => {
    const own = bytes(variant);
    if (!own) return [];
    const difference = (own.median - dense.median) / 1e6;
    const apart = own.low > dense.high || own.high < dense.low;
    return [
      `+ ${variant}: ${difference < 0 ? "−" : "+"}${Math.abs(difference).toFixed(1)} MB` +
      (apart ? "" : " (the processes' ranges overlap: no difference is measured)"),
    ];
  });
  return `Resident memory beside the dense system, as the text says: ${parts.join("; ")}.`;
}
