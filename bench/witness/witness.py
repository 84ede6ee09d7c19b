"""One run in another program: real PyTorch, real Keras or plain NumPy.

    python witness.py <run folder> <output file> [--nudged]

The run folder holds what `export.ts` has written: run.json, the pixels and labels of three splits,
the order of the training images in every epoch, and the starting weights. With --nudged every
starting weight is moved by one rounding, up or down: how fast two runs of the same program part that
differ by rounding alone.
"""

import json
import sys
import time

import numpy as np

from exported import Exported


def program(name):
    """The module of a system: it has `versions()` and `start(run, weights)`."""
    if name == "torch":
        import torch_witness as module
    elif name == "keras":
        import keras_witness as module
    elif name == "lenet1998":
        import lenet1998_witness as module
    else:
        import numpy_witness as module
    return module


def nudged(weights):
    """The same weights, each moved to the next number that float32 has, up or down."""
    rng = np.random.default_rng(1)
    return {
        name: np.nextafter(value, np.where(rng.random(value.shape) < 0.5, -np.inf, np.inf)
                           .astype(np.float32)).astype(np.float32)
        for name, value in weights.items()
    }


def accuracy(network, images, labels):
    """Top-1 and top-5; a tie counts against the label unless its index is lower."""
    logits = np.concatenate([network.logits(images[i:i + 256]) for i in range(0, len(images), 256)])
    own = logits[np.arange(len(labels)), labels][:, None]
    before = np.arange(logits.shape[1])[None, :] < labels[:, None]
    rank = (~(logits <= own) | ((logits == own) & before)).sum(1)
    broken = np.isnan(own[:, 0])
    predicted = len(np.unique(np.nan_to_num(logits, nan=np.inf).argmax(1)))
    return {"top1": float(((rank < 1) & ~broken).mean()), "top5": float(((rank < 5) & ~broken).mean()),
            "classesPredicted": predicted}


def number(value):
    """Seven digits, which is what float32 has; None for what JSON has no word for."""
    value = float(value)
    return float(f"{value:.7g}") if np.isfinite(value) else None


def main(folder, output, is_nudged):
    exported = Exported(folder)
    run = exported.run
    module = program(run["system"])
    weights = nudged(exported.weights) if is_nudged else exported.weights
    network = module.start(run, weights)
    pixels, labels = exported.split("train")
    held_out = {name: exported.split(name) for name in ("val", "test")}
    losses, epochs, size = [], [], run["batchSize"]
    began = time.perf_counter()
    for epoch in range(run["epochs"]):
        order = exported.order(epoch)
        for at in range(0, len(order), size):
            batch = order[at:at + size]
            losses.append(number(network.step(exported.normalised(pixels[batch]), labels[batch])))
        images, truth = held_out["val"]
        epochs.append(accuracy(network, exported.normalised(images), truth))
        print(f"  {run['system']}, {run['kind']}, epoch {epoch + 1}/{run['epochs']}", file=sys.stderr)
    images, truth = held_out["test"]
    log = {
        "program": module.versions(), "seconds": round(time.perf_counter() - began, 1),
        "losses": losses, "validation": epochs,
        "test": accuracy(network, exported.normalised(images), truth),
    }
    with open(output, "w") as file:
        json.dump(log, file)


if __name__ == "__main__":
    with np.errstate(all="ignore"):  # a run that diverges is a result
        main(sys.argv[1], sys.argv[2], "--nudged" in sys.argv)
