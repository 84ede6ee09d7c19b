"""Reads what export.ts has written."""

import json
from pathlib import Path

import numpy as np


def safetensors(path):
    """The arrays of a safetensors file: header length, header as JSON, the numbers."""
    raw = Path(path).read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, expected F32")
        begin, end = entry["data_offsets"]
        values = np.frombuffer(raw[start + begin:start + end], "<f4")
        arrays[name] = values.reshape(entry["shape"]).copy()
    return arrays


class Exported:
    """A run's settings, pixels, order of the images and starting weights."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.run = json.loads((self.folder / "run.json").read_text())
        self.weights = safetensors(self.folder / "start.safetensors")
        count = self.run["images"]["train"]
        self.orders = np.fromfile(self.folder / "order.i32", "<i4").reshape(-1, count)
        mean, std = self.run["normalisation"]["mean"], self.run["normalisation"]["std"]
        self.levels = ((np.arange(256) - mean) / std).astype(np.float32)

    def split(self, name):
        """Pixels (images, channels, height, width) as bytes, labels as int64."""
        data = self.folder.parent / "pixels"
        labels = np.fromfile(data / f"{name}.labels.i32", "<i4").astype(np.int64)
        pixels = np.fromfile(data / f"{name}.u8", np.uint8)
        return pixels.reshape(len(labels), *self.run["input"]), labels

    def order(self, epoch):
        """Positions of the training images in the order in which the epoch takes them."""
        return self.orders[epoch]

    def normalised(self, pixels):
        """(p − mean) / std in float32."""
        return self.levels[pixels]
