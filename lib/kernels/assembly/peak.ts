// The machine's peak, for the bench to compare with.
import { madd } from "./math";
import { VECTOR } from "./vectors";

/**
 * Ten chains of multiply-adds, each of a vector; the results are stored so that none is left out.
 * @returns multiply-adds done
 */
export function peak(at: usize, rounds: i32): f64 {
  const $x = v128.load(at);
  let $a = $x, $b = $x, $c = $x, $d = $x, $e = $x, $f = $x, $g = $x, $h = $x, $i = $x, $j = $x;
  for (let round = 0; round < rounds; round++) {
    $a = madd($a, $x, $x);
    $b = madd($b, $x, $x);
    $c = madd($c, $x, $x);
    $d = madd($d, $x, $x);
    $e = madd($e, $x, $x);
    $f = madd($f, $x, $x);
    $g = madd($g, $x, $x);
    $h = madd($h, $x, $x);
    $i = madd($i, $x, $x);
    $j = madd($j, $x, $x);
  }
  v128.store(at, $a);
  v128.store(at, $b, 32);
  v128.store(at, $c, 64);
  v128.store(at, $d, 96);
  v128.store(at, $e, 128);
  v128.store(at, $f, 160);
  v128.store(at, $g, 192);
  v128.store(at, $h, 224);
  v128.store(at, $i, 256);
  v128.store(at, $j, 288);
  return <f64> rounds * 10 * (VECTOR / 4);
}
