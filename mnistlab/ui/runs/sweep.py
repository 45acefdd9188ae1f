"""The view of a sweep: several values of some settings, trained together with several seeds.

The URL is the sweep, and its runs follow from that: nothing else says what belongs to it. Only
which of them this session has still to ask for is kept with the session, as ids.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from mnistlab.config import FIELDS, TrainConfig, format_value, option
from mnistlab.errors import QueueFull, RunStateError
from mnistlab.executors import check
from mnistlab.experiments.sweep import DEFAULT_PRESET, MAX_RUNS, MAX_SEARCH_SEED, Sweep
from mnistlab.presets import ENTRIES, PRESETS
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.store.runs import CUT_SHORT
from mnistlab.ui.kit import labels, state
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.training.race import POLL_SECONDS
from mnistlab.ui.kit.url import Parameter, key_of, whole
from mnistlab.ui.kit.url import text as any_text
from mnistlab.ui.kit.widgets import bound
from mnistlab.ui.runs import table
from mnistlab.ui.runs.sweep_results import show_results

PARAMETERS: dict[str, Parameter] = {
    "preset": key_of(PRESETS),
    **{name: any_text() for name in FIELDS},
    "arch": table.PARAMETERS["arch"],  # the table of all runs is filtered by the same
    "seeds": whole(1, MAX_RUNS),
    "random": whole(1, MAX_RUNS),
    "search_seed": whole(0, MAX_SEARCH_SEED),
}
ACROSS = 4  # text boxes in a row


def sweep(page: Page) -> None:
    """Several networks that differ in some settings, trained together and compared."""
    asked = _ask(page)
    if not all(data_ready(name) for name in sorted({c.dataset for c in asked.configs.values()})):
        return
    busy = _is_busy(asked, _stored(asked))
    st.fragment(_watch, run_every=POLL_SECONDS if busy else None)(page, asked, busy)


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
        format_func=lambda name: _(ENTRIES[name].label),
    )
    names = _choose_fields(page, preset, second)
    _number(page, "seeds", _("Seeds of each"), third, 1)
    _number(page, "random", _("Draw at random"), fourth, None)
    for start in range(0, len(names), ACROSS):
        for name, column in zip(names[start : start + ACROSS], st.columns(ACROSS), strict=False):
            with column:
                page.search(name, labels.field_label(name), help=_hint(name))
    texts = {name: page.query.get(name) for name in PARAMETERS} | {"preset": preset}
    return Sweep.from_query({name: str(text) for name, text in texts.items() if text is not None})


def _choose_fields(page: Page, preset: str, place: Any) -> list[str]:
    """Which settings to try several values of; one that is new begins with the preset's value."""
    given = [name for name in FIELDS if page.query.get(name) is not None]

    def draw(key: str) -> list[str]:
        chosen = place.multiselect(
            _("Settings to try"), list(FIELDS), key=key, format_func=labels.field_label
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
        values = _("Several with commas, out of: {choices}.").format(choices=", ".join(choices))
    else:
        values = _("Several with commas; or, to draw at random, a range such as 1..10.")
    return f"{labels.field_help(name)} {values}"


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


# -- training --------------------------------------------------------------------------------------


def _stored(asked: Sweep) -> dict[str, RunRecord]:
    """Run id -> the run, of those that are in the store."""
    return {run.id: run for run in state.store().runs() if run.id in asked.configs}


def _waiting(asked: Sweep) -> list[str]:
    """Ids of the runs that this session has still to ask for."""
    waiting: dict[str, list[str]] = st.session_state.setdefault("sweep.waiting", {})
    return waiting.setdefault(asked.id, [])


def _is_busy(asked: Sweep, runs: Mapping[str, RunRecord]) -> bool:
    return bool(_waiting(asked)) or any(run.status in ACTIVE for run in runs.values())


def _watch(page: Page, asked: Sweep, was_busy: bool) -> None:
    with guard():
        if was_busy:
            state.executor().ensure()
            _request(asked)
        runs = _stored(asked)
        busy = _is_busy(asked, runs)
        if busy != was_busy:
            st.rerun()
        _progress(asked, runs, busy)
        show_results(page, asked, runs)


def _request(asked: Sweep) -> None:
    """Ask for as many of the waiting runs as one session may have at once."""
    waiting = _waiting(asked)
    with suppress(QueueFull):
        while waiting:
            state.start(asked.configs[waiting[0]])
            del waiting[0]


def _progress(asked: Sweep, runs: Mapping[str, RunRecord], busy: bool) -> None:
    """How much there is to train, how much of it is done, and the buttons."""
    configs = asked.configs
    rest = {i: config for i, config in configs.items() if state.startable(runs.get(i))}
    st.caption(_size(asked, sum(run.status == Status.FINISHED for run in runs.values())))
    if busy:
        waiting = set(_waiting(asked)) | {r.id for r in runs.values() if r.status in ACTIVE}
        done = len(configs) - len(waiting)
        st.progress(
            done / len(configs),
            _("{n} of {total} networks are done.").format(n=done, total=len(configs)),
        )
        if len(_waiting(asked)):
            st.caption(_("This page asks for the others as these finish: leave it open."))
        _stop_button(asked, runs)
    elif rest:
        _start_button(asked, rest, any(run.status in CUT_SHORT for run in runs.values()))


def _size(asked: Sweep, trained: int) -> str:
    count = len(asked.combinations)
    return _(
        "{combinations} × {seeds}: {networks}, {steps:,} steps in total. Trained: {trained:,}."
    ).format(
        combinations=ngettext("{n} combination", "{n} combinations", count).format(n=count),
        seeds=ngettext("{n} seed", "{n} seeds", len(asked.seeds)).format(n=len(asked.seeds)),
        networks=_networks(len(asked.configs)),
        steps=sum(config.total_steps for config in asked.configs.values()),
        trained=trained,
    )


def _networks(count: int) -> str:
    return ngettext("{n} network", "{n} networks", count).format(n=count)


def _start_button(asked: Sweep, rest: Mapping[str, TrainConfig], was_cut_short: bool) -> None:
    label = _("Resume: train {networks}") if was_cut_short else _("Train {networks}")
    if st.button(
        label.format(networks=_networks(len(rest))),
        type="primary",
        icon=":material/play_arrow:",
        key="sweep.start",
    ):
        for config in rest.values():
            check(config)
        _waiting(asked)[:] = list(rest)
        _request(asked)
        st.rerun()


def _stop_button(asked: Sweep, runs: Mapping[str, RunRecord]) -> None:
    active = [run for run in runs.values() if run.status in ACTIVE]
    stopping = not _waiting(asked) and all(run.wanted for run in active)
    if st.button(_("Stop all"), icon=":material/stop:", disabled=stopping, key="sweep.stop"):
        _waiting(asked).clear()
        for run in active:
            with suppress(RunStateError):  # it has just ended
                state.store().stop(run.id)
        st.rerun()
