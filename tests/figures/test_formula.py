"""An optimiser's rule is computed as Python would, and written as in a textbook."""

import math
import random

import pytest

from mnistlab.analysis.optimizer_step import Line
from mnistlab.choices import OPTIMIZERS
from mnistlab.choices.formula import Formula
from mnistlab.figures.formula import lines, number, symbol


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_line_is_computed_as_python_computes_it(optimizer: str) -> None:
    chance = random.Random(optimizer)
    for formula in OPTIMIZERS[optimizer].formulas:
        values = {name: chance.uniform(0.1, 0.9) for name in formula.names}
        right = formula.text.partition(" = ")[2]
        # Python reads Greek letters as names, as the formula does
        assert formula.value(values) == eval(right, {"sqrt": math.sqrt} | values)


@pytest.mark.parametrize(
    "text",
    ["", "w", "w - g", "w = g; v = g", "w, v = g", "w = max(g, 0)", "w = -g", "w = 'g'", "w ="],
)
def test_a_text_that_is_no_formula_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"formula|computes|none of"):
        Formula(text)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (
            "w = w - η * m_hat / (sqrt(v_hat) + ε)",
            r"w - \frac{\eta \cdot \hat{m}}{\sqrt{\hat{v}} + \varepsilon}",
        ),
        (
            "v = β2 * v + (1 - β2) * g**2",
            r"\beta_{2} \cdot v + \left(1 - \beta_{2}\right) \cdot g^{2}",
        ),
        ("w = w - (a - b) - c", r"w - \left(a - b\right) - c"),
        ("w = (a + b)**2 / c * (d / e)", r"\frac{\left(a + b\right)^{2}}{c} \cdot \frac{d}{e}"),
        ("w = (a / b)**t", r"\left(\frac{a}{b}\right)^{t}"),
        ("w = t * momentum_decay", r"t \cdot \mathrm{momentum\,decay}"),
    ],
)
def test_a_line_is_written_in_symbols(text: str, latex: str) -> None:
    formula = Formula(text)
    written = lines([Line(formula, dict.fromkeys(formula.names, 1.0), 1.0)])
    assert rf"{symbol(formula.target)} &\leftarrow {latex} \\" in written


def test_a_line_is_written_with_its_numbers_and_its_result() -> None:
    line = Line(Formula("w = w - η * g"), {"w": -0.5, "η": 0.001, "g": -2e-7}, -0.49999)
    assert r"&= (-0.5) - 0.001 \cdot (-2 \cdot 10^{-7}) = \mathbf{-0.49999}" in lines([line])
    assert [number(value) for value in (math.nan, -math.inf, 1e21, 0.0)] == [
        r"\mathrm{NaN}",
        r"-\infty",
        r"1 \cdot 10^{21}",
        "0",
    ]
