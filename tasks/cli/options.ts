/** The options that several commands take, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { backendNames } from "../../lib/backend/backend_names.ts";
import { MOST_THREADS } from "../../lib/kernels/thread_count.ts";
import { systemNames } from "../../lib/systems/create_system.ts";

/** A whole number of at least `least`, and of at most `most`. */
export function whole(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text), isInside = value >= least && value <= most;
    if (text.trim() !== "" && Number.isSafeInteger(value) && isInside) return value;
    const end = most < Infinity ? ` and at most ${most}` : "";
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}${end}.`);
  };
}

/** A number from `least` to below `end`; `above` leaves `least` itself out. */
export function real(least: number, end = Infinity, above = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const isInside = (above ? value > least : value >= least) && value < end;
    if (text.trim() !== "" && isInside) return value;
    const start = above ? `above ${least}` : `of at least ${least}`;
    throw new InvalidArgumentError(
      `It must be a number ${start}${end < Infinity ? ` and below ${end}` : ""}.`,
    );
  };
}

/** An option that takes one of a few words. */
export function choice(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words);
}

/** Where the images come from. */
export interface DataOptions {
  readonly data?: string;
  readonly split?: string;
  readonly followLinks?: boolean;
}

export function addDataOptions(command: Command): Command {
  return command
    .option(
      "--data <name|folder>",
      "images: a folder, or a known data set such as fashion-mnist (default: LENET_DATA, else the " +
        "synthetic images)",
    )
    .option("--split <text>", 'for a folder without splits: "val=0.1 test=0.2 seed=3"')
    .option("--follow-links", "follow links that lead out of the folder");
}

/** What computes. */
export interface ComputeOptions {
  readonly system?: "numpy" | "torch" | "keras";
  readonly backend?: "kernels" | "native";
  readonly threads?: number;
}

export function addComputeOptions(command: Command, system: string): Command {
  return command
    .addOption(choice("--system <name>", `what computes (default: ${system})`, systemNames))
    .addOption(choice("--backend <name>", "what torch and keras run on", backendNames))
    .option(
      "--threads <n>",
      "threads (default: 1, 2 or 4, as many as there are cores for)",
      whole(1, MOST_THREADS),
    );
}

/** What is written, and how the result is told. */
export interface OutputOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addOutputOptions(command: Command, what: string): Command {
  return addJson(
    command
      .requiredOption("--out <path>", what)
      .option("--force", "replace what is there already"),
  );
}

export function addJson(command: Command): Command {
  return command.option("--json", "print the result as JSON");
}
