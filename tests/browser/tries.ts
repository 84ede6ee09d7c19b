/** What a reader does in single notebooks besides running them: stops, changes a line, runs a cell again. */
import assert from "node:assert/strict";
import type { CellState, NotebookPage } from "./notebook_page.ts";

/** Finds what is wrong with a notebook after all its cells have run. */
export function findings(cells: readonly CellState[]): string[] {
  return cells.flatMap(({ bars, errors, executed }, i) => {
    const where = `code cell ${i + 1}`;
    return [
      ...(executed ? [] : [`${where} did not run`]),
      ...errors.map((error) => `${where}: ${error}`),
      ...(bars > 0 ? [`${where}: ${bars} bars without an end`] : []),
    ];
  });
}

/** What is tried in a notebook after it has run from top to bottom, by its number. */
export const tries: Readonly<Record<string, (page: NotebookPage) => Promise<void>>> = {
  "2": rerun,
  "3": stopAndGoOn,
  "4": stopComparisons,
  "5": stopQuantization,
  "6": stopAllRuns,
  "7": stopDiagnosis,
};

/** Stops the training of each system, then goes on; and changes a parameter. */
async function stopAndGoOn(page: NotebookPage): Promise<void> {
  assert.equal(await page.replace("const epochs = 10;", "const epochs = 2000;"), 1);
  await page.command("notebook:run-all-cells");
  for (const [system, cell] of [["numpy", 0], ["torch", 1], ["keras", 2]] as const) {
    await page.page.getByText(`Training ${system}: `).first().waitFor({ timeout: 240_000 });
    await page.page.waitForTimeout(1500);
    await page.command("notebook:interrupt-kernel");
    const end = page.page.getByText(/Training \w+: stopped at \d+ %/).nth(cell);
    await end.waitFor({ timeout: 30_000 });
  }
  await page.waitUntilDone(400);
  assert.deepEqual(findings(await page.cells()), []);
  await page.replace("const epochs = 2000;", "const epochs = 2;");
  await page.replace("const seed = 1;", "const seed = 5;");
  await page.command("notebook:run-all-cells");
  await page.page.getByText("2 epochs, batch 256, Adam 0.001, seed 5").nth(2)
    .waitFor({ timeout: 300_000 });
  await page.waitUntilDone(300);
  assert.deepEqual(findings(await page.cells()), []);
}

/** Stops two comparisons of networks; what they have by then is shown, and the next cells work. */
async function stopComparisons(page: NotebookPage): Promise<void> {
  assert.equal(await page.replace("const moreEpochs = 3;", "const moreEpochs = 300;"), 1);
  await page.command("notebook:run-all-cells");
  for (const work of ["Pruning", "Pruning further"]) {
    await page.page.getByText(new RegExp(`${work}: \\d+ of [\\d,]+ .* left`)).first()
      .waitFor({ timeout: 240_000 });
    await page.command("notebook:interrupt-kernel");
    await page.page.getByText(new RegExp(`${work}: stopped at \\d+ %`)).first()
      .waitFor({ timeout: 30_000 });
  }
  await page.waitUntilDone(300);
  assert.deepEqual(findings(await page.cells()), []);
}

/** Runs single cells once more, in no order. */
async function rerun(page: NotebookPage): Promise<void> {
  for (const text of ["compareLogits(systems", "new LeNet5();", "saveWeights(path"]) {
    await page.runCell(text);
    await page.waitUntilIdle(60);
  }
  assert.deepEqual(findings(await page.cells()), []);
}

/** Runs a cell, presses Stop when its bar shows, and waits until the cell says where it was stopped. */
async function stopCell(page: NotebookPage, cell: string, bar: string): Promise<void> {
  await page.runCell(cell);
  await page.page.getByText(new RegExp(`${bar}: [\\d,]+ of [\\d,]+ .* left`)).first()
    .waitFor({ timeout: 240_000 });
  await page.command("notebook:interrupt-kernel");
  await page.page.getByText(new RegExp(`${bar}: stopped at \\d+ %`)).first()
    .waitFor({ timeout: 30_000 });
  await page.waitUntilIdle(120);
}

/** Puts a line for another one and runs its cell. */
async function change(page: NotebookPage, line: string, by: string): Promise<void> {
  assert.equal(await page.replace(line, by), 1, line);
  await page.runCell(by);
  await page.waitUntilIdle(60);
}

/** Runs a cell to its end. */
async function runToEnd(page: NotebookPage, cell: string): Promise<void> {
  await page.runCell(cell);
  await page.waitUntilIdle(400);
}

/** Stops the comparison of int8 networks, and Table III in the middle of an epoch of torch. */
async function stopQuantization(page: NotebookPage): Promise<void> {
  await change(page, "const moreEpochs = 20;", "const moreEpochs = 2000;");
  await stopCell(page, "await quantizeRun(", "Quantizing");
  await runToEnd(page, "await measureCosts("); // of the networks that were finished
  await change(page, "const timedEpochs = 5;", "const timedEpochs = 500;");
  await stopCell(page, "await paperTextRows(", "As the text says");
  await change(page, "const timedEpochs = 500;", "const timedEpochs = 2;");
  await runToEnd(page, "await paperTextRows(");
  await runToEnd(page, "table3Losses(dataset");
  assert.deepEqual(findings(await page.cells()), []);
}

/** Stops the trainings that notebook 6 has to catch up on, and those past the last epoch. */
async function stopAllRuns(page: NotebookPage): Promise<void> {
  await change(page, "const epochs = undefined;", "const epochs = 2000;");
  await stopCell(page, "await loadOrTrainAll(", "Training numpy");
  await change(page, "const epochs = 2000;", "const epochs = 2;");
  await page.runAll(400);
  await page.replace("const longer = 2 *", "const longer = 500 *");
  await stopCell(page, "await accuracyCurves(", "Training for 1000 epochs");
  await page.replace("const longer = 500 *", "const longer = 2 *");
  await page.runAll(400);
  assert.deepEqual(findings(await page.cells()), []);
}

/** Stops the trainings side by side, a ladder and the best recipe; both go on when their cells are run again. */
async function stopDiagnosis(page: NotebookPage): Promise<void> {
  await change(page, "const ladderSeeds = undefined;", "const ladderSeeds = 5;");
  await runToEnd(page, "await readPaperSweep(");
  await stopCell(page, "await trainTogether(", "Training what this notebook needs");
  await stopCell(page, "await measureAblations(", "LeNet5 \\w+");
  await change(page, "const bestSeeds = 3;", "const bestSeeds = 40;");
  await stopCell(page, "await runSeeds(", "The best recipe");
  await change(page, "const bestSeeds = 40;", "const bestSeeds = 3;");
  await runToEnd(page, "await runSeeds(");
  await change(page, "const ladderSeeds = 5;", "const ladderSeeds = 1;");
  await runToEnd(page, "await readPaperSweep(");
  await runToEnd(page, "await trainTogether(");
  await runToEnd(page, "await measureAblations(");
  assert.deepEqual(findings(await page.cells()), []);
}
