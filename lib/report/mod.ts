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
export { type Drawing, Figure, type FigureText, type LegendEntry } from "./figure.ts";
export { experimentNote } from "./experiment_note.ts";
export { type Displayable, keep, livePlace, show } from "./notebook.ts";
export { progress, training } from "./progress_bar.ts";
export { savedFigure } from "./saved_figure.ts";
export { savedTable } from "./saved_table.ts";
export { otherStyle, plotFigure, type SeriesStyle, systemStyle } from "./plot.ts";
export { sweepNote } from "./sweep_note.ts";
export { stop, Stopped, stopSignal } from "./stop.ts";
export { type Cell, type Column, type Interval, Table, type TableOptions } from "./table.ts";
export * from "./figures/activations_figure.ts";
export * from "./figures/figure_3_accuracy.ts";
export * from "./figures/figure_1_architecture.ts";
export * from "./figures/before_after_figure.ts";
export { confusionFigure } from "./figures/confusion_figure.ts";
export * from "./figures/confusion_pair_figure.ts";
export * from "./figures/fault_matrix_figure.ts";
export { ladderFigure } from "./figures/ladder_figure.ts";
export * from "./figures/layers_figure.ts";
export * from "./figures/learning_curves_figure.ts";
export * from "./figures/figure_2_loss.ts";
export * from "./figures/mistakes_figure.ts";
export * from "./figures/planes_figure.ts";
export * from "./figures/number_line_figure.ts";
export * from "./figures/pruning_figure.ts";
export * from "./figures/samples_figure.ts";
export { markdown } from "./escape.ts";
export { FigureRow } from "./figure_row.ts";
export { liveCurves } from "./live_curves.ts";
export * from "./tables/backends_table.ts";
export * from "./figures/table_2_figure.ts";
export * from "./figures/test_curves_figure.ts";
export * from "./figures/trade_off_figure.ts";
export * from "./figures/weight_histogram_figure.ts";
export * from "./figures/weight_map_figure.ts";
export * from "./tables/ablation_table.ts";
export * from "./tables/accuracy_table.ts";
export * from "./tables/batches_table.ts";
export * from "./tables/dataset_table.ts";
export * from "./tables/fault_matrix_table.ts";
export * from "./tables/filters_table.ts";
export * from "./tables/gradient_check_table.ts";
export * from "./tables/history_table.ts";
export * from "./tables/input_variants_table.ts";
export * from "./tables/layers_table.ts";
export * from "./tables/logits_table.ts";
export * from "./tables/outlook_table.ts";
export * from "./tables/overfitting_table.ts";
export * from "./tables/paper_accuracy_table.ts";
export * from "./tables/paper_code_table.ts";
export * from "./tables/pruning_table.ts";
export * from "./tables/quantization_table.ts";
export * from "./tables/search_table.ts";
export * from "./tables/settings_table.ts";
export * from "./tables/speed_table.ts";
export * from "./tables/start_table.ts";
export * from "./tables/table_2.ts";
export * from "./tables/table_2_backends.ts";
export * from "./tables/table_2_complete.ts";
export * from "./tables/table_3.ts";
export * from "./tables/warnings_table.ts";
export * from "./words/compression_words.ts";
export * from "./words/search_words.ts";
export * from "./words/table_3_words.ts";
export type { PairedRatio } from "../metrics/paired_ratio.ts";
export type { OnProgress } from "../util/progress.ts";
