"""One contender of the bench: obeys requests, a JSON a line, until its input ends.

    python contender.py <name> <threads>      (the names are at the end of this file)

A request {"work": "train" | "infer" | "preprocess", "batch": n, "seconds": s} is answered with
{"images": n, "seconds": t}: whole batches for about s seconds, after a warm-up. With "clock": "cpu"
the seconds are those that the process had the processor. A contender that cannot do what is asked
answers {"error": reason}. Batches are made before the clock starts; each
framework gets its own best layout, no copies inside the loop, and the number of threads asked for.
"""

import json
import os
import sys
import tempfile
import time

name, threads = sys.argv[1], int(sys.argv[2])
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(threads)

import numpy as np  # noqa: E402  (after the thread counts)

import compressed  # noqa: E402
from onnx_lenet import onnx_lenet  # noqa: E402

# seconds before anything counts, as in contender.ts
WARM_UP = 1

rng = np.random.default_rng(0)


def batch_of(size):
    images = rng.standard_normal((size, 1, 32, 32), dtype=np.float32)
    return images, rng.integers(0, 50, size)


class PyTorch:
    def __init__(self, compiled):
        import torch
        from torch import nn

        torch.manual_seed(0)
        torch.set_num_threads(threads)
        self.torch = torch
        self.model = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 50),
        )
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3, fused=True)
        self.forward = torch.compile(self.model) if compiled else self.model

    def train(self, size):
        images, labels = batch_of(size)
        images, labels = self.torch.from_numpy(images), self.torch.from_numpy(labels)

        def step():
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.forward(images), labels).backward()
            self.optimizer.step()

        return step

    def infer(self, size):
        images = self.torch.from_numpy(batch_of(size)[0])

        def step():
            with self.torch.inference_mode():
                self.forward(images)

        return step


class Keras:
    def __init__(self):
        import keras
        import tensorflow as tf

        layers = keras.layers
        self.tf = tf
        self.model = keras.Sequential([
            keras.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh"), layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"), layers.MaxPooling2D(2), layers.Flatten(),
            layers.Dense(120, activation="tanh"), layers.Dense(84, activation="tanh"),
            layers.Dense(50),
        ])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        # XLA ("jit_compile") is slower than the plain graph on this network's convolutions
        self.model.compile(keras.optimizers.Adam(1e-3), loss, jit_compile=False)
        self.predict = tf.function(lambda x: self.model(x, training=False))

    def tensors(self, size):
        images, labels = batch_of(size)
        return self.tf.constant(images.transpose(0, 2, 3, 1)), self.tf.constant(labels)

    def train(self, size):
        # fit's own inner loop on a batch that repeats, without its per-epoch bookkeeping
        data = self.tf.data.Dataset.from_tensors(self.tensors(size)).cache().repeat()
        steps = self.model.make_train_function() or self.model.train_function
        iterator = iter(data)
        return lambda: steps(iterator)

    def infer(self, size):
        images, _ = self.tensors(size)
        return lambda: self.predict(images).numpy()


class NumPy:
    """The paper's kind of system, vectorised: im2col by strides, BLAS for the products."""

    def __init__(self):
        shapes = [(25, 6), (150, 16), (400, 120), (120, 84), (84, 50)]
        self.w = [(rng.standard_normal(s) / s[0] ** 0.5).astype(np.float32) for s in shapes]
        self.b = [np.zeros(s[1], np.float32) for s in shapes]
        self.m = [np.zeros_like(p) for p in self.w + self.b]
        self.v = [np.zeros_like(p) for p in self.w + self.b]
        self.t = 0

    @staticmethod
    def columns(x):
        windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), (1, 2))
        n, h, w = windows.shape[:3]
        return windows.transpose(0, 1, 2, 4, 5, 3).reshape(n * h * w, -1), (n, h, w)

    def conv(self, x, i):
        columns, (n, h, w) = self.columns(x)
        y = (columns @ self.w[i] + self.b[i]).reshape(n, h // 2, 2, w // 2, 2, -1)
        pooled = y.max((2, 4))
        return np.tanh(pooled), (columns, y == pooled[:, :, None, :, None], x.shape)

    def run(self, images):
        a, keep1 = self.conv(images, 0)
        c, keep2 = self.conv(a, 1)
        flat = c.reshape(len(c), -1)
        h1 = np.tanh(flat @ self.w[2] + self.b[2])
        h2 = np.tanh(h1 @ self.w[3] + self.b[3])
        return h2 @ self.w[4] + self.b[4], (a, keep1, c, keep2, flat, h1, h2)

    def conv_backward(self, g, i, keep, wants_input):
        columns, winners, shape = keep
        g = (winners * g[:, :, None, :, None]).reshape(-1, g.shape[-1])
        grads = columns.T @ g, g.sum(0)
        if not wants_input:
            return grads, None
        n, h, w, c = shape
        patches = (g @ self.w[i].T).reshape(n, h - 4, w - 4, 5, 5, c)
        dx = np.zeros(shape, np.float32)
        for ky in range(5):
            for kx in range(5):
                dx[:, ky:ky + h - 4, kx:kx + w - 4] += patches[:, :, :, ky, kx]
        return grads, dx

    def train(self, size):
        images, labels = batch_of(size)
        images = images.transpose(0, 2, 3, 1).copy()

        def step():
            logits, (a, keep1, c, keep2, flat, h1, h2) = self.run(images)
            p = np.exp(logits - logits.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            p[np.arange(size), labels] -= 1
            g = p / size
            grads = [None] * 5
            for i, x in ((4, h2), (3, h1), (2, flat)):
                grads[i] = x.T @ g, g.sum(0)
                g = (g @ self.w[i].T) * (1 - x * x)
            grads[1], g = self.conv_backward(g.reshape(c.shape), 1, keep2, True)
            grads[0], _ = self.conv_backward(g * (1 - a * a), 0, keep1, False)
            self.adam([g[0] for g in grads] + [g[1] for g in grads])

        return step

    def adam(self, grads):
        self.t += 1
        for p, g, m, v in zip(self.w + self.b, grads, self.m, self.v):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            correction = (1 - 0.999 ** self.t) ** 0.5
            p -= 1e-3 / (1 - 0.9 ** self.t) * m / (np.sqrt(v) / correction + 1e-8)

    def infer(self, size):
        images = batch_of(size)[0].transpose(0, 2, 3, 1).copy()
        return lambda: self.run(images)[0]


class OnnxRuntime:
    def __init__(self):
        import onnxruntime as ort

        shapes = {"conv1": (6, 1, 5, 5), "conv2": (16, 6, 5, 5), "fc1": (120, 400), "fc2": (84, 120),
                  "fc3": (50, 84)}
        weights = {}
        for name, shape in shapes.items():
            weights[f"{name}.weight"] = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.1)
            weights[f"{name}.bias"] = np.zeros(shape[0], np.float32)
        self.model, self.ort = onnx_lenet(weights), ort
        self.open(self.model.SerializeToString())

    def open(self, model):
        options = self.ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = self.ort.InferenceSession(
            model, options, providers=["CPUExecutionProvider"])

    def infer(self, size):
        images = {"x": batch_of(size)[0]}
        return lambda: self.session.run(None, images)


class OpenCV:
    """The paper's data set in a PyTorch DataLoader, as many workers as threads."""

    def preprocess(self, size, paths):
        import cv2
        import torch

        class Images(torch.utils.data.Dataset):
            def __len__(self):
                return len(paths)

            def __getitem__(self, i):
                image = cv2.cvtColor(cv2.imread(paths[i]), cv2.COLOR_BGR2GRAY)
                return torch.from_numpy(cv2.resize(image, (32, 32)))

        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        loader = torch.utils.data.DataLoader(
            Images(), batch_size=size, num_workers=threads, persistent_workers=True)
        return lambda: sum(len(batch) for batch in loader)


def int8_onnxruntime():
    with tempfile.TemporaryDirectory() as folder:
        return compressed.int8_onnxruntime(OnnxRuntime(), batch_of, folder)


make = {
    "pytorch-pruned": lambda: compressed.pruned_pytorch(PyTorch(False)),
    "pytorch-int8": lambda: compressed.Int8PyTorch(PyTorch(False), batch_of),
    "onnxruntime-int8": int8_onnxruntime,
    "pytorch": lambda: PyTorch(False), "pytorch-compiled": lambda: PyTorch(True),
    "keras": Keras, "numpy": NumPy, "onnxruntime": OnnxRuntime, "opencv": OpenCV,
}
if len(sys.argv) > 3:  # a path: write the model there for onnxruntime-node, and end
    import onnx

    onnx.save(OnnxRuntime().model, sys.argv[3])
    sys.exit()
contender, steps = None, {}
for line in sys.stdin:
    request = json.loads(line)
    try:
        contender = contender or make[name]()
        work, size = request["work"], request["batch"]
        each = len(request["paths"]) if work == "preprocess" else size
        now = time.process_time if request.get("clock") == "cpu" else time.perf_counter
        # the clock is read once for 256 single images, as in contender.ts
        repeats = max(1, 256 // size) if work == "infer" else 1
        if (work, size) not in steps:
            more = [request["paths"]] if work == "preprocess" else []
            step = steps[work, size] = getattr(contender, work)(size, *more)
            warm = now()
            while now() - warm < max(WARM_UP, request["seconds"]):
                step()
        step, count, start = steps[work, size], 0, now()
        while count == 0 or now() - start < request["seconds"]:
            for _ in range(repeats):
                step()
            count += repeats
        answer = {"images": count * each, "seconds": now() - start}
    except Exception as error:  # told to the bench, which shows it
        answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
    print(json.dumps(answer), flush=True)
