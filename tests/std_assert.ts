/** Deno's std assertions, from npm: JSR is often out of reach. Mapped to `@std/assert`. */
// @ts-types="./std_assert.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
