/**
 * Tables and figures, and how a notebook or a terminal shows them.
 *
 * ```ts
 * import { layerTable, show } from "@lenet/three-ways/report";
 * import { lenet5 } from "@lenet/three-ways/systems";
 *
 * await show("The network:", layerTable(lenet5(50)));
 * ```
 * @module
 */
export { Figure } from "./figure.ts";
export { type Displayable, progress, show } from "./notebook.ts";
export { type Cell, type Column, type Interval, Table, type TableOptions } from "./table.ts";
export { architectureFigure } from "./figures/architecture_figure.ts";
export { beforeAfter } from "./figures/before_after_figure.ts";
export { confusionFigure } from "./figures/confusion_figure.ts";
export { lossFigure, type Series } from "./figures/loss_figure.ts";
export { dataLabel, datasetTable } from "./tables/dataset_table.ts";
export { layerTable } from "./tables/layers_table.ts";
export type { ExampleImage } from "../diagnosis/example_images.ts";
export type { OnProgress } from "../util/progress.ts";
