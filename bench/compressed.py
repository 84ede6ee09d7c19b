"""What PyTorch and onnxruntime offer to compress LeNet-5, as contenders of the bench; see contender.py."""

import warnings

warnings.simplefilter("ignore")


def pruned_pytorch(plain):
    """torch.nn.utils.prune as the report used it: random, conv 20 %, dense 40 %, masks kept."""
    from torch import nn
    from torch.nn.utils import prune

    for module in plain.model:
        if isinstance(module, nn.Conv2d):
            prune.random_unstructured(module, "weight", 0.2)
        elif isinstance(module, nn.Linear):
            prune.random_unstructured(module, "weight", 0.4)
    return plain


class Int8PyTorch:
    """Eager-mode static quantization: prepare, calibrate, convert; quantized modules all the way."""

    def __init__(self, plain, batch_of):
        import torch
        import torch.ao.quantization as quantization

        torch.backends.quantized.engine = "x86"
        self.torch, self.batch_of = torch, batch_of
        model = torch.nn.Sequential(
            quantization.QuantStub(), *plain.model, quantization.DeQuantStub()).eval()
        model.qconfig = quantization.get_default_qconfig("x86")
        quantization.prepare(model, inplace=True)
        with torch.inference_mode():
            for _ in range(4):
                model(torch.from_numpy(batch_of(256)[0]))
        self.model = quantization.convert(model)
        if not isinstance(self.model[1], torch.ao.nn.quantized.Conv2d):
            raise RuntimeError("the convolution was not converted")

    def infer(self, size):
        images = self.torch.from_numpy(self.batch_of(size)[0])

        def step():
            with self.torch.inference_mode():
                self.model(images)

        return step


def int8_onnxruntime(plain, batch_of, folder):
    """onnxruntime's static quantization, QDQ: signed weights a channel, 7 bits without VNNI."""
    import onnx
    from onnxruntime import quantization

    class Calibration(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = iter([{"x": batch_of(256)[0]} for _ in range(4)])

        def get_next(self):
            return next(self.batches, None)

    source, target = f"{folder}/float.onnx", f"{folder}/int8.onnx"
    onnx.save(plain.model, source)
    quantization.quantize_static(
        source, target, Calibration(), quant_format=quantization.QuantFormat.QDQ,
        per_channel=True, reduce_range=True, weight_type=quantization.QuantType.QInt8)
    plain.open(target)
    return plain
