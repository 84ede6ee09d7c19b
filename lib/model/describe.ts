/** A value as error messages show it, whatever it is; a text is given as it stands. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : value;
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
