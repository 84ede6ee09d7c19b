/**
 * Position of the largest value, the first of equals; NaN is never larger. 0 if there is no value.
 * @param first where to begin, and from where the position is counted @param end where to stop
 */
export function argmax(values: ArrayLike<number>, first = 0, end = values.length): number {
  let best = first, most = values[first]!;
  for (let i = first + 1; i < end; i++) {
    const value = values[i]!;
    if (value > most) {
      best = i;
      most = value;
    }
  }
  return best - first;
}
