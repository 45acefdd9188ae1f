"""A sweep on the page of runs: its link is the sweep, and its numbers are those of the store."""

import statistics

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.typing import PlotlyState

from mnistlab.config import TrainConfig
from mnistlab.experiments.sweep import Sweep
from mnistlab.store import RunRecord, Status, Store
from mnistlab.ui.kit import state
from mnistlab.ui.runs.sweep import PARAMETERS
from pages.elements import charts, traces
from pages.runs import TINY, events_of, in_state, link, opened, trained, words

RUNS = "pages/runs.py"
BASE = {"preset": "quick-digits", "channels": "2,2", "kernel": "3", "max_steps": "4"}
GRID = BASE | {"lr": "0.001,0.1", "batch_size": "16,32", "seeds": "2"}


def look(**query: str) -> AppTest:
    page = opened(RUNS, alone=True, **{"view": "sweep"} | query)
    assert not page.exception
    return page


def start(page: AppTest) -> AppTest:
    page.button(key="sweep.start").click().run()
    assert not page.exception
    assert not page.error, words(page)
    return page


def test_link_opens_a_sweep_and_start_trains_it(store: Store) -> None:
    page = look(**GRID)
    asked = Sweep.from_query(GRID)
    assert "4 combinations × 2 seeds: 8 networks, 32 steps in total. Trained: 0." in words(page)
    assert page.button(key="sweep.start").label == "Train 8 networks"
    assert page.text_input(key="runs.lr").value == "0.001,0.1"
    assert page.number_input(key="runs.sweep.seeds").value == 2
    page = start(page)
    assert {run.id for run in store.runs(Status.FINISHED)} == set(asked.configs)
    assert "Trained: 8." in words(page)
    assert "sweep.start" not in {button.key for button in page.button}
    sent = {name: text for name, text in link(page).items() if name in PARAMETERS}
    assert Sweep.from_query(sent).canonical == asked.canonical


def test_a_trained_sweep_shows_the_numbers_that_the_store_has(store: Store) -> None:
    page = start(look(**GRID))
    ranking = []
    for each in Sweep.from_query(GRID).combinations:
        shares = [store.get(run_id).accuracy or 0.0 for run_id in each.ids]
        settings = [str(each.settings[name]) for name in ("lr", "batch_size")]
        ranking.append((*settings, 100 * statistics.mean(shares), 100 * statistics.stdev(shares)))
    ranking.sort(key=lambda row: -row[2])
    assert [tuple(row) for row in page.dataframe[0].value.to_numpy()] == [
        (lr, size, f"{mean:.2f} %", f"± {deviation:.2f} %", "2 / 2")
        for lr, size, mean, deviation in ranking
    ]
    heat = traces(page)[0]
    cells = {text for row in heat["text"] for text in row}
    assert cells == {f"{mean:.2f}<br>± {deviation:.2f}" for *_, mean, deviation in ranking}
    assert charts(page)[0].alt.startswith("Heat map of the mean test accuracy by")
    alts = [chart.proto.alt for chart in page.get("vega_lite_chart")]
    assert [alt.startswith("Mean test") and "of 2 seeds" in alt for alt in alts] == [True, True]
    fresh = look(**link(page))
    assert words(fresh) == words(page)
    assert [chart.spec for chart in charts(fresh)] == [chart.spec for chart in charts(page)]


def test_the_combination_of_the_chosen_run_is_shown_and_another_can_be_chosen(
    store: Store,
) -> None:
    asked = Sweep.from_query(GRID)
    page = start(look(**GRID))
    worse = asked.combinations[0]
    page = look(**GRID, run=worse.ids[1])
    assert page.selectbox(key="runs.sweep.combination").value == worse.ids[0]
    other = asked.combinations[1]
    page.selectbox(key="runs.sweep.combination").set_value(other.ids[0]).run()
    assert not page.exception
    assert link(page)["run"] == other.ids[0]
    statuses = page.dataframe[1].value
    assert list(statuses["Name"]) == ["seed 1", "seed 2"]


def test_a_click_on_a_cell_chooses_its_first_run(store: Store) -> None:
    asked = Sweep.from_query(GRID)
    page = start(look(**GRID))
    for row, column in ((1, 0), (0, 1)):
        point = {"point_index": 0, "customdata": [row, column]}
        page.session_state["sweep.heat_map"] = PlotlyState(
            {"selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}}
        )
        page.run()
        assert not page.exception
        clicked = asked.config(
            {
                "channels": (2, 2),
                "kernel": 3,
                "max_steps": 4,
                "lr": (0.001, 0.1)[row],
                "batch_size": (16, 32)[column],
            }
        )
        assert link(page)["run"] == clicked.run_id
        assert page.selectbox(key="runs.sweep.combination").value == clicked.run_id


def test_links_of_the_text_open_sweeps() -> None:
    for place in range(3):
        page = look()
        links = [button for button in page.button if button.key.startswith("link.")]
        links[place].click().run()
        assert not page.exception
        assert not page.error, words(page)
        assert not page.warning
        assert page.button(key="sweep.start").label == f"Train {(18, 12, 9)[place]} networks"


def test_validation_images_decide_where_there_are_some() -> None:
    page = start(look(**BASE, lr="0.001,0.1", validation_size="100"))
    assert "Mean validation accuracy" in page.dataframe[0].value.columns
    assert charts(page)[0].alt.startswith("Heat map of the mean validation accuracy by")


def test_more_than_two_settings_are_parallel_coordinates() -> None:
    query = BASE | {"lr": "0.001,0.1", "batch_size": "16,32", "optimizer": "adam,sgd"}
    page = start(look(**query))
    assert charts(page)[0].alt.startswith("Parallel coordinates of 8 combinations")


def test_a_random_search_of_ranges_opens_and_trains(store: Store) -> None:
    page = start(look(**BASE, lr="0.001..0.1", random="3", search_seed="5"))
    assert len(store.runs(Status.FINISHED)) == 3
    assert charts(page)[0].alt.startswith("Parallel coordinates of 3 combinations")
    assert link(page)["search_seed"] == "5"


def test_settings_are_chosen_and_filled_in_on_the_page(store: Store) -> None:
    page = look(preset="quick-digits")
    page.multiselect(key="runs.sweep.fields").set_value(["hidden", "arch"]).run()
    assert not page.exception
    assert page.text_input(key="runs.hidden").value == "64"
    page.text_input(key="runs.arch").set_value("mlp").run()
    page.text_input(key="runs.hidden").set_value("4,8").run()
    page.number_input(key="runs.sweep.seeds").set_value(3).run()
    assert not page.exception
    assert link(page).items() >= {"arch": "mlp", "hidden": "4,8", "seeds": "3"}.items()
    assert page.button(key="sweep.start").label == "Train 6 networks"
    page.multiselect(key="runs.sweep.fields").set_value([]).run()
    assert "hidden" not in link(page)
    assert page.button(key="sweep.start").label == "Train 3 networks"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"lr": "fast"}, "lr cannot be 'fast'"),
        ({"lr": "0.1..0.01"}, "a range begins with its lower end"),
        ({"lr": "0.001..0.1"}, "lr is a range"),
        ({"kernel": "4"}, "padding 'same'"),
        ({"lr": ",".join(str(n) for n in range(1, 300)), "seeds": "2"}, "would train 598"),
        ({"hidden": "![p](x)"}, r"hidden cannot be '!\[p\](x)'"),
    ],
)
def test_bad_values_are_one_sentence(query: dict[str, str], said: str) -> None:
    page = look(preset="quick-digits", **query)
    assert len(page.error) == 1
    assert said in page.error[0].value


@pytest.mark.parametrize(
    ("name", "text"), [("preset", "slow"), ("arch", "resnet"), ("seeds", "0"), ("random", "x")]
)
def test_a_wrong_link_is_one_sentence(name: str, text: str) -> None:
    page = look(**{"preset": "quick-digits"} | {name: text})
    assert sum(f"The link says {name}='{text}'" in each.value for each in page.warning) == 1


def test_a_network_that_is_impossible_is_said_before_any_is_trained(store: Store) -> None:
    query = {"preset": "quick-digits", "kernel": "5,28", "padding": "0", "stride": "7"}
    page = look(**query)
    page.button(key="sweep.start").click().run()
    assert not page.exception
    assert len(page.error) == 1
    assert store.runs() == []


class Queue:
    """An executor that only asks, as one does whose workers are all busy."""

    def check(self, config: TrainConfig) -> None:
        pass

    def start(
        self, config: TrainConfig, session: str, until: int | None, experiment: str
    ) -> RunRecord:
        return state.store().request(config, session, until)

    def promote(self, run_id: str, session: str, until: int | None) -> RunRecord:
        return state.store().promote(run_id, session, until)

    def ensure(self) -> None:
        pass


def test_more_than_may_wait_are_asked_for_later_and_all_can_be_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "executor", Queue)
    page = start(look(**BASE, seeds="13"))
    assert store.count(Status.QUEUED) == 10
    assert "0 of 13 networks are done." in words(page)
    assert "leave it open" in words(page)
    for run in store.runs()[:2]:
        store.stop(run.id)
    page.run()
    assert store.count(Status.QUEUED) == 10
    assert "2 of 13 networks are done." in words(page)
    page.button(key="sweep.stop").click().run()
    assert not page.exception
    assert store.count(Status.QUEUED, Status.RUNNING) == 0
    assert page.button(key="sweep.start").label == "Resume: train 13 networks"


def steps(store: Store) -> list[int]:
    return sorted(run.step for run in store.runs())


def test_with_halving_the_worse_are_paused_early_and_said_to_be(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "client_id", lambda: "me")
    query = BASE | {"max_steps": "36", "eval_every": "4", "train_size": "800", "seeds": "2"}
    query |= {"lr": "0.0003,0.003,0.03", "batch_size": "20,40,80"}
    page = look(**query)
    page.toggle(key="runs.sweep.halving").set_value(True).run()
    assert link(page)["halving"] == "3"
    page = start(page)  # all of them to the first rung, and then the best
    page = look(**link(page))  # a reload
    assert steps(store) == 12 * [4] + 4 * [12] + 2 * [36]
    shown = page.dataframe[0].value
    assert list(shown["Seeds"]) == ["2 / 2"] + 8 * ["0 / 2"]
    assert list(shown["Stopped early"]) == [
        "",
        *(f"rank {place} of 3 at step 12" for place in (2, 3)),
        *(f"rank {place} of 9 at step 4" for place in range(4, 10)),
    ]
    assert "sweep.start" not in {button.key for button in page.button}

    page.toggle(key="runs.sweep.halving").set_value(False).run()
    assert "halving" not in link(page)
    assert page.button(key="sweep.start").label == "Resume: train 16 networks"


def test_who_only_looks_at_a_halved_sweep_has_nothing_trained(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "executor", Queue)
    monkeypatch.setattr(state, "client_id", lambda: "me")
    query = TINY.to_query() | {"preset": "tutorial-cnn", "lr": "0.01,0.1", "halving": "2"}
    for config in Sweep.from_query(query).configs.values():
        store.request(config, "their owner", until=2)
        in_state(store, Status.PAUSED, config)
    page = look(**query)
    assert store.count(Status.PAUSED) == 2
    assert page.button(key="sweep.start").label == "Resume: train 1 network"
    start(page)
    assert [(run.session, run.until) for run in store.runs(Status.QUEUED)] == [("me", None)]


def test_stopped_by_a_person_a_halved_sweep_stays_so_until_it_is_resumed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "executor", Queue)
    query = TINY.to_query() | {"preset": "tutorial-cnn", "hidden": "8,16,32", "arch": "mlp"}
    query |= {"seeds": "1", "halving": "3"}
    page = start(look(**query))
    configs = list(Sweep.from_query(query).configs.values())
    assert [store.get(config.run_id).until for config in configs] == [2, 2, 2]
    for config in configs:
        claim = store.claim(config.run_id)
        assert claim is not None
        store.record(claim, [event for event in events_of(config) if event.step <= 2])
        if config != configs[-1]:
            store.end(claim, Status.PAUSED)
    page.run()
    page.button(key="sweep.stop").click().run()
    store.end(claim, Status.STOPPED)
    for seen in (page.run(), look(**query)):  # nobody goes on by looking at it
        assert seen.button(key="sweep.start").label == "Resume: train 1 network"
        assert {run.status for run in store.runs()} == {Status.STOPPED}
    start(seen)
    assert [run.until for run in store.runs(Status.QUEUED)] == [None]


def test_a_run_that_failed_and_one_that_runs_are_shown_as_they_are(store: Store) -> None:
    done = trained(store, TINY)
    in_state(store, Status.RUNNING, TINY.replace(seed=2))
    in_state(store, Status.FAILED, TINY.replace(seed=3))
    texts = TINY.to_query() | {"preset": "tutorial-cnn", "seeds": "3"}
    page = look(**texts)
    assert page.dataframe[0].value.iloc[0].to_list() == [
        f"{100 * (done.accuracy or 0):.2f} %",
        page.dataframe[1].value["95 % interval"][0],
        "1 / 3",
    ]
    assert list(page.dataframe[1].value["Status"]) == ["finished", "running, step 2 of 4", "failed"]
