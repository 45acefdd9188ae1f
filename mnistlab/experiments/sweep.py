"""Sweeps: ordinary runs that try several values of some settings, each with several seeds.

A sweep is no more than its text, such as `preset=quick-digits&lr=0.001,0.01&seeds=3`: its runs
follow from that, so nothing else has to be stored to find it again.
"""

import hashlib
import itertools
import math
import random
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode

from mnistlab.analysis.intervals import interval, percent
from mnistlab.choices import DATASETS
from mnistlab.compatibility import RENAMED_SETTINGS, with_new_names
from mnistlab.config import FIELDS, TrainConfig, format_value, option, parse_value, value_type
from mnistlab.errors import ConfigError
from mnistlab.events import Evaluated
from mnistlab.i18n import message
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Status, Store

MAX_RUNS = 500
MAX_SEARCH_SEED = 999_999_999
DEFAULT_FACTOR, MAX_FACTOR = 3, 10  # of halving
DEFAULT_PRESET = "tutorial-cnn"  # the defaults of `TrainConfig`
MAX_SHUFFLED = 100_000  # combinations; of more, those that are wanted are drawn one by one
TRIES = 20  # draws for each of these: some turn out to be the same
LOGARITHMIC = ("lr", "weight_decay")  # in which a factor matters, not a difference
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, to draw from; log-uniformly where `logarithmic`."""

    low: float
    high: float
    logarithmic: bool
    kind: type  # int or float

    def at(self, share: float) -> float:
        """The number at this share (0 up to 1) of the way from `low` to `high`: a whole one, or one
        of three digits.
        """
        if self.kind is int:
            return self.low + int((self.high - self.low + 1) * share)
        if self.logarithmic:
            number = self.low * (self.high / self.low) ** share
        else:
            number = self.low + (self.high - self.low) * share
        return min(max(float(f"{number:.3g}"), self.low), self.high)


Values = tuple[Any, ...] | Range  # of one setting


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
class StoppedEarly:
    """Where halving left a combination: at `step`, in place `rank` of the `reached` compared."""

    step: int
    rank: int
    reached: int


@dataclass(frozen=True)
class Result:
    """What came of a combination: the accuracies (0 to 1) of those of its runs that are trained,
    each measured on `images` images; and where it was stopped, if halving did so.
    """

    combination: Combination
    accuracies: tuple[float, ...]
    images: int
    stopped: StoppedEarly | None = None

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.accuracies) if self.accuracies else None

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation (n - 1) over the seeds; None for fewer than two."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def spread(self) -> str:
        """How certain the mean is: "± 0.31 %", the deviation over the seeds; for a single one its
        95 % interval, "97.85 to 98.38 %".
        """
        if self.deviation is not None:
            return f"± {percent(self.deviation)}"
        return "".join(interval(round(each * self.images), self.images) for each in self.accuracies)


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
                texts[name] = _text(name, values)
        if self.seeds != tuple(range(self.seeds[0], self.seeds[0] + len(self.seeds))):
            texts["seed"] = _text("seed", self.seeds)
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
            tuple(_draw(values, chance) for values in self.values.values())
            for _ in range(TRIES * self.draws)
        )

    @property
    def _lists(self) -> list[tuple[Any, ...]]:
        return [values for values in self.values.values() if not isinstance(values, Range)]

    @property
    def _grid(self) -> int:
        return math.prod(map(len, self._lists))


def results(
    sweep: Sweep,
    accuracies: Mapping[str, float],
    stopped: Mapping[tuple[str, ...], StoppedEarly] | None = None,
) -> list[Result]:
    """The result of each combination, the best first, from run id -> accuracy of the runs that are
    trained, and ids of a combination -> where it was stopped; the later, the better.
    """
    unordered = [
        Result(
            each,
            tuple(accuracies[name] for name in each.ids if name in accuracies),
            _measured(each.configs[0], sweep.validated),
            (stopped or {}).get(each.ids),
        )
        for each in sweep.combinations
    ]
    return sorted(unordered, key=_place)


def _place(result: Result) -> tuple[int, float, float]:
    if result.mean is not None:
        return 0, -result.mean, 0
    if result.stopped is not None:
        return 1, -result.stopped.step, result.stopped.rank
    return 2, 0, 0


def measured(event: Evaluated, validated: bool) -> float | None:
    """What a run is compared by while it is trained: its accuracy on the images held out for
    validation, or on the test images of its evaluations.
    """
    return event.validation_accuracy if validated else event.test_accuracy


def accuracy(store: Store, run: RunRecord, validated: bool) -> float | None:
    """What a finished run is judged by: its accuracy after the last step on all test images, or on
    those held out for validation. None for other runs.
    """
    if run.status != Status.FINISHED or not validated:
        return run.accuracy
    last = store.latest(run.id, Evaluated)
    return None if last is None else measured(last, validated)


def _measured(config: TrainConfig, validated: bool) -> int:
    return config.validation_size if validated else DATASETS[config.dataset].test_count


# -- text and values -------------------------------------------------------------------------------


def values_of(name: str, text: str) -> Values:
    """What `text` says: values separated by commas, in order and each once, or a range "low..high".
    Raises `ConfigError`.
    """
    if ".." in text:
        return _range(name, text)
    values = {_checked(name, part) for part in _parts(name, text)}
    return tuple(sorted(values, key=lambda value: _rank(name, value)))


def _parts(name: str, text: str) -> Iterator[str]:
    parts, size = text.split(","), 2 if value_type(name) is tuple else 1
    return (",".join(parts[place : place + size]) for place in range(0, len(parts), size))


def _checked(name: str, text: str) -> Any:
    return option(name).check(name, value_type(name), parse_value(name, text))


def _range(name: str, text: str) -> Range:
    kind, known = value_type(name), option(name)
    if kind not in (int, float) or name == "seed":
        raise ConfigError(
            message("{name} cannot be a range.", name=name),
            message("List its values, with commas."),
            name,
        )
    low, high = (_checked(name, part) for part in text.split("..", 1))
    if low is None or high is None or not low < high:
        raise ConfigError(
            message(
                "{name} cannot be {text}: a range begins with its lower end.",
                name=name,
                text=repr(text),
            ),
            message(
                "Choose two numbers from {low:g} to {high:.10g}, such as 1..10.",
                low=known.low,
                high=known.high,
            ),
            name,
        )
    return Range(low, high, name in LOGARITHMIC and low > 0, kind)


def _rank(name: str, value: Any) -> Any:
    """By what the values of a setting are ordered: choices as in their table, None last."""
    if choices := option(name).choices:
        return list(choices).index(value)
    return value is None, value


def _text(name: str, values: Values) -> str:
    if isinstance(values, Range):
        return f"{format_value(name, values.low)}..{format_value(name, values.high)}"
    return ",".join(format_value(name, value) for value in values)


def _draw(values: Values, chance: random.Random) -> Any:
    """One of `values`. A single one takes no chance, so that it may as well be left out."""
    if isinstance(values, Range):
        return values.at(chance.random())
    return values[int(chance.random() * len(values))] if len(values) > 1 else values[0]


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
