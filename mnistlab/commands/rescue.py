"""The command `rescue`: what can still be read of a damaged store."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from mnistlab.errors import ConfigError
from mnistlab.store import store_url
from mnistlab.store.database import file_of
from mnistlab.store.rescue import Rescue
from mnistlab.store.rescue import rescue as copy_what_can_be_read


def rescue(arguments: Namespace) -> int:
    """Copy what can be read of the store into a new one, and say what was lost. Raises
    `ConfigError` if the store is no SQLite file, `ExportError`, `StoreError`.
    """
    damaged, target = file_of(store_url()), Path(arguments.out)
    if damaged is None:
        raise ConfigError(
            "Only a store in an SQLite file can be rescued.",
            "A PostgreSQL database is restored from its own backups.",
        )
    outcome = copy_what_can_be_read(damaged, target)
    if arguments.json:
        fields = asdict(outcome).items()
        print(json.dumps({name: sorted(v) if isinstance(v, set) else v for name, v in fields}))
    else:
        print(summary(outcome))
        print(f"Set MNISTLAB_STORE=sqlite:///{target.absolute()} to use it.")
    return 0


def summary(outcome: Rescue) -> str:
    """What was rescued and what was lost, in one sentence."""
    lost = [
        _runs(outcome.lost),
        f"some of the events or weights of {_runs(outcome.incomplete)}",
        "whatever stood at the end of the file",
    ]
    happened = (outcome.lost, outcome.incomplete, outcome.cut_off)
    losses = [part for part, so in zip(lost, happened, strict=True) if so]
    return (
        f"Rescued {_count(len(outcome.runs), 'run')} and {_count(outcome.drawings, 'drawing')}; "
        f"lost: {', '.join(losses) or 'nothing, as far as can be seen'}."
    )


def _runs(ids: set[str]) -> str:
    return f"{_count(len(ids), 'run')} ({', '.join(sorted(ids))})"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
