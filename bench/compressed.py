"""What PyTorch and onnxruntime offer to compress LeNet-5; see contender.py and int8_accuracy.py."""

import copy
import warnings

warnings.simplefilter("ignore")


def has_vnni():
    """Whether the processor adds four products of bytes in 32 bits.

    Without that instruction AVX2 and AVX-512 have vpmaddubsw only, which adds two products of an
    unsigned and a signed byte in 16 bits: 255 · 127 · 2 is too much for it, and it saturates, unless one
    side has 7 bits only.
    """
    try:
        with open("/proc/cpuinfo") as file:
            flags = file.read()
    except OSError:
        return False
    return "avx512_vnni" in flags or "avx_vnni" in flags


def pruned_pytorch(plain):
    """torch.nn.utils.prune as the paper used it: random, conv 20 %, dense 40 %, masks kept."""
    from torch import nn
    from torch.nn.utils import prune

    for module in plain.model:
        if isinstance(module, nn.Conv2d):
            prune.random_unstructured(module, "weight", 0.2)
        elif isinstance(module, nn.Linear):
            prune.random_unstructured(module, "weight", 0.4)
    return plain


def quantized_pytorch(modules, batches, weight_bits=8, activation_bits=8):
    """Eager-mode static quantization: prepare, calibrate, convert; quantized modules all the way.

    Weights have a scale a channel. `batches`: arrays of images to calibrate on. The outputs of tanh have
    8 bits whatever is asked for, because PyTorch quantizes them on a grid of its own.
    """
    import torch
    import torch.ao.quantization as quantization

    torch.backends.quantized.engine = "x86"
    model = torch.nn.Sequential(  # copies, since prepare hangs its observers onto the modules
        quantization.QuantStub(), *copy.deepcopy(modules), quantization.DeQuantStub()).eval()
    weight = quantization.PerChannelMinMaxObserver.with_args(
        dtype=torch.qint8, qscheme=torch.per_channel_symmetric, reduce_range=weight_bits == 7)
    activation = quantization.HistogramObserver.with_args(reduce_range=activation_bits == 7)
    model.qconfig = quantization.QConfig(activation=activation, weight=weight)
    quantization.prepare(model, inplace=True)
    with torch.inference_mode():
        for images in batches:
            model(torch.from_numpy(images))
    model = quantization.convert(model)
    if not isinstance(model[1], torch.ao.nn.quantized.Conv2d):
        raise RuntimeError("the convolution was not converted")
    return model


def quantized_onnx(source, target, batches, weight_bits=8, signed_activations=False,
                   signed_weights=True):
    """onnxruntime's static quantization, QDQ, with a scale a channel, from a file to a file."""
    from onnxruntime import quantization

    class Calibration(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = iter([{"x": images} for images in batches])

        def get_next(self):
            return next(self.batches, None)

    kind = quantization.QuantType
    quantization.quantize_static(
        source, target, Calibration(), quant_format=quantization.QuantFormat.QDQ,
        per_channel=True, reduce_range=weight_bits == 7,
        activation_type=kind.QInt8 if signed_activations else kind.QUInt8,
        weight_type=kind.QInt8 if signed_weights else kind.QUInt8)


class Int8PyTorch:
    """The bench's contender: 7 bits of weight where the processor needs that."""

    def __init__(self, plain, batch_of):
        import torch

        self.torch, self.batch_of = torch, batch_of
        batches = [batch_of(256)[0] for _ in range(4)]
        self.model = quantized_pytorch(list(plain.model), batches, 8 if has_vnni() else 7)

    def infer(self, size):
        images = self.torch.from_numpy(self.batch_of(size)[0])

        def step():
            with self.torch.inference_mode():
                self.model(images)

        return step


def int8_onnxruntime(plain, batch_of, folder):
    """The bench's contender: 7 bits of weight where the processor needs that."""
    import onnx

    source, target = f"{folder}/float.onnx", f"{folder}/int8.onnx"
    onnx.save(plain.model, source)
    batches = [batch_of(256)[0] for _ in range(4)]
    quantized_onnx(source, target, batches, weight_bits=8 if has_vnni() else 7)
    plain.open(target)
    return plain
