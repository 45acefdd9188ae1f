"""What some runs begin with: the last weights of another run, their parent, and a set of drawings.

The set is kept under its checksum, for as long as a run refers to it, whatever becomes of the
drawings themselves. The weights that a run began with are its snapshot of step 0: so it opens, and
goes on, also where its parent has been deleted.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mnistlab.config import TrainConfig, format_value, option
from mnistlab.drawing_set import DrawingSet
from mnistlab.errors import ConfigError, StoreError
from mnistlab.i18n import message
from mnistlab.store.concurrency import insert_new
from mnistlab.store.queries import Queries
from mnistlab.store.rows import config_of
from mnistlab.store.runs import ACTIVE, WORDS, Status
from mnistlab.store.tables import DRAWING_SETS, RUNS

if TYPE_CHECKING:
    from torch import Tensor

    from mnistlab.data import Dataset


def keep_drawing_set(store: Queries, drawing_set: DrawingSet) -> str:
    """Keep the set, if it is not kept yet, and return its id. Raises `StoreError`."""
    row = {"id": drawing_set.id, "created": time.time(), "content": drawing_set.content}
    is_damaged = DRAWING_SETS.c.content != drawing_set.content
    with store._write() as connection:
        same_id = sa.delete(DRAWING_SETS).where(DRAWING_SETS.c.id == drawing_set.id)
        connection.execute(same_id.where(is_damaged))
        connection.execute(insert_new(connection, DRAWING_SETS).values(row))
    return drawing_set.id


@contextmanager
def drawing_set_kept(store: Queries, drawing_set: DrawingSet) -> Iterator[None]:
    """Inside, the set is kept, so that a run can be asked for that begins with it; afterwards only
    if there is one: nobody's drawings stay here for nothing. Raises `StoreError`.
    """
    keep_drawing_set(store, drawing_set)
    try:
        yield
    finally:
        with store._write() as connection:
            forget_drawings(connection, drawing_set.id)


def drawing_set(store: Queries, set_id: str) -> DrawingSet:
    """The set with this id. Raises `ConfigError` if it is not here, and `StoreError` if it is
    damaged.
    """
    content = DRAWING_SETS.c.content
    with store._read() as connection:
        blob = connection.scalar(sa.select(content).where(DRAWING_SETS.c.id == set_id))
    if blob is None:
        raise _no_drawings(set_id)
    found = DrawingSet(bytes(blob))
    if found.id != set_id:
        raise StoreError(
            message("The drawings {set_id} are damaged in the store.", set_id=set_id),
            message("Train on your drawings again."),
        )
    return found


def dataset_of(store: Queries, config: TrainConfig) -> "Dataset":
    """The data set of `config`, with its drawings if it has any. Raises `DataError`, and what
    `drawing_set` raises.
    """
    from mnistlab.data import load_dataset, with_drawings

    dataset = load_dataset(config.dataset)
    if config.drawings is None:
        return dataset
    return with_drawings(dataset, drawing_set(store, config.drawings), config)


def first_weights(store: Queries, config: TrainConfig) -> "dict[str, Tensor] | None":
    """The weights that a training of `config` begins with: its own of step 0, where it has begun
    before, or its parent's; None for fresh ones. Raises `ConfigError` as `check_origin` does, and
    `StoreError`.
    """
    if config.parent is None:
        return None
    if 0 in store.snapshot_steps(config.run_id):
        return store.weights(config.run_id, 0)
    with store._read() as connection:
        _check_parent(connection, config)
    return store.weights(config.parent)


def check_origin(connection: sa.Connection, config: TrainConfig) -> None:
    """Raises `ConfigError` unless the parent of `config` is a finished run with the same network,
    and its drawings are here.
    """
    _check_parent(connection, config)
    is_kept = sa.select(DRAWING_SETS.c.id).where(DRAWING_SETS.c.id == config.drawings)
    if config.drawings is not None and connection.scalar(is_kept) is None:
        raise _no_drawings(config.drawings)


def forget_drawings(connection: sa.Connection, set_id: str) -> None:
    """Delete the set, unless a run refers to it."""
    refers = sa.select(RUNS.c.id).where(RUNS.c.config.contains(set_id)).exists()
    connection.execute(sa.delete(DRAWING_SETS).where(DRAWING_SETS.c.id == set_id, ~refers))


def parents_needed(connection: sa.Connection) -> set[str]:
    """The runs that those which wait or are trained begin with."""
    texts = connection.scalars(sa.select(RUNS.c.config).where(RUNS.c.status.in_(ACTIVE)))
    return {config.parent for config in map(config_of, texts) if config and config.parent}


def _check_parent(connection: sa.Connection, config: TrainConfig) -> None:
    if config.parent is None:
        return
    columns = (RUNS.c.config, RUNS.c.status)
    row = connection.execute(sa.select(*columns).where(RUNS.c.id == config.parent)).first()
    parent = None if row is None else config_of(row.config)
    if row is None or parent is None:
        raise ConfigError(
            message("There is no run {parent} here to begin with.", parent=config.parent),
            message("Choose a run of this store as the parent."),
            field="parent",
        )
    if row.status != Status.FINISHED:
        raise ConfigError(
            message(
                "The parent, run {parent}, is {status}: its last weights may still change.",
                parent=config.parent,
                status=message(WORDS[row.status]),
            ),
            message("Let it finish first."),
            field="parent",
        )
    for name, (own, of_parent) in config.differences(parent).items():
        if option(name).group == "model":
            raise ConfigError(
                message(
                    "The network has {name} {own}, and that of its parent, run {parent}, "
                    "has {of_parent}.",
                    name=name,
                    own=format_value(name, own),
                    parent=config.parent,
                    of_parent=format_value(name, of_parent),
                ),
                message("Take all settings of the network from the parent."),
                field=name,
            )


def _no_drawings(set_id: str) -> ConfigError:
    return ConfigError(
        message("The drawings {set_id} are not in this store.", set_id=set_id),
        message("Teach a network your hand on the draw page, and its run says which drawings are."),
        field="drawings",
    )
