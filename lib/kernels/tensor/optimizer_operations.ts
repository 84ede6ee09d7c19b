import { type JobRunner, partsFor } from "./job_runner.ts";
import type { AdamStep, SgdStep } from "./tensor_operations.ts";

/** Words before the table of parameters, and of a row of it. */
const [TABLE, ROW] = [16, 5];

/** Runs a step on as many parameters at a time as the descriptor holds. */
function runOnTable(
  runner: JobRunner,
  job: string,
  rows: readonly (readonly number[])[],
  work: number,
): void {
  const room = Math.floor((runner.words.length - TABLE) / ROW);
  for (let first = 0; first < rows.length; first += room) {
    const some = rows.slice(first, first + room);
    const count = some.reduce((sum, row) => sum + row[ROW - 1]!, 0);
    const parts = partsFor(runner, work * count, count);
    some.forEach((row, i) => runner.words.set(row, TABLE + ROW * i));
    runner.words[0] = some.length;
    runner.words[1] = parts;
    runner.run(job, parts);
  }
}

/** See `AdamStep`. */
export function adam(runner: JobRunner, step: AdamStep): void {
  const { beta1, beta2, rate, correction, epsilon, keep = 1 } = step;
  runner.floats.set(
    [beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon, keep],
    2,
  );
  const rows = step.parameters.map(
    ({ weights, mean, square, gradient, count }) => [weights, mean, square, gradient, count],
  );
  runOnTable(runner, "adamStep", rows, 6);
}

/** See `SgdStep`. */
export function sgd(runner: JobRunner, step: SgdStep): void {
  const { rate, momentum = 0, nesterov = false, keep = 1 } = step;
  runner.floats.set([rate, momentum], 2);
  runner.words[4] = Number(nesterov);
  runner.floats[5] = keep;
  const rows = step.parameters.map(
    ({ weights, velocity = 0, gradient, count }) => [weights, velocity, gradient, 0, count],
  );
  runOnTable(runner, "sgdStep", rows, 3);
}
