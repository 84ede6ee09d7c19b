import { systemTitles } from "../systems/create_system.ts";
import type { EpochRecord, SystemName } from "../systems/system.ts";
import { FigureRow } from "./figure_row.ts";
import { lossFigure } from "./figures/figure_2_loss.ts";
import { accuracyFigure } from "./figures/figure_3_accuracy.ts";
import { livePlace } from "./notebook.ts";

/** Two figures of this width stand side by side in JupyterLab, in letters of their own size. */
const width = 396;

/**
 * A listener to the epochs of a training. It shows the loss and the accuracy below the cell, and they grow
 * there while the training goes on.
 */
export function liveCurves(
  system: SystemName,
  about: { readonly classes: number; readonly data: string },
): (record: EpochRecord) => Promise<void> {
  const place = livePlace();
  const history: EpochRecord[] = [];
  return async (record) => {
    history.push(record);
    const series = [{ name: systemTitles[system], history, system }];
    const loss = lossFigure(series, { ...about, width, title: "Training loss" });
    const accuracy = accuracyFigure(series, { ...about, width, title: "Validation accuracy" });
    await place(new FigureRow([loss, accuracy]));
  };
}
