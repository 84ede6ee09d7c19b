import type { Figure } from "./figure.ts";
import type { Displayable } from "./notebook.ts";

/** Figures side by side in a notebook, or one below the other where the cell is narrower than both. */
export class FigureRow implements Displayable {
  /**
   * A row of figures.
   * @param figures from left to right, at least one
   */
  constructor(readonly figures: readonly Figure[]) {
    if (figures.length === 0) throw new RangeError("a row needs at least one figure");
  }

  /** What a notebook shows, by media type. */
  displayData(): Record<string, string> {
    const all = this.figures.map((figure) => figure.displayData());
    return {
      // images that stand alone are put one below the other by JupyterLab
      "text/html": `<div>${all.map((data) => data["text/html"]).join(" ")}</div>`,
      "text/plain": all.map((data) => data["text/plain"]).join("\n"),
    };
  }
}
