/** What tells runs apart: a digest of the configuration and of the images. */
import { sha256 } from "../util/files.ts";
import { type RunData, teacherData } from "./run.ts";
import type { RunConfiguration } from "./run_configuration.ts";

/** Digests of the images of each split. */
export type ImageKeys = Readonly<Record<"train" | "val" | "test", string>>;

/** The same, and that of the images that a teacher is trained on, if there is one. */
export type RunImageKeys = ImageKeys & { readonly teacher?: string };

/** The keys of a data set's images. */
export function imageKeys({ train, val, test }: RunData): ImageKeys {
  return { train: train.key, val: val.key, test: test.key };
}

/**
 * The keys of the images that a run depends on.
 * @throws RangeError if a teacher's images are not those that its pupil learns from
 */
export function runImageKeys(configuration: RunConfiguration, data: RunData): RunImageKeys {
  const keys = imageKeys(data);
  return configuration.teacher ? { ...keys, teacher: teacherData(data).train.key } : keys;
}

/**
 * The key of a run, as SHA-256 in hexadecimal digits. Runs have the same key if their configuration and their
 * images are the same, those of a teacher among them.
 */
export async function runKey(configuration: RunConfiguration, data: RunData): Promise<string> {
  return await keyOf(configuration, runImageKeys(configuration, data));
}

/** The key of a run whose images have these keys. */
export async function keyOf(
  configuration: RunConfiguration,
  { train, val, test, teacher }: RunImageKeys,
): Promise<string> {
  const images = [train, val, test].concat(teacher ?? []);
  return await sha256(JSON.stringify([configuration, images]));
}
