// Eight images side by side. The forward convolutions work on "lanes": number i of eight images
// stands in eight neighbouring places, so that one vector operation serves several images and no
// vector is ever partly empty, whatever the layer's shape.

/** Rows of a 4 × 4 block become its columns. */
function transpose4(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const e = v128.shuffle<f32>(a, b, 0, 4, 1, 5), f = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const g = v128.shuffle<f32>(c, d, 0, 4, 1, 5), h = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(e, g, 0, 2));
  v128.store(to + step, v128.shuffle<f64>(e, g, 1, 3));
  v128.store(to + 2 * step, v128.shuffle<f64>(f, h, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<f64>(f, h, 1, 3));
}

/**
 * Eight images of `length` floats (a multiple of 4), `stride` bytes apart, into lanes. Where there
 * are fewer than eight, the caller leaves the rest of the rows readable; their lanes mean nothing.
 */
export function rowsToLanes(rows: usize, stride: usize, length: i32, lanes: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    let p = rows + 4 * half * stride, to = lanes + 16 * half;
    for (let i = 0; i < length; i += 4) {
      transpose4(
        v128.load(p),
        v128.load(p + stride),
        v128.load(p + 2 * stride),
        v128.load(p + 3 * stride),
        to,
        32,
      );
      p += 16;
      to += 128;
    }
  }
}

/** Lanes of `length` numbers of 32 bits (rounded up to a multiple of 4) into eight rows. */
export function lanesToRows(lanes: usize, length: i32, rows: usize, stride: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    let p = lanes + 16 * half, to = rows + 4 * half * stride;
    for (let i = 0; i < length; i += 4) {
      transpose4(v128.load(p), v128.load(p, 32), v128.load(p, 64), v128.load(p, 96), to, stride);
      p += 128;
      to += 16;
    }
  }
}

/**
 * Lanes (channels, positions) into eight rows (positions, channels): the channel-last order that
 * the backward convolution reads. Four channels are stored at once; what is too much at a
 * position's end is overwritten by the next position, so a row needs room for three numbers more.
 */
export function lanesToChannelLast(
  lanes: usize,
  channels: i32,
  positions: i32,
  rows: usize,
  stride: usize,
): void {
  const plane = <usize> positions << 5, pixel = <usize> channels << 2;
  for (let half: usize = 0; half < 2; half++) {
    for (let position = 0; position < positions; position++) {
      let p = lanes + 16 * half + (<usize> position << 5);
      let to = rows + 4 * half * stride + position * pixel;
      for (let c = 0; c < channels; c += 4) {
        transpose4(
          v128.load(p),
          v128.load(p + plane),
          v128.load(p + 2 * plane),
          v128.load(p + 3 * plane),
          to,
          stride,
        );
        p += 4 * plane;
        to += 16;
      }
    }
  }
}

/** Bytes to floats, x·scale + shift; `count` a multiple of 16. */
export function normalise(bytes: usize, count: i32, scale: f32, shift: f32, to: usize): void {
  const s = f32x4.splat(scale), t = f32x4.splat(shift);
  for (let end = bytes + count; bytes < end; bytes += 16, to += 64) {
    const x = v128.load(bytes);
    const low = i16x8.extend_low_i8x16_u(x), high = i16x8.extend_high_i8x16_u(x);
    v128.store(to, f32x4.relaxed_madd(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), s, t));
    v128.store(
      to,
      f32x4.relaxed_madd(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), s, t),
      16,
    );
    v128.store(
      to,
      f32x4.relaxed_madd(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), s, t),
      32,
    );
    v128.store(
      to,
      f32x4.relaxed_madd(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), s, t),
      48,
    );
  }
}
