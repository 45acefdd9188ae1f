"""`TrainConfig`: everything that decides the numbers of a training run, and nothing else.

The field table below is the only place that knows the options, and `mnistlab.choices` the only one
that knows their choices: the command line's flags, the page's form, the URL and the validation are
all made from these.
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

from mnistlab.choices import (
    ACTIVATIONS,
    ARCHITECTURES,
    DATASETS,
    NORMALIZATIONS,
    OPTIMIZERS,
    POOLINGS,
    PRECISIONS,
    SCHEDULES,
)
from mnistlab.compatibility import (
    RENAMED_SETTINGS,
    counted_at_first,
    first_name,
    with_new_names,
)
from mnistlab.drawing_set import ID as DRAWING_SET_ID
from mnistlab.errors import ConfigError
from mnistlab.i18n import N_, message
from mnistlab.options import Option

# the settings that say how large the mini-batches are
MINI_BATCHES = ("dataset", "train_size", "validation_size", "batch_size")


def _option(default: Any, label: str, help: str, group: str, **known: Any) -> Any:
    option = Option(label, help, group, **known)
    return dataclasses.field(default=default, metadata={"option": option})


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Frozen, validated on construction, and identified by `run_id`.

    Raises `ConfigError` (with `.field`) for a value that is not allowed. Fields that do not apply
    to this configuration (`hidden` of a CNN) are reset to their defaults, so that equal runs
    compare equal and have equal ids.
    """

    dataset: str = _option(
        "mnist",
        N_("Data set"),
        N_("images to train and test on"),
        "data",
        hint=N_("Digits is small, and needs no download."),
        choices=DATASETS,
    )
    train_size: int | None = _option(
        None,
        N_("Training images"),
        N_("train on the first N training images"),
        "data",
        hint=N_("With fewer, training is faster and the network overfits sooner."),
        low=10,
        high=60_000,
        none="all",
    )
    validation_size: int = _option(
        0,
        N_("Images held out for validation"),
        N_("how many images at the end of the training set are held out for validation"),
        "data",
        low=0,
        high=50_000,
    )
    normalize: str = _option(
        "none",
        N_("Pixel values"),
        N_("pixels in [0, 1], or z-scored with the mean and deviation of the training set"),
        "data",
        choices=NORMALIZATIONS,
    )
    augment_shift: int = _option(
        0,
        N_("Shift by up to (pixels)"),
        N_("shift each training image by up to this many pixels"),
        "data",
        low=0,
        high=14,
    )
    augment_rotation: float = _option(
        0.0,
        N_("Rotate by up to (degrees)"),
        N_("rotate each training image by up to this many degrees"),
        "data",
        low=0,
        high=180,
    )
    augment_crop: int = _option(
        0,
        N_("Crop by up to (pixels)"),
        N_("zoom into each training image, cropping up to this many pixels from each side"),
        "data",
        low=0,
        high=10,
    )
    drawings: str | None = _option(
        None,
        N_("Own drawings"),
        N_("a set of drawings that is half of the training images, repeated in turn"),
        "data",
        pattern=DRAWING_SET_ID,
        wanted=N_("the id of a set of drawings, such as 24-0123456789abcdef, or none"),
        none="none",
        refers=True,
    )

    arch: str = _option(
        "cnn",
        N_("Network"),
        N_("kind of network"),
        "model",
        hint=N_("Those with convolutions suit images best."),
        choices=ARCHITECTURES,
    )
    channels: tuple[int, int] = _option(
        (16, 32),
        N_("Channels"),
        N_("channels of the convolutions, in the first block and in the second"),
        "model",
        hint=N_("More can detect more patterns, and take longer."),
        low=1,
        high=256,
        of="arch",
    )
    convolutions: int = _option(
        1,
        N_("Convolutions per block"),
        N_("convolutions of each block, one after another, before its pooling"),
        "model",
        hint=N_("Several small kernels see as much as a large one, with fewer parameters."),
        low=1,
        high=4,
        of="arch",
    )
    separable: bool = _option(
        False,
        N_("Separable convolutions"),
        N_("make all but the first convolution separable: depthwise, then 1×1"),
        "model",
        hint=N_("Far fewer parameters for almost the same."),
        of="arch",
    )
    kernel: int = _option(
        5,
        N_("Kernel size"),
        N_("width and height of the convolution kernels"),
        "model",
        hint=N_("A larger one sees more at once, and costs more."),
        low=1,
        high=28,
        of="arch",
    )
    stride: int = _option(
        1,
        N_("Stride"),
        N_("pixels from one kernel position to the next"),
        "model",
        hint=N_("2 halves the width and height of the feature maps."),
        low=1,
        high=7,
        of="arch",
    )
    padding: int | None = _option(
        None,
        N_("Padding"),
        N_("zeros added on each side; same: (kernel - 1) / 2"),
        "model",
        low=0,
        high=14,
        none="same",
        of="arch",
    )
    pooling: str = _option(
        "max",
        N_("Pooling"),
        N_("what pooling keeps of each 2x2 window"),
        "model",
        choices=POOLINGS,
        of="arch",
    )
    class_maps: bool = _option(
        False,
        N_("One map for each class"),
        N_("end with a convolution to one map for each class, and average it; no linear layer"),
        "model",
        hint=N_("A linear layer on all pixels has many more parameters."),
        of="arch",
    )
    activation: str = _option(
        "relu",
        N_("Activation"),
        N_("activation function"),
        "model",
        hint=N_("ReLU is the usual choice."),
        choices=ACTIVATIONS,
        of="arch",
    )
    batch_norm: bool = _option(
        False,
        N_("Batch normalisation"),
        N_("batch normalisation after each convolution"),
        "model",
        hint=N_("The network often needs fewer steps."),
        of="arch",
    )
    dropout: float = _option(
        0.0,
        N_("Dropout"),
        N_("share of units dropped in training (recurrent: between layers)"),
        "model",
        hint=N_("A larger share counters overfitting."),
        low=0,
        high=0.95,
        of="arch",
    )
    hidden: int = _option(
        64,
        N_("Hidden units"),
        N_("hidden units of each layer"),
        "model",
        hint=N_("More can learn more, and overfit sooner."),
        low=1,
        high=1024,
        of="arch",
    )
    layers: int = _option(
        1,
        N_("Layers"),
        N_("hidden or recurrent layers"),
        "model",
        hint=N_("More can learn more, and are harder to train."),
        low=1,
        high=4,
        of="arch",
    )
    bidirectional: bool = _option(
        False,
        N_("Read in both directions"),
        N_("read the rows in both directions, downwards and upwards"),
        "model",
        of="arch",
    )

    parent: str | None = _option(
        None,
        N_("Parent run"),
        N_("a finished run, with whose last weights training begins"),
        "training",
        pattern="[0-9a-f]{12}",
        wanted=N_("the id of a run, 12 hexadecimal digits, or none"),
        none="none",
        refers=True,
    )
    optimizer: str = _option(
        "adam",
        N_("Optimiser"),
        N_("how gradients become weight updates"),
        "training",
        hint=N_("Adam needs the least tuning."),
        choices=OPTIMIZERS,
    )
    lr: float = _option(
        0.001,
        N_("Learning rate"),
        N_("learning rate (one-cycle: its peak)"),
        "training",
        hint=N_("Too high, and training diverges; too low, and it crawls."),
        low=1e-8,
        high=1e4,
    )
    momentum: float = _option(
        0.9,
        N_("Momentum"),
        N_("share of the last update that is carried over"),
        "training",
        hint=N_("More is faster, but may overshoot."),
        low=0,
        high=0.9999,
        of="optimizer",
    )
    weight_decay: float = _option(
        0.0,
        N_("Weight decay"),
        N_("how strongly weights are pulled towards zero"),
        "training",
        hint=N_("A larger value counters overfitting."),
        low=0,
        high=10,
    )
    label_smoothing: float = _option(
        0.0,
        N_("Label smoothing"),
        N_("share of each label spread over all classes"),
        "training",
        hint=N_("A little counters overconfidence."),
        low=0,
        high=0.9,
    )
    schedule: str = _option(
        "none",
        N_("Learning rate schedule"),
        N_("how the learning rate changes during training"),
        "training",
        choices=SCHEDULES,
    )
    schedule_gamma: float = _option(
        0.7,
        N_("Factor after each epoch"),
        N_("what the learning rate is multiplied by after each epoch"),
        "training",
        hint=N_("The smaller it is, the faster the learning rate falls."),
        low=0.001,
        high=1,
        of="schedule",
    )
    batch_size: int = _option(
        50,
        N_("Batch size"),
        N_("images in a mini-batch"),
        "training",
        hint=N_("More give smoother gradients, but fewer updates in an epoch."),
        low=1,
        high=10_000,
    )
    epochs: int = _option(
        1,
        N_("Epochs"),
        N_("passes over the training set"),
        "training",
        hint=N_("With more, the network learns more, until it overfits."),
        low=1,
        high=1_000,
    )
    max_steps: int | None = _option(
        None,
        N_("Stop after N steps"),
        N_("stop after this many steps"),
        "training",
        low=1,
        high=10_000_000,
        none="never",
    )
    target_accuracy: float | None = _option(
        None,
        N_("Stop at this accuracy"),
        N_("stop when an evaluation reaches this accuracy (0 to 1)"),
        "training",
        low=0,
        high=1,
        none="never",
    )
    eval_every: int | None = _option(
        50,
        N_("Evaluate every N steps"),
        N_("evaluate every N steps, and at the end of each epoch"),
        "training",
        low=1,
        high=1_000_000,
        none="epoch",
    )
    eval_size: int | None = _option(
        2_000,
        N_("Test images per evaluation"),
        N_("evaluate on the first N test images"),
        "training",
        hint=N_("With more, the figures are more precise but take longer."),
        low=1,
        high=10_000,
        none="all",
    )
    log_every: int = _option(
        10,
        N_("Record the loss every N steps"),
        N_("record the training loss every N steps"),
        "training",
        low=1,
        high=100_000,
    )
    precision: str = _option(
        "float32",
        N_("Precision"),
        N_("number format of the forward pass"),
        "training",
        hint=N_("bfloat16 is less exact, and faster on some hardware."),
        choices=PRECISIONS,
    )
    seed: int = _option(
        1,
        N_("Seed"),
        N_("seed of the initial weights, the order of the images and dropout"),
        "training",
        hint=N_("Try others to see how much is luck."),
        low=0,
        high=2**32 - 1,
    )
    device: str = _option(
        "cpu",
        N_("Device"),
        N_("where to train: cpu, cuda, cuda:1, mps"),
        "training",
        pattern="cpu|mps|cuda(:(0|[1-9][0-9]?))?",
        wanted=N_("cpu, cuda, cuda:N or mps"),
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(
                self,
                field.name,
                option(field.name).check(
                    field.name, value_type(field.name), getattr(self, field.name)
                ),
            )
        for field in dataclasses.fields(self):
            if not self.counts(field.name):
                object.__setattr__(self, field.name, field.default)
        _check_together(self)

    def counts(self, name: str) -> bool:
        """Whether the field `name` decides anything in this configuration."""
        return counts(name, vars(self))

    @property
    def network(self) -> Self:
        """What the network depends on: its own settings and those of the mini-batches, which can be
        too small for it. All others are at their defaults.
        """
        names = [name for name in FIELDS if option(name).group == "model" or name in MINI_BATCHES]
        return type(self)(**{name: getattr(self, name) for name in names})

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed. Raises `ConfigError` for an unknown field or a wrong
        value.
        """
        for name in changes:
            option(name)
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-safe."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`, also of an older version; missing fields take their defaults.
        Raises `ConfigError`.
        """
        return cls().replace(**with_new_names(values, RENAMED_SETTINGS))

    def to_query(self) -> dict[str, str]:
        """The fields that differ from their defaults, as URL query parameters."""
        return {
            field.name: format_value(field.name, getattr(self, field.name))
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """The inverse of `to_query`; parameters that are not fields are ignored. Raises
        `ConfigError`.
        """
        texts = with_new_names(query, RENAMED_SETTINGS)
        return cls().replace(
            **{name: parse_value(name, text) for name, text in texts.items() if name in FIELDS}
        )

    @property
    def canonical(self) -> str:
        """JSON of the fields that count, with sorted keys: equal text means the same training.

        What did not count yet in version 0.1.0 is left out where it has its default: see
        `mnistlab.compatibility`.
        """
        identifying = {
            first_name(name): value
            for name, value in self.to_dict().items()
            if counted_at_first(name, vars(self)) or getattr(self, name) != FIELDS[name].default
        }
        return json.dumps(identifying, sort_keys=True, separators=(",", ":"))

    @property
    def run_id(self) -> str:
        """The run's name in the store and in links: the first 12 hexadecimal digits of the SHA-256
        of `canonical`.
        """
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:12]

    @property
    def train_count(self) -> int:
        """How many training images are used."""
        available = DATASETS[self.dataset].train_count - self.validation_size
        return available if self.train_size is None else self.train_size

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches in a pass over the training images; the last one may be smaller."""
        return math.ceil(self.train_count / self.batch_size)

    @property
    def last_batch_size(self) -> int:
        """Images in the last mini-batch of an epoch: those that are left."""
        return self.train_count - (self.steps_per_epoch - 1) * self.batch_size

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, if no target accuracy ends it sooner."""
        steps = self.epochs * self.steps_per_epoch
        return steps if self.max_steps is None else min(steps, self.max_steps)

    def next_evaluation(self, step: int) -> int:
        """The first step from `step` on after which the network is tested: at each epoch's end,
        every `eval_every` steps, and at the end.
        """
        every = [n for n in (self.eval_every, self.steps_per_epoch) if n is not None]
        return min(self.total_steps, *(n * math.ceil(step / n) for n in every))

    @property
    def device_kind(self) -> str:
        """The device without its number: cpu, cuda or mps."""
        return self.device.partition(":")[0]

    def differences(self, other: "TrainConfig") -> dict[str, tuple[Any, Any]]:
        """Field -> (value here, value there), where the two differ."""
        mine, theirs = self.to_dict(), other.to_dict()
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


FIELDS: dict[str, dataclasses.Field] = {
    field.name: field for field in dataclasses.fields(TrainConfig)
}
_TYPES = typing.get_type_hints(TrainConfig)


def option(name: str) -> Option:
    """What is known of the field `name`. Raises `ConfigError` if there is none."""
    if name not in FIELDS:
        raise ConfigError(
            message("There is no setting called {name}.", name=repr(name)),
            message("The settings are: {names}.", names=tuple(FIELDS)),
        )
    return FIELDS[name].metadata["option"]


def counts(name: str, values: Mapping[str, Any]) -> bool:
    """Whether the field `name` decides anything beside the other fields' `values`."""
    known = option(name)
    return not known.of or name in option(known.of).choices[values[known.of]].settings


def value_type(name: str) -> type:
    """The type of a field's values: int, float, bool, str or tuple (None aside)."""
    hint = _TYPES[name]
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    return typing.get_origin(hint) or hint


def parse_value(name: str, text: str) -> Any:
    """A field's value from the command line or a URL. Raises `ConfigError`; bounds are checked by
    `TrainConfig`.
    """
    return option(name).parse(name, value_type(name), text)


def format_value(name: str, value: Any) -> str:
    """The inverse of `parse_value`."""
    return option(name).format(value)


def _check_together(config: TrainConfig) -> None:
    dataset = DATASETS[config.dataset]
    at_least = config.train_size or 10
    if at_least + config.validation_size > dataset.train_count:
        raise ConfigError(
            message(
                "{dataset} has {train_count:,} training images: {at_least:,} for "
                "training and {validation_size:,} for validation are more than that.",
                dataset=config.dataset,
                train_count=dataset.train_count,
                at_least=at_least,
                validation_size=config.validation_size,
            ),
            message("Choose fewer of either."),
            field="train_size" if config.train_size is not None else "validation_size",
        )
    if config.eval_size is not None and config.eval_size > dataset.test_count:
        object.__setattr__(config, "eval_size", None)
    if config.padding is None and config.kernel % 2 == 0:
        raise ConfigError(
            message(
                "A kernel of width {kernel} cannot have the padding 'same': (kernel - 1) "
                "/ 2 is not a whole number.",
                kernel=config.kernel,
            ),
            message("Choose an odd kernel, or a padding in pixels."),
            field="kernel",
        )
