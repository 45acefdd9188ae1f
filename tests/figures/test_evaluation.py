"""What the figures of an evaluation say, against scikit-learn."""

import numpy as np
import pytest
from contrast import contrast
from sklearn import metrics

from mnistlab.analysis.evaluation import NORMALIZE, Judgement, compare, per_class, reliability
from mnistlab.figures.colors import SEQUENTIAL
from mnistlab.figures.confusion import GROUND, confusion_figure, difference_figure
from mnistlab.figures.evaluation import per_class_figure, reliability_figure
from mnistlab.figures.grids import Shades, alt_text
from mnistlab.figures.thumbnails import paint


def guesses(seed: int, skill: float = 2.0) -> Judgement:
    labels = np.random.default_rng(99).integers(0, 10, 500)
    logits = np.random.default_rng(seed).normal(size=(500, 10)) + skill * np.eye(10)[labels]
    return Judgement(labels, logits.astype(np.float32))


def titles(figure) -> tuple[str, str, str]:
    return figure.layout.title.text, figure.layout.xaxis.title.text, figure.layout.yaxis.title.text


@pytest.mark.parametrize("normalize", NORMALIZE)
def test_confusion_figure_holds_scikit_learns_matrix(normalize: str) -> None:
    found = guesses(1)
    figure = confusion_figure(found.confusion(normalize), normalize)
    expected = metrics.confusion_matrix(
        found.labels, found.predictions, normalize=NORMALIZE[normalize]
    )
    heat = figure.data[0]
    np.testing.assert_allclose(heat.z, expected * (1 if normalize == "counts" else 100), rtol=1e-6)
    assert heat.text[3][5] == (
        str(expected[3, 5]) if normalize == "counts" else f"{100 * expected[3, 5]:.1f}"
    )
    assert titles(figure) == (f"Confusion matrix, {normalize}", "predicted class", "true class")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # class 0 on top
    off = expected * (1 - np.eye(10))
    true, predicted = np.unravel_index(off.argmax(), off.shape)
    assert f"{true} predicted as {predicted}" in alt_text(figure)


def test_every_cell_can_be_clicked_and_says_which_it_is() -> None:
    found = guesses(1)
    matrix = found.confusion()
    figure = confusion_figure(matrix)
    heat, *_, squares = figure.data
    assert heat.hoverinfo == "skip"
    assert squares.type == "scatter"
    assert (
        squares.marker.opacity
        == squares.unselected.marker.opacity
        == squares.selected.marker.opacity
        == 0
    )
    assert len(squares.x) == 100
    for x, y, (true, predicted), text in zip(
        squares.x, squares.y, squares.customdata, squares.text, strict=True
    ):
        assert (x, y) == (predicted, true)
        assert int(text) == matrix[true, predicted] == len(found.cell(true, predicted))


def test_errors_alone_can_be_coloured_and_a_cell_outlined() -> None:
    matrix = guesses(1).confusion()
    figure = confusion_figure(matrix, errors_only=True, chosen=(2, 7))
    assert np.isnan(np.diag(figure.data[0].z)).all()
    assert figure.data[0].zmax == (matrix - np.diag(np.diag(matrix))).max()
    assert figure.data[0].text[4][4] == str(matrix[4, 4])  # its number stays
    outline = figure.layout.shapes[0]
    assert (outline.x0, outline.x1, outline.y0, outline.y1) == (6.5, 7.5, 1.5, 2.5)


@pytest.mark.parametrize("errors_only", [True, False])
def test_every_number_stands_once_in_its_cell_in_the_ink_that_can_be_read_there(
    errors_only: bool,
) -> None:
    found = guesses(1)
    figure = confusion_figure(found.confusion(), errors_only=errors_only)
    heat, _, *numbers, _ = figure.data
    written = {}
    for trace in numbers:
        for x, y, text in zip(trace.x, trace.y, trace.text, strict=True):
            assert (x, y) not in written
            written[x, y] = int(text)
            share = heat.z[y, x] / heat.zmax
            ground = (
                GROUND
                if np.isnan(share)
                else "#{:02x}{:02x}{:02x}".format(*paint(np.array(share), Shades(SEQUENTIAL, 0, 1)))
            )
            assert contrast(trace.textfont.color, ground) > 4.5
        assert (
            trace.selected.textfont.color == trace.unselected.textfont.color == trace.textfont.color
        )
    assert all(
        written[predicted, true] == count
        for (true, predicted), count in np.ndenumerate(found.confusion())
    )


def test_a_network_without_mistakes_can_be_drawn() -> None:
    labels = np.arange(10).repeat(3)
    perfect = Judgement(labels, 1000 * np.eye(10, dtype=np.float32)[labels])
    figure = confusion_figure(perfect.confusion(), errors_only=True)
    assert figure.data[0].zmax > 0
    assert "There are no mistakes." in alt_text(figure)
    assert compare(perfect, perfect).difference.any() == 0
    assert difference_figure(compare(perfect, perfect)).data[0].zmax > 0


def test_difference_figure_is_centred_on_zero() -> None:
    a, b = guesses(1), guesses(2, skill=3)
    figure = difference_figure(compare(a, b), "first", "second")
    expected = metrics.confusion_matrix(b.labels, b.predictions) - metrics.confusion_matrix(
        a.labels, a.predictions
    )
    assert np.array_equal(figure.data[0].z, expected)
    assert figure.data[0].zmin == -figure.data[0].zmax
    assert titles(figure) == (
        "Confusion matrix: second minus first",
        "predicted class",
        "true class",
    )
    more = (b.predictions == b.labels).sum() - (a.predictions == a.labels).sum()
    assert f"second gets {more} images more right" in alt_text(figure)


def test_bars_of_each_class_are_scikit_learns() -> None:
    found = guesses(3)
    figure = per_class_figure(per_class(found))
    expected = metrics.precision_recall_fscore_support(found.labels, found.predictions)
    assert [bar.name for bar in figure.data] == ["precision", "recall", "F1"]
    for bar, values in zip(figure.data, expected, strict=False):
        assert list(bar.x) == list("0123456789")
        np.testing.assert_allclose(bar.y, values)
        assert figure.layout.yaxis.range[0] <= values.min()
    title, x, y = titles(figure)
    assert (title, x) == ("Precision, recall and F1 of each class", "class")
    cut = figure.layout.yaxis.range[0]
    assert y == ("share" if cut == 0 else f"share (axis starts at {100 * cut:.0f} %)")
    assert f"hardest class is {expected[2].argmin()}" in alt_text(figure)


def test_bars_leave_out_what_cannot_be_divided() -> None:
    figure = per_class_figure(
        per_class(Judgement(np.array([1, 1, 2]), np.eye(10, dtype=np.float32)[[1, 1, 1]]))
    )
    assert np.isnan(figure.data[0].y[2])
    assert figure.data[1].y[1] == 1
    assert alt_text(figure).endswith(
        "The hardest class is 2: it is never predicted, a recall of 0.0 %."
    )


def test_reliability_figure_shows_bins_that_are_not_empty_with_their_intervals() -> None:
    found = guesses(4, skill=4)
    curve = reliability(found, bins=10)
    figure = reliability_figure(curve)
    diagonal, shares, points = figure.data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert sum(shares.y) == pytest.approx(1)
    filled = curve.counts > 0
    assert np.array_equal(points.x, curve.confidence[filled])
    assert np.array_equal(points.y, curve.accuracy[filled])
    np.testing.assert_allclose(points.y + points.error_y.array, curve.high[filled])
    np.testing.assert_allclose(points.y - points.error_y.arrayminus, curve.low[filled])
    assert np.array_equal(points.customdata, curve.counts[filled])
    title, x, y = titles(figure)
    assert f"{100 * curve.error:.2f} %" in title
    assert "confidence" in x
    assert "correct" in y
    assert f"the accuracy {100 * found.accuracy.share:.1f} %" in alt_text(figure)
