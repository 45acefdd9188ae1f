"""The trainings that the pages speak of. `ENTRIES` is their table, from which the command line,
the form and the tests take them; `PRESETS` is what there is to train.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.i18n import N_, _, labelled


@dataclass(frozen=True)
class Preset:
    """A training, and what it is called: as a choice, and as a run."""

    name: str  # marked for translation
    config: TrainConfig
    about: str = ""  # what is special about it, marked for translation

    def in_words(self) -> str:
        """Its name and what is special about it, in the language that is spoken here."""
        return labelled(_(self.name), _(self.about)) if self.about else _(self.name)


class _Configurations(Mapping[str, TrainConfig]):
    """Always those of `ENTRIES`."""

    def __getitem__(self, name: str) -> TrainConfig:
        return ENTRIES[name].config

    def __iter__(self) -> Iterator[str]:
        return iter(ENTRIES)

    def __len__(self) -> int:
        return len(ENTRIES)


_TUTORIAL_CNN = TrainConfig(
    arch="cnn",
    channels=(16, 32),
    kernel=5,
    optimizer="adam",
    lr=0.001,
    batch_size=50,
    epochs=1,
    seed=1,
)

ENTRIES: dict[str, Preset] = {
    "tutorial-cnn": Preset(N_("The CNN tutorial"), _TUTORIAL_CNN),
    "tutorial-lstm": Preset(
        N_("The LSTM tutorial"),
        TrainConfig(
            arch="lstm", hidden=64, optimizer="adam", lr=0.01, batch_size=64, epochs=1, seed=1
        ),
    ),
    "case-cnn": Preset(
        N_("The CNN case study"),
        _TUTORIAL_CNN.replace(
            epochs=3, batch_size=10, eval_every=100, eval_size=300, log_every=100
        ),
    ),
    "lenet-sgd": Preset(
        N_("PyTorch's MNIST example of 2017 (LeNet)"),
        TrainConfig(
            arch="lenet",
            normalize="zscore",
            optimizer="momentum",
            lr=0.01,
            momentum=0.5,
            batch_size=64,
            epochs=10,
            eval_every=None,
            eval_size=None,
            seed=1,
        ),
    ),
    "pytorch-example": Preset(
        N_("PyTorch's current MNIST example"),
        TrainConfig(
            arch="pytorch-example",
            normalize="zscore",
            optimizer="adadelta",
            lr=1.0,
            schedule="step",
            schedule_gamma=0.7,
            batch_size=64,
            epochs=14,
            eval_every=None,
            eval_size=None,
            seed=1,
        ),
    ),
    "speedrun": Preset(
        N_("Speedrun"),
        TrainConfig(
            arch="cnn",
            channels=(16, 32),
            kernel=5,
            padding=0,
            normalize="zscore",
            optimizer="adamw",
            lr=0.012,
            schedule="one-cycle",
            batch_size=128,
            label_smoothing=0.05,
            epochs=1,
            max_steps=430,
            eval_every=100,
            eval_size=1_000,
            precision="bfloat16",
            seed=1,
        ),
        N_("99 % in seconds"),
    ),
    "tiny": Preset(
        N_("Tiny"),
        TrainConfig(
            arch="cnn",
            channels=(8, 12),
            convolutions=2,
            separable=True,
            kernel=3,
            padding=0,
            pooling="mean",
            class_maps=True,
            activation="gelu",
            batch_norm=True,
            normalize="zscore",
            optimizer="adamw",
            lr=0.02,
            schedule="one-cycle",
            batch_size=64,
            epochs=30,
            eval_every=None,
            seed=1,
        ),
        N_("99 % with fewer than 1,000 parameters"),
    ),
    "quick-digits": Preset(
        N_("Quick digits"),
        TrainConfig(
            dataset="digits",
            arch="cnn",
            channels=(8, 16),
            kernel=5,
            optimizer="adam",
            lr=0.003,
            batch_size=32,
            epochs=5,
            eval_every=20,
        ),
        N_("the small data set"),
    ),
}
PRESETS: Mapping[str, TrainConfig] = _Configurations()  # name -> configuration
