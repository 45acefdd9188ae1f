"""The command `rescue`: what can still be read of a damaged store."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from mnistlab.errors import ConfigError
from mnistlab.i18n import _, listed, message, ngettext
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
            message("Only a store in an SQLite file can be rescued."),
            message("A PostgreSQL database is restored from its own backups."),
        )
    outcome = copy_what_can_be_read(damaged, target)
    if arguments.json:
        fields = asdict(outcome).items()
        print(json.dumps({name: sorted(v) if isinstance(v, set) else v for name, v in fields}))
    else:
        print(summary(outcome))
        setting = f"MNISTLAB_STORE=sqlite:///{target.absolute()}"
        print(_("Set {setting} to use it.").format(setting=setting))
    return 0


def summary(outcome: Rescue) -> str:
    """What was rescued and what was lost, in one sentence."""
    losses = [
        part
        for part, happened in (
            (_runs(outcome.lost), outcome.lost),
            (
                _("some of the events or weights of {runs}").format(runs=_runs(outcome.incomplete)),
                outcome.incomplete,
            ),
            (_("whatever stood at the end of the file"), outcome.cut_off),
        )
        if happened
    ]
    runs, drawings = len(outcome.runs), outcome.drawings
    return _("Rescued {runs} and {drawings}; lost: {losses}.").format(
        runs=ngettext("{n:,} run", "{n:,} runs", runs).format(n=runs),
        drawings=ngettext("{n:,} drawing", "{n:,} drawings", drawings).format(n=drawings),
        losses=listed(losses) or _("nothing, as far as can be seen"),
    )


def _runs(ids: set[str]) -> str:
    sentence = ngettext("{n:,} run ({names})", "{n:,} runs ({names})", len(ids))
    return sentence.format(n=len(ids), names=listed(sorted(ids)))
