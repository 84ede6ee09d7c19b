/** What tells runs apart: a digest of the configuration and of the images. */
import { sha256 } from "../util/files.ts";
import { type RunData, teacherData } from "./run.ts";
import type { RunConfiguration } from "./run_configuration.ts";

/** Digests of the images of each split. */
export type ImageKeys = Readonly<Record<"train" | "val" | "test", string>>;

/** The keys of a data set's images. */
export function imageKeys({ train, val, test }: RunData): ImageKeys {
  return { train: train.key, val: val.key, test: test.key };
}

/**
 * The key of a run, as SHA-256 in hexadecimal digits. Runs have the same key if their configuration and their
 * images are the same, those of a teacher among them.
 */
export async function runKey(configuration: RunConfiguration, data: RunData): Promise<string> {
  const images = [data.train.key, data.val.key, data.test.key];
  if (configuration.teacher) images.push(teacherData(data).train.key);
  return await keyOf(configuration, images);
}

/** The key of a configuration with images of some keys: train, val, test and, if there is one, the teacher's. */
export async function keyOf(
  configuration: RunConfiguration,
  images: readonly string[],
): Promise<string> {
  return await sha256(JSON.stringify([configuration, images]));
}
