/** Whether WebAssembly here has SIMD with the relaxed multiply-add that all kernels use. */
export function hasRelaxedSimd(): boolean {
  // (func (result v128) (f32x4.relaxed_madd 0 0 0))
  return WebAssembly.validate(Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
    ...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
  ));
}
