"""The commands `presets`, `runs` and `show`."""

import json
import math
import sys
from argparse import Namespace
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mnistlab import terminal
from mnistlab.analysis.intervals import interval, percent
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.export.measurements import report
from mnistlab.i18n import _, ngettext
from mnistlab.presets import PRESETS
from mnistlab.run_names import keyed_name, network_name, run_name
from mnistlab.store import RunRecord, Store
from mnistlab.store.runs import WORDS


def presets(arguments: Namespace) -> int:
    """List the presets."""
    if arguments.json:
        listed: list[dict[str, Any]] = [
            {"preset": name, "run": config.run_id, "config": config.to_dict()}
            for name, config in PRESETS.items()
        ]
        # no run: not kept
        listed += [
            {"preset": name, "run": None, "config": config.to_dict()}
            for name, config in SINE_PRESETS.items()
        ]
        print(json.dumps(listed))
        return 0
    rows = [
        (
            name,
            network_name(c),
            c.dataset,
            f"{c.optimizer} {c.lr:g}",
            f"{c.batch_size}",
            f"{c.epochs}",
            c.run_id,
        )
        for name, c in PRESETS.items()
    ]
    rows += [
        (name, f"{c.cell.upper()} {c.hidden}", "sine", f"adam {c.lr:g}", "1", "1", "")
        for name, c in SINE_PRESETS.items()
    ]
    columns = (
        _("preset"),
        _("network"),
        _("data set"),
        _("optimiser"),
        _("batch"),
        _("epochs"),
        _("run"),
    )
    terminal.table(columns, rows)
    return 0


def runs(arguments: Namespace) -> int:
    """List the runs in the store."""
    store = Store()
    listed = store.runs()
    if arguments.json:
        print(json.dumps([_summary(run) for run in listed]))
    elif not listed:
        print(
            _("There are no runs yet. Train one: {command}").format(
                command="python -m mnistlab train --preset speedrun"
            )
        )
    else:
        rows = [
            (
                run.id,
                run_name(run.config),
                _(WORDS[run.status]),
                percent(run.accuracy),
                "" if run.final is None else interval(run.final["correct"], run.final["count"]),
                _("{count:,} of {total:,}").format(count=run.step, total=run.total_steps),
                _when(run.created),
            )
            for run in listed
        ]
        columns = (
            _("run"),
            _("name"),
            _("status"),
            _("accuracy"),
            _("95 % interval"),
            _("steps"),
            _("requested"),
        )
        terminal.table(columns, rows)
    _mention_left_out(len(store.unreadable()))
    return 0


def show(arguments: Namespace) -> int:
    """Show one run: its results, its network and its settings."""
    store = Store()
    run = store.find(arguments.run)
    from mnistlab import models  # and torch, for which nobody waits to hear of a misspelt run

    stages = models.describe(run.config)
    result = {
        **report(store, run),
        "stages": [asdict(stage) for stage in stages],
        "network": models.printed(run.config),
        "snapshots": store.snapshot_steps(run.id),
        "environment": run.environment,
    }
    if arguments.json:
        print(json.dumps(result))
        return 0
    terminal.show_result(result, run_name(run.config))
    print(f"\n{result['network']}\n")
    terminal.table(
        (_("stage"), _("kind"), _("output"), _("parameters")),
        [(s.name, s.kind, "×".join(map(str, s.shape)), f"{s.parameters:,}") for s in stages],
    )
    print()
    terminal.show_settings(run.config)
    return 0


def _mention_left_out(count: int) -> None:
    if count:
        sentence = ngettext(
            "{n} run from another version of mnistlab not listed.",
            "{n} runs from another version of mnistlab not listed.",
            count,
        )
        print(f"mnistlab: {sentence.format(n=count)}", file=sys.stderr)


def _summary(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "name": keyed_name(run.config),
        "status": str(run.status),
        "reason": run.reason,
        "test_accuracy": run.accuracy,
        "step": run.step,
        "total_steps": run.total_steps,
        "created": run.created,
        "config": run.config.to_dict(),
    }


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(math.floor(seconds)).strftime("%Y-%m-%d %H:%M")
