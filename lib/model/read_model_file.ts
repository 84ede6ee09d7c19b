import { isMissing, readFile, stat } from "../util/platform.ts";
import { ModelFileError } from "./model_file_error.ts";

/** No network that is read here takes more: 2 GiB, five hundred million numbers. */
const MAX_BYTES = 2 ** 31;

/**
 * The bytes of a file of weights or of a model. A file is looked at before it is opened: a pipe would wait for
 * ever, and a device might never end.
 * @param kind what the file should be: "safetensors file", say
 * @throws ModelFileError naming a file that is missing, no regular file, too large or not readable
 */
export async function readModelFile(
  path: string,
  kind: string,
  maxBytes = MAX_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  const bad = (why: string, cause?: unknown) => new ModelFileError(path, kind, why, { cause });
  try {
    const { isFile, isDirectory, size } = await stat(path);
    if (!isFile) throw bad(`it is a ${isDirectory ? "folder" : "pipe or a device"}, not a file`);
    if (size > maxBytes) throw bad(`it has ${size} bytes, and ${maxBytes} are the most`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw bad(isMissing(error) ? "there is no such file" : (error as Error).message, error);
  }
}
