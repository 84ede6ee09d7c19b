import { environment } from "./platform.ts";

/**
 * Whether a variable of the environment switches something on: "1" does, "0" or nothing does not.
 * @throws RangeError naming the variable if it says anything else, "yes", say, which would be easy to overlook
 */
export function environmentSwitch(name: string): boolean {
  const value = environment(name) ?? "";
  if (!["", "0", "1"].includes(value)) {
    throw new RangeError(`${name} must be 1, or 0 or nothing, but it is "${value}"`);
  }
  return value === "1";
}
