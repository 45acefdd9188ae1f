"""The table of runs, comparison, seeds, export and deletion."""

import csv
import io
import statistics

import pytest

from mnistlab import models
from mnistlab.analysis.intervals import interval
from mnistlab.config import TrainConfig
from mnistlab.errors import RunNotFound
from mnistlab.events import Evaluated
from mnistlab.presets import PRESETS
from mnistlab.store import Status, Store
from mnistlab.ui.kit import state
from pages.runs import TINY, charts, in_state, link, opened, trained, words

RUNS = "pages/runs.py"
LSTM = TINY.replace(arch="lstm", hidden=4)


def test_empty_store_offers_to_train_one() -> None:
    page = opened(RUNS)
    assert "Nothing has been trained here yet." in words(page)
    assert page.button(key="first_run")


def test_table_tells_what_the_store_knows(store: Store) -> None:
    run, stopped = trained(store), in_state(store, Status.STOPPED, LSTM)
    page = opened(RUNS)
    table = page.dataframe[0].value.set_index("Run")
    assert set(table.index) == {run.id, stopped.id}
    assert table.loc[run.id, "Accuracy"] == pytest.approx(run.accuracy * 100)
    assert table.loc[run.id, "95 % interval"] == interval(run.final["correct"], run.final["count"])
    assert table.loc[run.id, "Status"] == "finished"
    assert table.loc[stopped.id, "Status"] == "stopped"
    assert table.loc[run.id, "Parameters"] == 20 + 38 + 2 * 7 * 7 * 10 + 10
    assert '"%.2f %%"' in page.dataframe[0].proto.columns
    assert '"%.2f%%"' in opened(RUNS, lang="zh").dataframe[0].proto.columns


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"q": "lstm"}, 1),
        ({"arch": "cnn"}, 1),
        ({"status": "finished,stopped"}, 2),
        ({"status": "failed"}, 0),
        ({"q": "nothing like it"}, 0),
    ],
)
def test_filter_is_in_the_link(store: Store, query: dict[str, str], kept: int) -> None:
    trained(store)
    in_state(store, Status.STOPPED, LSTM)
    page = opened(RUNS, **query)
    assert not page.exception
    assert sum(len(table.value) for table in page.dataframe[:1]) == kept
    assert ("No run matches this filter." in words(page)) == (kept == 0)
    assert query.items() <= link(page).items()


@pytest.mark.parametrize("text", ["quick-digits", "Quick d"])
def test_a_run_is_found_by_the_key_of_its_preset_and_by_its_name(store: Store, text: str) -> None:
    in_state(store, Status.QUEUED, PRESETS["quick-digits"])
    in_state(store, Status.QUEUED, LSTM)
    assert len(opened(RUNS, q=text).dataframe[0].value) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("arch", "resnet"), ("status", "dead"), ("compare", "all")]
)
def test_wrong_filter_in_a_link_is_one_clear_sentence(store: Store, name: str, text: str) -> None:
    trained(store)
    page = opened(RUNS, **{name: text})
    assert not page.exception
    assert sum(f"The link says {name}='{text}'" in warning.value for warning in page.warning) == 1


def test_link_opens_a_comparison_with_what_differs(store: Store) -> None:
    one, other = trained(store), trained(store, LSTM)
    page = opened(RUNS, compare=f"{one.id},{other.id}")
    assert not page.exception
    assert link(page)["compare"] in (f"{one.id},{other.id}", f"{other.id},{one.id}")
    assert len([chart for chart in charts(page) if "over the steps" in chart.alt]) == 2
    differing = page.dataframe[1].value.set_index("Setting")
    expected = {"Network", "Channels", "Kernel size", "Hidden units"}
    assert set(differing.index) == expected
    assert sorted(differing.loc["Network"]) == ["CNN", "LSTM"]


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((100, 100), "on the first 100 test images; the accuracy of a finished run"),
        ((100, 200), "on the first 100 to 200 test images; the accuracy of a finished run"),
        ((None, 2_000), ""),  # of 500
    ],
)
def test_curves_say_which_test_images_they_are_measured_on(
    store: Store, sizes: tuple[int | None, ...], said: str
) -> None:
    runs = [
        trained(store, TINY.replace(eval_size=size, seed=seed)) for seed, size in enumerate(sizes)
    ]
    text = words(opened(RUNS, compare=",".join(run.id for run in runs)))
    assert said in text
    assert ("The curves are measured during training" in text) == bool(said)


def test_each_chosen_run_opens_elsewhere_by_link(store: Store) -> None:
    run = trained(store)
    page = opened(RUNS, compare=run.id)
    assert [
        item.proto.query_string for item in page.main.get("page_link") if item.proto.label == "Open"
    ] == [f"run={run.id}"]


def test_mean_and_deviation_over_seeds(store: Store) -> None:
    runs = [trained(store, TINY.replace(seed=seed)) for seed in (1, 2, 3)]
    trained(store, TINY.replace(lr=0.01))  # not one of them
    page = opened(RUNS, compare=runs[0].id)
    accuracies = [run.accuracy * 100 for run in runs]
    assert (
        f"3 seeds: **{statistics.mean(accuracies):.2f} ± {statistics.stdev(accuracies):.2f} %**"
        in words(page)
    )
    assert any("of 3 seeds" in chart.alt for chart in charts(page))


def test_more_seeds_are_trained_on_request(store: Store) -> None:
    run = trained(store)
    page = opened(RUNS, compare=run.id)
    page.number_input(key="seeds.count").set_value(2)
    page = page.button(key="seeds.start").click().run()
    assert not page.exception
    assert {other.config.seed for other in store.runs()} == {1, 2, 3}
    assert all(other.config.replace(seed=1) == run.config for other in store.runs())
    assert "3 seeds" in words(page)


def test_deletion_forgets_the_run(store: Store) -> None:
    kept, gone = trained(store), trained(store, LSTM)
    page = opened(RUNS, run=gone.id, compare=gone.id)
    page = page.button(key="delete").click().run()
    assert not page.exception
    with pytest.raises(RunNotFound):
        store.get(gone.id)
    assert store.get(kept.id)
    assert "run" not in link(page)
    assert list(page.dataframe[0].value["Run"]) == [kept.id]


def test_running_run_is_not_deleted_and_the_page_says_why(store: Store) -> None:
    run = in_state(store, Status.RUNNING)
    page = opened(RUNS, compare=run.id).button(key="delete").click().run()
    assert not page.exception
    assert [error.value for error in page.error] == [f"Run {run.id} is running. Stop it first."]
    assert store.get(run.id)


def test_exported_csv_holds_every_evaluation(store: Store) -> None:
    from mnistlab.ui.runs.compare import evaluations_csv

    runs = [trained(store), trained(store, LSTM)]
    rows = list(csv.DictReader(io.StringIO(evaluations_csv(store, runs).decode())))
    expected = [
        (run.id, event.step, event.test_accuracy)
        for run in runs
        for _, event in store.events(run.id, [Evaluated])
    ]
    assert [(row["run"], int(row["step"]), float(row["test_accuracy"])) for row in rows] == expected


def test_a_rerun_over_the_runs_of_a_whole_class_builds_no_network(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(1, 301):
        store.request(TINY.replace(seed=seed), f"student {seed}")
    page = opened(RUNS, alone=True)
    assert len(page.dataframe[0].value) == 300

    def build(config: TrainConfig) -> None:
        raise AssertionError("This was computed before.")

    monkeypatch.setattr(models, "build", build)
    page.run()
    assert not page.exception
    assert len(page.dataframe[0].value) == 300


def test_a_run_can_be_pinned_and_let_go(store: Store) -> None:
    run = trained(store)
    page = opened(RUNS, run=run.id)
    assert page.button(key="pin").label == "Pin"
    page = page.button(key="pin").click().run()
    assert not page.exception
    assert store.get(run.id).pinned
    assert page.button(key="pin").label == "Unpin"
    page.button(key="pin").click().run()
    assert not store.get(run.id).pinned


def test_the_page_says_how_full_the_store_is_where_it_has_a_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(store)
    assert "Kept here" not in words(opened(RUNS))
    monkeypatch.setenv("MNISTLAB_KEEP", "500 runs")
    assert "Kept here: 1 run of 500 runs." in words(opened(RUNS))
    monkeypatch.setenv("MNISTLAB_KEEP", "much")
    page = opened(RUNS)
    assert not page.exception
    assert any("cannot be kept to 'much'" in error.value for error in page.error)


def test_two_settings_are_compared_over_seeds_and_images(store: Store) -> None:
    a = TINY.replace(arch="mlp", hidden=16, lr=0.01, epochs=4, max_steps=80)
    b = a.replace(lr=1e-5)  # which hardly learns
    for seed in (1, 2, 3):
        trained(store, b.replace(seed=seed))
        if seed < 3:
            trained(store, a.replace(seed=seed))
    pair = f"{a.replace(seed=1).run_id},{b.replace(seed=1).run_id}"
    page = opened(RUNS, compare=pair)
    (button,) = [button for button in page.button if button.label == "Is A better than B?"]
    page = button.click().run()
    assert link(page)["view"] == "better"
    page = opened(RUNS, compare=pair, view="better", pairs="3")
    assert not page.exception
    assert "1 network is still to be trained" in words(page)
    assert "is better than" not in words(page)
    runs = [store.get(config.replace(seed=seed).run_id) for config in (a, b) for seed in (1, 2)]
    table = page.dataframe[0].value
    assert [float(each.rstrip(" %")) for each in table["Accuracy of A"]] == pytest.approx(
        [100 * run.accuracy for run in runs[:2]], abs=0.01
    )
    trained(store, a.replace(seed=3))
    page = opened(RUNS, compare=pair, view="better", pairs="3")
    assert "**A is better than B.**" in words(page)
    assert len(page.dataframe[0].value) == 3


def test_a_comparison_over_seeds_reads_its_own_runs_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = [TINY, TINY.replace(lr=0.01)]
    for config in settings:
        for seed in (1, 2, 3):
            trained(store, config.replace(seed=seed))
    compared = ",".join(config.run_id for config in settings)
    page = opened(RUNS, compare=compared, view="better", pairs="3")
    read, runs = [], Store.runs

    def reads(of: Store, *statuses: Status, **which: object) -> object:
        read.append(which)
        return runs(of, *statuses, **which)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "runs", reads)
    monkeypatch.setattr(state, "estimates", lambda _: pytest.fail("nothing is to be trained"))
    page.run()
    assert not page.exception
    assert len(page.dataframe[0].value) == 3
    assert {} not in read
    assert [each["ids"] for each in read if "ids" in each] == 2 * [compared.split(",")]


def test_what_cannot_be_compared_over_seeds_is_not_offered(store: Store) -> None:
    runs = [trained(store, TINY.replace(seed=seed)) for seed in (1, 2)]
    pair = ",".join(run.id for run in runs)
    assert "Is A better than B?" not in [
        button.label for button in opened(RUNS, compare=pair).button
    ]
    assert "Choose two runs in the table" in words(opened(RUNS, compare=pair, view="better"))
