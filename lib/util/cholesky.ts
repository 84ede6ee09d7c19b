/** Symmetric positive definite matrices, row-major n × n in float64. */

/**
 * The lower triangle L with L·Lᵀ = the matrix.
 * @throws RangeError if the matrix is not positive definite
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j]!;
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum);
      else throw new RangeError(`the matrix is not positive definite: pivot ${i} is ${sum}`);
    }
  }
  return lower;
}

/**
 * The inverse, by L⁻ᵀ·L⁻¹.
 * @throws RangeError if the matrix is not positive definite
 */
export function invertPositive(matrix: Float64Array, n: number): Float64Array {
  const lower = cholesky(matrix, n);
  // rows of L⁻¹, transposed: column c of L⁻¹ stands in row c
  const columns = new Float64Array(n * n);
  for (let c = 0; c < n; c++) {
    for (let i = c; i < n; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= lower[i * n + k]! * columns[c * n + k]!;
      columns[c * n + i] = sum / lower[i * n + i]!;
    }
  }
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += columns[i * n + k]! * columns[j * n + k]!;
      inverse[i * n + j] = inverse[j * n + i] = sum;
    }
  }
  return inverse;
}
