/** A classifier in int8 with random weights. */
import { encodeClassifier } from "../../lib/classifier/mod.ts";
import type { ClassifierPreprocessing } from "../../lib/classifier/mod.ts";
import { quantizeModel } from "../../lib/compression/mod.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { lenet5 } from "../../lib/model/architecture.ts";

/** What makes its pixels, unless a test says otherwise. */
export const preprocessing: ClassifierPreprocessing = {
  ...{ width: 32, height: 32, filter: "antialiased", framing: "crop", colour: false },
  decoder: "exact",
};

/** The network in int8, of four classes. */
export const int8Model = (() => {
  const architecture = lenet5(4);
  const weights = initialWeights(architecture, "lecun", 7);
  return quantizeModel(architecture, weights, { mean: 120, std: 60 }, "channel");
})();

/** Bytes of the classifier's file. */
export const classifierFile: Uint8Array = encodeClassifier({
  network: { numbers: "int8", model: int8Model },
  preprocessing,
  classes: ["otter", "hen", "</script>", "Zoë"],
});
