/** The kernel's side of a notebook; undefined outside one, where `Deno.jupyter` throws. */
export const jupyter: typeof Deno.jupyter | undefined = (() => {
  try {
    return Deno.jupyter;
  } catch {
    return undefined;
  }
})();
