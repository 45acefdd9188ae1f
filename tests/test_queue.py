"""Whose turn it is: who has trained least, a short run before a long one, nobody last for ever."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.config import TrainConfig
from mnistlab.cost import work
from mnistlab.store import Status, Store
from mnistlab.store.queue import CREDIT, MOST_WORK, PATIENCE_SECONDS, Waiting, in_turn

NOW = 1e9
SHORT = TrainConfig(dataset="digits", max_steps=10)
LONG = SHORT.replace(max_steps=None, epochs=100)
AT_MOST = PATIENCE_SECONDS + MOST_WORK / CREDIT  # seconds that a run may be overtaken

queued_runs = st.lists(
    st.builds(
        Waiting,
        st.uuids().map(str),
        st.sampled_from("abc"),
        st.floats(0.01, 1e5),
        st.floats(NOW - 2 * AT_MOST, NOW),
    ),
    max_size=12,
).map(lambda runs: sorted(runs, key=lambda run: run.queued))
work_used = st.dictionaries(st.sampled_from("abc"), st.floats(0, 1e5))


def order(*runs: tuple[str, float, float], **used: float) -> str:
    """The names of `runs`, (name that begins with the session, work, seconds waited), in turn."""
    waiting = [Waiting(name, name[0], work, NOW - waited) for name, work, waited in runs]
    waiting.sort(key=lambda run: run.queued)
    return " ".join(in_turn(waiting, used, {}, NOW))


def test_a_short_run_passes_a_long_one_of_somebody_else():
    assert order(("a1", 300, 50), ("b1", 3, 10)) == "b1 a1"


def test_runs_of_equal_length_take_turns():
    ten = [("a1", 7, 9), ("a2", 7, 8), ("a3", 7, 7), ("b1", 7, 6), ("c1", 7, 5), ("b2", 7, 4)]
    assert order(*ten) == "a1 b1 c1 a2 b2 a3"


def test_whoever_has_trained_less_comes_first():
    assert order(("a1", 7, 9), ("b1", 10, 6), a=100) == "b1 a1"


def test_many_short_runs_cost_as_much_as_a_long_one():
    many = [(f"a{n}", 10, 20 - n) for n in range(6)]
    assert order(*many, ("b1", 35, 1)) == "a0 a1 a2 b1 a3 a4 a5"


def test_a_long_run_that_has_waited_long_precedes_a_short_one():
    assert order(("a1", 300, PATIENCE_SECONDS + 300 / CREDIT), ("b1", 3, 1)) == "a1 b1"


@given(waiting=queued_runs, used=work_used)
def test_each_session_keeps_its_order_and_no_run_is_left_out(waiting, used):
    turns = in_turn(waiting, used, {}, NOW)
    assert sorted(turns) == sorted(run.run_id for run in waiting)
    for session in "abc":
        own = [run.run_id for run in waiting if run.session == session]
        assert [run_id for run_id in turns if run_id in own] == own


@given(waiting=queued_runs, used=work_used)
def test_nobody_is_overtaken_for_ever(waiting, used):
    new = Waiting("new", "new", 0.01, NOW)
    turns = in_turn([*waiting, new], used, {}, NOW)
    late = {run.run_id for run in waiting if NOW - run.queued > AT_MOST}
    assert late.isdisjoint(turns[turns.index("new") :])


def test_a_short_run_in_the_store_passes_a_long_one_unless_its_session_trains_a_long_one(
    store: Store,
) -> None:
    long = store.request(LONG, "a").id
    assert store.claim_next() is not None
    mine = store.request(SHORT, "a").id
    longer = store.request(LONG.replace(seed=2), "b").id
    theirs = store.request(SHORT.replace(seed=2), "c").id
    assert store.queue() == [theirs, longer, mine]
    assert store.get(long).status is Status.RUNNING


def test_what_was_trained_lately_counts_by_the_steps_that_it_came_to(store: Store) -> None:
    for seed, session, step in ((1, "a", 26), (2, "b", 13)):
        store.request(LONG.replace(seed=seed), session)
        claim = store.claim_next()
        assert claim is not None
        store.end(claim, Status.STOPPED)
        with store.engine.begin() as connection:
            stopped = sa.text("UPDATE runs SET step = :step WHERE id = :id")
            connection.execute(stopped, {"step": step, "id": claim.run_id})
    first = store.request(SHORT.replace(seed=3), "a").id
    second = store.request(SHORT.replace(seed=4), "b").id
    assert store.queue() == [second, first]
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET started = started - 4000"))
    assert store.queue() == [first, second], "what began longer ago is forgotten"


def test_a_run_that_is_resumed_counts_only_what_is_left(store: Store) -> None:
    long, other = LONG, LONG.replace(seed=2, epochs=60)
    store.request(long, "a")
    claim = store.claim_next()
    assert claim is not None
    store.end(claim, Status.PAUSED)
    with store.engine.begin() as connection:
        almost = sa.text("UPDATE runs SET step = :step, started = started - 4000")
        connection.execute(almost, {"step": long.total_steps - 1})
    store.request(other, "b")
    store.resume(claim.run_id)
    assert work(long) > work(other)
    assert store.queue() == [claim.run_id, other.run_id]


@pytest.mark.parametrize("text", ['{"blur":2.0}', '{"kernel":28,"padding":0,"stride":7}'])
def test_a_run_that_cannot_be_trained_here_holds_nobody_up(store: Store, text: str) -> None:
    odd, mine = store.request(LONG, "a").id, store.request(SHORT, "b").id
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE runs SET config = :text WHERE id = :id"), {"text": text, "id": odd}
        )
    assert set(store.queue()) == {odd, mine}


def test_runs_that_wait_are_counted_by_the_kind_of_device_that_they_wait_for(store: Store) -> None:
    for device in ("cpu", "cuda", "cuda:1"):
        store.request(SHORT.replace(device=device))
    odd = store.request(LONG).id
    with store.engine.begin() as connection:
        another_version = sa.text("UPDATE runs SET config = :text WHERE id = :id")
        connection.execute(another_version, {"text": '{"blur":2.0}', "id": odd})
    assert store.claim_next("cpu") is not None
    assert store.waiting_kinds() == {"cuda": 2}
