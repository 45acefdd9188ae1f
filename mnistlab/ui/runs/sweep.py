"""The view of a sweep: several values of some settings, trained together with several seeds.

The URL is the sweep, and its runs follow from that: nothing else says what belongs to it.
"""

from functools import lru_cache
from typing import Any

import streamlit as st

from mnistlab.config import FIELDS, format_value, option
from mnistlab.experiments.sweep import (
    DEFAULT_FACTOR,
    DEFAULT_PRESET,
    MAX_FACTOR,
    MAX_RUNS,
    MAX_SEARCH_SEED,
    Sweep,
)
from mnistlab.export.view_notebook import Code, can_open
from mnistlab.presets import ENTRIES, PRESETS
from mnistlab.ui.kit import labels
from mnistlab.ui.kit.i18n import _, listed, sentences
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.training.race import POLL_SECONDS
from mnistlab.ui.kit.url import Parameter, key_of, whole
from mnistlab.ui.kit.url import text as any_text
from mnistlab.ui.kit.widgets import bound
from mnistlab.ui.runs import notebook, table
from mnistlab.ui.runs.sweep_training import Look, watch

PARAMETERS: dict[str, Parameter] = {
    "preset": key_of(PRESETS),
    **{name: any_text() for name in FIELDS},
    "arch": table.PARAMETERS["arch"],  # the table of all runs is filtered by the same
    "seeds": whole(1, MAX_RUNS),
    "random": whole(1, MAX_RUNS),
    "search_seed": whole(0, MAX_SEARCH_SEED),
    "halving": whole(2, MAX_FACTOR),
}
ACROSS = 4  # text boxes in a row


def sweep(page: Page) -> None:
    """Several networks that differ in some settings, trained together and compared."""
    asked = _ask(page)
    if not all(data_ready(name) for name in sorted({c.dataset for c in asked.configs.values()})):
        return
    busy = Look.at(asked).is_busy(asked)
    fragment(watch, run_every=POLL_SECONDS if busy else None)(page, asked, busy)


# -- what to try -----------------------------------------------------------------------------------


def _ask(page: Page) -> Sweep:
    """The sweep that the widgets, and so the URL, describe. Raises `ConfigError`."""
    first, second, third, fourth = st.columns([3, 5, 2, 2])
    preset = page.choose(
        "preset",
        _("Start from"),
        list(PRESETS),
        DEFAULT_PRESET,
        first.selectbox,
        format_func=lambda name: ENTRIES[name].in_words(),
    )
    names = _choose_fields(page, preset, second)
    _number(page, "seeds", _("Seeds of each"), third, 1)
    _number(page, "random", _("Draw at random"), fourth, None)
    for start in range(0, len(names), ACROSS):
        for name, column in zip(names[start : start + ACROSS], st.columns(ACROSS), strict=False):
            with column:
                page.search(name, labels.field_label(name), help=_hint(name))
    _halve(page)
    return _shown(page)


def _shown(page: Page) -> Sweep:
    """The sweep of the URL. Raises `ConfigError`."""
    texts = {name: page.query.get(name) for name in PARAMETERS}
    return _of(tuple((name, str(text)) for name, text in texts.items() if text is not None))


@lru_cache(maxsize=16)
def _of(texts: tuple[tuple[str, str], ...]) -> Sweep:
    """The sweep of a link: its networks, up to 500, are the same at each rerun."""
    return Sweep.from_query(dict(texts))


def has_code(page: Page) -> bool:
    """Whether a notebook can train all networks of the sweep of the URL."""
    return all(map(can_open, _shown(page).configs.values()))


def as_code(page: Page) -> Code:
    """The sweep of the URL as code."""
    return notebook.sweep(_shown(page))


def _choose_fields(page: Page, preset: str, place: Any) -> list[str]:
    """Which settings to try several values of; one that is new begins with the preset's value."""
    given = [name for name in FIELDS if page.query.get(name) is not None]
    choices = [name for name in FIELDS if name in given or not option(name).refers]

    def draw(key: str) -> list[str]:
        chosen = place.multiselect(
            _("Settings to try"),
            choices,
            key=key,
            format_func=labels.field_label,
            placeholder=_("Choose settings"),
        )
        return sorted(chosen, key=list(FIELDS).index)

    chosen = bound("runs.sweep.fields", given, draw)
    page.query.reset(*(set(given) - set(chosen)))
    for name in chosen:
        if name not in given:
            page.query.set(name, format_value(name, getattr(PRESETS[preset], name)))
    return chosen


def _hint(name: str) -> str:
    """What the setting does, and how several values of it are written."""
    if choices := option(name).choices:
        values = _("Several with commas, out of: {choices}.").format(choices=listed(choices))
    else:
        values = _("Several with commas; or, to draw at random, a range such as 1..10.")
    return sentences(labels.field_help(name), values)


def _halve(page: Page) -> None:
    """The switch of successive halving. A link may give another reduction factor."""
    factor = page.query.get("halving")
    share = f"1/{factor or DEFAULT_FACTOR}"
    on = bound(
        "runs.sweep.halving",
        factor is not None,
        lambda key: st.toggle(
            _("Stop weaker combinations early (successive halving)"),
            key=key,
            help=_(
                "Compares the combinations along the way and continues only the best {share}. The "
                "others pause, and can be resumed."
            ).format(share=share),
        ),
    )
    page.query.set("halving", (factor or DEFAULT_FACTOR) if on else None)


def _number(page: Page, name: str, label: str, place: Any, default: int | None) -> None:
    value = bound(
        f"runs.sweep.{name}",
        page.query.get(name, default),
        lambda key: place.number_input(
            label,
            1,
            MAX_RUNS,
            None if default is None else "min",
            key=key,
            placeholder=_("all"),
        ),
    )
    page.query.set(name, None if value == default else value)
