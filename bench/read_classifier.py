"""
Answers as an int8 classifier's file does, in NumPy, written from lib/classifier/FORMAT.md alone.

    python bench/read_classifier.py MODEL PIXELS LOGITS

PIXELS holds bytes, (count, channels, height, width); the logits are written as float32, (count, classes).
"""

import json
import struct
import sys
import zlib

import numpy as np

KINDS = {"F32": np.dtype("<f4"), "I32": np.dtype("<i4"), "I8": np.dtype("i1"), "U8": np.dtype("u1")}
NAMES = {"F32": "Float32Array", "I32": "Int32Array", "I8": "Int8Array", "U8": "Uint8Array"}
f32 = np.float32


def read(path):
    """The arrays by name, sparse ones whole, and the texts."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    texts = header.pop("__metadata__")
    stored = {}
    for name, entry in header.items():
        start, end = (8 + length + at for at in entry["data_offsets"])
        numbers = np.frombuffer(content[start:end], KINDS[entry["dtype"]])
        stored[name] = (entry["dtype"], entry["shape"], numbers)
    if texts.get("format") != "lenet classifier, version 1":
        sys.exit(f"{path}: the format is {texts.get('format')}")
    if "lenet.crc32" in texts and checksum(stored, texts) != texts["lenet.crc32"]:
        sys.exit(f"{path}: the checksum does not fit")
    arrays = {name: numbers.reshape(shape) for name, (_, shape, numbers) in stored.items()}
    for name, shape in json.loads(texts["sparse"]).items():
        bits = np.unpackbits(arrays.pop(name + ".bits"), bitorder="little")
        values = arrays.pop(name + ".values")
        whole = np.zeros(np.prod(shape), values.dtype)
        whole[bits[: whole.size] == 1] = values
        arrays[name] = whole.reshape(shape)
    return arrays, texts


def utf16(name):
    return name.encode("utf-16-be")


def checksum(stored, texts):
    names = sorted(stored, key=utf16)
    shapes = [[name, NAMES[stored[name][0]], stored[name][1]] for name in names]
    others = [[name, texts[name]] for name in sorted(texts, key=utf16) if name != "lenet.crc32"]
    text = json.dumps([shapes, others], separators=(",", ":"), ensure_ascii=False)
    total = zlib.crc32(text.encode())
    for name in names:
        total = zlib.crc32(stored[name][2].tobytes(), total)
    return f"{total:08x}"


def convolve(images, weight, bias):
    """Sums of a convolution, and the largest of each 2 × 2 window."""
    kernel = weight.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(images, (kernel, kernel), axis=(2, 3))
    sums = np.einsum("nchwyx,fcyx->nfhw", windows, weight) + bias[:, None, None]
    count, filters, height, width = sums.shape
    return sums.reshape(count, filters, height // 2, 2, width // 2, 2).max(axis=(3, 5))


def requantize(sums, multipliers, curve):
    """What the sums become after the activation; NumPy rounds each operation on float32 to float32."""
    a0, a1, a2, b1, b2, low, high, shift = curve
    x = np.minimum(np.maximum(sums.astype(f32) * multipliers, low), high)
    u = x * x
    p = (a2 * u + a1) * u + a0
    d = (b2 * u + b1) * u + f32(1)
    return np.rint(x * p / d + shift).astype(np.int64)


def logits(arrays, texts, pixels):
    values = pixels.astype(np.int64)
    layers = [
        layer
        for layer in json.loads(texts["architecture"])["layers"]
        if layer["kind"] in ("conv", "dense")
    ]
    for layer in layers:
        weight, bias, multipliers = (
            arrays[f"{layer['name']}.{part}"] for part in ("weight", "bias", "multipliers")
        )
        weight, bias = weight.astype(np.int64), bias.astype(np.int64)
        if layer["kind"] == "conv":
            sums = convolve(values, weight, bias)
            multipliers = multipliers[:, None, None]
        else:
            sums = values.reshape(len(values), -1) @ weight.T + bias
        if layer is layers[-1]:
            return sums.astype(f32) * multipliers
        values = requantize(sums, multipliers, arrays[f"{layer['name']}.curve"])


def main():
    model, pixels, out = sys.argv[1:]
    arrays, texts = read(model)
    if texts["numbers"] != "int8":
        sys.exit(f"{model}: its numbers are {texts['numbers']}, not int8")
    size = json.loads(texts["architecture"])["input"]
    shape = (-1, size["channels"], size["height"], size["width"])
    images = np.fromfile(pixels, np.uint8).reshape(shape)
    logits(arrays, texts, images).astype("<f4").tofile(out)


if __name__ == "__main__":
    main()
