"""What fine-tuning changed, in numbers and in words: what was learned, and what was forgotten."""

from mnistlab.analysis.intervals import wilson
from mnistlab.figures.fine_tuning import Change
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _, ngettext


def in_words(drawings: Change, test_images: Change) -> str:
    """A sentence on the held-out drawings, and one on the images that the network knew before."""
    return f"{_learned(drawings)} {_forgotten(test_images)}"


def table(changes: list[Change]) -> str:
    """A Markdown table: each of `changes`, before and after, with the intervals."""
    rows = [f"| | {_('before')} | {_('after')} |", "| --- | --- | --- |"]
    for change in changes:
        cells = [
            f"**{words.percent(correct / change.count)}** ({words.interval(correct, change.count)})"
            for correct in (change.before, change.after)
        ]
        rows.append(f"| {change.name} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


def _beyond_intervals(change: Change) -> bool:
    """Whether the 95 % intervals before and after do not overlap."""
    before, after = wilson(change.before, change.count), wilson(change.after, change.count)
    return before[1] < after[0] or after[1] < before[0]


def _learned(change: Change) -> str:
    more = change.after - change.before
    if more == 0:
        if change.before == change.count:
            return _("It read all of these drawings correctly before, and still does.")
        return _("It reads no more of these drawings correctly than before.")
    said = (
        ngettext(
            "It reads **{n} more** of these drawings correctly",
            "It reads **{n} more** of these drawings correctly",
            more,
        )
        if more > 0
        else ngettext(
            "It reads **{n} fewer** of these drawings correctly",
            "It reads **{n} fewer** of these drawings correctly",
            -more,
        )
    ).format(n=abs(more))
    if _beyond_intervals(change):
        return _("{said}: more than chance explains.").format(said=said)
    return _("{said}, but with so few drawings that may be chance.").format(said=said)


def _forgotten(change: Change) -> str:
    lost = change.before - change.after
    if lost <= 0:
        return _("It has forgotten nothing of the {name}.").format(name=change.name)
    said = _("Of the {name} it now gets {n:,} fewer right").format(name=change.name, n=lost)
    if _beyond_intervals(change):
        return _("{said}: it has forgotten some of what it knew.").format(said=said)
    return _("{said}, which is too few to speak of forgetting.").format(said=said)
