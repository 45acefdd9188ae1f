"""Sweeps: ordinary runs that try several values of some settings, each with several seeds.

A sweep is no more than its text, such as `preset=quick-digits&lr=0.001,0.01&seeds=3`: its runs
follow from that, so nothing else has to be stored to find it again.
"""

import hashlib
import itertools
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode

from mnistlab.compatibility import RENAMED_SETTINGS, with_new_names
from mnistlab.config import FIELDS, TrainConfig
from mnistlab.errors import ConfigError
from mnistlab.experiments.values import Range, Values, draw, text_of, values_of
from mnistlab.i18n import message
from mnistlab.presets import PRESETS

MAX_RUNS = 500
MAX_SEARCH_SEED = 999_999_999
DEFAULT_FACTOR, MAX_FACTOR = 3, 10  # of halving
DEFAULT_PRESET = "tutorial-cnn"  # the defaults of `TrainConfig`
MAX_SHUFFLED = 100_000  # combinations; of more, those that are wanted are drawn one by one
TRIES = 20  # draws for each of these: some turn out to be the same
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Combination:
    """One value of each setting that varies, and a configuration for each seed. `settings` leaves
    out what decides nothing here, such as the kernel of an LSTM.
    """

    settings: dict[str, Any]
    configs: tuple[TrainConfig, ...]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of its runs."""
        return tuple(config.run_id for config in self.configs)


@dataclass(frozen=True)
class Sweep:
    """Several values of some settings, on top of a preset, each with the same `seeds`.

    `values` holds each setting that is given, also those with a single value. With `draws`, that
    many of their combinations are drawn at random, else all are taken. `halving` is the reduction
    factor of `experiments.halving`; None: every network is trained to its end. Raises `ConfigError`
    where these are too many.
    """

    preset: str = DEFAULT_PRESET
    values: Mapping[str, Values] = field(default_factory=dict)
    seeds: tuple[int, ...] = (1,)
    draws: int | None = None
    search_seed: int = 1
    halving: int | None = None

    def __post_init__(self) -> None:
        ranges = [name for name, values in self.values.items() if isinstance(values, Range)]
        if ranges and self.draws is None:
            raise ConfigError(
                message(
                    "{name} is a range, which has more values than can be tried.", name=ranges[0]
                ),
                message("Say how many combinations to draw at random, or list the values."),
                field=ranges[0],
            )
        runs = (self._grid if self.draws is None else self.draws) * len(self.seeds)
        if runs > MAX_RUNS:
            raise ConfigError(
                message(
                    "This sweep would train {runs:,} networks: {most} at most can be "
                    "trained together.",
                    runs=runs,
                    most=MAX_RUNS,
                ),
                message("Give fewer values or fewer seeds, or draw fewer combinations at random."),
            )

    @classmethod
    def from_query(cls, query: Texts) -> Self:
        """The inverse of `to_query`; parameters that are none of a sweep's are ignored. Raises
        `ConfigError`.
        """
        texts = with_new_names(query, RENAMED_SETTINGS)
        preset = texts.get("preset", DEFAULT_PRESET)
        if preset not in PRESETS:
            raise ConfigError(
                message("There is no preset {preset}.", preset=repr(preset)),
                message("The presets are: {names}.", names=tuple(PRESETS)),
            )
        values = {name: values_of(name, texts[name]) for name in FIELDS if name in texts}
        listed = values.pop("seed", (PRESETS[preset].seed,))
        draws = _whole("random", texts["random"], 1, MAX_RUNS) if "random" in texts else None
        search_seed = _whole("search_seed", texts.get("search_seed", "1"), 0, MAX_SEARCH_SEED)
        halving = _whole("halving", texts["halving"], 2, MAX_FACTOR) if "halving" in texts else None
        seeds = _seeds(listed, texts.get("seeds"))
        return cls(preset, values, seeds, draws, search_seed, halving)

    def to_query(self) -> dict[str, str]:
        """The sweep as URL query parameters, in one way whatever way it was written."""
        start = PRESETS[self.preset]
        texts = {"preset": self.preset}
        for name, values in self.values.items():
            if values != (getattr(start, name),):
                texts[name] = text_of(name, values)
        if self.seeds != tuple(range(self.seeds[0], self.seeds[0] + len(self.seeds))):
            texts["seed"] = text_of("seed", self.seeds)
        else:
            texts |= {"seed": str(self.seeds[0])} if self.seeds[0] != start.seed else {}
            texts |= {"seeds": str(len(self.seeds))} if len(self.seeds) > 1 else {}
        if self.draws is not None:
            texts |= {"random": str(self.draws), "search_seed": str(self.search_seed)}
        if self.halving is not None:
            texts["halving"] = str(self.halving)
        return texts

    @property
    def canonical(self) -> str:
        """`to_query` in one line: equal text means the same sweep."""
        return urlencode(self.to_query(), safe=",")

    @property
    def part(self) -> str:
        """What each of its runs says that it is a part of (`RunRecord.experiment`)."""
        return f"sweep?{self.canonical}"

    @property
    def id(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of `canonical`."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:12]

    @property
    def varied(self) -> tuple[str, ...]:
        """The settings that have more than one value."""
        return tuple(name for name, v in self.values.items() if isinstance(v, Range) or len(v) > 1)

    @cached_property
    def combinations(self) -> tuple[Combination, ...]:
        """Each combination once, in order. Raises `ConfigError` for one that is impossible."""
        return tuple(
            Combination(
                {name: getattr(config, name) for name in self.varied if config.counts(name)},
                tuple(config.replace(seed=seed) for seed in self.seeds),
            )
            for config in self._distinct()
        )

    @cached_property
    def configs(self) -> dict[str, TrainConfig]:
        """Run id -> every network to train: those of one seed after those of another, so that a
        sweep that is broken off has tried as many combinations as it could.
        """
        pairs = (zip(each.ids, each.configs, strict=True) for each in self.combinations)
        return {name: config for one_seed in zip(*pairs, strict=True) for name, config in one_seed}

    @property
    def validated(self) -> bool:
        """Whether combinations are compared by images held out for validation: every network has
        some, so nobody has to choose by the test images.
        """
        return all(each.configs[0].validation_size for each in self.combinations)

    def config(self, values: Mapping[str, Any]) -> TrainConfig:
        """The configuration with these `values`, of the first seed."""
        return PRESETS[self.preset].replace(**values, seed=self.seeds[0])

    def _distinct(self) -> dict[TrainConfig, None]:
        configs: dict[TrainConfig, None] = {}
        for values in self._choices():
            configs[self.config(dict(zip(self.values, values, strict=True)))] = None
            if len(configs) == self.draws:
                break
        return configs

    def _choices(self) -> Iterable[tuple[Any, ...]]:
        """The combinations of values, some maybe twice: all of them, or a bounded number drawn at
        random.
        """
        grid = itertools.product(*self._lists)
        if self.draws is None:
            return grid
        chance = random.Random(self.search_seed)
        if len(self._lists) == len(self.values) and self._grid <= MAX_SHUFFLED:
            return sorted(grid, key=lambda choice: chance.random())
        return (
            tuple(draw(values, chance) for values in self.values.values())
            for _ in range(TRIES * self.draws)
        )

    @property
    def _lists(self) -> list[tuple[Any, ...]]:
        return [values for values in self.values.values() if not isinstance(values, Range)]

    @property
    def _grid(self) -> int:
        return math.prod(map(len, self._lists))


def _seeds(listed: Values, count: str | None) -> tuple[int, ...]:
    """The seeds that are `listed`, or `count` of them from the one listed. Raises `ConfigError`."""
    assert isinstance(listed, tuple)
    if count is None:
        return listed
    if len(listed) > 1:
        raise ConfigError(
            message("Both seed and seeds say which seeds to try."), message("Give one of the two.")
        )
    return tuple(range(listed[0], listed[0] + _whole("seeds", count, 1, MAX_RUNS)))


def _whole(name: str, text: str, low: int, high: int) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high):
        raise ConfigError(
            message("{name} cannot be {text}.", name=name, text=repr(text)),
            message("Choose a whole number from {low} to {high:,}.", low=low, high=high),
        )
    return int(text)
