// The gradient of a convolution's input, image by image: what each pixel's gradient means for its patch
// (gradient · filterᵀ, a product of matrices), added where the patch stands.
import {
  batchSize,
  dilationHeight,
  dilationWidth,
  endInside,
  filterHeight,
  filterWidth,
  firstInside,
  inChannels,
  inHeight,
  inWidth,
  outChannels,
  outHeight,
  outWidth,
  padLeft,
  padTop,
  partCount,
  strideHeight,
  strideWidth,
} from "./geometry";
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";
import { C_ROW, PANEL, TILE_ROWS, tileOfRows } from "./tiles";

/** Pixels whose patches are computed at a time: a whole number of tiles in both builds. */
const BLOCK = 12;

/**
 * Descriptor: geometry, then 16 gradient of the output, 17 filterᵀ in panels: (panel of taps and channels,
 * filters, 16), 18 gradient of the input, 19 buffers, one for each part, of 20 bytes each, for 12
 * patches of whole panels.
 */
export function inputGradient(d: usize, part: i32): void {
  const parts = partCount(d), images = batchSize(d), filters = outChannels(d);
  const numbers = filterHeight(d) * filterWidth(d) * inChannels(d);
  const pixels = outHeight(d) * outWidth(d), pixelBytes = <usize> filters << 2;
  const imageBytes = <usize> (inHeight(d) * inWidth(d) * inChannels(d)) << 2;
  const patches = load<usize>(d, 76) + <usize> part * load<usize>(d, 80);
  const patchBytes = <usize> ((numbers + PANEL - 1) / PANEL) * C_ROW;
  const panelBytes = <usize> filters * C_ROW;
  for (let n = split(images, part, parts), end = split(images, part + 1, parts); n < end; n++) {
    const to = load<usize>(d, 72) + n * imageBytes;
    memory.fill(to, 0, imageBytes);
    let p = load<usize>(d, 64) + <usize> (n * pixels) * pixelBytes;
    for (let first = 0; first < pixels; first += BLOCK, p += BLOCK * pixelBytes) {
      const count = min(BLOCK, pixels - first);
      let b = load<usize>(d, 68);
      for (let k = 0; k < numbers; k += PANEL, b += panelBytes) {
        const used = min(PANEL, numbers - k);
        let c = patches + (<usize> k << 2);
        for (let i = 0; i < count; i += TILE_ROWS, c += <usize> TILE_ROWS * patchBytes) {
          const last = count - i - 1, p0 = p + i * pixelBytes;
          const p1 = p0 + min(1, last) * pixelBytes, p2 = p0 + min(2, last) * pixelBytes;
          const p3 = p0 + min(3, last) * pixelBytes, p4 = p0 + min(4, last) * pixelBytes;
          const p5 = p0 + min(5, last) * pixelBytes;
          tileOfRows(
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            1,
            filters,
            0,
            b,
            C_ROW,
            0,
            used,
            c,
            patchBytes,
            false,
          );
        }
      }
      for (let i = 0; i < count; i++) addPatch(d, first + i, patches + <usize> i * patchBytes, to);
    }
  }
}

/** Adds a pixel's patch, as far as it is inside, to an image. */
function addPatch(d: usize, index: i32, patch: usize, image: usize): void {
  const y = index / outWidth(d), x = index - y * outWidth(d);
  const channels = inChannels(d), taps = filterWidth(d), spread = dilationWidth(d);
  const pixel = <usize> channels << 2, row = <usize> inWidth(d) * pixel;
  const top = y * strideHeight(d) - padTop(d), left = x * strideWidth(d) - padLeft(d);
  const lower = endInside(top, dilationHeight(d), filterHeight(d), inHeight(d));
  const first = firstInside(left, spread), end = endInside(left, spread, taps, inWidth(d));
  if (first >= end) return;
  for (let ky = firstInside(top, dilationHeight(d)); ky < lower; ky++) {
    let to = image + (top + ky * dilationHeight(d)) * row + (left + first * spread) * pixel;
    let from = patch + <usize> (ky * taps + first) * pixel;
    if (spread == 1) addNumbers(from, (end - first) * channels, to);
    else {
      for (let kx = first; kx < end; kx++, from += pixel, to += <usize> spread * pixel) {
        addNumbers(from, channels, to);
      }
    }
  }
}

// @inline
function addNumbers(from: usize, count: i32, to: usize): void {
  for (; count >= 4; count -= 4, from += 16, to += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  if (count > 0) storeSome(to, f32x4.add(loadSome(to, count), loadSome(from, count)), count);
}
