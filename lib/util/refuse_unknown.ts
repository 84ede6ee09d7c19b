/**
 * For options of another name, which would do nothing without a word.
 * @param what begins the message: "preprocessing", say
 * @param known has all the names that there are
 * @throws RangeError naming the first option that is not known
 */
export function refuseUnknown(what: string, options: object, known: object): void {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  throw new RangeError(
    `${what} has the unknown option ${unknown}; it has ${Object.keys(known).join(", ")}`,
  );
}
