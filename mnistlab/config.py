"""`TrainConfig`: everything that decides the numbers of a training run, and nothing else.

The field table below is the only place that knows the options: the command line's flags, the page's form, the URL and the
validation are all made from it.
"""

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mnistlab.errors import ConfigError
from mnistlab.options import Option

DATASET_SIZES = {  # name -> (training images, test images)
    "mnist": (60_000, 10_000),
    "fashion-mnist": (60_000, 10_000),
    "kmnist": (60_000, 10_000),
    "digits": (1_297, 500),
}
ARCHS = ("cnn", "lenet", "lenet5", "pytorch-example", "lstm", "gru", "rnn", "mlp")
RECURRENT = ("lstm", "gru", "rnn")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "adadelta")
SCHEDULES = ("none", "step", "cosine", "one-cycle")
POOLINGS = ("max", "mean", "stochastic", "none")
ACTIVATIONS = ("relu", "leaky-relu", "gelu", "tanh", "sigmoid")
PRECISIONS = ("float32", "bfloat16")
NORMALIZATIONS = ("none", "zscore")


def _option(default: Any, help: str, group: str, **known: Any) -> Any:
    return dataclasses.field(default=default, metadata={"option": Option(help, group, **known)})


_CNN = {"arch": ("cnn",)}


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Frozen, validated on construction, and identified by `run_id`.

    Raises `ConfigError` (with `.field`) for a value that is not allowed.
    Values of fields that do not count for this configuration (`hidden` of a CNN) are set back to their defaults, so that
    equal trainings compare equal and have equal ids.
    """

    dataset: str = _option("mnist", "data set", "data", choices=tuple(DATASET_SIZES))
    train_size: int | None = _option(None, "how many training images, from the first on", "data", low=10, high=60_000, none="all")
    validation_size: int = _option(
        0, "how many images at the end of the training set are held out for validation", "data", low=0, high=50_000
    )
    normalize: str = _option(
        "none", "pixels in [0, 1], or z-scored with the mean and deviation of the training set", "data", choices=NORMALIZATIONS
    )
    augment_shift: int = _option(0, "shift each training image by up to this many pixels", "data", low=0, high=14)
    augment_rotation: float = _option(0.0, "turn each training image by up to this many degrees", "data", low=0, high=180)
    augment_crop: int = _option(0, "zoom into each training image, cropping up to this many pixels from each side", "data", low=0, high=10)

    arch: str = _option("cnn", "kind of network", "model", choices=ARCHS)
    channels: tuple[int, int] = _option((16, 32), "channels of the two convolutions", "model", low=1, high=256, when=_CNN)
    kernel: int = _option(5, "width and height of the convolution kernels", "model", low=1, high=28, when=_CNN)
    stride: int = _option(1, "step of the convolution kernels", "model", low=1, high=7, when=_CNN)
    padding: int | None = _option(None, "zeros added on each side; same: (kernel - 1) / 2", "model", low=0, high=14, none="same", when=_CNN)
    pooling: str = _option("max", "what 2x2 pooling keeps", "model", choices=POOLINGS, when=_CNN)
    activation: str = _option("relu", "activation function", "model", choices=ACTIVATIONS, when={"arch": ("cnn", "mlp")})
    batch_norm: bool = _option(False, "batch normalisation after each convolution", "model", when=_CNN)
    dropout: float = _option(
        0.0,
        "share of units dropped in training (recurrent: between layers)",
        "model",
        low=0,
        high=0.95,
        when={"arch": ("cnn", "mlp", *RECURRENT)},
    )
    hidden: int = _option(64, "hidden units of each layer", "model", low=1, high=1024, when={"arch": ("mlp", *RECURRENT)})
    layers: int = _option(1, "hidden or recurrent layers", "model", low=1, high=4, when={"arch": ("mlp", *RECURRENT)})
    bidirectional: bool = _option(False, "read the rows in both directions", "model", when={"arch": RECURRENT})

    optimizer: str = _option("adam", "optimiser", "training", choices=OPTIMIZERS)
    lr: float = _option(0.001, "learning rate (one-cycle: its peak)", "training", low=1e-8, high=1e4)
    momentum: float = _option(0.9, "momentum", "training", low=0, high=0.9999, when={"optimizer": ("momentum", "nesterov")})
    weight_decay: float = _option(0.0, "weight decay", "training", low=0, high=10)
    label_smoothing: float = _option(0.0, "label smoothing of the cross-entropy", "training", low=0, high=0.9)
    schedule: str = _option("none", "how the learning rate changes", "training", choices=SCHEDULES)
    schedule_gamma: float = _option(
        0.7, "factor on the learning rate after each epoch", "training", low=0.001, high=1, when={"schedule": ("step",)}
    )
    batch_size: int = _option(50, "images in a mini-batch", "training", low=1, high=10_000)
    epochs: int = _option(1, "passes over the training set", "training", low=1, high=1_000)
    max_steps: int | None = _option(None, "stop after this many steps", "training", low=1, high=10_000_000, none="never")
    target_accuracy: float | None = _option(
        None, "stop when an evaluation reaches this accuracy (0 to 1)", "training", low=0, high=1, none="never"
    )
    eval_every: int | None = _option(
        50, "evaluate each so many steps, and at the end of each epoch", "training", low=1, high=1_000_000, none="epoch"
    )
    eval_size: int | None = _option(2_000, "evaluate on the first so many test images", "training", low=1, high=10_000, none="all")
    log_every: int = _option(10, "record the training loss each so many steps", "training", low=1, high=100_000)
    precision: str = _option("float32", "numbers that the forward pass computes with", "training", choices=PRECISIONS)
    seed: int = _option(1, "seed of the initial weights, the order of the images and dropout", "training", low=0, high=2**32 - 1)
    device: str = _option("cpu", "where to train: cpu, cuda, cuda:1, mps", "training")

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, option(field.name).check(field.name, value_type(field.name), getattr(self, field.name)))
        for field in dataclasses.fields(self):
            if not self.counts(field.name):
                object.__setattr__(self, field.name, field.default)
        _check_together(self)

    def counts(self, name: str) -> bool:
        """Whether the field `name` decides anything in this configuration."""
        return all(getattr(self, other) in values for other, values in option(name).when.items())

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed. Raises `ConfigError` for an unknown field or a wrong value."""
        for name in changes:
            option(name)
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-safe."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; missing fields take their defaults. Raises `ConfigError`."""
        return cls().replace(**values)

    def to_query(self) -> dict[str, str]:
        """The fields that differ from their defaults, as URL query parameters."""
        return {
            field.name: format_value(field.name, getattr(self, field.name))
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """The inverse of `to_query`; parameters that are no fields are left alone. Raises `ConfigError`."""
        return cls().replace(**{name: parse_value(name, text) for name, text in query.items() if name in FIELDS})

    @property
    def canonical(self) -> str:
        """JSON of the fields that count, with sorted keys: equal text means the same training."""
        counted = {name: value for name, value in self.to_dict().items() if self.counts(name)}
        return json.dumps(counted, sort_keys=True, separators=(",", ":"))

    @property
    def run_id(self) -> str:
        """The run's name in the store and in links: the first 12 hexadecimal digits of the SHA-256 of `canonical`."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:12]

    @property
    def train_count(self) -> int:
        """How many training images are used."""
        available = DATASET_SIZES[self.dataset][0] - self.validation_size
        return available if self.train_size is None else self.train_size

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches in a pass over the training images; the last one may be smaller."""
        return math.ceil(self.train_count / self.batch_size)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, if no target accuracy ends it sooner."""
        steps = self.epochs * self.steps_per_epoch
        return steps if self.max_steps is None else min(steps, self.max_steps)

    def differences(self, other: "TrainConfig") -> dict[str, tuple[Any, Any]]:
        """Field -> (value here, value there), where the two differ."""
        mine, theirs = self.to_dict(), other.to_dict()
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


FIELDS: dict[str, dataclasses.Field] = {field.name: field for field in dataclasses.fields(TrainConfig)}
_TYPES = typing.get_type_hints(TrainConfig)


def option(name: str) -> Option:
    """What is known of the field `name`. Raises `ConfigError` if there is none."""
    if name not in FIELDS:
        raise ConfigError(f"There is no setting called {name!r}.", f"The settings are: {', '.join(FIELDS)}.")
    return FIELDS[name].metadata["option"]


def value_type(name: str) -> type:
    """The type of a field's values: int, float, bool, str or tuple (None aside)."""
    hint = _TYPES[name]
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    return typing.get_origin(hint) or hint


def parse_value(name: str, text: str) -> Any:
    """A field's value from the command line or a URL. Raises `ConfigError`; bounds are checked by `TrainConfig`."""
    return option(name).parse(name, value_type(name), text)


def format_value(name: str, value: Any) -> str:
    """The inverse of `parse_value`."""
    return option(name).format(value)


def _check_together(config: TrainConfig) -> None:
    available, test_count = DATASET_SIZES[config.dataset]
    at_least = config.train_size or 10
    if at_least + config.validation_size > available:
        raise ConfigError(
            f"{config.dataset} has {available:,} training images: {at_least:,} for training and "
            f"{config.validation_size:,} for validation are more than that.",
            "Choose fewer of either.",
            field="train_size" if config.train_size is not None else "validation_size",
        )
    if config.eval_size is not None and config.eval_size > test_count:
        object.__setattr__(config, "eval_size", None)
    if config.arch == "cnn" and config.padding is None and config.kernel % 2 == 0:
        raise ConfigError(
            f"A kernel of width {config.kernel} cannot have the padding 'same': (kernel - 1) / 2 is not a whole number.",
            "Choose an odd kernel, or a padding in pixels.",
            field="kernel",
        )
