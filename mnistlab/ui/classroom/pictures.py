"""One picture of what a class trains together: it grows while they train."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mnistlab.experiments.together import SEED, Experiment, Part
from mnistlab.figures import curves
from mnistlab.figures import together as figures
from mnistlab.figures.colors import CURVE_COLORS
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit import labels, words
from mnistlab.ui.kit.charts import vega_chart
from mnistlab.ui.kit.i18n import _, ngettext


def pictures(
    room: Room, experiment: Experiment, found: Sequence[Part], called: Mapping[int, str]
) -> None:
    """The accuracies of all, with their intervals; and how they got there."""
    if not any(part.measured for part in found):
        st.caption(_("The picture grows as soon as the first network is tested."))
        return
    _in_words(experiment, found)
    left, right = st.columns(2)
    with left:
        _accuracies(room, experiment, found, called)
    with right:
        if experiment.field == SEED:
            _band(found)
        else:
            _over_training(experiment, found, called)
    if any(part.measured and not part.is_finished for part in found):
        st.caption(
            _("In grey: networks that still train, measured on the images of their evaluations.")
        )


def _in_words(experiment: Experiment, found: Sequence[Part]) -> None:
    shares = {
        part.number: part.run.accuracy
        for part in found
        if part.run is not None and part.run.accuracy is not None
    }
    if len(shares) < 2:
        return
    low, high = min(shares.values()), max(shares.values())
    count = ngettext("{n} network", "{n} networks", len(shares)).format(n=len(shares))
    said = _("{count}, from {low} to {high}.").format(
        count=count, low=words.percent(low), high=words.percent(high)
    )
    if experiment.field == SEED:
        mean = words.percent(statistics.fmean(shares.values()))
        said += " " + _("The mean is **{mean}**.").format(mean=mean)
        deviation = words.percent(statistics.stdev(shares.values()))
        said += " " + _("Luck alone makes a standard deviation of **{deviation}**.").format(
            deviation=deviation
        )
    elif (best := _best_value(experiment, found)) is not None:
        field = labels.field_label(experiment.field)
        said += " " + _("The best: {field} **{value}**.").format(
            field=field, value=words.literal(best)
        )
    st.markdown(said)


def _best_value(experiment: Experiment, found: Sequence[Part]) -> str | None:
    by_value: dict[str, list[float]] = {}
    for part in found:
        if part.run is not None and part.run.accuracy is not None:
            by_value.setdefault(_text(experiment, part), []).append(part.run.accuracy)
    return max(by_value, key=lambda value: statistics.fmean(by_value[value]), default=None)


def _text(experiment: Experiment, part: Part) -> str:
    return labels.short_label(experiment.field, getattr(part.config, experiment.field))


def _accuracies(
    room: Room, experiment: Experiment, found: Sequence[Part], called: Mapping[int, str]
) -> None:
    dots = []
    for part in found:
        if part.measured is not None:
            value = getattr(part.config, experiment.field)
            is_mine = room.me is not None and part.number == room.me.number
            dots.append(
                figures.Dot(
                    called[part.number],
                    value if experiment.is_numeric else _text(experiment, part),
                    *part.measured,
                    "so far" if not part.is_finished else "mine" if is_mine else "done",
                )
            )
    field, y = labels.field_label(experiment.field), _("test accuracy")
    if experiment.field == SEED:
        spec = figures.distribution_spec(_("networks, from the weakest to the best"), y)
    else:
        spec = _over_values(experiment, field, y)
    vega_chart(
        figures.dots_table(dots),
        spec,
        key="class.experiment.accuracies",
        alt=_("Test accuracy of {n} networks by {field}, each with its 95 % interval").format(
            n=len(dots), field=field
        ),
    )


def _over_values(experiment: Experiment, x: str, y: str) -> dict[str, Any]:
    if experiment.is_numeric:
        scale = "log" if experiment.is_logarithmic else "linear"
        return figures.values_spec(x, y, scale, experiment.values)
    texts = [labels.short_label(experiment.field, value) for value in experiment.values]
    return figures.values_spec(x, y, "ordinal", texts)


def _band(found: Sequence[Part]) -> None:
    """The mean accuracy over training, with a band of one standard deviation; without the guesses
    of step 0, beside which nothing else could be told apart.
    """
    after = [[event for event in part.evaluated if event.step > 0] for part in found]
    drawn = [curves.accuracies(events)[0] for events in after if events]
    if len(drawn) < 2:
        return
    vega_chart(
        curves.band(drawn),
        curves.band_spec(
            CURVE_COLORS["test_accuracy"],
            _("step"),
            _("test accuracy, mean ± deviation"),
            height=300,
        ),
        key="class.experiment.band",
        alt=_(
            "Mean test accuracy of {n} networks over the steps, with a band of ± one standard "
            "deviation"
        ).format(n=len(drawn)),
    )


def _over_training(
    experiment: Experiment, found: Sequence[Part], called: Mapping[int, str]
) -> None:
    """A row for each network, from its first step to its last."""
    rows = {}
    for part in found:
        name = _text(experiment, part)
        if name in rows:  # somebody else tries the same, with another seed
            name = f"{name} · {called[part.number]}"
        rows[name] = (part.evaluated, part.config.total_steps)
    field = labels.field_label(experiment.field)
    vega_chart(
        figures.training_table(rows),
        figures.training_spec(list(rows), _("training done"), field, _("test accuracy")),
        key="class.experiment.training",
        alt=_("Heat map of the test accuracy over training, a row for each {field}").format(
            field=field
        ),
    )
