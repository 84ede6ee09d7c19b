/**
 * `deno task test:browser [--short] [--notebook N] [--kernel project|stock]`: opens the notebooks in
 * JupyterLab in headless Chromium, as a reader does, on small synthetic data, and runs each once with each
 * kernel. Before and after the run each is looked at in both themes and two widths. Each is also looked at
 * as a page that nobody can run. Screenshots stay in `.cache/browser/screenshots/`. Without Chromium it says
 * so and does nothing; `CHROMIUM` names another one.
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { generateSynthetic } from "../lib/data/synthetic/generate_synthetic.ts";
import { exists } from "../lib/util/files.ts";
import { browserFolder, type Kernel, startLab } from "../tests/browser/lab_server.ts";
import { NotebookPage } from "../tests/browser/notebook_page.ts";
import { findings, tries } from "../tests/browser/tries.ts";
import { lookAtPages } from "../tests/browser/static_pages.ts";
import { lookAt, views } from "../tests/browser/views.ts";
import { readArguments } from "./arguments.ts";
import { type BrowserContext, chromium } from "./chromium.ts";
import { notebookPaths } from "./execute.ts";
import { setupVenv } from "./python.ts";
import { main, step } from "./run.ts";
import { setup } from "./setup.ts";

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  "--disable-dev-shm-usage", // containers give little shared memory
];

/** Runs a notebook from top to bottom and looks at it, before and after. @returns what is wrong */
async function runAndLook(page: NotebookPage, kernel: Kernel, shots: string): Promise<string[]> {
  // a notebook looks the same whatever kernel has run it, so the second kernel's is looked at in less views
  const isFirst = kernel === "project";
  const wrong = isFirst ? await lookAt(page, shot("opened"), views) : [];
  await page.runAll(900);
  const after = isFirst ? views : views.filter((_, i) => i % 2 === 1);
  wrong.push(...findings(await page.cells()), ...await lookAt(page, shot("run"), after));
  return wrong;

  function shot(when: string) {
    return (view: { theme: string; width: number }) =>
      `${shots}-${when}-${view.theme.toLowerCase()}-${view.width}.png`;
  }
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
          const wrong = await runAndLook(page, kernel, shots);
          await tries[name[0]!]?.(page);
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
    for (const path of notebookPaths().filter((path) => names.includes(basename(path)))) {
      await step(`${basename(path)}, as pages`, async () => {
        const wrong = await lookAtPages(context, path);
        failures += wrong.length > 0 ? 1 : 0;
        for (const one of wrong) console.error(`  ${basename(path)}, ${one}`);
      });
    }
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
