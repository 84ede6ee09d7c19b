// The machine's peak, for the bench to compare with.
import { madd } from "./math";

/**
 * Ten (wide: ten pairs of) chains of multiply-adds; the result is stored so that none is left out.
 * @returns multiply-adds done
 */
export function peak(at: usize, rounds: i32): f64 {
  const x = v128.load(at), y = v128.load(at, 16);
  let a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
  let A = y, B = y, C = y, D = y, E = y, F = y, G = y, H = y, I = y, J = y;
  for (let round = 0; round < rounds; round++) {
    a = madd(a, x, x), b = madd(b, x, x), c = madd(c, x, x), d = madd(d, x, x), e = madd(e, x, x);
    f = madd(f, x, x), g = madd(g, x, x), h = madd(h, x, x), i = madd(i, x, x), j = madd(j, x, x);
    if (WIDE) {
      A = madd(A, y, y), B = madd(B, y, y), C = madd(C, y, y), D = madd(D, y, y), E = madd(E, y, y);
      F = madd(F, y, y), G = madd(G, y, y), H = madd(H, y, y), I = madd(I, y, y), J = madd(J, y, y);
    }
  }
  v128.store(at, a, 0), v128.store(at, A, 16), v128.store(at, b, 32), v128.store(at, B, 48);
  v128.store(at, c, 64), v128.store(at, C, 80), v128.store(at, d, 96), v128.store(at, D, 112);
  v128.store(at, e, 128), v128.store(at, E, 144), v128.store(at, f, 160), v128.store(at, F, 176);
  v128.store(at, g, 192), v128.store(at, G, 208), v128.store(at, h, 224), v128.store(at, H, 240);
  v128.store(at, i, 256), v128.store(at, I, 272), v128.store(at, j, 288), v128.store(at, J, 304);
  return <f64>rounds * 10 * 4 * (WIDE ? 2 : 1);
}
