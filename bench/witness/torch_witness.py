"""The run in real PyTorch, written as its users write it."""

import torch
from torch import nn


def versions():
    threads = torch.get_num_threads()
    return f"PyTorch {torch.__version__}, {threads} thread{'s' if threads > 1 else ''}"


class Network:
    def __init__(self, run, weights):
        conv, dense = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}[run["activation"]], nn.Tanh
        self.model = nn.Sequential()
        layers = [
            ("conv1", nn.Conv2d(run["input"][0], 6, 5)), ("a1", conv()), ("p1", nn.MaxPool2d(2)),
            ("conv2", nn.Conv2d(6, 16, 5)), ("a2", conv()), ("p2", nn.MaxPool2d(2)),
            ("flat", nn.Flatten()),
            ("fc1", nn.Linear(400, 120)), ("a3", dense()), ("fc2", nn.Linear(120, 84)), ("a4", dense()),
            ("fc3", nn.Linear(84, run["classes"])),
        ]
        for name, module in layers:
            self.model.add_module(name, module)
        self.model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        self.classes = run["classes"]
        self.swapped = "swapped loss arguments" in run["faults"]
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=run["optimizer"]["learningRate"])

    def step(self, images, labels):
        self.optimizer.zero_grad()
        logits = self.model(torch.from_numpy(images))
        target = torch.from_numpy(labels)
        if self.swapped:
            # the labels where the logits belong, and the logits where the target belongs
            one_hot = nn.functional.one_hot(target, self.classes).float()
            loss = self.criterion(one_hot, logits)
        else:
            loss = self.criterion(logits, target)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def logits(self, images):
        return self.model(torch.from_numpy(images)).numpy()


start = Network
