import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { chooseBackend } from "../lib/backend/backend_choice.ts";
import { knownDataset, openOptionsFromEnvironment } from "../lib/data/choose_dataset.ts";
import { knownDatasets } from "../lib/data/named/known_datasets.ts";
import { defaultThreads } from "../lib/kernels/default_threads.ts";
import { exists } from "../lib/util/files.ts";
import { HelpAsked, SetupError } from "./run.ts";

/** The options that a task takes: a switch, or a word after the option. */
export type OptionKinds = Readonly<Record<string, "boolean" | "string">>;

/** The values of the options that were given. */
export type OptionValues<T extends OptionKinds> = {
  readonly [K in keyof T]?: T[K] extends "boolean" ? boolean : string;
};

/**
 * Reads the command line of a task.
 * @param usage what the task takes, for the error message and for `--help`
 * @throws SetupError naming an argument that the task does not know or that lacks its value
 * @throws HelpAsked if `--help` or `-h` is among the arguments
 */
export function readArguments<T extends OptionKinds>(
  task: string,
  args: readonly string[],
  kinds: T,
  usage: string,
): OptionValues<T> {
  const { values, words } = readWords(task, args, kinds, usage);
  if (words.length > 0) refuse(task, words[0]!, usage);
  return values;
}

/**
 * Reads the command line of a task that takes words too, such as files; all after `--` are words.
 * @throws as `readArguments`, for options
 */
export function readWords<T extends OptionKinds>(
  task: string,
  args: readonly string[],
  kinds: T,
  usage: string,
): { readonly values: OptionValues<T>; readonly words: readonly string[] } {
  answerHelp(task, args, usage);
  const options = Object.fromEntries(Object.entries(kinds).map(([name, type]) => [name, { type }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values: Record<string, boolean | string> = {}, words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      words.push(token.value);
      continue;
    }
    const { name, rawName, value } = token, kind = kinds[name];
    if (kind === undefined) refuse(task, rawName, usage);
    else if (kind === "boolean" && value !== undefined) refuse(task, `${rawName}=${value}`, usage);
    else if (kind === "string" && (!value || (!token.inlineValue && value.startsWith("-")))) {
      refuse(task, `${rawName} without a value`, usage);
    } else values[name] = value ?? true;
  }
  return { values: values as OptionValues<T>, words };
}

function refuse(task: string, what: string, usage: string): never {
  throw new SetupError(`${task} does not know ${what}; it takes ${usage}`);
}

/**
 * Says what a task takes where that is asked, before the task begins.
 * @throws HelpAsked if `--help` or `-h` is among the arguments
 */
export function answerHelp(task: string, args: readonly string[], usage: string): void {
  if (args.includes("--help") || args.includes("-h")) {
    throw new HelpAsked(`deno task ${task} takes ${usage}.`);
  }
}

/** @throws SetupError if a task that takes no arguments is given some @throws HelpAsked for `--help` */
export function takeNoArguments(task: string): void {
  readArguments(task, Deno.args, {}, "no arguments");
}

/** The path that an argument means: `deno task` runs in this project, and the reader sits elsewhere. */
export function pathOf(argument: string): string {
  return resolve(Deno.env.get("INIT_CWD") || Deno.cwd(), argument);
}

/**
 * What `--data` names, or else `LENET_DATA`: a known data set as it is, a folder as its whole path.
 * @throws SetupError if `--data` is empty, as a variable of the shell that is not set
 */
export function dataChoice(data: string | undefined): string | undefined {
  if (data?.trim() === "") throw new SetupError("--data names nothing");
  const chosen = data ?? (Deno.env.get("LENET_DATA") || undefined);
  return chosen && !knownDataset(chosen) ? pathOf(chosen) : chosen;
}

/**
 * Looks at the environment before the long work, which would refuse it only then.
 * @throws SetupError naming a variable that has no sensible value
 */
export function checkEnvironment(): void {
  try {
    defaultThreads();
    if (Deno.env.get("LENET_BACKEND")) chooseBackend();
    openOptionsFromEnvironment();
  } catch (error) {
    throw new SetupError((error as Error).message);
  }
}

/** @throws SetupError if what `--data` names is neither a folder nor a known data set */
export async function requireData(data: string | undefined): Promise<void> {
  if (data === undefined || knownDataset(data) || await exists(data)) return;
  const names = knownDatasets.map(({ name }) => name).join(", ");
  throw new SetupError(`there is no folder ${data}; the known data sets are ${names}`);
}

/**
 * Whether the native TensorFlow is asked for: true with `--native`, `--gpu` or `--cpu`, false with
 * `--no-native`, undefined if nothing is said. @throws SetupError if the options contradict each other
 */
export function nativeChoice(given: {
  readonly native?: boolean;
  readonly "no-native"?: boolean;
  readonly gpu?: boolean;
  readonly cpu?: boolean;
}): boolean | undefined {
  const wanted = given.native || given.gpu || given.cpu;
  if (wanted && given["no-native"]) {
    throw new SetupError("--no-native cannot stand beside --native, --gpu or --cpu");
  }
  return wanted ? true : given["no-native"] ? false : undefined;
}

/** The build of TensorFlow that `--gpu` or `--cpu` asks for. @throws SetupError if both do */
export function gpuChoice(
  { gpu, cpu }: { readonly gpu?: boolean; readonly cpu?: boolean },
): boolean | undefined {
  if (gpu && cpu) throw new SetupError("choose --gpu or --cpu, not both");
  return gpu ? true : cpu ? false : undefined;
}
