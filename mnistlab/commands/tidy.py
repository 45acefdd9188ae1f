"""The command `tidy`: make room in the store."""

import json
from argparse import Namespace
from dataclasses import asdict

from mnistlab import terminal
from mnistlab.errors import ConfigError
from mnistlab.i18n import _, message
from mnistlab.run_names import run_name
from mnistlab.store import Budget, Store, Tidying, budget


def tidy(arguments: Namespace) -> int:
    """Say what goes where the store is fuller than it may be, or, with --yes, delete it. Raises
    `ConfigError` where nothing says how full it may be.
    """
    store, limit = Store(), budget(arguments.keep)
    if limit is None:
        raise ConfigError(
            message("Nothing says how much of the store is kept."),
            message("Add --keep '2 GB' or --keep '500 runs', or set MNISTLAB_KEEP."),
        )
    used = store.used(limit)
    names = {run.id: run_name(run.config) for run in store.runs()}
    tidying = store.tidy(limit) if arguments.yes else store.to_tidy(limit)
    if arguments.json:
        print(json.dumps({"used": used, "keep": limit.most, **asdict(tidying)}))
    else:
        _show(tidying, names)
        print(_summary(limit, used, tidying, arguments.yes))
    return 0


def _show(tidying: Tidying, names: dict[str, str]) -> None:
    rows = [
        (run_id, names.get(run_id, ""), what, f"{size / 1e6:,.1f} MB")
        for what, sizes in ((_("snapshots"), tidying.snapshots), (_("all"), tidying.runs))
        for run_id, size in sizes.items()
    ]
    if rows:
        terminal.table((_("run"), _("name"), _("what goes"), _("size")), rows)


def _summary(limit: Budget, used: int, tidying: Tidying, done: bool) -> str:
    if not (tidying.runs or tidying.snapshots):
        sentence = _("The store held {used} of {most}. Nothing has to go.")
    elif done:
        sentence = _("The store held {used} of {most}.")
    else:
        sentence = _("The store held {used} of {most}. Nothing was deleted: add --yes to do so.")
    return sentence.format(used=limit.text(used), most=limit.text(limit.most))
