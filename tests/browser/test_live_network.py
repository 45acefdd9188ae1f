"""The live network in a real browser: its numbers are the run's, nobody is asked while the pen is
down or the slider moves, and whatever goes wrong, the drawing is kept.
"""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from strokes import Drawn
from waiting import eventually

from browser.pen import canvas_box, pen_down
from browser.site import Server, Tab, chosen
from mnistlab.analysis.drawing import prepare
from mnistlab.analysis.recurrent import trace
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.store import Claim, RunRecord, Status, Store
from mnistlab.train import model_from, predict
from pages.runs import TINY, events_of, trained

CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=20, eval_every=20)
VIEW = """[...document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')]
    .map((host) => host.shadowRoot?.liveNetwork).find(Boolean)"""
STATE = f"""() => {{ const live = {VIEW};
    if (!live?.data || live.waiting) return null; // it is being drawn
    const bytes = (values) => btoa(String.fromCharCode(...values));
    return {{
        image: live.image && bytes(live.image),
        strokes: live.drawing.now.strokes.length,
        shares: live.probabilities && Array.from(live.probabilities),
        step: live.timeline.step, shown: live.kept?.step ?? null, steps: live.weights.steps,
        loaded: live.weights.kept.size, said: live.problem.hidden ? "" : live.problem.textContent,
        spoken: live.answer.live.textContent,
    }}; }}"""
INK = f"""() => {{ const {{ drawing }} = {VIEW}; const side = drawing.canvas.width;
    const {{ data }} = drawing.context.getImageData(0, 0, side, side);
    const ink = Array.from({{ length: side * side }}, (_, i) => String.fromCharCode(data[4 * i]));
    return [side, btoa(ink.join(""))]; }}"""
SLIDE = """(slider, place) => {
    slider.value = place;
    slider.dispatchEvent(new Event("input")); }"""
ANYWHERE = "**/api/runs/*/weights/*"
SEVEN = Drawn(7, 200, 60, 40, 20)


@pytest.fixture(scope="module")
def run(server: Server) -> RunRecord:
    return trained(server.store, CNN)


def state(tab: Tab) -> dict[str, Any]:
    """What the live network shows, once it is drawn."""
    return eventually("the live network is drawn", lambda: tab.page.evaluate(STATE))


def opened(tab: Tab, run: RunRecord, page: str = "feature_maps?view=live&") -> Tab:
    tab.open(f"{page}run={run.id}")
    eventually("all steps are loaded", lambda: (now := state(tab))["loaded"] == len(now["steps"]))
    return tab


def draw(tab: Tab, drawn: Drawn = SEVEN) -> None:
    """With the mouse on the live network's own canvas."""
    board = tab.page.locator(".board canvas")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    scale = box["width"] / 280
    for stroke in drawn.strokes:
        pen_down(tab, [(x * scale, y * scale) for x, y in stroke], box)


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8)


def expected(server: Server, run: RunRecord, image: str, step: int | None = None) -> np.ndarray:
    """The probabilities of a picture by a plain forward pass."""
    model = model_from(run.config, server.store.weights(run.id, step))
    pixels = torch.from_numpy(unpacked(image).reshape(1, 1, 28, 28).copy())
    return predict(model, pixels, run.config).softmax(1)[0].numpy()


def traffic(tab: Tab) -> list[str]:
    """What the tab sends from now on; to be called before the page is opened."""
    sent: list[str] = []
    tab.page.on("request", lambda request: sent.append(request.url))
    tab.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append("message"))
    )
    return sent


def test_it_follows_the_pen_with_the_numbers_of_the_run_and_without_the_server(
    server: Server, person: Callable[[], Tab], run: RunRecord
) -> None:
    tab = person()
    sent = traffic(tab)
    opened(tab, run)
    before = state(tab)["shares"]
    box = tab.page.locator(".board canvas").bounding_box()
    tab.page.mouse.move(box["x"] + 40, box["y"] + 40)
    tab.settled()
    sent.clear()
    tab.page.mouse.down()
    for place in range(100):
        tab.page.mouse.move(box["x"] + 40 + place, box["y"] + 40 + place / 4)
    eventually("the answer changes under the pen", lambda: state(tab)["shares"] != before)
    assert not sent
    tab.page.mouse.up()
    draw(tab)
    now = state(tab)
    side, ink = tab.page.evaluate(INK)
    assert np.array_equal(
        unpacked(now["image"]), prepare(unpacked(ink).reshape(side, side)).ravel()
    )
    assert np.allclose(now["shares"], expected(server, run, now["image"]), atol=1e-4)
    answer = int(np.argmax(now["shares"]))
    eventually("a screen reader is told", lambda: f"says {answer} (" in state(tab)["spoken"])
    assert not sent  # until the reader leaves
    column = tab.page.locator(".columns .column canvas").nth(1)
    column.click()
    eventually("its arithmetic", lambda: chosen(tab).get("view") == "maps")
    assert (chosen(tab)["stage"], chosen(tab)["source"]) == ("conv1", "drawing")
    assert "map" in chosen(tab)
    tab.says("Your drawing")
    tab.is_sound()


def test_the_slider_and_the_keyboard_need_no_server(
    server: Server, person: Callable[[], Tab], run: RunRecord
) -> None:
    tab = person()
    sent = traffic(tab)
    opened(tab, run)
    tab.settled()
    sent.clear()
    board = tab.page.locator(".board")
    board.focus()
    board.press("3")
    data = load_dataset("digits")
    three = data.test_images[int((data.test_labels == 3).nonzero()[0]), 0].numpy()
    assert np.array_equal(unpacked(state(tab)["image"]), three.ravel())
    board.press("ArrowRight")
    shifted = np.pad(three, ((0, 0), (1, 0)))[:, :-1]
    assert np.array_equal(unpacked(state(tab)["image"]), shifted.ravel())
    for key in ("r", "+", "-"):
        before = state(tab)["image"]
        board.press(key)
        assert state(tab)["image"] != before
    for key in (" ", *["ArrowDown"] * 6, "ArrowRight", " ", "Escape"):
        board.press(key)
    now = state(tab)
    assert now["strokes"] == 1
    assert now["image"] != before
    for _ in range(5):
        board.press("Backspace")
    now = state(tab)
    assert np.array_equal(unpacked(now["image"]), three.ravel())
    # the maps of a stage by keys: each is said
    stage = tab.page.locator(".columns canvas[tabindex]").nth(1)
    for key, number in (("ArrowRight", 1), ("ArrowLeft", 0)):
        stage.press(key)
        said = tab.page.locator(".spoken:not([aria-live])").text_content()
        assert f", map {number} ·" in said
    stage.press("Escape")
    slider = tab.page.locator(".learning input")
    for place in (0, 1):
        # without the focus, whose leaving the drawing would tell the page
        slider.evaluate(SLIDE, place)
        now = state(tab)
        assert now["shown"] == now["steps"][place]
        wanted = expected(server, run, now["image"], now["shown"])
        assert np.allclose(now["shares"], wanted, atol=1e-4)
    assert not sent
    tab.is_sound()
    rows_are_walked_by_keys(server, tab)


def rows_are_walked_by_keys(server: Server, tab: Tab) -> None:
    """Those of a recurrent network: after each one its answer is shown, and said."""
    run = trained(server.store, CNN.replace(arch="gru"))
    opened(tab, run)
    reading, now = tab.page.locator(".reading"), state(tab)
    picture = torch.from_numpy(unpacked(now["image"]).reshape(1, 28, 28).copy())
    model = model_from(run.config, server.store.weights(run.id, now["shown"]))
    after = trace(model, picture, run.config).probabilities  # (28, 10)
    for key, row in (
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", 0),
        ("Escape", None),
        ("ArrowUp", 27),
        ("ArrowDown", 27),
        ("ArrowUp", 26),
    ):
        reading.press(key)
        assert np.allclose(state(tab)["shares"], after[-1 if row is None else row], atol=1e-4)
    assert reading.get_attribute("aria-label")
    eventually("a screen reader is told", lambda: "after row 27 · " in state(tab)["spoken"])
    tab.is_sound()


def not_numbers(server: Server, run: RunRecord) -> bytes:
    weights = server.store.weights(run.id)
    return save({name: np.full(each.shape, np.nan, np.float32) for name, each in weights.items()})


PROBLEMS: dict[str, tuple[Callable[[Server, RunRecord], dict[str, Any]], str]] = {
    "a deleted run": (
        lambda server, run: {"status": 404, "json": {"error": "There is no such run."}},
        "There is no such run.",
    ),
    "NaN": (lambda server, run: {"body": not_numbers(server, run)}, "This run diverged"),
    "weights of another network": (
        lambda server, run: {"body": save({"other": np.zeros(3, np.float32)})},
        "These weights are not of this network",
    ),
}


def replying(answer: dict[str, Any]) -> Callable[[Any], None]:
    return lambda route: route.fulfill(**answer)


def test_whatever_goes_wrong_is_said_and_the_drawing_is_kept(
    server: Server, person: Callable[[], Tab], run: RunRecord
) -> None:
    for answer, sentence in PROBLEMS.values():
        tab = person()
        tab.page.route(ANYWHERE, replying(answer(server, run)))
        tab.open(f"feature_maps?view=live&run={run.id}")
        eventually(sentence, lambda tab=tab, sentence=sentence: sentence in state(tab)["said"])
        draw(tab)
        now = state(tab)
        assert (now["strokes"], now["shares"]) == (len(SEVEN.strokes), None)
        assert sentence in now["said"]
        tab.page.close()
    tab = person()
    tab.page.route(ANYWHERE, lambda route: route.abort())
    tab.open(f"feature_maps?view=live&run={run.id}")
    eventually("no connection", lambda: "does not answer" in state(tab)["said"])
    draw(tab)
    tab.page.unroute(ANYWHERE)  # it is back
    eventually("the network is here", lambda: state(tab)["shares"])
    now = state(tab)
    assert (now["said"], now["strokes"]) == ("", len(SEVEN.strokes))
    assert np.allclose(now["shares"], expected(server, run, now["image"]), atol=1e-4)


def trained_here(store: Store, config: TrainConfig) -> tuple[RunRecord, Claim]:
    """A run of `config`, or of a later seed where the server was quicker, that this test trains."""
    while True:
        run = store.request(config, "somebody")
        claim = store.claim(run.id)
        if claim is not None:
            return run, claim
        config = config.replace(seed=config.seed + 1)


def test_new_steps_of_a_training_appear_and_are_followed_until_the_reader_moves_the_slider(
    server: Server, person: Callable[[], Tab]
) -> None:
    store = server.store
    run, claim = trained_here(store, CNN.replace(seed=9))
    events = events_of(run.config)
    store.record(claim, [event for event in events if event.step <= 2])
    tab = person().open(f"feature_maps?view=live&run={run.id}")
    eventually("what there is", lambda: state(tab)["shown"] == 2)
    store.record(claim, [event for event in events if 2 < event.step <= 8])
    eventually("the newest is followed", lambda: state(tab)["shown"] == 8)
    tab.page.locator(".learning input").press("Home")
    eventually("the reader's step", lambda: state(tab)["shown"] == 0)
    store.record(claim, [event for event in events if event.step > 8])
    store.end(claim, Status.STOPPED)
    eventually("all steps are here", lambda: state(tab)["steps"][-1] == 20)
    assert state(tab)["shown"] == 0


def test_it_reads_the_drawable_canvas_while_the_pen_is_down(
    server: Server, person: Callable[[], Tab], run: RunRecord
) -> None:
    tab = opened(person(), run, "draw?")
    assert state(tab)["image"] is None
    hint = tab.page.locator(".st-key-draw-board").get_by_text("Draw a digit here")
    hint.wait_for()
    box = canvas_box(tab)
    first, *rest = SEVEN.strokes[0]
    tab.page.mouse.move(box["x"] + first[0], box["y"] + first[1])
    tab.page.mouse.down()
    for x, y in rest:
        tab.page.mouse.move(box["x"] + x, box["y"] + y)
    now = eventually("an answer", lambda: (now := state(tab))["shares"] and now)
    assert np.allclose(now["shares"], expected(server, run, now["image"]), atol=1e-4)
    tab.page.mouse.up()
    tab.says("Prediction")
    tab.settled()
    hint.wait_for(state="detached")
    tab.press("Clear")
    eventually("it is empty, too", lambda: state(tab)["image"] is None)
    tab.is_sound()
