"""Who may do what, as data: the same table is tested cell by cell (tests/test_rights.py), and shown
in docs/rights.md. Whoever adds something that people can do adds a row.

A stage is a store with two classes and a visitor, in which everybody has a run and a drawing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import question_acts
import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.errors import ClassError, DrawingError, NotAllowed
from mnistlab.events import Evaluated
from mnistlab.questions import made
from mnistlab.store import Status, Store
from mnistlab.store.archive import contents
from mnistlab.store.class_experiments import keep_experiment
from mnistlab.store.classes import (
    Class,
    Pace,
    Rules,
    class_of,
    make_class,
    renew_secret,
    set_pace,
    signing_key,
    teacher,
)
from mnistlab.store.drawings import delete_drawing, drawings, relabel_drawing, save_drawing
from mnistlab.store.ending import end_class
from mnistlab.store.hand_ins import hand_in
from mnistlab.store.members import call, join, members, note, remove, student
from mnistlab.store.people import OPERATOR, Person, Role
from mnistlab.store.questions import ask
from mnistlab.store.rules import set_rules
from mnistlab.store.tables import RUNS, metadata
from mnistlab.store.wall import ask_to_see, lower_hand

# the columns of the table, as docs/rights.md names them
PEOPLE = {
    "operator": "at the machine",
    "teacher": "teacher",
    "other teacher": "teacher of another class",
    "ann": "student Ann",
    "bob": "student Bob",
    "zoe": "student of another class",
    "vic": "visitor Vic",
    "visitor": "another visitor",
    "removed": "student who was taken out",
    "old link": "teacher with an old link",
}
PICTURE = np.full((28, 28), 7, np.uint8)
Rows = dict[str, list[tuple[Any, ...]]]  # table -> its rows


def config(seed: int) -> TrainConfig:
    return TrainConfig(dataset="digits", seed=seed)


@dataclass
class Stage:
    """`people`: by their names in `PEOPLE`; `runs` and `pictures`: ids, by those of their owners,
    where "machine" owns what was asked for in nobody's name.
    """

    store: Store
    of: Class
    people: dict[str, Person]
    runs: dict[str, str]
    pictures: dict[str, int]

    def acting(self, who: str) -> Store:
        return self.store.acting_as(self.people[who])

    def put(self, owner: str, status: Status) -> None:
        """Let the run of `owner` be in this state, as of now."""
        values = {"status": status, "ended": time.time()}
        if status == Status.RUNNING:  # by a worker elsewhere, which lives long
            values |= {"claim": "a token", "host": "elsewhere", "heartbeat": 4e9}
        with self.store._write() as connection:
            this = RUNS.c.id == self.runs[owner]
            connection.execute(sa.update(RUNS).where(this).values(values))

    def rows(self) -> Rows:
        """Everything in the store."""
        with self.store._read() as connection:
            return {
                name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
                for name, table in metadata.tables.items()
            }

    def restore(self, rows: Rows) -> None:
        """Have just these rows again."""
        now = self.rows()
        changed = [name for name in metadata.tables if rows[name] != now[name]]
        with self.store._write() as connection:
            for name in changed:
                table = metadata.tables[name]
                connection.execute(sa.delete(table))
                if rows[name]:
                    names = [column.name for column in table.columns]
                    new = [dict(zip(names, row, strict=True)) for row in rows[name]]
                    connection.execute(sa.insert(table), new)


def stage(store: Store) -> Stage:
    """A new one in this store, which is empty."""
    of, _secret = make_class(store, "Year 10", "en")
    other, _secret = make_class(store, "Year 11", "en")
    ann, bob, removed = (join(store, of, name) for name in ("Ann", "Bob", "Cleo"))
    zoe = join(store, other, "Zoe")
    old = teacher(of)
    renew_secret(store, old)
    now = class_of(store, of.id)
    people = {
        "operator": OPERATOR,
        "teacher": teacher(now),
        "other teacher": teacher(other),
        "ann": student(ann),
        "bob": student(bob),
        "zoe": student(zoe),
        "vic": Person(Role.VISITOR, "vic"),
        "visitor": Person(Role.VISITOR, "another"),
        "removed": student(removed),
        "old link": old,
    }
    owners = ("teacher", "other teacher", "ann", "bob", "zoe", "vic", "visitor", "removed")
    runs, pictures = {"machine": store.request(config(1)).id}, {}
    for seed, name in enumerate(owners, start=2):
        runs[name] = store.request(config(seed), people[name].name).id
        pictures[name] = save_drawing(store, people[name].name, PICTURE, 3)
    remove(store, people["teacher"], removed.id)
    signing_key(store)  # made by the first who asks
    note(store, people["ann"], hand=0.5)
    question_acts.ask_with_answers(store, people["teacher"])
    return Stage(store, now, people, runs, pictures)


# -- what people can do ----------------------------------------------------------------------------

# what `who` does to what is `owner`'s; a question is answered, a deed raises `NotAllowed` or not
Does = Callable[[Stage, str, str], Any]


@dataclass(frozen=True)
class Act:
    """Something that people can do. `begin`: in which state the run is before it."""

    does: Does
    asks: bool = False  # a question, which changes nothing
    begin: Status = Status.QUEUED


def _to_run(method: str, *arguments: Any, begin: Status = Status.QUEUED) -> Act:
    return Act(
        lambda stage, who, owner: getattr(stage.acting(who), method)(stage.runs[owner], *arguments),
        begin=begin,
    )


def _class_act(does: Callable[[Store, Person, Stage], Any], asks: bool = False) -> Act:
    """An act on the class: also those try it who are in none, or in another."""

    def aimed(stage: Stage, who: str, owner: str) -> Any:
        there = replace(stage.people[who], class_id=stage.of.id)
        return does(stage.acting(who), there, stage)

    return Act(aimed, asks)


def _ask_again(stage: Stage, who: str, owner: str) -> None:
    config = stage.store.get(stage.runs[owner]).config
    stage.acting(who).request(config, stage.people[owner].name if owner != "machine" else "")


def _add(stage: Stage, who: str, owner: str) -> None:
    measured = Evaluated(4, 0, 2.0, 1.9, 0.5, 5, 10)
    stage.acting(who).add(config(1000), [measured], Status.STOPPED, None, {})


def _owner(stage: Stage, owner: str) -> str:
    return stage.people[owner].name


RUN_ACTS: dict[str, Act] = {
    "finds it in lists": Act(
        lambda stage, who, owner: stage.runs[owner] in {r.id for r in stage.acting(who).runs()},
        asks=True,
    ),
    "opens it by a link": Act(
        lambda stage, who, owner: stage.acting(who).get(stage.runs[owner]).id == stage.runs[owner],
        asks=True,
    ),
    "learns whose it is, and its title": Act(
        lambda stage, who, owner: stage.acting(who).get(stage.runs[owner]).title != "",
        asks=True,
    ),
    "pauses it": _to_run("pause"),
    "resumes it": _to_run("resume", begin=Status.PAUSED),
    "asks for the same, while it is paused": Act(_ask_again, begin=Status.PAUSED),
    "stops it": _to_run("stop"),
    "deletes it": _to_run("delete"),
    "renames it": _to_run("rename", "Anna's best"),
    "pins it": _to_run("pin"),
    "moves it ahead in the queue": _to_run("move_ahead"),
}
DRAWING_ACTS: dict[str, Act] = {
    "saves one in this name": Act(
        lambda stage, who, owner: save_drawing(stage.acting(who), _owner(stage, owner), PICTURE, 4)
    ),
    "sees it": Act(
        lambda stage, who, owner: bool(drawings(stage.acting(who), _owner(stage, owner))),
        asks=True,
    ),
    "relabels it": Act(
        lambda stage, who, owner: relabel_drawing(
            stage.acting(who), _owner(stage, owner), stage.pictures[owner], 5
        )
    ),
    "deletes it": Act(
        lambda stage, who, owner: delete_drawing(
            stage.acting(who), _owner(stage, owner), stage.pictures[owner]
        )
    ),
}
CLASS_ACTS: dict[str, Act] = {
    "starts a run": Act(lambda stage, who, owner: stage.acting(who).request(config(1000))),
    "loads a run from a file": Act(_add),
    "sees who is in the class": _class_act(
        lambda store, person, stage: bool(members(store, stage.of.id)), asks=True
    ),
    "changes the own nickname": _class_act(
        lambda store, person, stage: call(store, person, person.name, "Eva")
    ),
    "changes Ann's nickname": _class_act(
        lambda store, person, stage: call(store, person, stage.people["ann"].name, "Eva")
    ),
    "raises the own hand": _class_act(lambda store, person, stage: note(store, person, hand=1.0)),
    "lowers Ann's hand": _class_act(lambda store, person, stage: lower_hand(store, person, 1)),
    "asks to see Ann's page": _class_act(
        lambda store, person, stage: ask_to_see(store, person, 1, True)
    ),
    "takes Ann out": _class_act(
        lambda store, person, stage: remove(store, person, stage.people["ann"].name)
    ),
    "leads the class to a page": _class_act(
        lambda store, person, stage: set_pace(store, person, Pace("train"))
    ),
    "changes the rules": _class_act(
        lambda store, person, stage: set_rules(store, person, Rules(draw=False))
    ),
    "makes another link for the teacher": _class_act(
        lambda store, person, stage: renew_secret(store, person)
    ),
    "asks the class a question": _class_act(
        lambda store, person, stage: ask(store, person, made("text", "What do you see?"))
    ),
    "hands something in": _class_act(lambda store, person, stage: hand_in(store, person)),
    "plans an experiment of the class": _class_act(
        lambda store, person, stage: keep_experiment(store, person, {})
    ),
    "has the archive of the class": _class_act(
        lambda store, person, stage: contents(store, person, stage.of.id).owners, asks=True
    ),
    "ends the class": _class_act(
        lambda store, person, stage: end_class(store, person, stage.of.id)
    ),
}
QUESTION_ACTS: dict[str, Act] = {
    name: _class_act(lambda store, person, stage, does=does: does(store, person), asks)
    for acts, asks in ((question_acts.DEEDS, False), (question_acts.LOOKS, True))
    for name, does in acts.items()
}

# -- and who may ----------------------------------------------------------------------------------

EVERYBODY = frozenset(PEOPLE)
PRESENT = EVERYBODY - {"removed", "old link"}


def _may(*who: str) -> frozenset[str]:
    return frozenset(who)


def _own(*who: str) -> dict[str, frozenset[str]]:
    """Of a run that these may pause, resume, stop, delete and rename."""
    acts = ("pauses it", "resumes it", "stops it", "deletes it", "renames it")
    return dict.fromkeys((*acts, "asks for the same, while it is paused"), frozenset(who))


def _reorders(*who: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(("pins it", "moves it ahead in the queue"), frozenset(who))


def _seen(*who: str) -> dict[str, frozenset[str]]:
    acts = ("finds it in lists", "learns whose it is, and its title")
    return {**dict.fromkeys(acts, frozenset(who)), "opens it by a link": EVERYBODY}


CLASS = ("operator", "teacher", "ann", "bob")
OUTSIDE = ("operator", "vic", "visitor")
# what it is done to -> (its owner on the stage, what can be done -> who may)
Table = dict[str, tuple[str, dict[str, Act], dict[str, frozenset[str]]]]
TABLE: Table = {
    "Ann's run": (
        "ann",
        RUN_ACTS,
        {**_seen(*CLASS), **_own("operator", "teacher", "ann"), **_reorders("operator", "teacher")},
    ),
    "The teacher's run": (
        "teacher",
        RUN_ACTS,
        {**_seen(*CLASS), **_own("operator", "teacher"), **_reorders("operator", "teacher")},
    ),
    "The run of a student who was taken out": (
        "removed",
        RUN_ACTS,
        {**_seen(*CLASS), **_own("operator", "teacher"), **_reorders("operator", "teacher")},
    ),
    "Vic's run": (
        "vic",
        RUN_ACTS,
        {**_seen(*OUTSIDE), **_own("operator", "vic"), **_reorders("operator")},
    ),
    "A run asked for at the machine": (
        "machine",
        RUN_ACTS,
        {**_seen(*EVERYBODY), **_own("operator"), **_reorders("operator")},
    ),
    "Ann's drawing": (
        "ann",
        DRAWING_ACTS,
        {
            "saves one in this name": _may("operator", "teacher", "ann"),
            "sees it": _may(*CLASS),
            "relabels it": _may("operator", "teacher", "ann"),
            "deletes it": _may("operator", "teacher", "ann"),
        },
    ),
    "Vic's drawing": (
        "vic",
        DRAWING_ACTS,
        dict.fromkeys(DRAWING_ACTS, _may("operator", "vic")),
    ),
    "The class": (
        "ann",
        CLASS_ACTS,
        {
            "starts a run": PRESENT,
            "loads a run from a file": PRESENT,
            "sees who is in the class": _may(*CLASS),
            "changes the own nickname": _may("ann", "bob"),
            "changes Ann's nickname": _may("teacher", "ann"),
            "raises the own hand": _may("ann", "bob"),
            "lowers Ann's hand": _may("teacher"),
            "asks to see Ann's page": _may("teacher"),
            "takes Ann out": _may("teacher"),
            "leads the class to a page": _may("teacher"),
            "changes the rules": _may("teacher"),
            "makes another link for the teacher": _may("teacher"),
            "asks the class a question": _may("teacher"),
            "hands something in": _may("ann", "bob"),
            "plans an experiment of the class": _may("teacher"),
            "has the archive of the class": _may("operator", "teacher"),
            "ends the class": _may("operator", "teacher"),
        },
    ),
    "A question to the class": ("ann", QUESTION_ACTS, question_acts.MAY),
}


def cells() -> list[tuple[str, str, str, bool]]:
    """(what, act, who, whether they may)."""
    return [
        (what, act, who, who in may[act])
        for what, (_, acts, may) in TABLE.items()
        for act in acts
        for who in PEOPLE
    ]


def try_cell(stage: Stage, what: str, act: str, who: str) -> bool:
    """Let `who` do it, and return whether they could."""
    owner, acts, _ = TABLE[what]
    does = acts[act]
    if does.begin != Status.QUEUED:
        stage.put(owner, does.begin)
    if act.startswith("learns"):
        stage.store.rename(stage.runs[owner], "a title")
    before = None if does.asks else stage.rows()
    try:
        answer = does.does(stage, who, owner)
    except (NotAllowed, ClassError, DrawingError):
        assert before is None or stage.rows() == before, "it is refused, and yet done"
        return False
    if does.asks:
        return bool(answer)
    assert stage.rows() != before, "it is allowed, and yet nothing happens"
    return True
