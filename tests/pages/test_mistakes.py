"""Predict, run, compare: the page shows what was measured, only after a prediction, and its link
shows the same.
"""

import pytest

from mnistlab.experiments.mistakes import MEASURES, MISTAKES, run_pair
from mnistlab.ui.kit.words import percent
from mnistlab.ui.mistakes.measured import as_record, measured
from mnistlab.ui.mistakes.measures import as_text
from pages.elements import charts, traces
from pages.runs import link, opened, words

PAGE = "pages/mistakes.py"
NAME = "softmax-twice"


def test_nothing_is_given_away_before_the_prediction() -> None:
    for name, mistake in MISTAKES.items():
        page = opened(PAGE, True, mistake=name)
        assert not page.exception
        assert mistake.question in words(page)
        assert page.radio[0].options == list(mistake.answers)
        assert page.radio[0].value is None
        assert page.button(key="mistakes.run").disabled
        assert "Why" not in words(page)
        assert not charts(page)


def test_each_mistake_shows_from_the_start_what_was_measured_of_the_correct_version() -> None:
    assert measured().keys() == MISTAKES.keys()
    for name, mistake in MISTAKES.items():
        page = opened(PAGE, True, mistake=name)
        assert "Measured beforehand" in words(page)
        correct, _mistaken = measured()[name]
        for measure in mistake.compare:
            label, kind = MEASURES[measure]
            told = f"{label}: **{as_text(correct, measure, kind)}**"
            assert sum(told == each.value for each in page.markdown) == 1
        pictures = [each.proto.imgs[0].alt for each in page.get("image")]
        assert len([alt for alt in pictures if "measured beforehand" in alt]) == bool(mistake.curve)
        # what the mistake does is asked, and not told
        assert "And with the mistake? Predict it below" in words(page)


@pytest.mark.parametrize("name", ["softmax-twice", "no-detach"])
def test_what_was_measured_beforehand_comes_out_again(name: str) -> None:
    pair = run_pair(name)
    for stored, side in zip(measured()[name], (pair.correct, pair.mistaken), strict=True):
        again = as_record(MISTAKES[name], side)
        assert again["numbers"] == pytest.approx(stored.numbers, rel=0.05)
        assert len(again["curves"]) == len(stored.curves)


def test_prediction_is_followed_by_both_trainings_and_the_explanation() -> None:
    page = opened(PAGE, True, mistake=NAME)
    page.radio[0].set_value(1).run()
    page.button(key="mistakes.run").click().run()
    assert not page.exception
    assert not page.error
    assert link(page) == {"mistake": NAME, "answer": "1"}
    assert f"Not what you predicted. The answer: {MISTAKES[NAME].answers[0]}" in words(page)
    pair = run_pair(NAME)
    for side in (pair.correct, pair.mistaken):
        assert percent(side.numbers["accuracy"]) in words(page)
    for trace, side in zip(traces(page), (pair.correct, pair.mistaken), strict=False):
        assert trace["y"] == pytest.approx([loss for _, loss in side.curves["train loss"]])
    assert len(charts(page)[0].alt) > 50
    assert not page.warning  # it came out as claimed
    assert r"\ln(e + 9) - 1 \approx 1.461" in words(page)
    page.button(key="mistakes.again").click().run()
    assert link(page) == {"mistake": NAME}
    assert "Why" not in words(page)
    page.radio[0].set_value(0).run()
    page.button(key="mistakes.run").click().run()
    assert page.success[0].value == "Just as you predicted."


def test_link_with_an_answer_shows_the_same_view() -> None:
    page = opened(PAGE, True, mistake="no-detach", answer="1")
    assert not page.exception
    assert page.success[0].value == "Just as you predicted."
    assert "backward through the graph a second time" in "\n".join(
        element.value for element in page.code
    )
    assert page.radio[0].value == 1
    assert page.radio[0].disabled


def test_another_mistake_begins_without_an_answer() -> None:
    page = opened(PAGE, True, mistake=NAME, answer="0")
    page.selectbox[0].set_value("peeking").run()
    assert not page.exception
    assert link(page) == {"mistake": "peeking"}
    assert MISTAKES["peeking"].question in words(page)


@pytest.mark.parametrize(("name", "text"), [("mistake", "none"), ("answer", "9")])
def test_wrong_link_is_one_clear_sentence(name: str, text: str) -> None:
    page = opened(PAGE, True, **{name: text})
    assert not page.exception
    assert [f"The link says {name}=" in warning.value for warning in page.warning] == [True]
