// What the kernels of ../../assembly are told about a convolution.
import { ConvLayer } from "../../assembly/layers";
import { INPUT_TILE_ROWS } from "../../kernel_constants";

/**
 * Writes a layer's descriptor for channel-last images, without the addresses, which the caller adds.
 * @param d a job's descriptor, whose first words are the shape; see conv_pool_forward.ts
 * @param at room for a ConvLayer
 */
export function describeConv(d: usize, at: usize): ConvLayer {
  const height = load<i32>(d, 4), width = load<i32>(d, 8), channels = load<i32>(d, 12);
  const filters = load<i32>(d, 16), kernel = load<i32>(d, 20);
  const layer = describeFilters(at, filters, channels, kernel);
  layer.height = height;
  layer.width = width;
  layer.outHeight = (height - kernel + 1) >> 1;
  layer.outWidth = (width - kernel + 1) >> 1;
  layer.pixelBytes = 4 * channels;
  layer.rowBytes = 4 * channels * width;
  layer.filterStride = 4;
  layer.windowStride = <usize> filters << 2;
  return layer;
}

/** The part of a layer's descriptor that its filters need. */
export function describeFilters(at: usize, filters: i32, channels: i32, kernel: i32): ConvLayer {
  const layer = changetype<ConvLayer>(at);
  layer.filters = filters;
  layer.channels = channels;
  layer.kernel = kernel;
  layer.paddedBands = (kernel + INPUT_TILE_ROWS) / INPUT_TILE_ROWS;
  return layer;
}
