/** The build writes out the vectors of the kernels' sources as their names ask for. */
import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { expandVectors } from "../../tasks/expand_vectors.ts";

/** Blanks and line breaks do not count. */
function assertExpands(source: string, wide: boolean, expected: string): void {
  const tidy = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll("; ", ";\n").trim();
  assert.deepEqual(tidy(expandVectors(source, wide)), tidy(expected));
}

Deno.test("a vector $x is repeated in wide builds only, its loads 16 bytes further on", () => {
  const source = "let $a = v128.load(p), $b = v128.load(q, 2 * ROW); $a = madd($a, w, $b);";
  assertExpands(source, false, source);
  assertExpands(
    source,
    true,
    `let $a = v128.load(p), $b = v128.load(q, 2 * ROW);
    let $aHigh = v128.load(p, 16), $bHigh = v128.load(q, 2 * ROW + 16);
    $a = madd($a, w, $b); $aHigh = madd($aHigh, w, $bHigh);`,
  );
});

Deno.test("a pair $$x is repeated in all builds", () => {
  const source = "const $$x = f32x4.neg(v128.load(p + f(i, 4)));";
  const expected = `${source} const $$xHigh = f32x4.neg(v128.load(p + f(i, 4), 16));`;
  assertExpands(source, false, expected);
  assertExpands(source, true, expected);
  assertThrows(() => expandVectors("$a = $$b;", true), SyntaxError, "do not go together");
});

Deno.test("the second vector is stored first, and loads within what is stored move too", () => {
  assertExpands(
    "v128.store(p, f32x4.add($x, v128.load(q)), 32);",
    true,
    `v128.store(p, f32x4.add($xHigh, v128.load(q, 16)), 32 + 16);
    v128.store(p, f32x4.add($x, v128.load(q)), 32);`,
  );
});

Deno.test("numbers that are loaded into all lanes are the same for both vectors", () => {
  assertExpands(
    "$a = v128.load32_splat(p);",
    true,
    "$a = v128.load32_splat(p); $aHigh = v128.load32_splat(p);",
  );
});

Deno.test("a function named $f is repeated whole", () => {
  assertExpands(
    `// sums; {
    // @inline
    function $sum(p: usize): v128 { return f32x4.add(v128.load(p), v128.load(p, 8)); }
    const $x = $sum(p);`,
    true,
    `// sums; {
    @inline
    function $sum(p: usize): v128 { return f32x4.add(v128.load(p), v128.load(p, 8)); }
    @inline
    function $sumHigh(p: usize): v128 { return f32x4.add(v128.load(p, 16), v128.load(p, 8 + 16)); }
    const $x = $sum(p); const $xHigh = $sumHigh(p);`,
  );
});

Deno.test("a function f_ is written for one, two and three tiles, neighbouring statements together", () => {
  assertExpands(
    `function f_(start_: usize, n: i32): void {
      let $$a_ = v128.load(start_, AT_);
      if (start_ != 0) g(start_);
      n++;
      v128.store(start_, $$a_);
    }`,
    false,
    `function f_1(start_1: usize, n: i32): void {
      let $$a_1 = v128.load(start_1, AT_1); let $$a_1High = v128.load(start_1, AT_1 + 16);
      if (start_1 != 0) g(start_1);
      n++;
      v128.store(start_1, $$a_1High, 16); v128.store(start_1, $$a_1);
    }
    function f_2(start_1: usize, start_2: usize, n: i32): void {
      let $$a_1 = v128.load(start_1, AT_1); let $$a_1High = v128.load(start_1, AT_1 + 16);
      if (start_1 != 0) g(start_1);
      let $$a_2 = v128.load(start_2, AT_2); let $$a_2High = v128.load(start_2, AT_2 + 16);
      if (start_2 != 0) g(start_2);
      n++;
      v128.store(start_1, $$a_1High, 16); v128.store(start_1, $$a_1);
      v128.store(start_2, $$a_2High, 16); v128.store(start_2, $$a_2);
    }
    function f_3(start_1: usize, start_2: usize, start_3: usize, n: i32): void {
      let $$a_1 = v128.load(start_1, AT_1); let $$a_1High = v128.load(start_1, AT_1 + 16);
      if (start_1 != 0) g(start_1);
      let $$a_2 = v128.load(start_2, AT_2); let $$a_2High = v128.load(start_2, AT_2 + 16);
      if (start_2 != 0) g(start_2);
      let $$a_3 = v128.load(start_3, AT_3); let $$a_3High = v128.load(start_3, AT_3 + 16);
      if (start_3 != 0) g(start_3);
      n++;
      v128.store(start_1, $$a_1High, 16); v128.store(start_1, $$a_1);
      v128.store(start_2, $$a_2High, 16); v128.store(start_2, $$a_2);
      v128.store(start_3, $$a_3High, 16); v128.store(start_3, $$a_3);
    }`,
  );
});

Deno.test("a loop over the halves of a lane row is a block in wide builds", () => {
  const source = "for (let half = 0; half < LANE_ROW; half += VECTOR) { f(half); }";
  assertExpands(source, false, source);
  assertExpands(source, true, "{ const half = 0; f(half); }");
});

Deno.test("what cannot be repeated is refused", () => {
  for (
    const source of [
      "for (; p < end; p += 16) v128.store(p, $x);",
      "while (p < f($x)) { p++; }",
      "function f(): v128 { return $x; }",
    ]
  ) {
    assertThrows(() => expandVectors(source, true), SyntaxError);
  }
});
