"""The data sets, each as one tensor in memory: loading, verifying, downloading, splitting, normalising, augmenting.

N images, H rows, W columns. Images are bytes (0 black to 255 white) until a batch is asked for.
"""

import hashlib
import json
import math
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from platformdirs import user_cache_path, user_data_path
from torch import Tensor
from torch.nn import functional as F

from mnistlab.config import DATASET_SIZES, TrainConfig
from mnistlab.errors import ConfigError, DataCorrupt, DataMissing, DownloadFailed

PIXEL_STATS = {  # mean and standard deviation of all training pixels in [0, 1]; tests/test_data.py computes them again
    "mnist": (0.1307, 0.3081),
    "fashion-mnist": (0.2860, 0.3530),
    "kmnist": (0.1918, 0.3483),
    "digits": (0.1523, 0.3006),
}
FOLDERS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}  # as torchvision names them


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory. Images uint8 (N, 1, 28, 28), labels int64 (N,), class indices 0 to 9."""

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """What one configuration uses of a data set. Still bytes; see `to_input`."""

    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor  # the last `validation_size` of the training images; may be empty
    validation_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def split(dataset: Dataset, config: TrainConfig) -> Split:
    """The first `train_size` training images, the last `validation_size` ones, and all test images; views, not copies.

    Raises `ConfigError` if the data set is not the configured one.
    """
    if dataset.name != config.dataset:
        raise ConfigError(f"The configuration is for {config.dataset}, but the data set given is {dataset.name}.", "Pass load_dataset(config.dataset).", field="dataset")
    n, held_out = config.train_count, len(dataset.train_images) - config.validation_size
    return Split(
        dataset.train_images[:n], dataset.train_labels[:n],
        dataset.train_images[held_out:], dataset.train_labels[held_out:],
        dataset.test_images, dataset.test_labels,
    )  # fmt: skip


def to_input(images: Tensor, config: TrainConfig) -> Tensor:
    """Bytes (N, 1, 28, 28) -> the network's input, float32: pixels in [0, 1], z-scored if the configuration says so."""
    x = images / 255
    if config.normalize == "zscore":
        mean, deviation = PIXEL_STATS[config.dataset]
        x.sub_(mean).div_(deviation)
    return x


def augment(images: Tensor, config: TrainConfig) -> Tensor:
    """Shift, turn and zoom each image (uint8 or float, (N, 1, 28, 28)) by its own random amounts, the whole batch at once.

    Draws from torch's random state. What comes in from outside is black (0), so call it before normalising.
    """
    if not (config.augment_shift or config.augment_rotation or config.augment_crop):
        return images
    n, size = len(images), images.shape[-1]

    def between(limit: float) -> Tensor:
        return ((torch.rand(n) * 2 - 1) * limit).to(images.device)

    angle = between(math.radians(config.augment_rotation))
    zoom = 1 - torch.rand(n).to(images.device) * (2 * config.augment_crop / size)  # 1: all of the image, less: a part of it
    shift = torch.stack([between(config.augment_shift), between(config.augment_shift)], dim=1) * (2 / size)
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()], 1), torch.stack([angle.sin(), angle.cos()], 1)], 1)  # (N, 2, 2)
    affine = torch.cat([turn * zoom[:, None, None], shift[:, :, None]], dim=2)  # (N, 2, 3)
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False)


def data_root() -> Path:
    """The folder of the downloaded data sets: `MNISTLAB_DATA`, or one in the user's data folder."""
    return Path(os.environ.get("MNISTLAB_DATA") or user_data_path("mnistlab") / "data")


@lru_cache(maxsize=4)
def _loaded(name: str, root: Path) -> Dataset:
    folder = root / FOLDERS[name] / "raw"
    def images(part): return torch.from_numpy(np.fromfile(folder / f"{part}-images-idx3-ubyte", dtype=np.uint8)[16:].reshape(-1, 1, 28, 28))
    def labels(part): return torch.from_numpy(np.fromfile(folder / f"{part}-labels-idx1-ubyte", dtype=np.uint8)[8:].astype(np.int64))
    return Dataset(name, images("train"), labels("train"), images("t10k"), labels("t10k"), tuple("0123456789"))

def load_dataset(name: str = "mnist") -> Dataset:
    return _loaded(name, data_root())
