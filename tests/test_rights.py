"""Who may do what, each cell of the table in docs/rights.md, on the store itself; and what a table
does not show: in whose name something is done, and the rules of a class.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from rights import PICTURE, Rows, Stage, cells, config, stage, try_cell

from mnistlab.errors import ClassError, ConfigError, NotAllowed, RunStateError
from mnistlab.events import Evaluated
from mnistlab.store import RUNS_PER_SESSION, Budget, Status, Store
from mnistlab.store.classes import Rules, class_with_code
from mnistlab.store.drawings import drawings, relabel_drawing, save_drawing
from mnistlab.store.guesses import A_MINUTE, AT_ONCE, Guesses
from mnistlab.store.members import call, checked_nickname, join, note
from mnistlab.store.people import OPERATOR, Action
from mnistlab.store.rules import set_rules
from scripts import rights_docs


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stage, Rows]:
    made = stage(Store(f"sqlite:///{tmp_path_factory.mktemp('rights') / 'runs.db'}"))
    return made, made.rows()


@pytest.fixture
def on_stage(built: tuple[Stage, Rows]) -> Iterator[Stage]:
    """The stage as it is at first."""
    made, rows = built
    yield made
    made.restore(rows)


@pytest.mark.parametrize(("what", "act", "who", "may"), cells())
def test_each_may_what_the_table_says(
    on_stage: Stage, what: str, act: str, who: str, may: bool
) -> None:
    assert try_cell(on_stage, what, act, who) is may


@pytest.mark.parametrize("url", ["PostgreSQL"], indirect=True)
def test_each_may_on_postgresql_what_the_table_says(url: str) -> None:
    made = stage(Store(url))
    rows = made.rows()
    for what, act, who, may in cells():
        assert try_cell(made, what, act, who) is may, (what, act, who)
        made.restore(rows)
    made.store.engine.dispose()


def test_the_table_in_the_docs_is_the_one_that_is_tested() -> None:
    written = rights_docs.FILE.read_text(encoding="utf-8")
    assert written == rights_docs.document(), "run: python -m scripts.rights_docs"


# -- in whose name ---------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["bob", "other teacher", "vic"])
def test_nobody_asks_in_the_name_of_another(on_stage: Stage, who: str) -> None:
    ann, own = on_stage.people["ann"].name, on_stage.people[who].name
    asked = on_stage.acting(who).request(config(1000), ann)
    measured = Evaluated(4, 0, 2.0, 1.9, 0.5, 5, 10)
    added = on_stage.acting(who).add(config(1001), [measured], Status.STOPPED, None, {}, ann)
    assert {on_stage.store.get(run.id).session for run in (asked, added)} == {own}


def test_a_teacher_asks_in_the_name_of_students_of_theirs(on_stage: Stage) -> None:
    names = {who: on_stage.people[who].name for who in ("ann", "zoe", "removed", "teacher")}
    for seed, (who, name) in enumerate(names.items(), start=1000):
        run = on_stage.acting("teacher").request(config(seed), name)
        assert on_stage.store.get(run.id).session == names["ann" if who == "ann" else "teacher"]


def test_a_teacher_lets_the_run_of_a_student_stay_the_students(on_stage: Stage) -> None:
    ann, run_id = on_stage.people["ann"].name, on_stage.runs["ann"]
    on_stage.put("ann", Status.PAUSED)
    on_stage.acting("teacher").resume(run_id, on_stage.people["teacher"].name)
    assert on_stage.store.get(run_id).session == ann
    on_stage.store.pause(run_id)
    on_stage.acting("teacher").request(config(4))
    assert on_stage.store.get(run_id).session == ann


@pytest.mark.parametrize("status", [Status.INTERRUPTED, Status.FAILED])
def test_who_asks_for_a_run_whose_worker_died_changes_nothing_else_of_it(
    on_stage: Stage, status: Status
) -> None:
    run_id = on_stage.runs["ann"]
    on_stage.put("ann", status)
    before = on_stage.store.get(run_id)
    on_stage.acting("bob").request(before.config, until=2)
    after = on_stage.store.get(run_id)
    assert after.status == Status.QUEUED
    assert after == replace(before, status=after.status, ended=None, place=after.place)


def test_nobody_fills_the_queue_of_another(on_stage: Stage) -> None:
    for seed in range(2000, 2000 + RUNS_PER_SESSION - 1):
        on_stage.acting("ann").request(config(seed))
    lost = on_stage.acting("bob").request(config(3000))
    with on_stage.store._write() as connection:
        connection.exec_driver_sql(
            f"UPDATE runs SET status = 'interrupted', session = '{on_stage.people['ann'].name}' "
            f"WHERE id = '{lost.id}'"
        )
    with pytest.raises(NotAllowed):
        on_stage.acting("bob").request(config(3000))


def test_who_was_moved_ahead_once_is_not_ahead_for_ever(on_stage: Stage) -> None:
    run_id = on_stage.runs["ann"]
    on_stage.acting("teacher").move_ahead(run_id)
    on_stage.acting("ann").pause(run_id)
    assert on_stage.acting("ann").resume(run_id).ahead == 0


def test_a_run_that_another_begins_with_is_not_deleted_under_it(on_stage: Stage) -> None:
    parent = on_stage.runs["ann"]
    on_stage.put("ann", Status.FINISHED)
    network = on_stage.store.get(parent).config
    on_stage.acting("bob").request(network.replace(parent=parent, seed=1000))
    with pytest.raises(RunStateError, match="begins with"):
        on_stage.acting("ann").delete(parent)


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.claim_next(),
        lambda store: store.claim(store.runs()[0].id),
        lambda store: store.attempt_next("cpu"),
        lambda store: store.resume_lost(1e9),
        lambda store: store.tidy(Budget(1, False)),
    ],
)
def test_workers_work_is_nobody_elses(on_stage: Stage, act: Callable[[Store], object]) -> None:
    for who in ("ann", "teacher", "visitor"):
        before = on_stage.rows()
        with pytest.raises(NotAllowed):
            act(on_stage.acting(who))
        assert on_stage.rows() == before


@pytest.mark.parametrize("who", ["bob", "visitor", "teacher"])
def test_nobody_acts_in_a_class_as_another(on_stage: Stage, who: str) -> None:
    ann = on_stage.people["ann"]
    for act in (
        lambda store: call(store, ann, ann.name, "Eva"),
        lambda store: note(store, ann, hand=1.0),
    ):
        with pytest.raises(NotAllowed):
            act(on_stage.acting(who))
    with pytest.raises(ValueError, match="cannot be noted"):
        note(on_stage.acting("ann"), ann, removed=False)


# -- what one sees ---------------------------------------------------------------------------------


def test_others_runs_are_in_the_queue_only_as_places(on_stage: Stage) -> None:
    zoe, all_of_them = on_stage.acting("zoe"), set(on_stage.store.queue())
    own = {on_stage.runs[who] for who in ("zoe", "other teacher", "machine")}
    assert set(zoe.queue()) == {run.id for run in zoe.runs()} == own
    places = [zoe.get(run_id).place for run_id in zoe.queue()]
    assert sorted([*places, *zoe.elsewhere()]) == list(range(1, len(all_of_them) + 1))
    on_stage.put("ann", Status.RUNNING)
    assert None in zoe.elsewhere()
    assert on_stage.store.elsewhere() == []


def test_the_page_asks_the_store_what_one_may(on_stage: Stage) -> None:
    ann, bob = on_stage.runs["ann"], on_stage.runs["bob"]
    assert on_stage.acting("ann").may(Action.STOP, ann)
    assert not on_stage.acting("ann").may(Action.STOP, ann, bob)
    assert on_stage.acting("teacher").may(Action.PIN, ann, bob)
    assert "somebody else's" in str(on_stage.acting("ann").refusal(Action.STOP, bob))
    set_rules(on_stage.acting("teacher"), on_stage.people["teacher"], Rules(train=False))
    assert "only the teacher" in str(on_stage.acting("ann").refusal(Action.RESUME, ann))
    assert on_stage.acting("ann").may(Action.STOP, ann)


# -- the rules of a class --------------------------------------------------------------------------


def _forbid(on_stage: Stage, **rules: bool) -> None:
    set_rules(on_stage.acting("teacher"), on_stage.people["teacher"], Rules(**rules))


def test_where_students_may_not_train_only_the_teacher_starts_runs(on_stage: Stage) -> None:
    _forbid(on_stage, train=False)
    on_stage.put("ann", Status.PAUSED)
    ann, run_id, before = on_stage.acting("ann"), on_stage.runs["ann"], on_stage.rows()
    measured = Evaluated(4, 0, 2.0, 1.9, 0.5, 5, 10)
    for act in (
        lambda: ann.request(config(1000)),
        lambda: ann.resume(run_id),
        lambda: ann.request(ann.get(run_id).config),
        lambda: ann.promote(run_id),
        lambda: ann.add(config(1000), [measured], Status.STOPPED, None, {}),
    ):
        with pytest.raises(NotAllowed, match="In this class"):
            act()
    assert on_stage.rows() == before
    of_bob = on_stage.store.get(on_stage.runs["bob"])
    assert ann.request(of_bob.config).id == of_bob.id, "it opens what is there"
    on_stage.acting("zoe").request(config(1000))
    on_stage.acting("teacher").resume(run_id)


def test_where_students_may_not_draw_they_keep_what_they_have(on_stage: Stage) -> None:
    _forbid(on_stage, draw=False)
    ann, name = on_stage.acting("ann"), on_stage.people["ann"].name
    with pytest.raises(NotAllowed, match="In this class"):
        save_drawing(ann, name, PICTURE, 3)
    with pytest.raises(NotAllowed, match="In this class"):
        relabel_drawing(ann, name, on_stage.pictures["ann"], 4)
    assert [each.label for each in drawings(ann, name)] == [3]


def test_where_students_may_not_rename_only_the_teacher_does(on_stage: Stage) -> None:
    _forbid(on_stage, rename=False)
    ann = on_stage.people["ann"]
    with pytest.raises(NotAllowed, match="In this class"):
        call(on_stage.acting("ann"), ann, ann.name, "Eva")
    call(on_stage.acting("teacher"), on_stage.people["teacher"], ann.name, "Eva")


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("nickname", ["ann", "ＡＮＮ", "A n n".replace(" ", "\u3164"), "Ann\u200b"])
def test_nobody_looks_like_another(on_stage: Stage, nickname: str) -> None:
    with pytest.raises(ClassError):
        join(on_stage.store, on_stage.of, nickname)


@pytest.mark.parametrize(
    "nickname", ["", " ", "\u3164", "\u2800 \u115f", "x" * 25, "a\0b", "\u202eb"]
)
def test_a_nickname_can_be_seen(nickname: str) -> None:
    with pytest.raises(ClassError):
        checked_nickname(nickname)


def test_a_title_is_short_prints_and_hurts_nobody(on_stage: Stage) -> None:
    ann, run_id = on_stage.acting("ann"), on_stage.runs["ann"]
    ann.rename(run_id, "  my\n\u202efirst \0 " + "x" * 200)
    assert ann.get(run_id).title == "my first " + "x" * 71
    with pytest.raises(ConfigError):
        ann.rename(run_id, "shit")
    ann.rename(run_id, "")
    assert ann.get(run_id).title == ""


# -- guessing codes --------------------------------------------------------------------------------


def test_codes_are_not_found_by_trying_and_a_class_behind_one_address_is_not_hindered(
    on_stage: Stage,
) -> None:
    now = [0.0]
    guesses, store, code = Guesses(lambda: now[0]), on_stage.store, on_stage.of.code

    def tries(text: str, address: str | None = "10.0.0.1") -> str:
        try:
            return guesses.class_with_code(store, text, address).id
        except ClassError as error:
            return str(error)

    for _ in range(30):  # each mistypes it, and then types it
        assert "no class" in tries("AAAAAA")
        assert tries(code) == on_stage.of.id
    while "no class" in tries("AAAAAA"):
        pass
    assert "Too many" in tries(code)
    assert tries(code, "10.0.0.2") == tries(code, None) == on_stage.of.id
    now[0] += 60
    wrong = 0
    while "no class" in tries("AAAAAA"):
        wrong += 1
    assert A_MINUTE - 1 <= wrong <= A_MINUTE + 1
    for number in range(AT_ONCE + 1):  # one home has more addresses than there are guesses
        tries("AAAAAA", f"2001:db8::{number:x}")
    assert "Too many" in tries(code, "2001:db8::ffff")
    assert tries(code, "2001:db8:1::") == on_stage.of.id


@pytest.mark.parametrize("code", ["", "\0", "ABCDEF'; --", "ÀÉÎÕÜß", "ＡＢＣＤＥＦ", "x" * 10_000])
def test_what_is_no_code_is_no_class(on_stage: Stage, code: str) -> None:
    with pytest.raises(ClassError, match="no class"):
        class_with_code(on_stage.store, code)


def test_who_sits_at_the_machine_may_do_everything(on_stage: Stage) -> None:
    assert on_stage.store.person == OPERATOR
    assert on_stage.store.may(Action.DELETE, *on_stage.runs.values())
