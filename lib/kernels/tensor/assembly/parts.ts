/** Where part `part` of `parts` begins among `count` things; `split(count, parts, parts)` is `count`. */
export function split(count: i32, part: i32, parts: i32): i32 {
  return <i32> (<i64> count * part / parts);
}
