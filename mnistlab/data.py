"""The data sets, each as one tensor in memory: loading, verifying, downloading, splitting, normalising, augmenting.

N images, H rows, W columns. Images are bytes (0 black to 255 white) until a batch is asked for.
"""

import math
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from mnistlab import datafiles, downloads
from mnistlab.config import DATASET_SIZES, TrainConfig
from mnistlab.datafiles import data_root
from mnistlab.errors import ConfigError, DataError

PIXEL_STATS = {  # mean and standard deviation of all training pixels in [0, 1]; tests/test_data.py computes them again
    "mnist": (0.1307, 0.3081),
    "fashion-mnist": (0.2860, 0.3530),
    "kmnist": (0.1918, 0.3483),
    "digits": (0.1576, 0.2938),
}
CLASSES: dict[str, tuple[str, ...]] = {  # label -> what it means
    "mnist": tuple("0123456789"),
    "fashion-mnist": ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    "kmnist": ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    "digits": tuple("0123456789"),
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory. Images uint8 (N, 1, 28, 28), labels int64 (N,), class indices 0 to 9."""

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Dataset({self.name}: {len(self.train_images):,} training images, {len(self.test_images):,} test images)"


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
        raise ConfigError(
            f"The configuration is for {config.dataset}, but the data set given is {dataset.name}.",
            "Pass load_dataset(config.dataset).",
            field="dataset",
        )
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
    """Shift, turn and zoom each image (uint8, (N, 1, 28, 28)) by its own random amounts, the whole batch at once; uint8 again.

    Shifts are whole pixels, so that they do not blur; turning and zooming interpolate. What comes in from outside is black.
    Draws no more than it needs, and from torch's random state on the processor, whatever the device of the images, so that all
    devices see the same images.
    """
    if not (config.augment_shift or config.augment_rotation or config.augment_crop):
        return images
    n, size = len(images), images.shape[-1]
    affine = torch.eye(2, 3).repeat(n, 1, 1)  # (N, 2, 3): place in the new image -> place in the old one; both are 2 wide and high
    if config.augment_rotation:
        angle = (torch.rand(n) * 2 - 1) * math.radians(config.augment_rotation)
        affine[:, :, :2] = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(n, 2, 2)
    if config.augment_crop:
        affine *= 1 - torch.rand(n, 1, 1) * (2 * config.augment_crop / size)  # 1: all of the image, less: a part of it
    if config.augment_shift:
        affine[:, :, 2] = torch.randint(-config.augment_shift, config.augment_shift + 1, (n, 2)) * (2 / size)
    grid = F.affine_grid(affine.to(images.device), list(images.shape), align_corners=False)  # (N, 28, 28, 2)
    return F.grid_sample(images.float(), grid, align_corners=False).round_().to(images.dtype)


def load_dataset(name: str = "mnist", root: Path | str | None = None) -> Dataset:
    """The data set `name`, in memory once for the whole process: whoever asks again gets the same tensors, so do not change them.

    `root` is the data root, by default `data_root()`; `digits` needs none. Raises `DataMissing` or `DataCorrupt` where a file is
    not as published, and `ConfigError` for an unknown name.
    """
    _check_name(name)
    with _loading:
        return _digits() if name == "digits" else _idx_dataset(name, _root(root))


def problem(name: str = "mnist", root: Path | str | None = None) -> DataError | None:
    """Why `load_dataset` would fail, or None if it would not. Cheap enough for every rerun of a page."""
    _check_name(name)
    return None if name == "digits" else datafiles.problem(name, _root(root))


def download(name: str = "mnist", root: Path | str | None = None, on_progress: downloads.Progress | None = None) -> None:
    """Fetch what is missing or broken of the data set `name`; nothing happens where all is well.

    `on_progress` is told (file, bytes done, bytes in all), in the caller's own thread. Raises `DownloadFailed`.
    """
    _check_name(name)
    if name != "digits":
        downloads.download(name, _root(root), on_progress)


_loading = threading.Lock()


def _check_name(name: str) -> None:
    if name not in DATASET_SIZES:
        raise ConfigError(f"There is no data set called {name!r}.", f"Choose one of {', '.join(DATASET_SIZES)}.", field="dataset")


def _root(root: Path | str | None) -> Path:
    return (data_root() if root is None else Path(root)).absolute()


@lru_cache(maxsize=4)
def _idx_dataset(name: str, root: Path) -> Dataset:
    files = datafiles.read(name, root)

    def images(part: str) -> Tensor:
        return torch.from_numpy(files[f"{part}-images-idx3-ubyte"])[:, None]

    def labels(part: str) -> Tensor:
        return torch.from_numpy(files[f"{part}-labels-idx1-ubyte"]).long()

    return Dataset(name, images("train"), labels("train"), images("t10k"), labels("t10k"), CLASSES[name])


@lru_cache(maxsize=1)
def _digits() -> Dataset:
    """scikit-learn's 1,797 digits of 8x8, enlarged to 20x20 and set into the middle of 28x28, as MNIST's are."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    known = load_digits()
    small = torch.from_numpy(known.images).float()[:, None] / known.images.max()  # (1797, 1, 8, 8)
    large = F.interpolate(small, size=(20, 20), mode="bicubic", antialias=True).clamp(0, 1)
    images = F.pad(large * 255, (4, 4, 4, 4)).round().to(torch.uint8)  # (1797, 1, 28, 28)
    labels = torch.from_numpy(known.target).long()
    training, test = train_test_split(range(len(labels)), test_size=DATASET_SIZES["digits"][1], stratify=labels, random_state=0)
    return Dataset("digits", images[training], labels[training], images[test], labels[test], CLASSES["digits"])
