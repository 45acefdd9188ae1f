"""One experiment of a whole class, its test set and its leaderboards, for both who may be there."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.analysis.evaluation import judgement
from mnistlab.analysis.handwriting import digits_for
from mnistlab.analysis.places import places
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.errors import NotAllowed
from mnistlab.events import Finished, to_record
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.together import Experiment
from mnistlab.store import Status, Store
from mnistlab.store.class_experiments import class_experiments, keep_experiment
from mnistlab.store.classes import Class, Rules, change_class, make_class, teacher
from mnistlab.store.drawings import drawings, save_drawing
from mnistlab.store.members import Member, join, members, student
from mnistlab.store.origins import drawing_set
from mnistlab.store.people import Person
from mnistlab.ui.kit import state
from pages.elements import beside_error
from pages.runs import TINY, events_of, opened, words

CLASS = "pages/class.py"
NICKNAMES = ("Xanthippe", "Quirinius", "Zwingli", "Wolfram", "Maryam", "Yggdrasil")
BASE = TINY.replace(max_steps=40, eval_every=10, lr=0.01)  # so that it learns a little
GOOD = BASE.replace(channels=(8, 8), max_steps=100)  # and so that it learns well
Enter = Callable[[Person], None]


@pytest.fixture
def of(store: Store) -> Class:
    """A class of six."""
    made, _secret = make_class(store, "Year 10", "en")
    for nickname in NICKNAMES:
        join(store, made, nickname)
    return made


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Makes the pages that are opened after it those of a person."""

    def as_(person: Person) -> None:
        monkeypatch.setattr(state, "visitor", lambda *_: person)

    return as_


def look(view: str, **query: str) -> AppTest:
    page = opened(CLASS, alone=True, view=view, **query)
    assert not page.exception
    assert not page.error, words(page)
    return page


def press(page: AppTest, key: str) -> None:
    page.button(key=key).click().run()
    assert not page.exception
    assert not page.error, words(page)


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def alts(page: AppTest) -> list[str]:
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]


def source(page: AppTest) -> str:
    """All that the browser is sent."""
    return "\n".join(str(element.proto) for element in page.main)


def plan(store: Store, of: Class, field: str = "seed", values: tuple = ()) -> Experiment:
    """An experiment that the teacher has planned for all six."""
    numbers = tuple(member.number for member in members(store, of.id))
    experiment = Experiment(BASE, field, values, numbers)
    keep_experiment(store, teacher(of), experiment.to_record())
    return experiment


def train_part(store: Store, config: TrainConfig, member: Member) -> None:
    """A part, really trained, in its member's name."""
    run = store.request(config, member.id)
    claim = store.claim(run.id)
    assert claim is not None
    events = events_of(config)
    store.record(claim, events)
    assert isinstance(events[-1], Finished)
    store.end(claim, Status.FINISHED, final=to_record(events[-1]))


def train_all(store: Store, of: Class, experiment: Experiment) -> None:
    for member in members(store, of.id):
        train_part(store, experiment.config(member.number), member)


def draw_all(store: Store, of: Class, each: int) -> None:
    """Everybody draws `each` digits: images of the data set, which nobody trained on."""
    data = load_dataset("digits")
    for member in members(store, of.id):
        for place in range(each):
            index = each * member.number + place
            label = int(data.test_labels[index])
            save_drawing(store, member.id, data.test_images[index, 0].numpy(), label)


# -- the experiment --------------------------------------------------------------------------------


def test_a_teacher_starts_one_seed_for_everybody_each_in_their_own_name(
    store: Store, of: Class, enter: Enter
) -> None:
    everybody = members(store, of.id)
    train_part(store, BASE, everybody[0])  # the chosen run, which is the first one's part
    enter(teacher(of))
    page = look("experiment", base="run", run=BASE.run_id)
    press(page, "class.experiment.start")
    (kept,) = class_experiments(store, of.id)
    experiment = Experiment.from_record(kept.body)
    assert experiment.base == BASE
    owners = {run.config.seed: run.session for run in store.runs(Status.FINISHED)}
    assert owners == {BASE.seed + place: m.id for place, m in enumerate(everybody)}
    page = look("experiment")
    assert "6 networks, from " in words(page)
    assert "6 of 6 networks are trained." in words(page)
    assert keys(page) >= {"class.experiment.forget"}
    assert not keys(page) & {"class.experiment.rest", "class.experiment.stop"}


def test_the_committee_is_that_of_the_stored_predictions(
    store: Store, of: Class, enter: Enter
) -> None:
    experiment = plan(store, of)
    train_all(store, of, experiment)
    labels = load_dataset("digits").test_labels
    judged = []
    for config in map(experiment.config, experiment.numbers):
        logits = store.logits(config.run_id, config.total_steps)
        assert logits is not None
        judged.append(judgement(logits, labels))
    mean = np.mean([each.probabilities.astype(float) for each in judged], axis=0)
    right = int((mean.argmax(1) == labels.numpy()).sum())
    beaten = sum(each.accuracy.correct < right for each in judged)
    enter(teacher(of))
    page = look("experiment")
    assert [metric.value for metric in page.metric] == [f"{100 * right / len(labels):.2f} %"]
    assert f"It beats **{beaten} of 6** members" in words(page)
    assert [alt.split(" of ")[0] for alt in alts(page)] == [
        "Test accuracy",
        "Mean test accuracy",
        "Accuracy",
    ]


def test_a_student_trains_their_part_of_a_range(store: Store, of: Class, enter: Enter) -> None:
    me = members(store, of.id)[2]
    experiment = plan(store, of, "lr", (0.001, 0.003, 0.01, 0.03, 0.1, 0.3))
    enter(student(me))
    page = look("experiment")
    assert "Your part: **Learning rate 0.01**" in words(page)
    assert not keys(page) & {"class.experiment.start", "class.experiment.forget"}
    press(page, "class.experiment.mine")
    (run,) = store.runs()
    assert (run.id, run.session) == (experiment.config(me.number).run_id, me.id)
    page = look("experiment")
    assert "class.experiment.mine" not in keys(page)
    assert any(alt.startswith("Heat map of the test accuracy over training") for alt in alts(page))
    assert not any(name in source(page) for name in NICKNAMES if name != me.nickname)


def test_whoever_joins_late_has_the_next_value_and_the_teacher_starts_it(
    store: Store, of: Class, enter: Enter
) -> None:
    experiment = plan(store, of, "optimizer", ("adam", "sgd"))
    train_all(store, of, experiment)
    late = join(store, of, "Sofia")
    enter(student(late))
    assert "Your part: **Optimiser Adam (seed 4)**" in words(look("experiment"))
    enter(teacher(of))
    page = look("experiment")
    assert page.button(key="class.experiment.rest").label == "Start the 1 that waits"
    press(page, "class.experiment.rest")
    run = store.get(experiment.config(late.number).run_id)
    assert (run.status, run.session) == (Status.FINISHED, late.id)


@pytest.mark.parametrize("key", ["class.experiment.mine", "class.experiment.rest"])
def test_what_could_not_be_started_is_said_beside_the_button_and_left_it_is_started(
    store: Store, of: Class, enter: Enter, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    plan(store, of)
    enter(student(members(store, of.id)[0]) if key.endswith("mine") else teacher(of))
    page = opened(CLASS, view="experiment")

    def refuses(*_: object, **__: object) -> None:
        raise NotAllowed("Somebody else keeps it.")

    with monkeypatch.context() as patch:
        patch.setattr(InlineExecutor, "start", refuses)
        page.button(key=key).click().run()
    assert [error.value for error in page.error] == ["Somebody else keeps it."]
    assert key in beside_error(page)
    page.button(key=key).click()
    page.switch_page("pages/glossary.py").run()
    assert not page.error
    assert len(store.runs(Status.FINISHED)) == (1 if key.endswith("mine") else len(NICKNAMES))


def test_where_students_may_not_train_the_teacher_does(
    store: Store, of: Class, enter: Enter
) -> None:
    plan(store, of)
    change_class(store, teacher(of), rules={"train": False})
    assert Rules(train=False).train is False
    enter(student(members(store, of.id)[0]))
    page = look("experiment")
    assert "class.experiment.mine" not in keys(page)
    assert "Your teacher starts it." in words(page)


def test_an_impossible_plan_is_one_clear_sentence_and_cannot_be_started(
    store: Store, of: Class, enter: Enter
) -> None:
    enter(teacher(of))
    for values, said in (("4,5", "padding 'same'"), ("x", "kernel cannot be"), ("", "Say which")):
        page = look("experiment", base="quick-digits", field="kernel", values=values)
        assert said in words(page)
        assert "class.experiment.start" not in keys(page)


def test_a_range_is_split_among_all_and_the_teacher_may_let_them_start_it(
    store: Store, of: Class, enter: Enter
) -> None:
    enter(teacher(of))
    page = look("experiment", base="quick-digits", field="lr", values="0.0001..10", scale="log")
    assert "with 6 values of **Learning rate**: 0.0001, 0.001, 0.01, 0.1, 1.0, 10.0." in words(page)
    press(page, "class.experiment.offer")
    assert store.runs() == []
    (kept,) = class_experiments(store, of.id)
    assert kept.body["values"] == [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0]
    press(look("experiment"), "class.experiment.forget")
    assert class_experiments(store, of.id) == []


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["experiment", "test_set", "leaderboard"])
def test_on_the_projector_no_nickname_is_in_the_page(
    store: Store, of: Class, enter: Enter, view: str
) -> None:
    train_all(store, of, plan(store, of))
    draw_all(store, of, 3)
    enter(teacher(of))
    shown = source(look(view, projector="1"))
    assert not any(name in shown for name in NICKNAMES)
    assert "Maryam" in source(look(view, projector="0"))


# -- the test set ----------------------------------------------------------------------------------


def test_all_networks_read_all_drawings(store: Store, of: Class, enter: Enter) -> None:
    experiment = plan(store, of)
    train_all(store, of, experiment)
    draw_all(store, of, 5)
    data = load_dataset("digits")
    shares = []
    for config in map(experiment.config, experiment.numbers):
        logits = store.logits(config.run_id, config.total_steps)
        assert logits is not None
        shares.append((logits.argmax(1) == data.test_labels)[5:35].float().mean().item())
    enter(teacher(of))
    page = look("test_set")
    drawn, on_images, _ = page.metric
    assert drawn.value == f"{100 * np.mean(shares):.2f} %"
    accuracy = np.mean([run.accuracy for run in store.runs(Status.FINISHED)])
    assert on_images.value == f"{100 * accuracy:.2f} %"
    said = words(page)
    assert "30 drawings · 6 of 6 students have drawn 5 or more." in said
    assert f"**: {round(30 * max(shares))} of 30." in said
    assert "Each half needs at least 20 drawings; now they have 15 and 15." in said
    assert len(alts(page)) == 2


def test_a_network_is_taught_half_of_the_drawings_and_tested_on_the_other(
    store: Store, of: Class, enter: Enter
) -> None:
    experiment = plan(store, of)
    train_all(store, of, experiment)
    draw_all(store, of, 8)
    enter(student(members(store, of.id)[1]))
    page = look("test_set", halves="hand")
    assert page.button(key="class.teach.start").label.endswith("the 24 others")
    press(page, "class.teach.start")
    page = look("test_set", halves="hand")
    assert "class.teach.start" not in keys(page)
    assert "The other half" in words(page)
    assert "mean of 6 networks" in words(page)  # those that were taught drawings judge none
    (tuned,) = [run for run in store.runs() if run.config.drawings is not None]
    assert tuned.session == members(store, of.id)[1].id
    learned = drawing_set(store, tuned.config.drawings or "")
    hers = drawings(store, members(store, of.id)[1].id)
    assert not {d.image.tobytes() for d in hers} & {each.tobytes() for each in learned.images}


def test_a_student_is_told_what_to_draw(store: Store, of: Class, enter: Enter) -> None:
    me = members(store, of.id)[0]
    enter(student(me))
    page = look("test_set")
    assert "Draw your five digits: **3, 4, 5, 6, 7**" in words(page)
    assert digits_for(me.number) == (3, 4, 5, 6, 7)
    assert "0 of 5 are drawn." in words(page)
    assert "Nobody has saved a drawing yet." in words(page)
    draw_all(store, of, 2)
    page = look("test_set")
    assert "2 of 5 are drawn." in words(page)
    assert "No student has trained a network that reads digits yet." in words(page)


# -- the leaderboard -------------------------------------------------------------------------------


def test_those_who_do_not_differ_share_a_place_and_a_bad_network_stands_behind(
    store: Store, of: Class, enter: Enter
) -> None:
    everybody = members(store, of.id)
    for place, member in enumerate(everybody):
        steps = 1 if place == 3 else 100  # the fourth has hardly trained
        train_part(store, GOOD.replace(max_steps=steps, seed=place), member)
    enter(student(everybody[3]))
    table = look("leaderboard").dataframe[0].value
    labels = load_dataset("digits").test_labels
    shares = [float(text.removesuffix(" %")) for text in table["Accuracy"]]
    assert shares == sorted(shares, reverse=True)
    right = []
    for run in sorted(store.runs(Status.FINISHED), key=lambda run: -(run.accuracy or 0)):
        logits = store.logits(run.id, run.step)
        assert logits is not None
        right.append((logits.argmax(1) == labels).numpy())
    expected = places(np.array(right))
    assert [int(text.removesuffix(" =")) for text in table["Place"]] == expected
    assert list(table["Student"])[-1] == "you"
    assert table["Place"][5] == "6"
    assert table["Place"][0] == "1 ="


def test_small_and_fast_networks_are_ranked_from_the_goal_on(
    store: Store, of: Class, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mnistlab.ui.classroom import leaderboard

    everybody = members(store, of.id)
    enter(teacher(of))
    small, large = BASE, BASE.replace(channels=(4, 4))
    train_part(store, small, everybody[0])
    train_part(store, large, everybody[1])
    train_part(store, large.replace(seed=9), everybody[2])
    for board in ("parameters", "seconds"):
        assert "has reached 99.00 %" in words(look("leaderboard", board=board))
    monkeypatch.setattr(leaderboard, "GOAL", 0.05)
    table = look("leaderboard", board="parameters").dataframe[0].value
    assert list(table["Place"]) == ["1", "2 =", "2 ="]
    assert table["Student"][0] == NICKNAMES[0]
    table = look("leaderboard", board="seconds").dataframe[0].value
    assert len(table) == 3
    draw_all(store, of, 2)
    table = look("leaderboard", board="drawings").dataframe[0].value
    assert set(table["Place"]) == {"1 ="}


def test_an_empty_class_has_a_sentence_for_each_view(store: Store, enter: Enter) -> None:
    alone, _secret = make_class(store, "Empty", "en")
    enter(teacher(alone))
    for view, said in (
        ("experiment", "with another seed for everybody"),
        ("test_set", "Nobody has saved a drawing yet."),
        ("leaderboard", "No student has a trained network yet."),
    ):
        assert said in words(look(view))
    me = join(store, alone, "Ada")
    enter(student(me))
    assert "Your teacher has not planned one yet." in words(look("experiment"))
