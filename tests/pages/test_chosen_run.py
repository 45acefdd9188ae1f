"""Which run a page takes where the link names none, and which ones a list offers first."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.config import TrainConfig
from mnistlab.events import to_record
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.people import Person, Role
from mnistlab.ui.home.arrival import left_here
from mnistlab.ui.kit import sidebar, state
from mnistlab.ui.kit.training.experiments import part_of
from mnistlab.ui.kit.visitor import OPERATOR
from mnistlab.ui.kit.words import unique_names
from pages.runs import TINY, events_of, link, opened, trained, words

ANN, BOB = "a" * 32, "b" * 32
RACE = part_of("optimisers", dataset="digits", lr="0.01")
LOOKING = "pages/evaluation.py"


@contextmanager
def visitor(name: str) -> Iterator[None]:
    """Inside, whoever opens a page is the browser of this name, and sits elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OPERATOR, "nobody")
        patch.setattr(state, "client_id", lambda: name)
        patch.setattr(state, "owner_id", lambda: name)
        yield


def opened_by(name: str, path: str, **query: str) -> AppTest:
    with visitor(name):
        page = opened(path, alone=True, **query)
    assert not page.exception
    return page


def taken_by(name: str) -> str | None:
    return link(opened_by(name, LOOKING)).get("run")


class Trainings:
    """Runs of several people, each with a seed of its own."""

    def __init__(self, store: Store) -> None:
        self.store, self.seed = store, 0

    def add(
        self,
        session: str,
        status: Status = Status.FINISHED,
        experiment: str = "",
        config: TrainConfig = TINY,
    ) -> RunRecord:
        self.seed += 1
        run = self.store.request(config.replace(seed=self.seed), session, experiment=experiment)
        claim = self.store.claim(run.id)
        assert claim is not None
        events = events_of(run.config)
        if status == Status.FINISHED:
            self.store.record(claim, events)
            self.store.end(claim, status, final=to_record(events[-1]))
        else:
            self.store.record(claim, [event for event in events if event.step <= 2])
            self.store.end(claim, status)
        return self.store.get(run.id)


@pytest.fixture
def trainings(store: Store) -> Trainings:
    return Trainings(store)


def test_each_of_two_visitors_looks_into_their_own_last_finished_run(trainings: Trainings) -> None:
    racer = trainings.add(ANN, Status.PAUSED, RACE)
    assert taken_by(ANN) is None, "a half-trained racer is never shown by itself"
    assert "There is no network to look at yet" in words(opened_by(ANN, LOOKING))
    finished_racer = trainings.add(BOB, experiment=RACE)
    assert taken_by(ANN) == finished_racer.id, "better a trained network than none"
    bobs = trainings.add(BOB)
    assert taken_by(ANN) == bobs.id, "the newest finished one of all"
    mine = trainings.add(ANN, Status.PAUSED)
    assert taken_by(ANN) == mine.id
    older = trainings.add(ANN)
    assert taken_by(ANN) == older.id, "a finished one comes first"
    trainings.add(ANN, Status.PAUSED)
    trainings.add(BOB)
    trainings.add(ANN, experiment=RACE)
    assert taken_by(ANN) == older.id
    assert taken_by(BOB) != older.id
    assert link(opened_by(ANN, LOOKING, run=racer.id))["run"] == racer.id, "a link names any"


def test_lists_offer_own_runs_first_and_those_of_experiments_last(trainings: Trainings) -> None:
    mine, bobs = trainings.add(ANN), trainings.add(BOB)
    half = trainings.add(ANN, Status.PAUSED)
    half_racer, racer = trainings.add(ANN, Status.PAUSED, RACE), trainings.add(ANN, experiment=RACE)
    page = opened_by(ANN, LOOKING, view="compare")
    (other,) = [box for box in page.selectbox if box.label == "Compare with"]
    in_order = [half, bobs, racer, half_racer]
    names = unique_names([mine, *in_order])
    assert other.value == half.id
    assert all(map(str.startswith, other.options, names[1:]))
    (picker,) = [box for box in page.sidebar.selectbox if box.label == "Run to look inside"]
    assert all(map(str.startswith, picker.options, names))


def test_runs_of_one_name_are_told_apart_by_what_differs(store: Store) -> None:
    alike = [trained(store, TINY.replace(batch_size=size)) for size in (10, 20)]
    assert len({name.partition(" (")[0] for name in unique_names(alike)}) == 1
    assert [name.partition(" (")[2] for name in unique_names(alike)] == [
        "Batch size 10)",
        "Batch size 20)",
    ]
    for run in alike:
        store.rename(run.id, "Mine")
    other = trained(store, TINY.replace(batch_size=20, dropout=0.5))
    store.rename(other.id, "Mine")
    three = unique_names([store.get(run.id) for run in (*alike, other)])
    assert three[0] == "Mine (Batch size 10, Dropout 0.0)"
    assert len(set(three)) == 3


def test_the_table_says_what_differs_only_where_names_are_the_same(store: Store) -> None:
    trained(store)
    assert "What differs" not in opened("pages/runs.py").dataframe[0].value
    trained(store, TINY.replace(batch_size=10))
    table = opened("pages/runs.py").dataframe[0].value
    assert set(table["What differs"]) == {"Batch size 10", "Batch size 20"}


def test_the_networks_of_a_race_are_one_line_that_opens_their_table(trainings: Trainings) -> None:
    alone = trainings.add(ANN)
    racers = [
        trainings.add(ANN, experiment=RACE, config=TINY.replace(optimizer=name))
        for name in ("sgd", "adam")
    ]
    page = opened_by(ANN, "pages/runs.py")
    assert list(page.dataframe[0].value["Run"]) == [alone.id]
    (line,) = [box for box in page.expander if "Race" in box.label]
    best = max(racers, key=lambda run: run.accuracy or 0)
    assert "Race of the optimisers · Digits · Learning rate 0.01" in line.label
    assert f"2 networks, the best {best.accuracy:.2%}".replace("%", " %") in line.label
    page = opened_by(ANN, "pages/runs.py", compare=racers[0].id)
    table = page.dataframe[1].value.set_index("Run")
    assert {table.loc[run.id, "Name"] for run in racers} == {"Optimiser SGD", "Optimiser Adam"}
    assert link(page)["compare"] == racers[0].id
    assert len(opened_by(ANN, "pages/runs.py", q="no such").dataframe) == 0


def test_who_asks_for_a_racer_by_itself_takes_it_out_of_the_race(store: Store) -> None:
    run = store.request(TINY, ANN, experiment=RACE)
    assert store.request(TINY, ANN, experiment=RACE).experiment == RACE
    assert store.request(TINY, ANN).experiment == ""
    assert store.request(TINY, ANN, experiment=RACE).id == run.id
    assert store.get(run.id).experiment == "", "it stays one that somebody wanted by itself"


def test_the_home_page_takes_no_network_of_an_experiment(store: Store) -> None:
    trainings = Trainings(store)
    theirs = trainings.add(BOB)
    trainings.add(BOB, experiment=RACE)
    assert found_at_home(store) == theirs.id
    own = trainings.add(ANN)
    trainings.add(ANN, experiment=RACE)
    assert found_at_home(store) == own.id


def found_at_home(store: Store) -> str | None:
    """The run that a visitor of the home page finds there."""
    with pytest.MonkeyPatch.context() as patch:
        person = Person(Role.VISITOR, ANN, frozenset({ANN}))
        patch.setattr(state, "person", lambda: person)
        run = left_here(store)
    return None if run is None else run.id


def test_the_sidebar_offers_the_latest_runs_and_the_one_that_is_looked_at(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest, _, *latest = [trainings.add(ANN) for _ in range(4)]
    monkeypatch.setattr(sidebar, "OFFERED", len(latest))
    page = opened_by(ANN, LOOKING, run=oldest.id)
    (picker,) = [box for box in page.sidebar.selectbox if box.label == "Run to look inside"]
    assert picker.value == oldest.id
    assert len(picker.options) == len(latest) + 1
