/** A file of weights or of a model that cannot be used. The message names the file and the reason. */
export class ModelFileError extends Error {
  /** By which this error is told from others. */
  override readonly name = "ModelFileError";

  /**
   * An error about one file.
   * @param source the file
   * @param kind what the file should be: "safetensors file", say
   * @param why what is wrong with it
   */
  constructor(readonly source: string, kind: string, why: string, options?: ErrorOptions) {
    super(`${source} is not a usable ${kind}: ${why}`, options);
  }
}
