"""A sweep is exactly the runs that its text says, and its text finds it again."""

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.config import TrainConfig
from mnistlab.errors import ConfigError
from mnistlab.experiments.sweep import MAX_RUNS, Sweep
from mnistlab.experiments.sweep_results import accuracy, results
from mnistlab.presets import PRESETS
from mnistlab.store import Store
from pages.runs import TINY, trained

QUICK = PRESETS["quick-digits"]
LISTS = st.fixed_dictionaries(
    {},
    optional={
        "lr": st.lists(st.sampled_from([0.001, 0.01, 0.1]), min_size=1, max_size=4),
        "hidden": st.lists(st.sampled_from([8, 16, 32]), min_size=1, max_size=3),
        "arch": st.lists(st.sampled_from(["mlp", "lstm"]), min_size=1, max_size=2),
        "eval_size": st.lists(st.sampled_from([None, 10, 20]), min_size=1, max_size=3),
    },
)


def sweep(**texts: str) -> Sweep:
    return Sweep.from_query({"preset": "quick-digits", **texts})


def texts_of(lists: dict[str, list]) -> dict[str, str]:
    return {
        name: ",".join("all" if value is None else str(value) for value in values)
        for name, values in lists.items()
    }


@given(LISTS, st.integers(1, 3))
def test_a_grid_is_the_product_of_its_lists_and_seeds_each_once(lists, seeds):
    wanted = {
        QUICK.replace(**dict(zip(lists, values, strict=True)), seed=seed).run_id
        for *values, seed in itertools.product(*lists.values(), range(1, seeds + 1))
    }
    configs = sweep(**texts_of(lists), seeds=str(seeds)).configs
    assert configs.keys() == wanted
    assert all(config.run_id == name for name, config in configs.items())


@given(LISTS, st.integers(1, 3), st.none() | st.integers(1, 20))
def test_the_text_of_a_sweep_finds_the_same_runs_again(lists, seeds, draws):
    texts = texts_of(lists) | {"seeds": str(seeds)} | ({"random": str(draws)} if draws else {})
    one = sweep(**texts)
    again = Sweep.from_query(one.to_query())
    assert (again.canonical, again.id) == (one.canonical, one.id)
    assert again.configs == one.configs


def test_the_same_sweep_written_differently_has_the_same_id():
    one = sweep(lr="0.001,0.01", arch="cnn,lstm", seeds="2")
    other = sweep(arch="lstm,cnn,cnn", seed="2,1", lr="1e-2,0.0010", epochs="5")
    assert one.canonical == "preset=quick-digits&arch=cnn,lstm&lr=0.001,0.01&seeds=2"
    assert one.id == other.id != sweep(lr="0.001,0.01").id
    assert one.configs == other.configs


def test_settings_that_decide_nothing_make_no_second_run():
    combinations = sweep(arch="cnn,mlp", hidden="8,16").combinations
    assert [each.settings for each in combinations] == [
        {"arch": "cnn"},
        {"arch": "mlp", "hidden": 8},
        {"arch": "mlp", "hidden": 16},
    ]


def test_without_a_preset_it_starts_from_the_defaults():
    assert list(Sweep.from_query({}).configs.values()) == [TrainConfig()]
    assert Sweep().canonical == Sweep.from_query({}).canonical == "preset=tutorial-cnn"


def test_pairs_are_read_as_pairs():
    configs = sweep(channels="4,8,8,16").configs.values()
    assert [config.channels for config in configs] == [(4, 8), (8, 16)]


def test_seeds_can_be_listed_or_counted_from_the_first():
    assert [c.seed for c in sweep(seeds="3").configs.values()] == [1, 2, 3]
    assert [c.seed for c in sweep(seed="7", seeds="2").configs.values()] == [7, 8]
    assert [c.seed for c in sweep(seed="9,2").configs.values()] == [2, 9]
    assert sweep(seed="9,2").canonical == "preset=quick-digits&seed=2,9"


def test_every_combination_comes_before_a_second_seed():
    seeds = [config.seed for config in sweep(lr="0.001,0.01,0.1", seeds="2").configs.values()]
    assert seeds == [1, 1, 1, 2, 2, 2]


def test_random_search_draws_from_lists_and_ranges_the_same_each_time():
    def drawn(**more: str) -> list[TrainConfig]:
        texts = {"lr": "0.0001..0.1", "batch_size": "16..64", "arch": "cnn,lstm", "random": "40"}
        return [*sweep(**texts | more).configs.values()]

    configs = drawn()
    assert configs == drawn() != drawn(search_seed="2")
    assert len({config.run_id for config in configs}) == 40
    assert all(0.0001 <= c.lr <= 0.1 and 16 <= c.batch_size <= 64 for c in configs)
    assert {config.arch for config in configs} == {"cnn", "lstm"}
    low = sum(config.lr < 0.1**2.5 for config in configs)  # the middle, on a logarithmic scale
    assert 8 <= low <= 32


def test_random_search_over_lists_takes_each_combination_at_most_once():
    grid = sweep(lr="0.001,0.01,0.1", batch_size="8,16").configs
    few = sweep(lr="0.001,0.01,0.1", batch_size="8,16", random="4").configs
    every = sweep(lr="0.001,0.01,0.1", batch_size="8,16", random="50").configs
    assert len(few) == 4
    assert few.keys() < grid.keys() == every.keys()


def test_a_range_with_few_numbers_ends():
    assert sorted(
        c.layers for c in sweep(arch="mlp", layers="1..3", random="9").configs.values()
    ) == [1, 2, 3]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"lr": "0.01,fast"}, "lr cannot be 'fast'"),
        ({"lr": ""}, "lr cannot be ''"),
        ({"lr": "0.1..0.01", "random": "3"}, "a range begins with its lower end"),
        ({"lr": "0.1..nan", "random": "3"}, "lr cannot be nan"),
        ({"lr": "0.001..0.1"}, "lr is a range"),
        ({"arch": "cnn..lstm", "random": "3"}, "arch cannot be a range"),
        ({"arch": "cnn,resnet"}, "arch cannot be 'resnet'"),
        ({"channels": "1,2,3"}, "channels cannot be (3,)"),
        ({"kernel": "4,5"}, "padding 'same'"),
        ({"seeds": "0"}, "seeds cannot be '0'"),
        ({"seeds": "9" * 5000}, "seeds cannot be '999"),
        ({"seed": "1,2", "seeds": "3"}, "Both seed and seeds"),
        ({"seed": str(2**32 - 1), "seeds": "2"}, "seed cannot be 4294967296"),
        ({"random": "many"}, "random cannot be 'many'"),
        ({"search_seed": "-1"}, "search_seed cannot be '-1'"),
        ({"preset": "slow"}, "There is no preset 'slow'"),
        ({"hidden": ",".join(map(str, range(1, 300))), "seeds": "2"}, "would train 598 networks"),
        ({"random": "500", "seeds": "500"}, f"{MAX_RUNS} at most"),
    ],
)
def test_what_is_impossible_is_said(texts, said):
    with pytest.raises(ConfigError) as error:
        assert sweep(**texts).configs
    assert said in str(error.value)


def test_results_are_means_and_sample_deviations_the_best_first():
    asked = sweep(lr="0.001,0.01,0.1", seeds="3")
    low, good, high = asked.combinations
    accuracies = {
        run_id: share
        for each, values in ((low, [0.5, 0.7, 0.6]), (good, [0.9, 0.8]), (high, []))
        for run_id, share in zip(each.ids, values, strict=False)
    }
    first, second, last = results(asked, accuracies)
    assert [each.combination for each in (first, second, last)] == [good, low, high]
    assert first.accuracies == (0.9, 0.8)
    assert second.mean == pytest.approx(0.6)
    assert second.deviation == pytest.approx(statistics.stdev([0.5, 0.7, 0.6]))
    assert second.spread == "± 10.00 %"
    assert (last.mean, last.deviation, last.spread) == (None, None, "")


def test_one_seed_has_the_interval_of_its_images():
    asked = sweep(lr="0.001")
    (result,) = results(asked, {asked.combinations[0].ids[0]: 0.9})
    assert result.images == 500
    assert result.spread == "87.06 to 92.33 %"


def test_combinations_are_compared_by_validation_images_where_all_have_some(store: Store):
    assert sweep(validation_size="100,200").validated
    assert not sweep(validation_size="0,200").validated
    run = trained(store, TINY.replace(validation_size=50))
    assert accuracy(store, run, validated=False) == run.accuracy
    share = accuracy(store, run, validated=True)
    assert share is not None
    assert (share * 50) % 1 == pytest.approx(0, abs=1e-9)
