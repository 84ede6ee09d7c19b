"""The run in plain NumPy, written from the paper's description, with its code's mistakes on demand.

Shapes: images (N, C, H, W), filters (F, C, K, K), dense weights (out, in). What is computed is
float32 throughout.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

K = 5
SELF_UPDATE = 1e-3  # at which a dense layer of the paper's code moved by itself, on the summed gradient
SHRINKAGE = 3e-4  # of every weight, at each step of the paper's optimizer


def versions():
    return f"NumPy {np.__version__}"


def sigmoid(x):
    return np.float32(1) / (np.float32(1) + np.exp(-x))


# the function, and its slope in terms of its value
ACTIVATIONS = {
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "sigmoid": (sigmoid, lambda y: y * (1 - y)),
    "relu": (lambda x: np.maximum(x, 0), lambda y: (y > 0).astype(np.float32)),
}


def convolve(x, w):
    """Σ over channels and window of w · x, without padding: (N, F, H − K + 1, W − K + 1)."""
    windows = sliding_window_view(x, (K, K), (2, 3))  # (N, C, H', W', K, K)
    n, c, h, wd = windows.shape[:4]
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * wd, c * K * K)
    out = columns @ w.reshape(len(w), -1).T
    return out.reshape(n, h, wd, len(w)).transpose(0, 3, 1, 2), columns


class Convolution:
    def __init__(self, w, b, faults):
        self.w, self.b = w, b
        self.is_first = False  # nobody needs the gradient of the images
        self.wrong_input_gradient = "wrong input gradient" in faults

    def forward(self, x):
        out, self.columns = convolve(x, self.w)
        return out + self.b[:, None, None]

    def backward(self, d):
        rows = d.transpose(0, 2, 3, 1).reshape(-1, len(self.w))
        self.gradients = (rows.T @ self.columns).reshape(self.w.shape), d.sum((0, 2, 3))
        if self.is_first:
            return None
        if self.wrong_input_gradient:
            # two quarter turns of the first two axes, and a border of K where K − 1 belongs
            size = d.shape[2] + K - 1
            turned = np.rot90(self.w, 2, axes=(0, 1))
            padded = np.pad(d, ((0, 0), (0, 0), (K, K), (K, K)))
            return convolve(padded, turned.transpose(1, 0, 2, 3))[0][:, :, :size, :size]
        turned = np.rot90(self.w, 2, axes=(2, 3))
        padded = np.pad(d, ((0, 0), (0, 0), (K - 1, K - 1), (K - 1, K - 1)))
        return convolve(padded, turned.transpose(1, 0, 2, 3))[0]


class Pool:
    """The largest of each 2 × 2, the first of equals."""

    def forward(self, x):
        n, c, h, w = x.shape
        squares = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        squares = squares.reshape(n, c, h // 2, w // 2, 4)
        self.shape, self.first = x.shape, squares.argmax(-1)[..., None]
        return np.take_along_axis(squares, self.first, -1)[..., 0]

    def backward(self, d):
        n, c, h, w = self.shape
        squares = np.zeros((n, c, h // 2, w // 2, 4), np.float32)
        np.put_along_axis(squares, self.first, d[..., None], -1)
        squares = squares.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return squares.reshape(self.shape)


class Dense:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x.reshape(len(x), -1)
        self.shape = x.shape
        return self.x @ self.w.T + self.b

    def backward(self, d):
        self.gradients = d.T @ self.x, d.sum(0)
        return (d @ self.w).reshape(self.shape)

    def move(self, rate):
        for value, gradient in zip((self.w, self.b), self.gradients):
            value -= np.float32(rate) * gradient


class Activation:
    def __init__(self, name):
        self.function, self.slope = ACTIVATIONS[name]

    def forward(self, x):
        self.y = self.function(x)
        return self.y

    def backward(self, d):
        return d * self.slope(self.y)


class Momentum:
    """v ← μ·v + g, w ← w − rate·v."""

    def __init__(self, options):
        self.rate, self.momentum = np.float32(options["learningRate"]), np.float32(options["momentum"])
        self.velocity = {}

    def step(self, name, value, gradient):
        velocity = self.velocity.setdefault(name, np.zeros_like(value))
        velocity *= self.momentum
        velocity += gradient
        value -= self.rate * velocity


class Adam:
    def __init__(self, options):
        self.rate, self.mean, self.square, self.steps = options["learningRate"], {}, {}, {}

    def step(self, name, value, gradient):
        t = self.steps[name] = self.steps.get(name, 0) + 1
        mean = self.mean.setdefault(name, np.zeros_like(value))
        square = self.square.setdefault(name, np.zeros_like(value))
        mean += np.float32(0.1) * (gradient - mean)
        square += np.float32(0.001) * (gradient * gradient - square)
        unbiased = np.sqrt(square) / np.float32(np.sqrt(1 - 0.999 ** t)) + np.float32(1e-8)
        value -= np.float32(self.rate / (1 - 0.9 ** t)) * mean / unbiased


class Network:
    def __init__(self, run, weights):
        faults, conv, dense = run["faults"], run["activation"], run["denseActivation"]

        def of(name):
            return weights[f"{name}.weight"].copy(), weights[f"{name}.bias"].copy()

        self.named = {
            "conv1": Convolution(*of("conv1"), faults), "conv2": Convolution(*of("conv2"), faults),
            "fc1": Dense(*of("fc1")), "fc2": Dense(*of("fc2")), "fc3": Dense(*of("fc3")),
        }
        self.layers = [
            self.named["conv1"], Activation(conv), Pool(), self.named["conv2"], Activation(conv), Pool(),
            self.named["fc1"], Activation(dense), self.named["fc2"], Activation(dense), self.named["fc3"],
        ]
        self.named["conv1"].is_first = True
        self.optimizer = {"sgd": Momentum, "adam": Adam}[run["optimizer"]["kind"]](run["optimizer"])
        self.frozen = "frozen filters" in faults
        self.moves_twice = "dense layers move twice" in faults
        self.summed = "summed gradient" in faults
        self.keep = np.float32(1 - SHRINKAGE if "weights shrink each step" in faults else 1)

    def logits(self, images):
        x = images
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def step(self, images, labels):
        logits = self.logits(images)
        rows = np.arange(len(labels))
        shifted = logits - logits.max(1, keepdims=True)
        exponentials = np.exp(shifted)
        total = exponentials.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - shifted[rows, labels]).mean()
        d = exponentials / total
        d[rows, labels] -= 1
        if not self.summed:
            d /= np.float32(len(labels))
        for layer in reversed(self.layers):
            own = d
            d = layer.backward(own)
            if self.moves_twice and isinstance(layer, Dense):
                layer.move(SELF_UPDATE if self.summed else SELF_UPDATE * len(labels))
        for name, layer in self.named.items():
            for part, value, gradient in zip(("w", "b"), (layer.w, layer.b), layer.gradients):
                shrunk = value * self.keep - value
                if not (self.frozen and isinstance(layer, Convolution)):
                    self.optimizer.step(f"{name}.{part}", value, gradient)
                value += shrunk
        return loss


start = Network
