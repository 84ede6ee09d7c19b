"""The other side of the round trips: onnxruntime, Keras and PyTorch.

    python sides.py <folder>

jobs.json in the folder lists files that this project has written. For each one the framework that it is for
computes the logits of the images, <id>.f32, and writes the network again, under the job's `back`.
"""

import json
import os
import sys
from collections import OrderedDict
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402

folder = Path(sys.argv[1])


def images_of(job):
    return np.fromfile(folder / job["images"], np.uint8).reshape(-1, *job["shape"])


def normalised(job):
    mean, std = job["normalisation"]["mean"], job["normalisation"]["std"]
    return ((images_of(job) - mean) / std).astype(np.float32)


def onnxruntime_side(job):
    import onnx
    import onnxruntime

    path = folder / job["file"]
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / job["back"])
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images_of(job)})[0]


def keras_side(job):
    import keras

    model = keras.models.load_model(folder / job["file"])
    model.save(folder / job["back"])
    return np.asarray(model(images_of(job).transpose(0, 2, 3, 1)))


def keras_weights_side(job):
    """Weights alone, in a model that is written here and not read from the file."""
    import keras

    channels, height, width = job["shape"]
    layers, before = [keras.layers.Input((height, width, channels))], None
    for layer in job["layers"]:
        kind = layer["kind"]
        if kind == "conv":
            if layer.get("padding", 0):
                layers.append(keras.layers.ZeroPadding2D(layer["padding"]))
            layers.append(keras.layers.Conv2D(layer["filters"], layer["kernel"], layer.get("stride", 1)))
        elif kind == "dense":
            layers.append(keras.layers.Dense(layer["units"]))
        elif kind == "maxpool":
            layers.append(keras.layers.MaxPooling2D(layer["size"]))
        elif kind == "avgpool":
            layers.append(keras.layers.AveragePooling2D(layer["size"]))
        elif kind == "batchnorm":
            layers.append(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
        elif kind == "dropout":
            layers.append(keras.layers.Dropout(layer["rate"]))
        elif kind == "flatten":
            layers.append(keras.layers.Flatten())
        else:
            layers.append(keras.layers.Activation(kind))
    model = keras.Sequential(layers)
    model.load_weights(folder / job["file"])
    model.save_weights(folder / job["back"])
    return np.asarray(model(normalised(job).transpose(0, 2, 3, 1)))


def torch_side(job):
    import safetensors.torch
    import torch
    from torch import nn

    modules, (channels, height, width), flat = OrderedDict(), job["shape"], None
    for i, layer in enumerate(job["layers"]):
        kind, name = layer["kind"], layer.get("name", str(i))
        if kind == "conv":
            kernel, stride, padding = layer["kernel"], layer.get("stride", 1), layer.get("padding", 0)
            modules[name] = nn.Conv2d(channels, layer["filters"], kernel, stride, padding)
            channels = layer["filters"]
            height, width = ((side + 2 * padding - kernel) // stride + 1 for side in (height, width))
        elif kind in ("maxpool", "avgpool"):
            modules[name] = {"maxpool": nn.MaxPool2d, "avgpool": nn.AvgPool2d}[kind](layer["size"])
            height, width = height // layer["size"], width // layer["size"]
        elif kind == "flatten":
            modules[name], flat = nn.Flatten(), channels * height * width
        elif kind == "dense":
            modules[name], flat = nn.Linear(flat, layer["units"]), layer["units"]
        elif kind == "batchnorm":
            modules[name] = nn.BatchNorm1d(flat) if flat else nn.BatchNorm2d(channels)
        elif kind == "dropout":
            modules[name] = nn.Dropout(layer["rate"])
        else:
            modules[name] = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}[kind]()
    model = nn.Sequential(modules).eval()
    model.load_state_dict(safetensors.torch.load_file(folder / job["file"]))
    safetensors.torch.save_file(model.state_dict(), folder / job["back"])
    with torch.inference_mode():
        return model(torch.from_numpy(normalised(job))).numpy()


def versions():
    import keras
    import onnxruntime
    import safetensors
    import tensorflow
    import torch

    return {
        "onnxruntime": f"onnxruntime {onnxruntime.__version__}",
        "keras": f"Keras {keras.__version__} on TensorFlow {tensorflow.__version__}",
        "torch": f"PyTorch {torch.__version__.split('+')[0]}, safetensors {safetensors.__version__}",
    }


sides = {"onnx": onnxruntime_side, "keras": keras_side, "kerasWeights": keras_weights_side,
         "pytorch": torch_side}
for job in json.loads((folder / "jobs.json").read_text()):
    print(f"{job['format']}: {job['id']}", file=sys.stderr)
    sides[job["format"]](job).astype("<f4").tofile(folder / f"{job['id']}.f32")
(folder / "versions.json").write_text(json.dumps(versions()))
