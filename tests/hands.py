"""Somebody's hand: the small digits, written in a way that no network has learned."""

import torch
from torch import Tensor

from mnistlab.data import load_dataset
from mnistlab.drawing_set import DrawingSet


def mirrored(count: int, skipped: int = 0) -> tuple[Tensor, Tensor]:
    """Images, uint8 (N, 1, 28, 28), and labels (N,) of the last digits to learn from, in mirror
    writing; those before the last `skipped`.
    """
    data = load_dataset("digits")
    place = slice(len(data.train_images) - skipped - count, len(data.train_images) - skipped)
    return data.train_images[place].flip(3), data.train_labels[place]


def mirror_set(count: int = 40) -> DrawingSet:
    """So many drawings of somebody who writes mirrored."""
    images, labels = mirrored(count)
    assert len(torch.unique(images, dim=0)) == count
    return DrawingSet.of(images[:, 0].numpy(), labels.tolist())
