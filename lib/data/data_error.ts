/** Something is wrong with the files of a data set. The message names the file and says what to do. */
export class DataError extends Error {
  /** Tells this error from others. */
  override readonly name = "DataError";
}

/**
 * Told of what was left out or looks doubtful while a data set was opened: one sentence that names
 * the file, and the line where there is one.
 */
export type OnNotice = (notice: string) => void;
