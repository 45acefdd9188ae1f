"""The parts of a hand-in put together. `template.html` says how they look; it escapes whatever it
is not told to leave as it is.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mnistlab import models
from mnistlab.analysis.intervals import probability
from mnistlab.choices import DATASETS, OPTIMIZERS
from mnistlab.config import FIELDS, TrainConfig, format_value, option
from mnistlab.export.command import DEFAULT, train_command
from mnistlab.export.hand_in.looking import Looked, looked_at
from mnistlab.export.hand_in.own import Own, Words
from mnistlab.export.hand_in.plots import plots
from mnistlab.export.script import diverged_at, script, threads_of
from mnistlab.figures.architecture import architecture
from mnistlab.figures.code import code_html
from mnistlab.figures.colors import CLASS_COLORS
from mnistlab.run_names import network_name, run_name
from mnistlab.store import RunRecord, Store

MOST_BYTES = 10**7
STEPS = (16, 8, 4, 2)  # of the training that one can look at: fewer where the file is too large
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Setting:
    """A setting in words; `unusual`: it is not what it is where nobody says anything."""

    label: str
    value: str
    unusual: bool


def document(store: Store, run: RunRecord | None, own: Own, words: Words) -> bytes:
    """See `hand_in.hand_in`."""
    fixed = _frame(own, words) | ({} if run is None else _of_run(store, run, words))
    for most in STEPS:
        looked = None if run is None else looked_at(store, run, own, most, words)
        content = _rendered(fixed | _looks(looked))
        if len(content) <= MOST_BYTES:
            break
    return content


def _frame(own: Own, words: Words) -> dict[str, Any]:
    """What every file has."""
    code = (FOLDER / "hand_in.js").read_text(encoding="utf-8")
    checksum = base64.b64encode(sha256(code.encode()).digest()).decode()
    return {
        "_": words.gettext,
        "ngettext": words.ngettext,
        "language": words.language,
        "style": (FOLDER / "hand_in.css").read_text(encoding="utf-8"),
        "code": code,
        "checksum": f"sha256-{checksum}",
        "own": own,
        "colors": CLASS_COLORS,
        "run": None,
    }


def _of_run(store: Store, run: RunRecord, words: Words) -> dict[str, Any]:
    _, config = words.gettext, run.config
    stages = models.describe(config)
    twin = script(config, threads_of(run), diverged_at(store, run))
    return {
        "run": run,
        "name": run_name(config),
        "sentence": _sentence(config, words),
        "parameters": sum(stage.parameters for stage in stages),
        "architecture": architecture(stages, _("{count} parameters")),
        "settings": _settings(config, words),
        "twin": code_html(twin, (), _("The code that does the same, in plain PyTorch")),
        "command": train_command(config),
        "trained": _day(run.ended),
        "environment": {
            name: value
            for name, value in (run.environment or {}).items()
            if isinstance(value, str | int) and not isinstance(value, bool)
        },
    } | plots(store, run, words)


def _looks(looked: Looked | None) -> dict[str, Any]:
    """What was seen in the network, for the template and for the script of the file."""
    if looked is None:
        return {"looked": None, "data": {}}
    texts = [[_percents(step) for step in maps.probabilities.tolist()] for maps in looked.maps]
    widths = [
        [
            [round(100 * max(0.0, share), 1) for share in step]
            for step in maps.probabilities.tolist()
        ]
        for maps in looked.maps
    ]
    names = [f"{step:,}" for step in looked.steps]
    data = {"steps": names, "places": looked.places, "texts": texts, "widths": widths}
    return {"looked": looked, "data": data}


def _percents(shares: Sequence[float]) -> list[str]:
    return [probability(share, 1, brief=True) if share == share else "NaN" for share in shares]


def _sentence(config: TrainConfig, words: Words) -> str:
    _ = words.gettext
    return _(
        "{network} learns {dataset}: {images:,} images, {batch} at a time, {steps:,} steps with "
        "{optimizer} at a learning rate of {rate:g}."
    ).format(
        network=network_name(config),
        dataset=_(DATASETS[config.dataset].name),
        images=config.train_count,
        batch=config.batch_size,
        steps=config.total_steps,
        optimizer=_(OPTIMIZERS[config.optimizer].name),
        rate=config.lr,
    )


def _settings(config: TrainConfig, words: Words) -> list[Setting]:
    return [
        Setting(
            words.gettext(option(name).label),
            _value(name, getattr(config, name), words),
            getattr(config, name) != getattr(DEFAULT, name),
        )
        for name in FIELDS
        if config.counts(name)
    ]


def _value(name: str, value: Any, words: Words) -> str:
    choices = option(name).choices
    if value in choices:
        return words.gettext(choices[value].label)
    if isinstance(value, bool):
        return words.gettext("yes") if value else words.gettext("no")
    return format_value(name, value)


def _day(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _rendered(context: dict[str, Any]) -> bytes:
    return _templates().get_template("template.html").render(context).encode()


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
