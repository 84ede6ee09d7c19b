/**
 * JSON has no NaN and no Infinity, but the loss of a training that collapsed may be one. Such numbers
 * are written as text, "number NaN" say. The two functions are the arguments of `JSON.stringify` and
 * `JSON.parse`.
 */

/** For `JSON.stringify`: numbers that are not finite become text. */
export function nameNonFinite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? `number ${value}` : value;
}

/** For `JSON.parse`: the text of `nameNonFinite` becomes a number again. */
export function readNonFinite(_: string, value: unknown): unknown {
  return typeof value === "string" && /^number (NaN|-?Infinity)$/.test(value)
    ? Number(value.slice("number ".length))
    : value;
}
