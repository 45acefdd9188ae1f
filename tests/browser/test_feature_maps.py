"""Choosing stages and cells by clicking, and playing through training, in a real browser."""

from collections.abc import Callable

from waiting import eventually

from browser.site import Server, Tab, chosen, click_at, search
from pages.runs import TINY, trained

# each training step that the address has named since
NOTE_STEPS = """() => { window.steps = [];
    navigation.addEventListener("currententrychange", () => {
        const step = new URLSearchParams(location.search).get("step");
        if (step !== steps.at(-1)) steps.push(step); }); }"""


def test_clicks_choose_a_stage_and_a_cell_and_the_link_opens_them_elsewhere(
    server: Server, person: Callable[[], Tab]
) -> None:
    run = trained(server.store)
    tab = person().open(f"feature_maps?run={run.id}")
    tab.says("conv1: 2 maps of 28×28")
    tab.page.get_by_role("button", name="pool1").click()
    tab.says("pool1: 2 maps of 14×14")
    assert chosen(tab)["stage"] == "pool1"
    # the second map begins two columns after the first, under its label
    click_at(tab, 0, 16 + 5, 4 + 6)
    tab.says("pool1, row 6, column 5 sees")
    assert {name: chosen(tab)[name] for name in ("map", "row", "col")} == {
        "map": "1",
        "row": "6",
        "col": "5",
    }
    click_at(tab, 1, 9, 3)
    tab.says("pool1, row 3, column 9 sees")
    tab.says("is the largest number in its window")
    other = person().open(f"feature_maps?{search(tab)}")
    other.says("pool1, row 3, column 9 sees")
    other.says("pool1, map 1")
    assert tab.errors == other.errors == []


def test_play_steps_from_the_untrained_to_the_trained_network(
    server: Server, person: Callable[[], Tab]
) -> None:
    run = trained(server.store, TINY.replace(seed=2))
    steps = [str(step) for step in server.store.snapshot_steps(run.id)]
    tab = person().open(f"feature_maps?run={run.id}&step={steps[-1]}")
    tab.page.evaluate(NOTE_STEPS)
    tab.page.get_by_role("button", name="Play").click()
    seen = eventually(
        "the last step", lambda: (seen := tab.page.evaluate("steps"))[-1:] == steps[-1:] and seen
    )
    assert seen == steps
    tab.page.get_by_role("button", name="Play").wait_for()
    assert tab.errors == []
