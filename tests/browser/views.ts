/** How a notebook looks in JupyterLab: in both themes, in a wide window and in a narrow one. */
import type { NotebookPage, Picture } from "./notebook_page.ts";

/** A theme of JupyterLab and a width of its window, in pixels. */
export interface View {
  readonly theme: "Light" | "Dark";
  readonly width: number;
}

/** All views; those at odd places have both themes and both widths, too. */
export const views: readonly View[] = [
  { theme: "Light", width: 1280 },
  { theme: "Light", width: 1000 },
  { theme: "Dark", width: 1000 },
  { theme: "Dark", width: 1280 },
];

/** Height in pixels of the smallest letters of a figure that are taken for readable. */
const readable = 6.5;

/**
 * Shows the open notebook in each of some views, takes a screenshot of it, and says what is wrong there.
 * @param path of the screenshot of a view
 */
export async function lookAt(
  page: NotebookPage,
  path: (view: View) => string,
  views: readonly View[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const view of views) {
    await page.show(view);
    const seen = `${view.theme.toLowerCase()}, ${view.width} pixels`;
    for (const [i, { pictures, wideTables, paleTexts }] of (await page.cells()).entries()) {
      const where = `code cell ${i + 1} (${seen})`;
      wrong.push(
        ...pictures.flatMap((picture) => pictureFindings(picture)).map((it) => `${where}: ${it}`),
        ...wideTables.map((table) => `${where}: wider than the cell: ${table}`),
        ...paleTexts.map((text) => `${where}: hardly to be read on its ground: ${text}`),
      );
    }
    await page.screenshot(path(view));
  }
  return wrong;
}

function pictureFindings({ alt, isSeen, isWide, smallest }: Picture): string[] {
  return [
    ...(isSeen ? [] : [`not seen: ${alt}`]),
    ...(alt.length > 20 ? [] : [`alt "${alt}" says too little`]),
    ...(isWide ? [`wider than the cell: ${alt}`] : []),
    ...(smallest < readable ? [`letters of ${smallest.toFixed(1)} pixels: ${alt}`] : []),
  ];
}
