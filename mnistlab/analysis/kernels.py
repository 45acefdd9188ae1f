"""Ready-made kernels, and multi-channel images to apply them to. C channels, k kernel size."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

CHANNELS = (1, 3, 4)  # grey, colour, four edge maps
# red, green, blue of a coloured digit and of its background
INK, PAPER = (1.0, 0.62, 0.25), (0.05, 0.12, 0.35)


def identity(size: int) -> Tensor:
    """1 in the middle: the image stays as it is."""
    kernel = torch.zeros(size, size)
    kernel[(size - 1) // 2, (size - 1) // 2] = 1
    return kernel


def edges(size: int) -> Tensor:
    """The middle against all its neighbours: 0 wherever the image is uniform."""
    return identity(size) * size**2 - 1


def upright(size: int) -> Tensor:
    """Left against right (Prewitt's kernel): vertical edges, with their side as the sign."""
    middle = (size - 1) / 2
    return (middle - torch.arange(size)).sign().expand(size, size).clone()


KERNELS: dict[str, Callable[[int], Tensor]] = {  # name -> size k -> kernel (k, k)
    "identity": identity,
    "blur": lambda size: torch.full((size, size), 1 / size**2),
    "sharpen": lambda size: edges(size) + identity(size),
    "edges": edges,
    "upright": upright,
}


def turned(kernel: Tensor, quarter_turns: int) -> Tensor:
    """`kernel` (k, k) rotated anticlockwise by that many quarter turns."""
    return torch.rot90(kernel, quarter_turns, (0, 1))


def flipped(kernel: Tensor) -> Tensor:
    """`kernel` (..., k, k) upside down and left to right: what makes a cross-correlation a
    convolution, and back.
    """
    return kernel.flip(-1, -2)


def weight_of(kernel: Tensor, channels: int, groups: int) -> Tensor:
    """A weight (C, C / groups, k, k) with as many output maps as input channels: map o has
    `kernel`, rotated by o quarter turns, for each channel that it sees.
    """
    return torch.stack(
        [turned(kernel, o).expand(channels // groups, *kernel.shape) for o in range(channels)]
    )


def base_kernel(laid: Tensor, output: int, flip: bool) -> Tensor:
    """The kernel (k, k) from which `weight_of`, flipped if `flip`, makes `laid` (k, k) for output
    map `output`.
    """
    return turned(flipped(laid) if flip else laid, -output)


def as_channels(image: Tensor, channels: int) -> Tensor:
    """`image` (28, 28) from 0 to 1 as an image of 1, 3 or 4 channels, (C, 28, 28), also from 0 to
    1.

    3: coloured. 4: what a first convolution might output, the edges facing each side.
    """
    if channels == 1:
        return image[None]
    if channels == 3:
        return torch.stack(
            [paper + (ink - paper) * image for ink, paper in zip(INK, PAPER, strict=True)]
        )
    kernels = torch.stack([turned(upright(3), turn) for turn in range(channels)])
    whole = (image * 255).round()  # so that uniform areas give 0, not 1e-9
    return (F.conv2d(whole[None, None], kernels[:, None], padding=1)[0] / (3 * 255)).clamp(0, 1)
