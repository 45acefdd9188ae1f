"""What hypothesis draws: made from the table of fields in `mnistlab.config`, so that a new field is
drawn at once.
"""

from typing import Any

from hypothesis import strategies as st

from mnistlab import models
from mnistlab.choices import DATASETS
from mnistlab.config import FIELDS, TrainConfig, option, value_type
from mnistlab.errors import ConfigError

DEVICES = ("cpu", "cuda", "cuda:1", "mps")


def values(name: str) -> st.SearchStrategy[Any]:
    """Every value that the field `name` allows on its own."""
    known, kind = option(name), value_type(name)
    if known.choices:
        drawn: st.SearchStrategy[Any] = st.sampled_from(list(known.choices))
    elif name == "device":
        drawn = st.sampled_from(DEVICES)
    elif known.pattern:
        drawn = st.from_regex(known.pattern, fullmatch=True)
    elif kind is bool:
        drawn = st.booleans()
    elif kind is float:
        drawn = st.floats(known.low, known.high)
    else:
        drawn = st.integers(int(known.low), int(known.high))
    if kind is tuple:
        drawn = st.tuples(drawn, drawn)
    return drawn | st.none() if known.none else drawn


def wrong_values(name: str) -> st.SearchStrategy[Any]:
    """Values, all JSON-safe, that the field `name` does not allow: of another type, out of bounds,
    not among the choices.
    """
    known, kind = option(name), value_type(name)
    odd: list[st.SearchStrategy[Any]] = [
        st.just([]),
        st.just({}),
        st.just([1, 2, 3]),
        st.just("maybe\nnot"),
        st.just(""),
    ]
    if not known.none:
        odd.append(st.none())
    if kind is not bool:
        odd.append(st.booleans())
    if kind is str:
        odd += [
            st.integers(),
            st.text().filter(
                lambda text: text not in known.choices and not _device_like(name, text)
            ),
        ]
    else:
        odd.append(st.text())
    if kind in (int, bool):
        odd.append(st.floats())
    if kind in (bool, tuple):
        odd.append(st.integers())
    if kind is float:
        odd += [
            st.sampled_from([float("nan"), float("inf"), -float("inf")]),
            st.floats(max_value=known.low, exclude_max=True),
        ]
        odd += [st.floats(min_value=known.high, exclude_min=True), st.just(10**400)]
    if kind is int:
        odd += [
            st.integers(max_value=int(known.low) - 1),
            st.integers(min_value=int(known.high) + 1),
            st.just(10**400),
        ]
    if kind is tuple:
        beyond = st.integers(max_value=int(known.low) - 1) | st.integers(
            min_value=int(known.high) + 1
        )
        good = st.integers(int(known.low), int(known.high))
        odd += [
            st.tuples(good, beyond),
            st.tuples(beyond, good),
            st.tuples(good),
            st.tuples(good, good, good),
            st.tuples(good, st.floats()),
        ]
    return st.one_of(odd)


def _device_like(name: str, text: str) -> bool:
    return name == "device" and (text in DEVICES or text.startswith("cuda:"))


@st.composite
def configs(draw: st.DrawFn, **fixed: st.SearchStrategy[Any]) -> TrainConfig:
    """Every valid configuration; a keyword gives the strategy for one field. Its network may still
    be impossible: see `networks`.
    """
    chosen = {name: draw(fixed.get(name, values(name))) for name in FIELDS}
    available = DATASETS[chosen["dataset"]].train_count
    chosen["validation_size"] = min(chosen["validation_size"], available - 10)
    if chosen["train_size"] is not None:
        chosen["train_size"] = min(chosen["train_size"], available - chosen["validation_size"])
    if chosen["kernel"] % 2 == 0 and chosen["padding"] is None:
        chosen["padding"] = chosen["kernel"] // 2
    return TrainConfig(**chosen)


def possible(config: TrainConfig) -> bool:
    """Whether the network of `config` can be built."""
    try:
        models.describe(config)
    except ConfigError:
        return False
    return True


SMALL: dict[str, st.SearchStrategy[Any]] = {  # built and run in milliseconds
    "dataset": st.just("digits"),
    "channels": st.tuples(st.integers(1, 4), st.integers(1, 4)),
    "kernel": st.sampled_from([1, 2, 3, 5, 8]),
    "stride": st.integers(1, 3),
    "padding": st.none() | st.integers(0, 4),
    "hidden": st.integers(1, 8),
    "layers": st.integers(1, 3),
    "device": st.just("cpu"),
    "parent": st.none(),  # so that it needs nothing but the data set
    "drawings": st.none(),
}


def networks(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[TrainConfig]:
    """Configurations of small networks that can be built, of every kind."""
    return configs(**(SMALL | fixed)).filter(possible)
