/**
 * The gradient of the paper's NumPy code, in which a convolution hands a wrong gradient to the layer
 * before it. Right is
 *   ∂loss/∂in[c, v, u] = Σ_{f, i, j} weight[f, c, i, j] · dOut[f, v − i, u − j],
 * which a program gets by turning each kernel by 180° and padding dOut by k − 1. The code turned the
 * array along its first two axes, which are filters F and channels C, and padded by k:
 *   wrong[c, v, u] = Σ_{f, i, j} weight[F − 1 − f, C − 1 − c, i, j] · dOut[f, v + i − k, u + j − k].
 */
import { type Backend, withBackend } from "../backend/choose_backend.ts";
import * as tf from "../backend/tf.ts";
import type { Architecture } from "../model/architecture.ts";
import type { BatchGradient, StepResult } from "../model/training_step.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import type { Engine } from "../systems/numpy/engine.ts";
import { backward, CrossEntropyLoss } from "../systems/torch/cross_entropy_loss.ts";
import { buildModule } from "../systems/torch/build_module.ts";
import { Conv2d, Sequential } from "../systems/torch/torch_layers.ts";

/** A convolution whose forward pass and weight gradient are right, and whose input gradient is not. */
class WrongConv2d extends Conv2d {
  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    const filter = tf.transpose(this.weight.data, [2, 3, 1, 0]) as tf.Tensor4D;
    const convolve = tf.customGrad((x, w, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor, w as tf.Tensor]);
      const [images, filters] = [x as tf.Tensor4D, w as tf.Tensor4D];
      return {
        value: tf.conv2d(images, filters, 1, "valid"),
        gradFunc: (dOut: tf.Tensor, saved: tf.Tensor[]) => {
          const [input, weights] = saved as [tf.Tensor4D, tf.Tensor4D];
          return [
            this.#wrong(dOut as tf.Tensor4D, weights),
            weightGradient(input, dOut as tf.Tensor4D, weights.shape),
          ];
        },
      };
    });
    return tf.add(convolve(image, filter), this.bias.data) as tf.Tensor4D;
  }

  /** From dOut (N, H', W', F) and filters (k, k, C, F) to (N, H, W, C). */
  #wrong(dOut: tf.Tensor4D, filters: tf.Tensor4D): tf.Tensor4D {
    const around: [number, number] = [this.kernel, this.kernel - 2];
    const reversed = tf.reverse(tf.transpose(filters, [0, 1, 3, 2]), [2, 3]) as tf.Tensor4D;
    return tf.conv2d(dOut, reversed, 1, [[0, 0], around, around, [0, 0]]);
  }
}

/** The right one, (k, k, C, F). */
function weightGradient(x: tf.Tensor4D, dy: tf.Tensor4D, filterShape: number[]): tf.Tensor {
  return tf.engine().runKernel(tf.Conv2DBackpropFilter, { x, dy }, {
    ...{ strides: [1, 1], pad: "valid", dataFormat: "NHWC" },
    filterShape,
  });
}

/**
 * Computes the hand-written system's gradients with that mistake in them. The fast kernels know right
 * gradients only, so here tensor operations of TensorFlow.js compute, on the same machine code.
 */
export class WrongGradientEngine implements Engine {
  readonly name: string;
  readonly #model: Sequential;

  constructor(readonly architecture: Architecture, readonly backend: Backend) {
    this.name = `${backend.runsOn}, tensor operations`;
    this.#model = withBackend(backend, () =>
      new Sequential(
        buildModule(architecture).modules.map(([name, module]) => {
          if (!(module instanceof Conv2d)) return [name, module];
          const { inChannels, outChannels, kernel } = module;
          module.dispose();
          return [name, new WrongConv2d(inChannels, outChannels, kernel)];
        }),
      ));
  }

  async weights(): Promise<Weights> {
    return await this.#model.stateDict();
  }

  setWeights(weights: Weights): void {
    withBackend(this.backend, () => this.#model.loadStateDict(weights));
  }

  begin(): void {}

  optimizerState(): never {
    throw new Error("this engine has no optimizer; the faulty system takes the steps");
  }

  step(): StepResult {
    throw new Error("this engine computes gradients; the faulty system takes the steps");
  }

  gradient({ images, labels, size }: Batch): BatchGradient {
    const criterion = new CrossEntropyLoss();
    return withBackend(this.backend, () => {
      const gradients: Record<string, WeightArray> = {};
      const { loss, correct } = tf.tidy(() => {
        const target = tf.tensor1d(labels, "int32");
        let logits: tf.Tensor | undefined;
        const mean = backward(this.#model, () => {
          logits = tf.keep(this.#model.forward(this.#images(images, size)));
          return criterion.forward(logits, target);
        });
        const hits = tf.sum(tf.equal(tf.argMax(logits!, 1), target)).dataSync()[0]!;
        logits!.dispose();
        for (const [name, parameter] of this.#model.namedParameters()) {
          const data = Float32Array.from(parameter.grad!.dataSync<"float32">());
          gradients[name] = { shape: parameter.shape, data };
          parameter.zeroGrad(); // backward keeps it beyond the tidy
        }
        return { loss: mean.dataSync()[0]! * size, correct: hits };
      });
      return { loss, correct, gradients };
    });
  }

  logits(images: Float32Array, count: number): Float32Array {
    return withBackend(
      this.backend,
      () =>
        tf.tidy(() =>
          Float32Array.from(
            this.#model.forward(this.#images(images, count)).dataSync<"float32">(),
          )
        ),
    );
  }

  #images(images: Float32Array, count: number): tf.Tensor4D {
    const { input: { channels, height, width } } = this.architecture;
    const length = count * channels * height * width;
    return tf.tensor4d(images.subarray(0, length), [count, channels, height, width]);
  }

  dispose(): void {
    withBackend(this.backend, () => this.#model.dispose());
  }
}
