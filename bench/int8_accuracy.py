"""Logits of the trained LeNet-5 in float32 and int8, as PyTorch and onnxruntime compute them.

    python int8_accuracy.py <folder>

The folder is one that witness/export.ts has written, with the images to calibrate on in order.i32. For
each network <name>.f32 gets the logits of the validation and the test images, and networks.json says
what there is and how large it is.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "witness"))

from compressed import has_vnni, quantized_onnx, quantized_pytorch  # noqa: E402
from exported import Exported  # noqa: E402
from onnx_lenet import onnx_lenet  # noqa: E402

folder = Path(sys.argv[1])
exported = Exported(folder)
pixels, _ = exported.split("train")
chosen = exported.order(0)[:exported.run["calibrationImages"]]
calibration = [exported.normalised(pixels[chosen])]
held_out = np.concatenate([exported.normalised(exported.split(name)[0]) for name in ("val", "test")])
networks = []


def keep(library, setting, logits, size):
    name = f"{library}_{len(networks)}".lower()
    logits.astype("<f4").tofile(folder / f"{name}.f32")
    networks.append({"library": library, "setting": setting, "file": f"{name}.f32", "bytes": size})


def pytorch(temporary):
    import torch
    from torch import nn

    names = ["conv1", None, None, "conv2", None, None, None, "fc1", None, "fc2", None, "fc3"]
    plain = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
        nn.Linear(84, exported.run["classes"]))
    for name, module in zip(names, plain):
        if name:
            module.weight.data = torch.from_numpy(exported.weights[f"{name}.weight"])
            module.bias.data = torch.from_numpy(exported.weights[f"{name}.bias"])

    def record(setting, model):
        path = Path(temporary) / "model.pt"
        torch.save(model.state_dict(), path)
        with torch.inference_mode():
            logits = model(torch.from_numpy(held_out)).numpy()
        keep("PyTorch", setting, logits, path.stat().st_size)

    record("float32", plain)
    for setting, bits in {
        "int8, activations of 7 bits, its default": (8, 7),
        "int8, weights of 7 bits": (7, 8),
        "int8, weights of 8 bits": (8, 8),
    }.items():
        record(setting, quantized_pytorch(list(plain), calibration, *bits))


def onnxruntime(temporary):
    import onnx
    import onnxruntime as ort

    source, target = f"{temporary}/float.onnx", f"{temporary}/int8.onnx"
    onnx.save(onnx_lenet(exported.weights), source)

    def record(setting, path):
        session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        keep("onnxruntime", setting, session.run(None, {"x": held_out})[0], Path(path).stat().st_size)

    record("float32", source)
    for setting, options in {
        "int8, weights of 7 bits": {"weight_bits": 7},
        "int8, weights of 8 bits": {"weight_bits": 8},
        "int8, weights of 8 bits, signed activations": {"weight_bits": 8, "signed_activations": True},
        "int8, unsigned weights of 8 bits": {"weight_bits": 8, "signed_weights": False},
    }.items():
        quantized_onnx(source, target, calibration, **options)
        record(setting, target)


with tempfile.TemporaryDirectory() as temporary:
    pytorch(temporary)
    onnxruntime(temporary)
answer = {"hasVnni": has_vnni(), "networks": networks}
(folder / "networks.json").write_text(json.dumps(answer, indent=2) + "\n")
