"""The Wilson interval against SciPy's and statsmodels'; probabilities as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from mnistlab.analysis.intervals import probability, wilson


@given(
    st.integers(1, 20_000).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count)))
)
def test_wilson_interval_equals_scipys_and_statsmodels(drawn: tuple[int, int]) -> None:
    correct, count = drawn
    low, high = wilson(correct, count)
    expected = binomtest(correct, count).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (low, high) == pytest.approx(
        proportion_confint(correct, count, method="wilson"), abs=1e-12
    )
    assert 0 <= low <= correct / count + 1e-12
    assert correct / count - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("share", "text", "bar"),
    [
        (0.98134, "98.13 %", "98.1 %"),
        (0.9999, "99.99 %", ">99.9 %"),
        (0.99996, "more than 99.99 %", ">99.9 %"),
        (1.0, "more than 99.99 %", ">99.9 %"),
        (0.0004, "0.04 %", "<0.1 %"),
        (1e-9, "less than 0.01 %", "<0.1 %"),
    ],
)
def test_a_probability_is_never_called_certain(share: float, text: str, bar: str) -> None:
    assert probability(share) == text
    assert probability(share, 1, brief=True) == bar
