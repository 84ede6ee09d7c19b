import { refuseUnknown } from "../util/refuse_unknown.ts";
import { checkImageLimits, defaultImageLimits, type ImageLimits } from "./image_limits.ts";

/** How an image of any size becomes a small grey one. */
export interface PreprocessOptions extends ImageLimits {
  /** Pixels a row of the result. */
  readonly width: number;
  /** Rows of the result. */
  readonly height: number;
  /**
   * "opencv": the paper's, OpenCV's luma and its bilinear resize, which does not antialias.
   * "antialiased": the same luma, a filter as wide as the shrinking asks for.
   */
  readonly filter: "opencv" | "antialiased";
  /**
   * What happens to images of other proportions than the result. "squash": the paper's, the whole image is
   * stretched to them. "crop": the largest part around the middle that has them is taken.
   */
  readonly framing: "squash" | "crop";
  /** Whether the three colours are kept, as three planes, instead of their luma. */
  readonly colour: boolean;
  /**
   * "exact": as OpenCV decodes. "fast": JPEGs by a quicker transform, most pixels within a few levels
   * of the exact ones; other formats as exactly as ever.
   */
  readonly decoder: "exact" | "fast";
}

/** The paper's preprocessing: 32×32 grey through OpenCV's conversions. */
export const defaultPreprocessOptions: PreprocessOptions = {
  width: 32,
  height: 32,
  filter: "opencv",
  framing: "squash",
  colour: false,
  decoder: "exact",
  ...defaultImageLimits,
};

/**
 * The options with the defaults filled in.
 * @throws {RangeError} naming the option that is unknown or has no sensible value
 */
export function preprocessOptions(options: Partial<PreprocessOptions> = {}): PreprocessOptions {
  refuseUnknown("preprocessing", options, defaultPreprocessOptions);
  const full = { ...defaultPreprocessOptions, ...options };
  for (const side of ["width", "height"] as const) {
    if (!Number.isInteger(full[side]) || full[side] < 1 || full[side] > 4096) {
      throw new RangeError(`${side} must be an integer from 1 to 4096, got ${full[side]}`);
    }
  }
  if (full.filter !== "opencv" && full.filter !== "antialiased") {
    throw new RangeError(`filter must be "opencv" or "antialiased", got ${String(full.filter)}`);
  }
  if (full.framing !== "squash" && full.framing !== "crop") {
    throw new RangeError(`framing must be "squash" or "crop", got ${String(full.framing)}`);
  }
  if (full.decoder !== "exact" && full.decoder !== "fast") {
    throw new RangeError(`decoder must be "exact" or "fast", got ${String(full.decoder)}`);
  }
  if (typeof full.colour !== "boolean") {
    throw new RangeError(`colour must be true or false, got ${String(full.colour)}`);
  }
  checkImageLimits(full);
  return full;
}
