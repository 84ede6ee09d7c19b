import { deno } from "../util/platform.ts";

/** The kernel's side of a notebook; undefined outside one, where `Deno.jupyter` throws. */
export const jupyter: typeof Deno.jupyter | undefined = (() => {
  try {
    return deno?.jupyter;
  } catch {
    return undefined;
  }
})();
