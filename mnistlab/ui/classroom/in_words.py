"""What the class's own test set says, in words."""

import statistics
from collections.abc import Mapping, Sequence

import streamlit as st

from mnistlab.analysis.handwriting import Reading, Share, gap
from mnistlab.choices import DATASETS
from mnistlab.ui.classroom.networks import Network
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _, ngettext


def compared(reading: Reading, readers: Sequence[Network]) -> None:
    """How far below the accuracy on their own test images these networks are on the drawings."""
    share = reading.all
    dataset = readers[0].config.dataset
    same = [each for each in readers if each.config.dataset == dataset]
    accuracy = statistics.fmean(each.run.accuracy or 0.0 for each in same)
    below = gap(share, accuracy, DATASETS[dataset].test_count)
    first, second, third = st.columns(3)
    with first:
        st.metric(_("On our drawings"), words.percent(share.share))
        st.caption(_("95 % interval {interval}").format(interval=_interval(share)))
    with second:
        st.metric(
            _("On the test images of {dataset}").format(dataset=_(DATASETS[dataset].name)),
            words.percent(accuracy),
        )
        st.caption(
            ngettext("of {n} network", "mean of {n} networks", len(same)).format(n=len(same))
        )
    with third:
        st.metric(_("Difference"), _points(below[0]))
        st.caption(
            _("95 % interval {low} to {high}").format(low=_points(below[1]), high=_points(below[2]))
        )
    st.markdown(_verdict(below))
    with st.expander(_("How these intervals are counted"), icon=":material/rule:"):
        st.markdown(
            _(
                "They count drawings, not answers: thirty networks that read the same five "
                "drawings are not 150 independent trials, because a drawing that fools one fools "
                "most. Test images were drawn by other people, so the two shares are independent, "
                "and the interval of their difference is Newcombe's."
            )
        )


def _verdict(below: tuple[float, float, float]) -> str:
    _difference, low, high = below
    if low > 0:
        return _(
            "Our handwriting is **harder** than the test images, by more than chance explains: "
            "the networks have learned the hands of others."
        )
    if high < 0:
        return _("Our handwriting is **easier** than the test images.")
    return _("With so few drawings, the difference may be chance: draw more.")


def hands_in_words(reading: Reading, called: Mapping[int, str]) -> str:
    """Which hand is hardest, and whether its interval lies apart from the others'."""
    hands = reading.by_hand()
    hardest, share = next(iter(hands.items()))
    said = _("**{name}**: {share} read correctly.").format(
        name=words.literal(called[hardest]), share=words.percent(share.share)
    )
    ties = [hand for hand, other in hands.items() if other.low <= share.high and hand != hardest]
    if ties:
        more = ngettext(
            "With so few drawings it may as well be {n} other: the intervals overlap.",
            "With so few drawings it may as well be any of {n} others: the intervals overlap.",
            len(ties),
        )
        said += " " + more.format(n=len(ties))
    return said


def best_in_words(reading: Reading, readers: Sequence[Network], called: Mapping[int, str]) -> str:
    """Whose network reads most drawings, and how many others do not differ from it."""
    right = reading.right.sum(1)
    best = int(right.argmax())
    said = _("**{name}**: {correct} of {count}.").format(
        name=words.literal(called[readers[best].number]),
        correct=right[best],
        count=len(reading.labels),
    )
    if others := reading.places.count(1) - 1:
        more = ngettext(
            "{n} other is no worse, as far as chance lets us tell.",
            "{n} others are no worse, as far as chance lets us tell.",
            others,
        )
        said += " " + more.format(n=others)
    return said


def _interval(share: Share) -> str:
    return _("{low} to {high} %").format(
        low=f"{100 * share.low:.2f}", high=f"{100 * share.high:.2f}"
    )


def _points(difference: float) -> str:
    return _("{points} points").format(points=words.signed(100 * difference, ".1f"))
