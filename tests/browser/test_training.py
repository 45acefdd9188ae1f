"""What a student does: start, pause, reload, close the tab, come back, send the link."""

from collections.abc import Callable

from waiting import eventually

from browser.site import CHART, Server, Tab
from browser.watching import further, start
from mnistlab.store import Status


def test_pause_and_resume(server: Server, person: Callable[[], Tab]) -> None:
    tab = person()
    run_id = start(tab, 2)
    tab.press("Pause")
    tab.says("Paused after")
    paused_at = server.store.get(run_id).step
    assert server.store.get(run_id).status == Status.PAUSED
    tab.press("Resume")
    eventually("it goes on from there", lambda: server.store.get(run_id).step > paused_at)
    tab.says("images/s")
    tab.press("Stop")
    tab.says("What it learned is kept.")
    tab.is_sound()


def test_reload_closed_tab_and_sent_link_all_find_the_training(
    server: Server, person: Callable[[], Tab]
) -> None:
    tab = person()
    run_id = start(tab, 3)
    tab.page.reload(wait_until="domcontentloaded")
    tab.page.locator(CHART).nth(1).wait_for()
    assert tab.chosen_run().id == run_id
    link = tab.page.evaluate("location.href").removeprefix(server.url)
    tab.is_sound()
    tab.page.close()
    further(server, run_id)  # with nobody looking
    friend = person().open(link)
    friend.page.locator(CHART).nth(1).wait_for()
    friend.says("Step ")
    further(server, run_id)
    friend.is_sound()
    server.store.stop(run_id)
    friend.says("What it learned is kept.")


def test_who_presses_start_and_leaves_at_once_has_started_a_training(
    server: Server, person: Callable[[], Tab]
) -> None:
    """Leaving breaks off the drawing of the page, wherever it has come to by then."""
    tab = person()
    for seed, delay in enumerate((0, 0, 10, 50, 150, 400, 1200), start=40):
        tab.open(f"train?dataset=digits&arch=mlp&hidden=4&max_steps=2&seed={seed}")
        away = tab.page.get_by_test_id("stSidebar").get_by_role("link", name="Glossary")
        away.wait_for()
        tab.page.evaluate(
            """([start, away, delay]) => { start.click();
                delay ? setTimeout(() => away.click(), delay) : away.click(); }""",
            [
                tab.page.get_by_role("button", name="Start", exact=True).element_handle(),
                away.element_handle(),
                delay,
            ],
        )
        eventually(
            f"run {seed} is there, left after {delay} ms",
            lambda seed=seed: any(run.config.seed == seed for run in server.store.runs()),
        )
        tab.settled()
    tab.settled()
    tab.is_sound()
