"""The tutorials' own way of training, re-implemented in as few lines: the baseline that the
benchmarks compare with.

A DataLoader over single images with ToTensor, and (T1, T2) evaluation of the first 2,000 test
images in one batch with gradients on. Each function trains one epoch and returns the accuracy of
its last evaluation. `python -m benchmarks.tutorials cnn` prints its seconds and that accuracy.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from mnistlab.data import data_root


class Cnn(nn.Module):
    """T1's network."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 16, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
        self.out = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv2(self.conv1(x))
        return self.out(x.view(x.size(0), -1))


class Lstm(nn.Module):
    """T2's network."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(28, 64, 1, batch_first=True)
        self.out = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r_out, _ = self.rnn(x.view(-1, 28, 28), None)
        return self.out(r_out[:, -1, :])


class LeNet(nn.Module):
    """T4's network."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5, 1), nn.Conv2d(20, 50, 5, 1)
        self.fc1, self.fc2 = nn.Linear(4 * 4 * 50, 500), nn.Linear(500, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2, 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2, 2)
        x = F.relu(self.fc1(x.view(-1, 4 * 4 * 50)))
        return F.log_softmax(self.fc2(x), dim=1)


class Example(nn.Module):
    """The network of PyTorch's MNIST example as it stands today."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, 1), nn.Conv2d(32, 64, 3, 1)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = torch.flatten(self.dropout1(F.max_pool2d(x, 2)), 1)
        return F.log_softmax(self.fc2(self.dropout2(F.relu(self.fc1(x)))), dim=1)


def _loader(train: bool, batch_size: int, *steps: object) -> DataLoader:
    images = datasets.MNIST(
        str(data_root()), train=train, transform=transforms.Compose([transforms.ToTensor(), *steps])
    )
    return DataLoader(images, batch_size=batch_size, shuffle=True)


def every_50_steps(network: nn.Module, batch_size: int, lr: float) -> float:
    """T1 and T2: Adam, cross-entropy, and each 50 steps the first 2,000 test images at once, with
    gradients on.
    """
    test = datasets.MNIST(str(data_root()), train=False)
    test_x, test_y = test.data.unsqueeze(1).float()[:2000] / 255, test.targets[:2000]
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    accuracy = 0.0
    for step, (x, y) in enumerate(_loader(True, batch_size)):
        loss = F.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            accuracy = float((network(test_x).argmax(1) == test_y).float().mean())
    return accuracy


def each_epoch(network: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    """T4 and today's example: negative log-likelihood, and after the epoch all test images in
    batches of 1,000, without gradients.
    """
    normalize = transforms.Normalize((0.1307,), (0.3081,))
    network.train()
    for step, (x, y) in enumerate(_loader(True, 64, normalize)):
        optimizer.zero_grad()
        loss = F.nll_loss(network(x), y)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            loss.item()
    network.eval()
    with torch.no_grad():
        correct = sum(
            int((network(x).argmax(1) == y).sum()) for x, y in _loader(False, 1000, normalize)
        )
    return correct / 10_000


def cnn() -> float:
    torch.manual_seed(1)
    return every_50_steps(Cnn(), 50, 0.001)


def lstm() -> float:
    torch.manual_seed(1)
    return every_50_steps(Lstm(), 64, 0.01)


def lenet() -> float:
    torch.manual_seed(1)
    network = LeNet()
    return each_epoch(network, torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.5))


def example_to(accuracy: float) -> tuple[int, float]:
    """Train today's example until a test after an epoch reaches `accuracy`: (epochs, the accuracy
    reached).
    """
    torch.manual_seed(1)
    network = Example()
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    for epoch in range(1, 15):
        reached = each_epoch(network, optimizer)
        if reached >= accuracy:
            return epoch, reached
        for group in optimizer.param_groups:
            group["lr"] *= 0.7
    return 14, reached


if __name__ == "__main__":
    begin = time.perf_counter()
    accuracy = {"cnn": cnn, "lstm": lstm, "lenet": lenet}[sys.argv[1]]()
    print(time.perf_counter() - begin, accuracy)
