"""A pen, a real browser, and a network that was really trained on MNIST."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from strokes import DIGITS, Drawn, rendered
from waiting import eventually

from browser.pen import canvas_box, draw_on_network, option, pen_down, pictured
from browser.site import Server, Tab, serving
from mnistlab.analysis.drawing import canvas_ink, prepare
from mnistlab.executors import InlineExecutor
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import model_from, predict
from mnistlab.ui.kit.chosen_run import first_config

# a training of some seconds is part of it, which takes long on a busy machine
pytestmark = pytest.mark.timeout(600)

# Every digit at two sizes, all pens, all places; the small ones in a corner.
LARGE = [
    Drawn(digit, (240, 200, 150)[digit % 3], (30, 60, 110)[digit % 3], 20, (20, 32, 12)[digit % 3])
    for digit in DIGITS
]
SMALL = [
    Drawn(digit, 80, (10, 205)[digit % 2], (10, 190)[digit % 2], (10, 12)[digit // 5])
    for digit in DIGITS
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, mnist_root: Path) -> Iterator[Server]:
    """A server that has MNIST; at first, nothing is trained there."""
    with serving(tmp_path_factory.mktemp("site"), MNISTLAB_DATA=str(mnist_root)) as running:
        yield running


@pytest.fixture
def run_id(server: Server) -> str:
    """The `speedrun` that the first test trained from the home page (or, without that test, here):
    once for all.
    """
    return InlineExecutor(server.store).start(first_config()).id


WATCH = """(answer) => { window.answers = new Set();
    new MutationObserver(() => window.answers.add(answer.querySelector('.bars').textContent))
        .observe(answer, {subtree: true, childList: true, characterData: true}); }"""


def test_first_visit_draws_trains_watches_its_digit_settle_and_looks_inside(
    server: Server, person: Callable[[], Tab]
) -> None:
    tab = person().open("")
    tab.says("This network has learned nothing yet.")
    seven, answer = LARGE[7], tab.page.locator(".live .answer")
    draw_on_network(tab, seven)
    eventually(
        "the untrained network guesses", lambda: "%" in answer.locator(".share").inner_text()
    )
    assert share(tab) < 0.4
    assert rightly_guessed(tab) < 4
    answer.evaluate(WATCH)
    tab.press("Train it")
    run_id = tab.chosen_run().id
    eventually(
        "the speedrun is finished",
        lambda: server.store.get(run_id).status == Status.FINISHED,
        seconds=500,
    )
    tab.says("Accuracy on all 10,000 test images")
    run = server.store.get(run_id)
    assert run.config == first_config()
    assert run.accuracy is not None
    assert run.accuracy > 0.98
    tab.says(f"{run.accuracy * 100:.2f} %")
    eventually("the last step is shown", lambda: shown_step(tab) == f"step {run.step:,}")
    assert answer.locator(".large").inner_text() == "7"
    assert share(tab) > 0.8
    assert rightly_guessed(tab) >= 9
    assert tab.page.evaluate("window.answers.size") >= 5, "the answer changes while it learns"
    tab.page.get_by_role("link", name="Look inside", exact=True).click()
    tab.page.wait_for_url(lambda url: "/feature_maps" in url and "source=drawing" in url)
    tab.says("The network predicts 7")
    assert tab.page.locator('img[alt="Your drawing"]').count() == 1
    assert tab.chosen_run().id == run.id
    tab.is_sound()


def share(tab: Tab) -> float:
    """The probability of the live network's answer."""
    text = tab.page.locator(".live .answer .share").inner_text()
    return float(text.strip("<> %")) / 100


def shown_step(tab: Tab) -> str:
    return tab.page.locator(".live .learning output").inner_text()


def rightly_guessed(tab: Tab) -> int:
    """How many of the first ten test images the network on the home page gets right."""
    guesses = tab.page.locator(".guesses li")
    assert guesses.count() == 10
    eventually("all are guessed", lambda: tab.page.locator("[data-is=open]").count() == 0)
    return tab.page.locator("[data-is=right]").count()


def choose_pen(tab: Tab, width: int) -> None:
    """The pen of the canvas that is nearest to `width`."""
    name = "Thin" if width < 15 else "Medium" if width < 26 else "Thick"
    option(tab, name)


def draw(tab: Tab, drawn: Drawn) -> str:
    """Draw a digit on the empty canvas and return the prediction."""
    box = canvas_box(tab)
    for stroke in drawn.strokes:
        before = pictured(tab)
        pen_down(tab, stroke, box)
        eventually(
            "the page shows the stroke", lambda before=before: pictured(tab) not in ("", before)
        )
    tab.settled()
    return prediction(tab)


def prediction(tab: Tab) -> str:
    return (
        tab.page.locator('[data-testid="stMetric"]', has_text="Prediction")
        .locator('[data-testid="stMetricValue"]')
        .inner_text()
    )


def clear(tab: Tab) -> None:
    tab.press("Clear")
    eventually("the canvas is empty", lambda: not pictured(tab))
    tab.settled()


# both sizes, all pens, all places
BY_MOUSE = [LARGE[4], LARGE[0], LARGE[8], SMALL[3], SMALL[8]]


def read(run: RunRecord, store: Store, many: list[Drawn], steps: bool) -> list[str]:
    """The predictions for what the canvas shows of `many`, with the preparing steps or without."""
    switched = dict.fromkeys(("crop", "fit", "centre"), steps)
    images = [prepare(canvas_ink(np.asarray(rendered(drawn))), **switched) for drawn in many]
    model = model_from(run.config, store.weights(run.id))
    logits = predict(model, torch.from_numpy(np.stack(images)[:, None]), run.config)
    return [str(digit) for digit in logits.argmax(1).tolist()]


def right(predictions: list[str], many: list[Drawn]) -> int:
    """How many of these the network gets right."""
    return sum(said == str(drawn.digit) for said, drawn in zip(predictions, many, strict=True))


def test_digits_of_every_size_pen_and_place_are_read_with_the_steps_and_far_fewer_without(
    server: Server, person: Callable[[], Tab], run_id: str
) -> None:
    run, store = server.store.get(run_id), server.store
    with_steps = read(run, store, LARGE + SMALL, steps=True)
    assert right(with_steps, LARGE + SMALL) >= 0.95 * len(LARGE + SMALL)
    assert right(read(run, store, SMALL, steps=False), SMALL) <= 0.5 * len(SMALL)
    # and so does the page, by mouse
    tab = person().open(f"draw?run={run_id}")
    for drawn in BY_MOUSE:
        choose_pen(tab, drawn.pen)
        assert draw(tab, drawn) == with_steps[(LARGE + SMALL).index(drawn)], drawn
        clear(tab)
    assert not tab.errors


def test_probabilities_follow_the_pen(person: Callable[[], Tab], run_id: str) -> None:
    tab = person().open(f"draw?run={run_id}")
    box = canvas_box(tab)
    for digit in (4, 7, 1):
        for stroke in Drawn(digit, 200, 60, 40, 20).strokes:
            before = bars(tab)
            pen_down(tab, stroke, box)
            eventually(
                "the probabilities are new", lambda before=before: bars(tab) not in ("", before)
            )
        tab.settled()
        assert likeliest(bars(tab)) == prediction(tab) == str(digit)
        clear(tab)


BARS = """() =>
    document.querySelector('[aria-label^="Probabilities"]')?.getAttribute('aria-label') ?? ''"""


def bars(tab: Tab) -> str:
    return tab.page.evaluate(BARS)


def likeliest(spoken: str) -> str:
    """Of "Probabilities: 0 3.1 %, 1 more than 96 %, ...", the digit with the largest."""
    shares = re.findall(r"(\d) [^,]*?([\d.]+) %", spoken)
    return max(shares, key=lambda pair: float(pair[1]))[0]


def test_undo_takes_back_the_last_stroke_on_the_canvas_itself(
    person: Callable[[], Tab], run_id: str
) -> None:
    tab = person().open(f"draw?run={run_id}")
    box, four = canvas_box(tab), Drawn(4, 200, 60, 40, 20)
    pen_down(tab, four.strokes[0], box)
    eventually("the page shows the first stroke", lambda: pictured(tab))
    first = pictured(tab)
    pen_down(tab, four.strokes[1], box)
    eventually("the page shows the second stroke", lambda: pictured(tab) != first)
    tab.press("Undo")
    eventually("the first stroke alone is left", lambda: pictured(tab) == first)
    clear(tab)
    assert canvas_is_black(tab)


def canvas_is_black(tab: Tab) -> bool:
    return tab.page.locator("canvas.dc-canvas.lower-canvas").evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.every((value, i) => "
        "value === (i % 4 === 3 ? 255 : 0))"
    )


def test_finger_draws_on_a_phone(browser: Any, server: Server, run_id: str) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    tab = Tab(phone, server).open(f"draw?run={run_id}")
    box, touch = canvas_box(tab), phone.new_cdp_session(tab.page)
    stroke = Drawn(3, 200, 60, 40, 20).strokes[0]
    places = [{"x": box["x"] + x, "y": box["y"] + y} for x, y in stroke]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    eventually("the page shows the stroke", lambda: pictured(tab))
    tab.settled()
    assert prediction(tab) == "3"
    # drawing did not scroll the page away
    assert canvas_box(tab)["y"] == pytest.approx(box["y"], abs=60)
    assert tab.page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 2"
    )
    phone.close()


def test_link_opens_the_same_view_in_a_fresh_browser(
    person: Callable[[], Tab], run_id: str
) -> None:
    tab = person().open(f"draw?run={run_id}")
    draw(tab, SMALL[7])
    tab.page.locator(".st-key-draw-fit label").click()
    tab.page.wait_for_url(re.compile(r"[?&]fit=0"), wait_until="commit")
    tab.settled()
    fresh = person().open(tab.page.url.removeprefix(tab.server.url))
    draw(fresh, SMALL[7])
    fresh.says("Switched off.")
    assert bars(fresh) == bars(tab)


def test_downloads_hold_the_very_picture_that_the_network_was_given(
    person: Callable[[], Tab], run_id: str
) -> None:
    tab = person().open(f"draw?run={run_id}")
    draw(tab, LARGE[2])
    picture = np.asarray(Image.open(io.BytesIO(downloaded(tab, "PNG"))))
    values = np.array(
        [line.split(",") for line in downloaded(tab, "CSV").decode().splitlines()], float
    )
    tab.press("2")
    tab.says("1 of 1 correct")
    eventually("the canvas is clear for the next one", lambda: canvas_is_black(tab))
    whole = list(csv.reader(io.StringIO(downloaded(tab, "All as CSV").decode())))
    sheet = np.asarray(Image.open(io.BytesIO(downloaded(tab, "All as PNG"))))
    assert picture.shape == (28, 28)
    # as speedrun was trained
    assert values == pytest.approx((picture / 255 - 0.1307) / 0.3081, abs=1e-5)
    assert whole[0][:2] == ["label", "pixel0"]
    assert whole[1] == ["2", *map(str, picture.ravel())]
    assert np.array_equal(sheet[:28, :28], picture)


def downloaded(tab: Tab, label: str) -> bytes:
    """The file that the button with this label gives."""
    with tab.page.expect_download() as waiting:
        tab.press(label)
    return Path(waiting.value.path()).read_bytes()


def test_another_file_leaves_every_choice_as_it_was(
    person: Callable[[], Tab], run_id: str, tmp_path: Path
) -> None:
    tab = person().open(f"draw?run={run_id}&from=file&class=3&method=saliency&centre=0")
    there = tab.page.url
    # between two files, all that follows from a picture is gone for a moment
    for place in range(4):
        Image.fromarray(np.asarray(rendered(LARGE[place]).convert("L"))).save(
            tmp_path / f"{place}.png"
        )
        before = pictured(tab)
        tab.page.locator("input[type=file]").set_input_files(tmp_path / f"{place}.png")
        eventually(
            "the page shows the picture", lambda before=before: pictured(tab) not in ("", before)
        )
        tab.settled()
        switches = tab.page.evaluate(
            "() => [...document.querySelectorAll('[class*=st-key-draw-] "
            "input[type=checkbox]')].map(each => each.checked)"
        )
        assert switches == [True, True, False, True]
        assert tab.page.evaluate("location.href") == there
    tab.is_sound()
