/**
 * For options of another name, which would do nothing without a word.
 * @param what begins the message: "preprocessing", say
 * @param known has all the names that there are
 * @param owner who has these names, in the message
 * @param hints what is added for some wrong names
 * @throws RangeError naming the first option that is not known
 */
export function refuseUnknown(
  what: string,
  options: object,
  known: object,
  owner = "it",
  hints: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const hint = Object.hasOwn(hints, unknown) ? hints[unknown] : "";
  throw new RangeError(
    `${what} has the unknown option ${unknown}; ${owner} has ${
      Object.keys(known).join(", ")
    }${hint}`,
  );
}
