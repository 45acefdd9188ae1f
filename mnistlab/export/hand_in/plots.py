"""The curves of a run in its hand-in."""

from collections.abc import Sequence
from typing import Any

from mnistlab.events import Evaluated, Progress
from mnistlab.export.hand_in.own import Words
from mnistlab.figures import curves
from mnistlab.figures.colors import CURVE_COLORS
from mnistlab.figures.line_svg import Points, line_svg
from mnistlab.store import RunRecord, Store


def plots(store: Store, run: RunRecord, words: Words) -> dict[str, Any]:
    """ "curves": SVGs of loss and accuracy, each with its legend (name -> colour)."""
    _ = words.gettext
    progress = [e for _seq, e in store.events(run.id, [Progress]) if isinstance(e, Progress)]
    evaluated = [e for _seq, e in store.events(run.id, [Evaluated]) if isinstance(e, Evaluated)]
    if not evaluated:
        return {"curves": []}
    span = span_of(progress, evaluated)
    batches, tested = curves.losses(progress, evaluated)
    accuracy, held_out = curves.accuracies(evaluated)
    batch, test, validation = _("mini-batches"), _("test images"), _("held-out training images")
    losses: dict[str, Points] = {batch: batches, test: tested}
    shares: dict[str, Points] = {test: accuracy, validation: held_out}
    loss_colors = {batch: CURVE_COLORS["train_loss"], test: CURVE_COLORS["test_loss"]}
    share_colors = {
        test: CURVE_COLORS["test_accuracy"],
        validation: CURVE_COLORS["validation_accuracy"],
    }
    return {
        "curves": [
            _plot(losses, loss_colors, _("loss (nats)"), _("Loss over the steps"), span, words),
            _plot(
                shares, share_colors, _("accuracy"), _("Accuracy over the steps"), span, words, True
            ),
        ]
    }


def span_of(*series: Sequence[Progress | Evaluated]) -> tuple[float, float]:
    """The first and the last step of `series`, which every curve has on its axis, so that one line
    shows in all of them where one is. (0, 1) if there are no steps.
    """
    steps = [event.step for each in series for event in each]
    return (min(steps), max(steps)) if steps else (0, 1)


def _plot(
    lines: dict[str, Points],
    colors: dict[str, str],
    y: str,
    title: str,
    span: tuple[float, float],
    words: Words,
    percent: bool = False,
) -> dict[str, Any]:
    filled = {name: points for name, points in lines.items() if points}
    share = words.gettext("{number} %")
    ends = words.gettext("; ").join(
        f"{name}: " + (share.format(number=f"{100 * last:.2f}") if percent else f"{last:.4g}")
        for name, points in filled.items()
        for last in [points[-1][1]]
    )
    x, alt = words.gettext("step"), f"{title}. {ends}"
    drawing = line_svg(filled, colors, x, y, alt, span, percent)
    return {"title": title, "svg": drawing, "legend": {name: colors[name] for name in filled}}
