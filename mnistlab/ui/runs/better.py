"""Is A better than B? Two chosen runs, trained with the same several seeds and compared image by
image.
"""

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab.analysis.evaluation import compare
from mnistlab.analysis.verdict import Verdict, verdict
from mnistlab.config import TrainConfig
from mnistlab.cost import rough
from mnistlab.export.view_notebook import Code, can_open
from mnistlab.run_names import with_first_seed
from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _, labelled, ngettext
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training import race
from mnistlab.ui.kit.training.experiments import part_of
from mnistlab.ui.kit.training.race import Racers
from mnistlab.ui.kit.url import whole
from mnistlab.ui.kit.words import literal
from mnistlab.ui.runs import notebook

SEEDS = (3, 4, 5)  # of each: twice five is as much as one may ask for at once
PARAMETERS = {"pairs": whole(SEEDS[0], SEEDS[-1])}


def comparable(runs: list[RunRecord]) -> bool:
    """Whether `runs` are two that can be trained again with other seeds and compared."""
    if len(runs) != 2:
        return False
    a, b = (run.config for run in runs)
    return a.dataset == b.dataset and with_first_seed(a) != with_first_seed(b)


def better(page: Page) -> None:
    """Which of two runs has the better settings."""
    runs = _compared(page)
    if runs is None:
        st.info(
            _(
                "Choose two runs in the table of all runs: on the same data set, and different in "
                "more than the seed."
            ),
            icon=":material/balance:",
        )
        page.link("runs", _("All runs"), ":material/list:", view=None)
        return
    for letter, name in zip("AB", words.unique_names(runs), strict=True):
        st.markdown(labelled(f"**{letter}**", literal(name)))
    count = page.choose("pairs", _("Seeds of each"), SEEDS, SEEDS[-1], widget=st.segmented_control)
    configs = {
        f"{letter}{place}": config
        for letter, side in zip("AB", zip(*_pairs(runs, count), strict=True), strict=True)
        for place, config in enumerate(side, start=1)
    }
    _cost(configs)
    compared = page.query.get("compare")
    experiment = part_of("better", compare=compared, pairs=count)
    race.race(page, configs, experiment, lambda trained: _answer(trained, count))


def has_code(page: Page) -> bool:
    """Whether two runs are chosen that a notebook can train anew."""
    runs = _compared(page)
    return runs is not None and all(can_open(run.config) for run in runs)


def as_code(page: Page) -> Code:
    """The same as code."""
    runs = _compared(page)
    assert runs is not None
    return notebook.two_settings(_pairs(runs, page.query.get("pairs", SEEDS[-1])))


def _compared(page: Page) -> list[RunRecord] | None:
    """The two runs of the URL; None if these are not two that can be compared."""
    wanted = (page.query.get("compare") or "").split(",")
    by_id = {run.id: run for run in page.store.runs(ids=wanted)}
    runs = [by_id[run_id] for run_id in wanted if run_id in by_id]
    return runs if comparable(runs) else None


def _pairs(runs: list[RunRecord], count: int) -> list[tuple[TrainConfig, TrainConfig]]:
    """The settings of both with the same seeds: their own first, then the next ones from 1."""
    a, b = (run.config for run in runs)
    seeds = list(dict.fromkeys([a.seed, b.seed, *range(1, count + 2)]))[:count]
    return [(a.replace(seed=seed), b.replace(seed=seed)) for seed in seeds]


def _cost(configs: dict[str, TrainConfig]) -> None:
    """How many networks are missing, and how long they train."""
    missing = race.untrained(configs, race.stored(configs))
    if not missing:
        return
    seconds = [each for each in state.estimates(missing.values()) if each is not None]
    if len(seconds) < len(missing):
        return
    st.caption(
        ngettext(
            "{n} network is still to be trained: about {time} of training here.",
            "{n} networks are still to be trained: about {time} of training here.",
            len(missing),
        ).format(n=len(missing), time=rough(sum(seconds)))
    )


def _answer(trained: Racers, count: int) -> None:
    """The table of the pairs that are trained, and once all are, the verdict."""
    rows, right = [], []
    for place in range(1, count + 1):
        pair = [trained.get(f"{letter}{place}") for letter in "AB"]
        runs = [run for run in pair if run is not None and run.status == Status.FINISHED]
        if len(runs) < 2:
            continue
        a, b = (cached.judgement(run, run.step) for run in runs)
        difference = compare(a, b)
        right.append((a.correct, b.correct))
        rows.append(
            {
                _("Seed"): runs[0].config.seed,
                _("Accuracy of A"): words.percent(a.accuracy.share),
                _("Accuracy of B"): words.percent(b.accuracy.share),
                _("Only A right"): len(difference.only_a),
                _("Only B right"): len(difference.only_b),
                _("p-value (McNemar)"): f"{difference.p_value:.2g}",
            }
        )
    if not rows:
        return
    if len(rows) == count:
        a_right, b_right = (np.stack(side) for side in zip(*right, strict=True))
        st.info(in_words(verdict(a_right, b_right)), icon=":material/balance:")
    elif all(run.status in (Status.FINISHED, Status.FAILED) for run in trained.values()):
        st.warning(
            _("Not every network could be trained, so there is no answer."),
            icon=":material/trending_up:",
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        alt=_("Accuracies of A and B with each seed, and where they differ"),
    )


def in_words(found: Verdict) -> str:
    """The answer, in one sentence for each reason."""
    if found.better:
        said = _(
            "**{winner} is better than {loser}.** With {n} seeds of each, it gets {points:.2f} "
            "percentage points more of the images right (95 % interval over the seeds: {low:+.2f} "
            "to {high:+.2f}). Neither lucky seeds nor lucky test images are a good explanation."
        )
    elif found.p_seeds < found.p_images:
        said = _(
            "**Nobody can tell yet.** With {n} seeds of each, B is {signed:+.2f} percentage points "
            "ahead of A, and the seeds agree; but it comes from so few images that other test "
            "images could turn it around."
        )
    else:
        said = _(
            "**Nobody can tell yet.** With {n} seeds of each, B is {signed:+.2f} percentage points "
            "ahead of A (95 % interval over the seeds: {b_low:+.2f} to {b_high:+.2f}): other seeds "
            "could turn it around."
        )
    sign = -1 if found.better == "a" else 1
    low, high = sorted(100 * sign * end for end in (found.low, found.high))
    return said.format(
        winner=found.better.upper(),
        loser="A" if found.better == "b" else "B",
        n=found.seeds,
        points=100 * abs(found.difference),
        signed=100 * found.difference,
        low=low,
        high=high,
        b_low=100 * found.low,
        b_high=100 * found.high,
    )
