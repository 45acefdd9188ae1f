"""One experiment of a whole class: each member trains a part of it.

The class trains one configuration with as many seeds, or one setting with as many values. Which
part is whose follows from the numbers of the members, so nothing has to be handed out: whoever
joins late takes the next one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from mnistlab.config import FIELDS, TrainConfig, option, value_type
from mnistlab.errors import ConfigError
from mnistlab.events import Evaluated
from mnistlab.experiments.sweep import MAX_RUNS
from mnistlab.experiments.values import LOGARITHMIC, Range, values_of
from mnistlab.i18n import message
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.class_experiments import evaluations_of, runs_with_ids

SEED = "seed"
WIDE = 20  # from this ratio of the largest value to the smallest on, an axis is logarithmic
# settings that a class may vary; the others name things in a store, or say where to train
VARIED = tuple(name for name in FIELDS if not option(name).refers and name != "device")


@dataclass(frozen=True)
class Experiment:
    """One training for each member of a class, from the same `base`.

    `field` is the setting that differs, and `values` are what it is tried with; none for `SEED`,
    of which each member has another. `numbers`: of the members that were there at the start, in
    order. With more members than values, the values come again, each time with the next seed.
    Raises `ConfigError` for a setting, or a value of it, that cannot be trained.
    """

    base: TrainConfig
    field: str
    values: tuple[Any, ...]
    numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.field not in VARIED:
            raise ConfigError(
                message("A class cannot try several values of {field}.", field=repr(self.field)),
                message("Choose one of: {names}.", names=tuple(VARIED)),
                field=self.field,
            )
        if (self.field == SEED) == bool(self.values):
            raise ConfigError(
                *(
                    (
                        message("{field} needs no values.", field=self.field),
                        message("Each member has another seed."),
                    )
                    if self.values
                    else (
                        message("{field} needs some values.", field=self.field),
                        message("List them, with commas."),
                    )
                ),
                field=self.field,
            )
        if self.values and not self.base.counts(self.field):
            raise ConfigError(
                message(
                    "{field} decides nothing in this network: all would train the same.",
                    field=self.field,
                ),
                message("Choose another setting, or another network."),
                field=self.field,
            )
        _ = self.configs  # none of which may be impossible

    def place(self, number: int) -> int:
        """Which part, from 0, the member with this number has. Numbers only rise, so whoever was
        not there at the start comes after all who were.
        """
        if number in self.numbers:
            return self.numbers.index(number)
        last = max(self.numbers, default=0)
        return len(self.numbers) + max(0, number - last - 1)

    def value(self, number: int) -> Any:
        """The value that this member tries."""
        return getattr(self.config(number), self.field)

    def config(self, number: int) -> TrainConfig:
        """What the member with this number trains. Raises `ConfigError` where there is no such
        seed.
        """
        place = self.place(number)
        if not self.values:
            return self.base.replace(seed=self.base.seed + place)
        again, which = divmod(place, len(self.values))
        changed = {self.field: self.values[which], SEED: self.base.seed + again}
        return self.base.replace(**changed)

    @property
    def part(self) -> str:
        """What each of its runs says that it is a part of (`RunRecord.experiment`)."""
        return f"class?field={self.field}&base={self.base.run_id}"

    @property
    def configs(self) -> list[TrainConfig]:
        """What is trained with each value, by the first who tries it."""
        if not self.values:
            return [self.base]
        return [self.base.replace(**{self.field: value}) for value in self.values]

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers, which have their places on an axis."""
        return bool(self.values) and all(type(value) in (int, float) for value in self.values)

    @property
    def is_logarithmic(self) -> bool:
        """Whether the values belong on a logarithmic axis: from one to the next it is the factor
        that matters.
        """
        if not self.is_numeric or min(self.values) <= 0:
            return False
        return self.field in LOGARITHMIC or max(self.values) / min(self.values) >= WIDE

    def to_record(self) -> dict[str, Any]:
        """JSON-safe."""
        values = [list(value) if isinstance(value, tuple) else value for value in self.values]
        return {
            "config": self.base.to_dict(),
            "field": self.field,
            "values": values,
            "numbers": list(self.numbers),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The inverse of `to_record`. Raises `ConfigError` for a record of another version."""
        field, kind = record["field"], value_type(record["field"])
        values = tuple(option(field).check(field, kind, value) for value in record["values"])
        base = TrainConfig.from_dict(record["config"])
        return cls(base, field, values, tuple(record["numbers"]))


def planned(
    base: TrainConfig, field: str, text: str, numbers: Iterable[int], logarithmic: bool = False
) -> Experiment:
    """The experiment of the members with these `numbers`, who try the values that `text` says: some
    with commas, or a range "low..high", which is split among them. Raises `ConfigError`.
    """
    members = tuple(sorted(numbers))
    if field == SEED:
        return Experiment(base, field, (), members)
    values = values_of(field, text)
    if isinstance(values, Range):
        values = split(values, max(2, len(members)), logarithmic)
    if len(values) > MAX_RUNS:
        raise ConfigError(
            message("{count} values are too many.", count=len(values)),
            message("Give {most} at most.", most=MAX_RUNS),
            field,
        )
    return Experiment(base, field, values, members)


def split(of: Range, count: int, logarithmic: bool) -> tuple[int | float, ...]:
    """`count` numbers from the lowest to the highest of a range, at equal distances, or, where
    `logarithmic`, each the same factor above the one before; of three digits, or whole, where those
    that come out the same are taken once. Raises `ConfigError` for the logarithm of 0.
    """
    if logarithmic and of.low <= 0:
        raise ConfigError(
            message("A logarithmic range cannot begin at {low:g}.", low=of.low),
            message("Begin above 0, or take equal distances."),
        )
    numbers = []
    for place in range(count):
        share = place / (count - 1)
        number = (
            of.low * (of.high / of.low) ** share
            if logarithmic
            else of.low + (of.high - of.low) * share
        )
        rounded = round(number) if of.kind is int else float(f"{number:.3g}")
        numbers.append(min(max(rounded, of.low), of.high))
    return tuple(dict.fromkeys(numbers))


@dataclass(frozen=True, eq=False)
class Part:
    """What one member trains, and how far it is. `run` is None before it is asked for."""

    number: int  # of the member
    config: TrainConfig
    run: RunRecord | None
    evaluated: tuple[Evaluated, ...]  # so far

    @property
    def is_finished(self) -> bool:
        return self.run is not None and self.run.status == Status.FINISHED

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to wait for: it is trained, or failed."""
        return self.run is not None and self.run.status in (Status.FINISHED, Status.FAILED)

    @property
    def measured(self) -> tuple[int, int] | None:
        """(right, of how many) test images: all of them once it has finished, else those of its
        last evaluation; None before there is one.
        """
        if self.run is not None and self.run.final is not None:
            return self.run.final["correct"], self.run.final["count"]
        if not self.evaluated:
            return None
        return self.evaluated[-1].correct, self.evaluated[-1].count


def parts(store: Store, experiment: Experiment, numbers: Iterable[int]) -> list[Part]:
    """The parts of the members with these numbers, in the order of their parts. Raises
    `ConfigError` as `Experiment.config` does, and `StoreError`.
    """
    in_order = sorted(numbers, key=experiment.place)
    configs = {number: experiment.config(number) for number in in_order}
    ids = {number: config.run_id for number, config in configs.items()}
    runs = runs_with_ids(store, set(ids.values()))
    evaluated = evaluations_of(store, list(runs))
    return [
        Part(n, configs[n], runs.get(ids[n]), tuple(evaluated.get(ids[n], ()))) for n in in_order
    ]
