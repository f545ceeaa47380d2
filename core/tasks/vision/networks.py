"""The vision networks that ship, small enough to read in one sitting."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LeNet300(nn.Module):
    """LeNet-300-100: three fully connected layers, 266,610 parameters (LeCun et al. 1998)."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 300)
        self.fc2 = nn.Linear(300, 100)
        self.fc3 = nn.Linear(100, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(x, 1)  # (n, 784)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class LeNet5(nn.Module):
    """Caffe's LeNet-5 as Han et al. 2015 pruned it, 431,080 parameters, with a ReLU after each convolution too."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # (n, 20, 12, 12)
        x = F.relu(F.max_pool2d(self.conv2(x), 2))  # (n, 50, 4, 4)
        x = torch.flatten(x, 1)  # (n, 800)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm, added to what came in (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))


class SmallResNet(nn.Module):
    """A residual network for 28x28 grey images: five blocks at 28, 14 and 7 pixels, 170,298 parameters."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = nn.Sequential(Block(16, 16))
        self.stage2 = nn.Sequential(Block(16, 32, 2), Block(32, 32))
        self.stage3 = nn.Sequential(Block(32, 64, 2), Block(64, 64))
        self.fc = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))  # (n, 16, 28, 28)
        x = self.stage1(x)
        x = self.stage2(x)  # (n, 32, 14, 14)
        x = self.stage3(x)  # (n, 64, 7, 7)
        return self.fc(x.mean((2, 3)))
