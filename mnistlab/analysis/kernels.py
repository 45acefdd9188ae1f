"""Kernels to begin with, and pictures to lay them on. C channels, k kernel size."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

CHANNELS = (1, 3, 4)  # grey, coloured, four maps of edges
INK, PAPER = (1.0, 0.62, 0.25), (0.05, 0.12, 0.35)  # red, green, blue of a coloured digit and of its ground


def identity(size: int) -> Tensor:
    """1 in the middle: the picture stays as it is."""
    kernel = torch.zeros(size, size)
    kernel[(size - 1) // 2, (size - 1) // 2] = 1
    return kernel


def edges(size: int) -> Tensor:
    """The middle against all its neighbours: 0 wherever the picture is even."""
    return identity(size) * size**2 - 1


def upright(size: int) -> Tensor:
    """Left against right (Prewitt's kernel): edges that stand upright, and from which side."""
    middle = (size - 1) / 2
    return (middle - torch.arange(size)).sign().expand(size, size).clone()


KERNELS: dict[str, Callable[[int], Tensor]] = {  # name -> the kernel (k, k) of a size
    "identity": identity,
    "blur": lambda size: torch.full((size, size), 1 / size**2),
    "sharpen": lambda size: edges(size) + identity(size),
    "edges": edges,
    "upright": upright,
}


def turned(kernel: Tensor, quarter_turns: int) -> Tensor:
    """`kernel` (k, k) turned by 90 degrees, so many times, against the clock."""
    return torch.rot90(kernel, quarter_turns, (0, 1))


def flipped(kernel: Tensor) -> Tensor:
    """`kernel` (..., k, k) upside down and left to right: what makes a cross-correlation a convolution, and back."""
    return kernel.flip(-1, -2)


def weight_of(kernel: Tensor, channels: int, groups: int) -> Tensor:
    """As many output maps as input channels, (C, C / groups, k, k): map o has `kernel`, turned o times, for each channel that it sees."""
    return torch.stack([turned(kernel, o).expand(channels // groups, *kernel.shape) for o in range(channels)])


def taken_back(laid: Tensor, output: int, flip: bool) -> Tensor:
    """The kernel (k, k) from which `weight_of`, flipped if `flip`, makes `laid` (k, k) for output map `output`."""
    return turned(flipped(laid) if flip else laid, -output)


def as_channels(image: Tensor, channels: int) -> Tensor:
    """`image` (28, 28) from 0 to 1 as a picture of 1, 3 or 4 channels, (C, 28, 28), again from 0 to 1.

    3: painted in colour. 4: what a first convolution might give on, the edges towards each side.
    """
    if channels == 1:
        return image[None]
    if channels == 3:
        return torch.stack([paper + (ink - paper) * image for ink, paper in zip(INK, PAPER, strict=True)])
    kernels = torch.stack([turned(upright(3), turn) for turn in range(channels)])
    whole = (image * 255).round()  # so that what is even gives 0, and not 1e-9
    return (F.conv2d(whole[None, None], kernels[:, None], padding=1)[0] / (3 * 255)).clamp(0, 1)
