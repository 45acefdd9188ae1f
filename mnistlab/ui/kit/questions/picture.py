"""What a class answered, as a picture: the same one for its teacher and for its students."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import streamlit as st

from mnistlab.figures.guesses import numbers_figure, points_figure
from mnistlab.figures.questions import cells_figure, choices_figure, drawings
from mnistlab.questions import KINDS, Cell, Choices, Drawing, Number, Point, Question, Text
from mnistlab.store import Store
from mnistlab.store.answers import Results
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.questions.inputs import choices_of
from mnistlab.ui.kit.questions.truth import Truth, truth
from mnistlab.ui.kit.words import literal

Picture = Callable[[Any, Results, Truth, str], None]  # of a question of its kind


def picture(store: Store, question: Question, results: Results, key: str) -> None:
    """Draw `results` against what the experiment gives. Raises `StoreError`, `DataError`."""
    known = truth(store, question)
    PICTURES[question.kind](question, results, known, key)
    if results.changed:
        changed = ngettext(
            "{n} changed their mind after it.", "{n} changed their minds after it.", results.changed
        )
        st.markdown(f":material/sync_alt: {changed.format(n=results.changed)}")
    if question.run_id and known.right is None and not known.curve:
        st.caption(_("The run that this is compared with has not measured it yet."))


def _choices(question: Choices, results: Results, known: Truth, key: str) -> None:
    texts = choices_of(question)
    chart(choices_figure(texts, results.before, results.now, known.right), key)


def _texts(question: Text, results: Results, known: Truth, key: str) -> None:
    counts = Counter(results.now)
    st.markdown(
        "\n".join(
            f"- {literal(text)}" + (f" **× {count}**" if count > 1 else "")
            for text, count in counts.most_common()
        )
    )
    if known.right is not None:
        st.markdown(_("Right is: **{answer}**").format(answer=literal(known.right)))


def _numbers(question: Number, results: Results, known: Truth, key: str) -> None:
    bounds = question.low, question.high
    figure = numbers_figure(results.before, results.now, bounds, question.unit, known.right)
    chart(figure, key)


def _drawings(question: Drawing, results: Results, known: Truth, key: str) -> None:
    st.html(drawings([bytes.fromhex(drawn) for drawn in results.now]))


def _cells(question: Cell, results: Results, known: Truth, key: str) -> None:
    chart(cells_figure(question.rows, question.columns, results.now, known.right), key)


def _points(question: Point, results: Results, known: Truth, key: str) -> None:
    x, y = question.x, question.y
    bounds = (x.low, x.high), (y.low, y.high)
    titles = x.title, y.title
    chart(points_figure(titles, bounds, results.before, results.now, known.curve, known.right), key)


PICTURES: dict[str, Picture] = {
    "choices": _choices,
    "text": _texts,
    "number": _numbers,
    "drawing": _drawings,
    "cell": _cells,
    "point": _points,
}
assert PICTURES.keys() == KINDS.keys()
