/**
 * `deno task test:browser [--short] [--notebook N] [--kernel project|stock]`: opens the notebooks in
 * JupyterLab in headless Chromium, as a reader does, on small synthetic data, and runs each once with each
 * kernel. Before and after the run each is looked at in both themes and two widths. Screenshots stay in
 * `.cache/browser/screenshots/`. Without Chromium it says so and does nothing; `CHROMIUM` names another one.
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { generateSynthetic } from "../lib/data/synthetic/generate_synthetic.ts";
import { exists } from "../lib/util/files.ts";
import { browserFolder, type Kernel, startLab } from "../tests/browser/lab_server.ts";
import { type CellState, NotebookPage } from "../tests/browser/notebook_page.ts";
import { lookAt } from "../tests/browser/views.ts";
import { readArguments } from "./arguments.ts";
import { notebookPaths } from "./execute.ts";
import { setupVenv } from "./python.ts";
import { main, step } from "./run.ts";
import { setup } from "./setup.ts";

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

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

/** Runs a notebook from top to bottom and looks at it, before and after. @returns what is wrong */
async function runAndLook(page: NotebookPage, shots: string): Promise<string[]> {
  const wrong = await lookAt(page, shot("opened"));
  await page.runAll(900);
  wrong.push(...findings(await page.cells()), ...await lookAt(page, shot("run")));
  return wrong;

  function shot(when: string) {
    return (view: { theme: string; width: number }) =>
      `${shots}-${when}-${view.theme.toLowerCase()}-${view.width}.png`;
  }
}

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

async function findChromium(): Promise<string | undefined> {
  const asked = Deno.env.get("CHROMIUM");
  const places = ["chromium", "chromium-browser", "google-chrome"].map((name) =>
    `/usr/bin/${name}`
  );
  for (const path of asked ? [asked] : places) if (await exists(path)) return path;
}

/** Tries notebooks with one kernel. @returns how many of them failed */
async function tryNotebooks(
  names: readonly string[],
  kernel: Kernel,
  data: string,
  context: BrowserContext,
): Promise<number> {
  const server = await startLab(kernel, data);
  let failures = 0;
  try {
    for (const name of names) {
      const shots = join(browserFolder, "screenshots", `${name[0]}-${kernel}`);
      await step(`${name}, ${kernel} kernel`, async () => {
        const page = new NotebookPage(await context.newPage());
        try {
          await page.open(server.url(name));
          const wrong = await runAndLook(page, shots);
          if (name.startsWith("2")) await rerun(page);
          if (name.startsWith("3")) await stopAndGoOn(page);
          if (name.startsWith("4")) await stopComparisons(page);
          assert.deepEqual(wrong, []);
        } catch (error) {
          failures++;
          console.error(`  ${name}, ${kernel} kernel: ${(error as Error).message}`);
          await page.screenshot(`${shots}-failed.png`).catch(() => {});
        } finally {
          await page.page.close();
        }
      });
    }
  } finally {
    await server.stop();
  }
  return failures;
}

async function testBrowser(): Promise<number> {
  const given = readArguments(
    "test:browser",
    Deno.args,
    { short: "boolean", notebook: "string", kernel: "string" },
    "--short, --notebook N, and --kernel project or stock",
  );
  const executablePath = await findChromium();
  if (!executablePath) {
    console.error("The notebooks are not tried in a browser: there is no Chromium (set CHROMIUM).");
    return 0;
  }
  await setup(given.short ? { native: false } : {});
  await setupVenv("requirements-lab.txt");
  const data = join(browserFolder, "small");
  await generateSynthetic(data, { train: 600, heldOut: 2, seed: 7 });
  const kernels = given.kernel ? [given.kernel] : given.short ? ["project"] : ["project", "stock"];
  const names = notebookPaths().map((path) => basename(path))
    .filter((name) => name.startsWith(given.notebook ?? (given.short ? "2" : "")));
  const profile = await Deno.makeTempDir({ prefix: "lenet-chromium-" });
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: flags });
  let failures = 0;
  try {
    for (const kernel of kernels as Kernel[]) {
      failures += await tryNotebooks(names, kernel, data, context);
    }
  } finally {
    await context.close();
    await Deno.remove(profile, { recursive: true });
  }
  console.log(
    `${failures === 0 ? "all" : `${failures} not`} well; screenshots: ${browserFolder}/screenshots`,
  );
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) await main(testBrowser);
