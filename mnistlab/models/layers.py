"""Layers that torch does not have, written so that every network here is a plain `nn.Sequential`.

N images, C channels, H rows, W columns, T time steps.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class StochasticPool2d(nn.Module):
    """Stochastic pooling (Zeiler and Fergus, 2013) over windows of `kernel_size`, stride equal to
    it.

    In training, one of the window's activations is drawn with probability p_i = a_i / sum(a); in
    evaluation the result is the mean weighted in the same way, sum(p_i * a_i). The inputs must not
    be negative (put it after a ReLU): negative ones count as probability 0, and a window without a
    positive one is pooled to 0.
    """

    def __init__(self, kernel_size: int = 2) -> None:
        super().__init__()
        self.kernel_size = self.stride = kernel_size
        self.padding = 0

    def forward(self, x: Tensor) -> Tensor:  # (N, C, H, W) -> (N, C, H // k, W // k)
        k = self.kernel_size
        n, c, h, w = x.shape
        windows = x[:, :, : h // k * k, : w // k * k].reshape(n, c, h // k, k, w // k, k)
        windows = windows.permute(0, 1, 2, 4, 3, 5).flatten(4)  # (N, C, H', W', k*k)
        positive = windows.clamp_min(0)
        cumulated = positive.cumsum(-1)
        total = cumulated[..., -1:]
        if not self.training:
            return (positive * positive).sum(-1) / total.squeeze(-1).clamp_min(
                torch.finfo(x.dtype).tiny
            )
        threshold = torch.rand_like(total) * total
        # inverse of the cumulated p
        chosen = (cumulated <= threshold).sum(-1, keepdim=True).clamp_max(k * k - 1)
        return (windows.gather(-1, chosen) * (total > 0)).squeeze(-1)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}"


class Rows(nn.Module):
    """An image as a sequence: row t is the input of time step t."""

    def forward(self, x: Tensor) -> Tensor:  # (N, 1, T, W) -> (N, T, W)
        return x.squeeze(1)


class LastStep(nn.Module):
    """The output of a recurrent layer after it has read everything.

    That is the last time step, and for the backward direction of a bidirectional layer the first.
    """

    def __init__(self, hidden: int, bidirectional: bool = False) -> None:
        super().__init__()
        self.hidden, self.bidirectional = hidden, bidirectional

    # ((N, T, hidden * directions), state) -> (N, hidden * directions)
    def forward(self, recurrent: tuple[Tensor, object]) -> Tensor:
        output, _ = recurrent
        if not self.bidirectional:
            return output[:, -1]
        return torch.cat([output[:, -1, : self.hidden], output[:, 0, self.hidden :]], dim=1)

    def extra_repr(self) -> str:
        return f"hidden={self.hidden}, bidirectional={self.bidirectional}"


class ScaledTanh(nn.Module):
    """1.7159 tanh(2x / 3), the squashing function of LeNet-5 (LeCun et al., 1998, appendix A)."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsample(nn.Module):
    """LeNet-5's sub-sampling: the sum of each 2x2 window, times a learned coefficient, plus a
    learned bias, for each channel.
    """

    kernel_size = stride = 2
    padding = 0

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:  # (N, C, H, W) -> (N, C, H / 2, W / 2)
        total = 4 * F.avg_pool2d(x, 2)
        return total * self.weight[:, None, None] + self.bias[:, None, None]


C3_TABLE = (  # LeNet-5, table I: which of the 6 maps of S2 each of the 16 maps of C3 sees
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)


class TableConv2d(nn.Conv2d):
    """A convolution in which each output channel sees only some input channels; the other weights
    are held at zero.
    """

    mask: Tensor  # (out_channels, in_channels, 1, 1)

    def __init__(
        self, in_channels: int, table: tuple[tuple[int, ...], ...], kernel_size: int
    ) -> None:
        super().__init__(in_channels, len(table), kernel_size)
        mask = torch.zeros(len(table), in_channels, 1, 1)
        for out, seen in enumerate(table):
            mask[out, list(seen)] = 1
        self.register_buffer("mask", mask, persistent=False)
        self.table = table
        self.connections = sum(len(seen) for seen in table)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.mask, self.bias)

    @property
    def parameter_count(self) -> int:
        """Parameters that can change: one kernel for each connection, one bias for each output
        channel.
        """
        return self.connections * self.kernel_size[0] * self.kernel_size[1] + self.out_channels
