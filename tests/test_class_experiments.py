"""The experiments of a class in the store: whose they are, and what their runs have measured."""

import numpy as np
import pytest

from mnistlab.config import TrainConfig
from mnistlab.errors import ClassError, NotAllowed
from mnistlab.events import Evaluated, Finished, to_record
from mnistlab.store import Status, Store
from mnistlab.store.class_experiments import (
    class_experiments,
    evaluations_of,
    finished_runs_of,
    forget_experiment,
    keep_experiment,
    runs_with_ids,
)
from mnistlab.store.classes import make_class, renew_secret, teacher
from mnistlab.store.drawings import drawings_of, save_drawing
from mnistlab.store.members import join, student

BODY = {"config": {}, "field": "seed", "values": [], "numbers": [1]}
CONFIG = TrainConfig(dataset="digits", channels=(2, 2), kernel=3, max_steps=4)

END = Finished(4, 0, "steps", 1.0, 0.5, 5, 10, {"total": 1.0}, [0] * 10, [0] * 10)


def evaluated(step: int, correct: int) -> Evaluated:
    return Evaluated(step, 0, 1.0, 1.0, correct / 100, correct, 100)


def test_a_teacher_keeps_and_forgets_those_of_their_class_only(url: str) -> None:
    store = Store(url)
    (mine, _), (other, _) = make_class(store, "Mine", "en"), make_class(store, "Other", "en")
    first = keep_experiment(store, teacher(mine), BODY)
    second = keep_experiment(store, teacher(mine), BODY | {"numbers": [1, 2]})
    assert [each.id for each in class_experiments(store, mine.id)] == [second, first]
    assert class_experiments(store, mine.id)[1].body == BODY
    assert class_experiments(store, other.id) == []
    with pytest.raises(ClassError):
        forget_experiment(store, teacher(other), first)
    forget_experiment(store, teacher(mine), second)
    assert [each.id for each in class_experiments(store, mine.id)] == [first]


def test_a_student_and_a_teacher_whose_link_is_old_may_do_neither(store: Store) -> None:
    of, _ = make_class(store, "Mine", "en")
    kept = keep_experiment(store, teacher(of), BODY)
    ada = student(join(store, of, "Ada"))
    renew_secret(store, teacher(of))
    for person in (ada, teacher(of)):
        with pytest.raises(NotAllowed):
            keep_experiment(store, person, BODY)
        with pytest.raises(NotAllowed):
            forget_experiment(store, person, kept)
    assert len(class_experiments(store, of.id)) == 1


def test_runs_are_found_whoever_asked_for_them_and_evaluations_with_them(url: str) -> None:
    store = Store(url)
    of, _ = make_class(store, "Mine", "en")
    ada = student(join(store, of, "Ada"))
    run = store.request(CONFIG, "somebody else")
    claim = store.claim(run.id)
    assert claim is not None
    store.record(claim, [evaluated(2, 50), evaluated(4, 70)])
    store.record(claim, [evaluated(2, 60)])  # it went back, and measured again
    hers = store.acting_as(ada)
    assert set(runs_with_ids(hers, [run.id, "0123456789ab"])) == {run.id}
    found = evaluations_of(hers, [run.id, "0123456789ab"])
    assert {name: [(e.step, e.correct) for e in each] for name, each in found.items()} == {
        run.id: [(2, 60), (4, 70)]
    }


def test_finished_runs_are_those_of_the_names_given(store: Store) -> None:
    for seed, name in ((1, "Ada"), (2, "Grace"), (3, "Ada")):
        run = store.request(CONFIG.replace(seed=seed), name)
        if seed < 3:
            claim = store.claim(run.id)
            assert claim is not None
            store.end(claim, Status.FINISHED, final=to_record(END))
    assert [run.config.seed for run in finished_runs_of(store, ["Ada"])] == [1]
    assert finished_runs_of(store, []) == []


def test_drawings_of_many_are_read_at_once_the_latest_of_each(url: str) -> None:
    store = Store(url)
    for place in range(4):
        save_drawing(store, "Ada", np.full((28, 28), place, np.uint8), place)
    save_drawing(store, "Grace", np.zeros((28, 28), np.uint8), 9)
    save_drawing(store, "Emmy", np.zeros((28, 28), np.uint8), 8)
    found = drawings_of(store, ["Ada", "Grace", "nobody"], most=3)
    assert {owner: [d.label for d in each] for owner, each in found.items()} == {
        "Ada": [1, 2, 3],
        "Grace": [9],
    }
    assert found["Ada"][0].image[0, 0] == 1
