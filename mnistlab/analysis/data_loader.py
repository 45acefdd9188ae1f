"""What a `DataLoader` does with its arguments: the batches that a real one
makes of a few images.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

# image float32 (1, h, w) in [0, 1], its label, its index in the data set
Sample = tuple[Tensor, int, int]


@dataclass(frozen=True, eq=False)
class Batch:
    """One batch: the indices and labels of its images, and the shape of x."""

    places: tuple[int, ...]
    labels: tuple[int, ...]
    shape: str


@dataclass(frozen=True)
class LoaderOptions:
    """The arguments of a `DataLoader` that can be chosen."""

    batch_size: int = 5
    shuffle: bool = False
    drop_last: bool = False
    sampler: str = "none"  # a key of `SAMPLERS`
    collate: str = "default"  # a key of `COLLATES`
    seed: int = 1

    @property
    def code(self) -> str:
        """The call as Python code."""
        if self.sampler == "one-class":
            parts = ["batch_sampler=OneClassEach(labels, batch_size)"]
        else:
            parts = [f"batch_size={self.batch_size}"] + [
                f"{name}=True" for name in ("shuffle", "drop_last") if getattr(self, name)
            ]
        if self.sampler in ("balanced", "even"):
            parts.append(
                {
                    "balanced": "sampler=WeightedRandomSampler(weights, 23)",
                    "even": "sampler=SubsetRandomSampler(even_digits)",
                }[self.sampler]
            )
        if self.collate == "pad":
            parts.append("collate_fn=pad_to_the_largest")
        return f"DataLoader(data, {', '.join(parts)})"


class Few(Dataset):
    """The samples of some images; `cropped`: each image only as large as its ink."""

    def __init__(self, images: Tensor, labels: Tensor, cropped: bool) -> None:
        self.images, self.labels, self.cropped = images, labels, cropped

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, place: int) -> Sample:
        image = self.images[place] / 255
        return (_ink(image) if self.cropped else image), int(self.labels[place]), place


class OneClassEach:
    """A batch sampler: each batch holds images of one class only."""

    def __init__(self, labels: Tensor, batch_size: int) -> None:
        self.labels, self.batch_size = labels, batch_size

    def __iter__(self) -> Any:
        for digit in self.labels.unique().tolist():
            yield from BatchSampler(
                (self.labels == digit).nonzero().flatten().tolist(),
                self.batch_size,
                drop_last=False,
            )


def pad_to_the_largest(samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor]:
    """A collate function: pads all images with black on the right and at the bottom, to the size
    of the largest.
    """
    images, labels, places = zip(*samples, strict=True)
    height, width = (max(image.shape[axis] for image in images) for axis in (1, 2))
    padded = [
        F.pad(image, (0, width - image.shape[2], 0, height - image.shape[1])) for image in images
    ]
    return torch.stack(padded), torch.tensor(labels), torch.tensor(places)


SAMPLERS: dict[str, Callable[[Tensor, torch.Generator], Any]] = {
    "none": lambda labels, random: None,
    "balanced": lambda labels, random: WeightedRandomSampler(
        (1 / labels.bincount())[labels].tolist(), len(labels), generator=random
    ),
    "even": lambda labels, random: SubsetRandomSampler(
        (labels % 2 == 0).nonzero().flatten().tolist(), generator=random
    ),
    "one-class": lambda labels, random: None,  # a batch sampler: see `batches`
}
# whole images; images of different sizes; the same with a collate function of our own
COLLATES = ("default", "cropped", "pad")


def batches(images: Tensor, labels: Tensor, options: LoaderOptions) -> list[Batch]:
    """What a real `DataLoader` makes of `images`, uint8 (N, 1, 28, 28), and `labels` (N,) in one
    epoch.

    Raises what it raises: `ValueError` for arguments that cannot be combined, `RuntimeError` for
    samples that cannot be stacked.
    """
    random = torch.Generator().manual_seed(options.seed)
    data = Few(images, labels, cropped=options.collate != "default")
    collate = pad_to_the_largest if options.collate == "pad" else None
    if options.sampler == "one-class":
        loader = DataLoader(
            data, batch_sampler=OneClassEach(labels, options.batch_size), collate_fn=collate
        )
    else:
        sampler = SAMPLERS[options.sampler](labels, random)
        loader = DataLoader(
            data,
            options.batch_size,
            options.shuffle,
            sampler,
            drop_last=options.drop_last,
            collate_fn=collate,
            generator=random,
        )
    return [
        Batch(tuple(places.tolist()), tuple(y.tolist()), str(tuple(x.shape)))
        for x, y, places in loader
    ]


def _ink(image: Tensor) -> Tensor:
    """The part of `image` (1, H, W) that is not black."""
    rows, columns = (image[0].amax(axis).nonzero().flatten() for axis in (1, 0))
    return image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
