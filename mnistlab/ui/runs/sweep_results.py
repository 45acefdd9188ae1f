"""What came of a sweep: a picture of all combinations, their table, and the curves of one."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab.experiments.sweep import MAX_RUNS, Combination, Sweep
from mnistlab.experiments.sweep_results import Result, StoppedEarly, accuracy, results
from mnistlab.experiments.values import Range
from mnistlab.figures import curves
from mnistlab.figures import sweep as figures
from mnistlab.figures.colors import TEST
from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit import labels, state, words
from mnistlab.ui.kit.charts import chart, clickable, new_click, vega_chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.navigation import pages_of_a_run
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training import race
from mnistlab.ui.kit.widgets import bound

Runs = Mapping[str, RunRecord]  # run id -> run
HEAT_MAP = "sweep.heat_map"


def show_results(
    page: Page, asked: Sweep, runs: Runs, stopped: Mapping[tuple[str, ...], StoppedEarly]
) -> None:
    """How good each combination is, the best first, and the curves of one of them. `stopped`: ids
    of a combination -> where halving left it.
    """
    ranking = results(asked, _accuracies(asked, runs), stopped)
    started = [each for each in ranking if _started(each.combination, runs)]
    if not started:
        return
    pictures, card = st.container(), st.container(border=True)
    with card:
        chosen = _choose(page, asked, started, runs)
    with pictures:
        if any(each.mean is not None for each in ranking):
            _picture(asked, ranking, chosen)
        if told := [each for each in ranking if each.mean is not None or each.stopped is not None]:
            _table(asked, told)
    with card:
        _curves(page, asked, _started(chosen, runs))


def _started(combination: Combination, runs: Runs) -> list[RunRecord]:
    """Those of its runs that have begun, in the order of their seeds."""
    asked = (runs.get(run_id) for run_id in combination.ids)
    return [run for run in asked if run is not None and run.started is not None]


def _accuracies(asked: Sweep, runs: Runs) -> dict[str, float]:
    shares = {
        run.id: _validation_accuracy(run) if asked.validated else run.accuracy
        for run in runs.values()
        if run.status == Status.FINISHED
    }
    return {run_id: share for run_id, share in shares.items() if share is not None}


@cached.cache_by_run(max_entries=4 * MAX_RUNS)
def _validation_accuracy(run: RunRecord) -> float | None:
    return accuracy(state.store(), run, validated=True)


def _measured(asked: Sweep) -> str:
    return _("validation accuracy") if asked.validated else _("test accuracy")


def _name(combination: Combination) -> str:
    settings = combination.settings.items()
    return " · ".join(
        f"{labels.field_label(name)} {labels.short_label(name, value)}" for name, value in settings
    ) or _("all as in the preset")


def _value(combination: Combination, name: str) -> str:
    settings = combination.settings
    return labels.short_label(name, settings[name]) if name in settings else "–"


# -- all combinations ------------------------------------------------------------------------------


def _is_grid(asked: Sweep) -> bool:
    """Whether its combinations are the cells of a heat map."""
    ranges = any(isinstance(values, Range) for values in asked.values.values())
    return 1 <= len(asked.varied) <= 2 and not ranges


def _cells(asked: Sweep, ranking: Sequence[Result]) -> list[list[Result | None]]:
    """The result of each pair of values; a setting that decides nothing in a combination has the
    same result for each of its values. A single setting is one row.
    """
    *first, column = asked.varied
    rows = [{first[0]: value} for value in _listed(asked, first[0])] if first else [{}]

    by_settings = {frozenset(each.combination.settings.items()): each for each in ranking}

    def result(wanted: dict[str, Any]) -> Result | None:
        parts = (p for size in (2, 1, 0) for p in itertools.combinations(wanted.items(), size))
        found = (by_settings.get(frozenset(part)) for part in parts)
        return next((each for each in found if each is not None), None)

    return [[result(row | {column: value}) for value in _listed(asked, column)] for row in rows]


def _listed(asked: Sweep, name: str) -> tuple[Any, ...]:
    values = asked.values[name]
    return () if isinstance(values, Range) else values


def _axis(asked: Sweep, name: str) -> figures.Axis:
    values = tuple(labels.short_label(name, value) for value in _listed(asked, name))
    return figures.Axis(labels.field_label(name), values)


def _picture(asked: Sweep, ranking: Sequence[Result], chosen: Combination) -> None:
    if _is_grid(asked):
        _heat_map(asked, _cells(asked, ranking), chosen)
    elif asked.varied:
        trained = [each for each in ranking if each.mean is not None]
        axes = [
            (labels.field_label(name), [_value(each.combination, name) for each in trained])
            for name in asked.varied
        ]
        means = np.array([each.mean for each in trained])
        chart(figures.parallel(axes, means, _measured(asked)), "sweep.parallel")


def _heat_map(asked: Sweep, cells: list[list[Result | None]], chosen: Combination) -> None:
    means = [[np.nan if c is None or c.mean is None else c.mean for c in row] for row in cells]
    *first, column = asked.varied
    outlined = [
        (y, x)
        for y, row in enumerate(cells)
        for x, cell in enumerate(row)
        if cell is not None and cell.combination == chosen
    ]
    figure = figures.heat_map(
        np.array(means),
        [[_cell_text(cell) for cell in row] for row in cells],
        _axis(asked, first[0]) if first else figures.Axis("", ("",)),
        _axis(asked, column),
        _measured(asked),
        outlined[0] if outlined else None,
    )
    clickable(figure, HEAT_MAP)
    st.caption(_("Click a cell to see its curves."))


def _cell_text(result: Result | None) -> str:
    """For example 97.85 above ± 0.31; nothing where no network is trained yet."""
    if result is None or result.mean is None:
        return ""
    deviation = "" if result.deviation is None else f"<br>± {100 * result.deviation:.2f}"
    return f"{100 * result.mean:.2f}{deviation}"


def _table(asked: Sweep, ranking: Sequence[Result]) -> None:
    settings = {
        labels.field_label(name): [_value(each.combination, name) for each in ranking]
        for name in asked.varied
    }
    columns = {
        _("Mean {what}").format(what=_measured(asked)): [words.percent(r.mean) for r in ranking],
        _("± deviation, or 95 % interval"): [each.spread for each in ranking],
        _("Seeds"): [f"{len(each.accuracies)} / {len(asked.seeds)}" for each in ranking],
    }
    if asked.halving is not None:
        columns[_("Stopped early")] = [_stop(each.stopped) for each in ranking]
    st.dataframe(
        pd.DataFrame(settings | columns),
        hide_index=True,
        alt=_("Accuracy of each combination, the best first"),
    )


def _stop(stopped: StoppedEarly | None) -> str:
    if stopped is None:
        return ""
    return _("rank {rank} of {reached} at step {step:,}").format(**asdict(stopped))


# -- one of them -----------------------------------------------------------------------------------


def _choose(page: Page, asked: Sweep, ranking: Sequence[Result], runs: Runs) -> Combination:
    """The combination of the chosen run, or else the best one. Another one is chosen with its first
    run: by a click on its cell, or in a list.
    """
    firsts = {_started(each.combination, runs)[0].id: each.combination for each in ranking}
    chosen = next(
        (first for first, each in firsts.items() if page.query.get("run") in each.ids),
        next(iter(firsts)),
    )
    picked = _clicked(asked, ranking, firsts) or chosen
    if picked == chosen:
        picked = bound(
            "runs.sweep.combination",
            chosen,
            lambda key: st.selectbox(
                _("Curves of"), list(firsts), key=key, format_func=lambda i: _name(firsts[i])
            ),
            lambda shown: shown in firsts,
        )
    if picked != chosen:
        page.choose_run(picked)
        st.rerun()
    return firsts[chosen]


def _clicked(
    asked: Sweep, ranking: Sequence[Result], firsts: Mapping[str, Combination]
) -> str | None:
    """The first run of the cell that was clicked since the last rerun, if there was one."""
    cell = new_click(HEAT_MAP) if _is_grid(asked) else None
    if cell is None:
        return None
    row, column = map(int, cell)
    cells = _cells(asked, ranking)
    result = cells[row][column] if row < len(cells) and column < len(cells[row]) else None
    return next(
        (i for i, each in firsts.items() if result is not None and each == result.combination),
        None,
    )


def _curves(page: Page, asked: Sweep, runs: list[RunRecord]) -> None:
    """Links to the chosen run, or else the first of these, their curves and their results."""
    with st.container(horizontal=True):
        run = next((run for run in runs if run.id == page.query.get("run")), runs[0])
        page.link(
            "train", _("Open seed {seed}").format(seed=run.config.seed), run=run.id, step=None
        )
        for name in pages_of_a_run():
            page.link(name, run=run.id, step=None)
    usable = [run for run in runs if run.status != Status.FAILED]
    evaluated = [state.recorded(run.id).evaluated for run in usable]
    left, right = st.columns(2)
    losses = [curves.losses([], events)[1] for events in evaluated]
    shares = [curves.accuracies(events)[1 if asked.validated else 0] for events in evaluated]
    _band(left, losses, _("test loss (nats)"), "linear")
    _band(right, shares, _measured(asked), "share")
    race.results(page, {_("seed {n}").format(n=run.config.seed): run for run in runs})


def _band(
    place: Any, seeds: Sequence[Sequence[tuple[float, float]]], what: str, scale: str
) -> None:
    """The mean over the seeds with a band of one standard deviation; one seed is a line."""
    drawn = [points for points in seeds if points]
    if not drawn:
        return
    if len(drawn) > 1:
        data, spec = curves.band(drawn), curves.band_spec(TEST, _("step"), what, scale=scale)
        alt = _("Mean {what} of {n} seeds over the steps, with a band of ± one standard deviation")
    else:
        data = curves.table({what: drawn[0]})
        spec = curves.spec({what: TEST}, _("step"), what, scale, height=260)
        alt = _("{what} of {n} seed over the steps")
    key, text = f"sweep.{scale}.{min(len(drawn), 2)}", alt.format(what=what, n=len(drawn))
    vega_chart(data, spec, key, text, place)
