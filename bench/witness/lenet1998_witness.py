"""The LeNet-5 of 1998 in real PyTorch, from the article's description."""

import torch
from torch import nn


def versions():
    threads = torch.get_num_threads()
    return f"PyTorch {torch.__version__}, {threads} thread{'s' if threads > 1 else ''}"


def squash(x):
    return 1.7159 * torch.tanh(2 / 3 * x)


class Net(nn.Module):
    def __init__(self, weights):
        super().__init__()
        for name, value in weights.items():
            tensor = torch.from_numpy(value)
            key = name.replace(".", "_")
            if name in ("c3.mask", "output.codes"):
                self.register_buffer(key, tensor)
            else:
                self.register_parameter(key, nn.Parameter(tensor))

    @staticmethod
    def subsample(x, weight, bias):
        total = 4 * nn.functional.avg_pool2d(x, 2)
        return squash(total * weight[:, None, None] + bias[:, None, None])

    def forward(self, x):
        x = squash(nn.functional.conv2d(x, self.c1_weight, self.c1_bias))
        x = self.subsample(x, self.s2_weight, self.s2_bias)
        x = squash(nn.functional.conv2d(x, self.c3_weight * self.c3_mask, self.c3_bias))
        x = self.subsample(x, self.s4_weight, self.s4_bias).flatten(1)
        x = squash(nn.functional.linear(x, self.c5_weight, self.c5_bias))
        x = squash(nn.functional.linear(x, self.f6_weight, self.f6_bias))
        return ((x[:, None, :] - self.output_codes) ** 2).sum(2)


class Network:
    def __init__(self, run, weights):
        self.net, self.j = Net(weights), run["j"]
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=run["optimizer"]["learningRate"])

    def step(self, images, labels):
        self.optimizer.zero_grad()
        distance = self.net(torch.from_numpy(images))
        own = distance.gather(1, torch.from_numpy(labels)[:, None])[:, 0]
        background = torch.full((len(labels), 1), -float(self.j))
        loss = (own + torch.logsumexp(torch.cat([-distance, background], 1), 1)).mean()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def logits(self, images):
        return -self.net(torch.from_numpy(images)).numpy()


start = Network
