"""The data sets, each as one tensor in memory: loading, verifying, downloading, splitting,
normalising, augmenting.

N images, H rows, W columns. Images are bytes (0 black to 255 white) until a batch is asked for.
"""

import math
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import torch
from joblib import Memory
from platformdirs import user_cache_path
from torch import Tensor
from torch.nn import functional as F

from mnistlab import datafiles, downloads
from mnistlab.choices import DATASETS, Bundled, resolve
from mnistlab.config import TrainConfig
from mnistlab.datafiles import data_root
from mnistlab.drawing_set import DrawingSet
from mnistlab.errors import ConfigError, DataError
from mnistlab.i18n import message


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory. Images uint8 (N, 1, 28, 28), labels int64 (N,),
    class indices 0 to 9.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    drawings: str | None = None  # the id of the set that is among the training images

    @property
    def class_names(self) -> tuple[str, ...]:
        """`classes` in the language that is spoken here."""
        return DATASETS[self.name].class_names

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name}: {len(self.train_images):,} training images, "
            f"{len(self.test_images):,} test images)"
        )


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
    """The first `train_size` training images, the last `validation_size` ones, and all test images;
    views, not copies.

    Raises `ConfigError` if the data set is not the configured one, or has not its drawings.
    """
    if dataset.name != config.dataset:
        raise ConfigError(
            message(
                "The configuration is for {dataset}, but the data set given is {name}.",
                dataset=config.dataset,
                name=dataset.name,
            ),
            message("Pass load_dataset(config.dataset)."),
            field="dataset",
        )
    if dataset.drawings != config.drawings:
        raise ConfigError(
            message(
                "The configuration is for the drawings {wanted}, but the data set given "
                "has {given}.",
                wanted=config.drawings or message("none"),
                given=dataset.drawings or message("none"),
            ),
            message("Pass with_drawings(load_dataset(config.dataset), drawing_set, config)."),
            field="drawings",
        )
    n, held_out = config.train_count, len(dataset.train_images) - config.validation_size
    return Split(
        dataset.train_images[:n],
        dataset.train_labels[:n],
        dataset.train_images[held_out:],
        dataset.train_labels[held_out:],
        dataset.test_images,
        dataset.test_labels,
    )


def with_drawings(dataset: Dataset, drawing_set: DrawingSet, config: TrainConfig) -> Dataset:
    """`dataset` with the training images of `config` alone, the first half of which are drawings of
    the set that are not held out, repeated in turn. So half of each mini-batch is drawings, on
    average, and the other half keeps the network from forgetting what it knows.
    """
    learned = ~torch.tensor(drawing_set.held_out)
    images = torch.from_numpy(drawing_set.images)[learned][:, None]
    labels = torch.tensor(drawing_set.labels)[learned]
    n, validation = config.train_count, len(dataset.train_images) - config.validation_size
    again = torch.arange(n // 2) % len(images)

    def joined(drawn: Tensor, own: Tensor) -> Tensor:
        return torch.cat([drawn[again], own[n // 2 : n], own[validation:]])

    return replace(
        dataset,
        train_images=joined(images, dataset.train_images),
        train_labels=joined(labels, dataset.train_labels),
        drawings=drawing_set.id,
    )


def to_input(images: Tensor, config: TrainConfig) -> Tensor:
    """Bytes (N, 1, 28, 28) -> the network's input, float32: pixels in [0, 1], z-scored if the
    configuration says so.
    """
    x = images / 255
    if config.normalize == "zscore":
        mean, deviation = normalisation(config)
        x.sub_(mean).div_(deviation)
    return x


def normalisation(config: TrainConfig) -> tuple[float, float]:
    """What is subtracted from the pixels in [0, 1], and by what they are then divided."""
    dataset = DATASETS[config.dataset]
    return (dataset.mean, dataset.deviation) if config.normalize == "zscore" else (0.0, 1.0)


def augment(images: Tensor, config: TrainConfig) -> Tensor:
    """Shift, turn and zoom each image (uint8, (N, 1, 28, 28)) by its own random amounts, the whole
    batch at once; uint8 again.

    Shifts are whole pixels, so that they do not blur; turning and zooming interpolate. What comes
    in from outside is black. Draws no more than it needs, and from torch's random state on the
    processor, whatever the device of the images, so that all devices see the same images.
    """
    if not (config.augment_shift or config.augment_rotation or config.augment_crop):
        return images
    n, size = len(images), images.shape[-1]
    # (N, 2, 3): place in the new image -> place in the old one; both are 2 wide and high
    affine = torch.eye(2, 3).repeat(n, 1, 1)
    if config.augment_rotation:
        angle = (torch.rand(n) * 2 - 1) * math.radians(config.augment_rotation)
        affine[:, :, :2] = torch.stack(
            [angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1
        ).view(n, 2, 2)
    if config.augment_crop:
        # 1: all of the image, less: a part of it
        affine *= 1 - torch.rand(n, 1, 1) * (2 * config.augment_crop / size)
    if config.augment_shift:
        affine[:, :, 2] = torch.randint(-config.augment_shift, config.augment_shift + 1, (n, 2)) * (
            2 / size
        )
    # (N, 28, 28, 2)
    grid = F.affine_grid(affine.to(images.device), list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False).round_().to(images.dtype)


def load_dataset(name: str = "mnist", root: Path | str | None = None) -> Dataset:
    """The data set `name`, in memory once for the whole process: whoever asks again gets the same
    tensors, so do not change them.

    `root` is the data root, by default `data_root()`; bundled ones need none. Raises `DataMissing`
    or `DataCorrupt` where a file is not as published, and `ConfigError` for an unknown name.
    """
    with _loading:
        return _idx_dataset(name, _root(root)) if needs_files(name) else _bundled(name)


def problem(name: str = "mnist", root: Path | str | None = None) -> DataError | None:
    """Why `load_dataset` would fail, or None if it would not. Cheap enough for every rerun of a
    page.
    """
    return datafiles.problem(name, _root(root)) if needs_files(name) else None


def download(
    name: str = "mnist",
    root: Path | str | None = None,
    on_progress: downloads.Progress | None = None,
) -> None:
    """Fetch what is missing or broken of the data set `name`; nothing happens where all is well.

    `on_progress` is called with (file, bytes done, bytes total), in the caller's own thread. Raises
    `DownloadFailed`.
    """
    if needs_files(name):
        downloads.download(name, _root(root), on_progress)


def needs_files(name: str) -> bool:
    """Whether the data set `name` has to be downloaded. Raises `ConfigError` for an unknown one."""
    _check_name(name)
    return not isinstance(DATASETS[name].source, Bundled)


_loading = threading.Lock()


def _check_name(name: str) -> None:
    if name not in DATASETS:
        raise ConfigError(
            message("There is no data set called {name}.", name=repr(name)),
            message("Choose one of {names}.", names=tuple(DATASETS)),
            field="dataset",
        )


def _root(root: Path | str | None) -> Path:
    return (data_root() if root is None else Path(root)).absolute()


@lru_cache(maxsize=4)
def _idx_dataset(name: str, root: Path) -> Dataset:
    files = datafiles.read(name, root)

    def images(part: str) -> Tensor:
        return torch.from_numpy(files[f"{part}-images-idx3-ubyte"])[:, None]

    def labels(part: str) -> Tensor:
        return torch.from_numpy(files[f"{part}-labels-idx1-ubyte"]).long()

    training, test = (images("train"), labels("train")), (images("t10k"), labels("t10k"))
    return Dataset(name, *training, *test, DATASETS[name].classes)


@lru_cache(maxsize=4)
def _bundled(name: str) -> Dataset:
    source = DATASETS[name].source
    assert isinstance(source, Bundled)
    x_train, y_train, x_test, y_test = resolve(source.load)()
    return Dataset(name, x_train, y_train, x_test, y_test, DATASETS[name].classes)


def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training images and labels, test images and labels of scikit-learn's 1,797 digits of 8x8,
    enlarged to 20x20 and set into the middle of 28x28, as MNIST's are.

    They are kept in the user's cache folder, because importing scikit-learn takes two seconds.
    """
    makers = version("scikit-learn"), torch.__version__, DATASETS["digits"].test_count
    try:
        folder = user_cache_path("mnistlab", ensure_exists=True)
        train_images, train_labels, test_images, test_labels = Memory(folder, verbose=0).cache(
            _digits
        )(*makers)
    except OSError:  # nothing can be written there
        return _digits(*makers)
    return train_images, train_labels, test_images, test_labels


def _digits(
    sklearn_version: str, torch_version: str, test_count: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`digits`, as these versions make them."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    source = load_digits()
    small = torch.from_numpy(source.images).float()[:, None] / source.images.max()
    large = F.interpolate(small, size=(20, 20), mode="bicubic", antialias=True).clamp(0, 1)
    images = F.pad(large * 255, (4, 4, 4, 4)).round().to(torch.uint8)  # (1797, 1, 28, 28)
    labels = torch.from_numpy(source.target).long()
    training, test = train_test_split(
        range(len(labels)),
        test_size=test_count,
        stratify=labels,
        random_state=0,
    )
    return images[training], labels[training], images[test], labels[test]
