"""When a network is an occasion, and that this is said once."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.store import RunRecord, Store
from mnistlab.ui.kit.training import joy
from pages.runs import ROOT, TINY, trained


def with_accuracy(run: RunRecord, accuracy: float, seed: int, dataset: str = "digits") -> RunRecord:
    assert run.final is not None
    return replace(
        run,
        id=f"{seed:012x}",
        config=run.config.replace(dataset=dataset),
        final={**run.final, "test_accuracy": accuracy},
    )


def test_the_first_above_the_goal_and_each_new_best_are_occasions(store: Store) -> None:
    run = trained(store, TINY)
    low, good, better = (
        with_accuracy(run, each, place) for place, each in enumerate((0.5, 0.981, 0.99))
    )
    assert joy.occasion(low, []) is None  # the first of all, and nothing to be glad of yet
    assert joy.occasion(good, []) == joy.occasion(good, [low, good]) == "first"
    assert joy.occasion(better, [low, good]) == "best"
    assert joy.occasion(good, [better]) is None
    assert joy.occasion(low, [good]) is None
    assert joy.occasion(good, [with_accuracy(run, 0.99, 7, "mnist")]) == "first"
    assert joy.occasion(better, [low], [low, good]) == "class"
    assert joy.occasion(good, [low], [low, better]) == "first"  # one's own, if not the class's


def test_it_is_said_where_the_run_was_seen_to_end_and_not_again(
    store: Store, monkeypatch: object
) -> None:
    run = trained(store, TINY)
    page = AppTest.from_file(str(ROOT / "pages" / "train.py"), default_timeout=SECONDS)
    page.query_params["run"] = run.id
    said = "your first network above"

    def is_said() -> bool:
        return any(said in each.value for each in page.run().markdown)

    assert not is_said()  # nobody saw it train
    joy.GOAL, goal = 0.0, joy.GOAL
    try:
        page.session_state[joy.WATCHED] = run.id
        assert is_said()
        assert is_said()  # it stays while the page does
        page.session_state["url.page"] = "runs"  # they come back from another page
        assert not is_said()
    finally:
        joy.GOAL = goal
    assert not page.exception
