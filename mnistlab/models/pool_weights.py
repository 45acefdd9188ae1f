"""A pooling in evaluation is a weighted sum of each window. Each function here takes windows
(..., k, k) and which of their numbers count, bool of the same shape, and returns their weights.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def largest(windows: Tensor, counted: Tensor) -> Tensor:
    """1 for the first of the largest numbers."""
    flat = windows.flatten(-2)
    return F.one_hot(flat.argmax(-1), flat.shape[-1]).reshape(windows.shape).float()


def alike(windows: Tensor, counted: Tensor) -> Tensor:
    """The same for all that count; 0 where none does, as in torch."""
    return counted / counted.sum((-1, -2), keepdim=True).clamp_min(1)


def in_proportion(windows: Tensor, counted: Tensor) -> Tensor:
    """Each number's share of the sum; negative ones count as 0."""
    positive = windows.clamp_min(0)
    tiny = torch.finfo(windows.dtype).tiny
    return positive / positive.sum((-1, -2), keepdim=True).clamp_min(tiny)


def one(windows: Tensor, counted: Tensor) -> Tensor:
    """1 for each: their sum."""
    return torch.ones_like(windows)
