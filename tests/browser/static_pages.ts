/** A notebook as a page that nobody can run: by nbconvert, whole and stripped as careful viewers strip it. */
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContext } from "playwright-core";
import { projectRoot } from "../../lib/util/files.ts";
import { venvPython } from "../../tasks/python.ts";
import { run } from "../../tasks/run.ts";
import { browserFolder } from "./lab_server.ts";

/** How often a tag stands in the HTML that a notebook's cells have left. */
export function countInOutputs(notebook: string, tag: string): number {
  const { cells } = JSON.parse(notebook) as {
    cells: { outputs?: { data?: Record<string, string | string[]> }[] }[];
  };
  const pages = cells.flatMap(({ outputs = [] }) => outputs)
    .map(({ data }) => [data?.["text/html"] ?? ""].flat().join(""));
  return pages.reduce((sum, html) => sum + html.split(`<${tag}`).length - 1, 0);
}

/**
 * Makes both pages of a notebook, takes a screenshot of each, and compares the figures and tables in sight with
 * those in the notebook.
 * @returns what is wrong
 */
export async function lookAtPages(context: BrowserContext, notebook: string): Promise<string[]> {
  const wrong: string[] = [];
  const text = await Deno.readTextFile(notebook);
  const wanted = { figures: countInOutputs(text, "img"), tables: countInOutputs(text, "table") };
  for (const kind of ["static", "sanitised"] as const) {
    const name = `${basename(notebook)[0]}-${kind}`;
    const path = join(browserFolder, "pages", `${name}.html`);
    const script = join(projectRoot, "tests", "browser", "static_html.py");
    const flags = kind === "sanitised" ? ["--sanitised"] : [];
    await run(venvPython, [script, ...flags, notebook, path]);
    const page = await context.newPage();
    try {
      await page.setViewportSize({ width: 1000, height: 900 });
      await page.route(/^https?:/, (route) => route.abort()); // formulas come from elsewhere
      await page.goto(pathToFileURL(path).href, { waitUntil: "domcontentloaded" });
      const seen = await page.evaluate(async () => {
        const area = ".jp-Cell-outputArea";
        const images = [...document.querySelectorAll<HTMLImageElement>(`${area} img`)];
        await Promise.all(images.map((image) => image.decode().catch(() => {})));
        const isSeen = (element: Element) => element.getBoundingClientRect().width > 50;
        return {
          figures: images.filter((image) => image.naturalWidth > 0 && isSeen(image)).length,
          tables: [...document.querySelectorAll(`${area} table`)].filter(isSeen).length,
        };
      });
      await page.screenshot({
        path: join(browserFolder, "screenshots", `${name}.png`),
        fullPage: true,
      });
      for (const what of ["figures", "tables"] as const) {
        if (seen[what] === wanted[what]) continue;
        wrong.push(`${kind} page: ${seen[what]} of ${wanted[what]} ${what} are seen`);
      }
    } finally {
      await page.close();
    }
  }
  return wrong;
}
