"""The run in real Keras on TensorFlow: Sequential, compile, and the step that `fit` makes."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import tensorflow as tf


def versions():
    return f"Keras {keras.__version__}, TensorFlow {tf.__version__}"


def kernel(name, weight):
    """From (filters, channels, height, width) and (units, inputs) to Keras's layouts."""
    if weight.ndim == 4:
        return weight.transpose(2, 3, 1, 0)
    if name == "fc1":  # Keras flattens (height, width, channels)
        weight = weight.reshape(-1, 16, 5, 5).transpose(0, 2, 3, 1).reshape(len(weight), -1)
    return weight.T


class Network:
    def __init__(self, run, weights):
        layers, activation = keras.layers, run["activation"]
        channels, height, width = run["input"]
        self.model = keras.Sequential([
            keras.Input((height, width, channels)),
            layers.Conv2D(6, 5, activation=activation, name="conv1"), layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation=activation, name="conv2"), layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh", name="fc1"),
            layers.Dense(84, activation="tanh", name="fc2"),
            layers.Dense(run["classes"], activation="softmax", name="fc3"),
        ])
        for name in ("conv1", "conv2", "fc1", "fc2", "fc3"):
            self.model.get_layer(name).set_weights(
                [kernel(name, weights[f"{name}.weight"]), weights[f"{name}.bias"]])
        self.model.compile(
            keras.optimizers.Adam(run["optimizer"]["learningRate"]),
            "sparse_categorical_crossentropy", jit_compile=False)
        self.before_softmax = keras.Model(self.model.inputs, self.model.layers[-2].output)

    def step(self, images, labels):
        # the loss that train_on_batch returns is a mean since the last reset
        self.model.reset_metrics()
        return self.model.train_on_batch(images.transpose(0, 2, 3, 1), labels)

    def logits(self, images):
        hidden = self.before_softmax.predict_on_batch(images.transpose(0, 2, 3, 1))
        weight, bias = self.model.layers[-1].get_weights()
        return hidden @ weight + bias


start = Network
