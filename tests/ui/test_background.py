"""Work in the background: kept once it is done, and begun anew once its failure was told."""

import pytest

from mnistlab.errors import DataMissing
from mnistlab.ui import background


@pytest.fixture(autouse=True)
def inline(monkeypatch):
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")


def test_a_result_is_computed_once():
    begun = []
    for _ in range(2):
        assert background.wait_for(background.job("kept", lambda tell: begun.append(1) or "result"), "Waiting") == "result"
    assert begun == [1]


def test_work_that_failed_is_begun_anew_once_its_error_was_told():
    tries = []

    def work(tell):
        tries.append(1)
        if len(tries) == 1:
            raise DataMissing("mnist is not here.")
        return "result"

    failed = background.job("failing", work)
    assert background.job("failing", work) is failed
    with pytest.raises(DataMissing):
        background.wait_for(failed, "Waiting")
    assert background.wait_for(background.job("failing", work), "Waiting") == "result"
    assert len(tries) == 2
