/**
 * One bit for each number of an array, the lowest bit of a byte first: 1 where the number is not zero.
 * −0 has another bit pattern than 0, so it counts as a number.
 */

/** Whether a number is 0, and not −0. */
export function isZero(x: number): boolean {
  return Object.is(x, 0);
}

/** The mask of an array's numbers, ⌈n/8⌉ bytes. */
export function zeroMask(numbers: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(Math.ceil(numbers.length / 8));
  for (let i = 0; i < numbers.length; i++) {
    if (!isZero(numbers[i]!)) mask[i >> 3]! |= 1 << (i & 7);
  }
  return mask;
}

/**
 * Goes through the numbers that a mask tells of.
 * @param mask ⌈count/8⌉ bytes
 * @param count numbers in the array
 * @param values how many of them are stored
 * @param visit gets the place of a number in the array, and which of the stored ones it is
 * @param bad makes the error that is thrown if the mask does not have as many bits as there are values, or
 * has a bit outside the array; its message goes on after the mask's name
 */
export function forEachInMask(
  mask: Uint8Array,
  { count, values }: { readonly count: number; readonly values: number },
  visit: (at: number, value: number) => void,
  bad: (why: string) => Error,
): void {
  let found = 0;
  for (let i = 0; i < 8 * mask.length; i++) {
    if ((mask[i >> 3]! >> (i & 7) & 1) === 0) continue;
    if (i >= count || found === values) throw bad("has bits without a number");
    visit(i, found++);
  }
  if (found < values) throw bad(`has ${found} bits for ${values} numbers`);
}
