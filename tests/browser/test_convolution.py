"""Stepping a kernel over a digit in a real browser: each number shown is the one that torch gives,
and so is the one after an edit.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import torch
from torch.nn import functional as F
from waiting import eventually

from browser.site import Tab
from mnistlab.analysis.kernels import KERNELS
from mnistlab.data import load_dataset


def shown(tab: Tab) -> dict[str, Any]:
    """What the stepper says: the place, and the sum with its exact value."""
    where = tab.page.locator(".where").inner_text()
    step, steps, row, column = (int(number) for number in re.findall(r"\d+", where))
    value = float(tab.page.locator(".sum .value").get_attribute("title"))
    terms = tab.page.locator(".sum p").first.locator(".term").all_inner_texts()
    return {"step": step, "steps": steps, "place": (row, column), "value": value, "terms": terms}


def query(tab: Tab) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs(tab.page.evaluate("location.search").removeprefix("?")).items()
    }


def agrees(tab: Tab, output: torch.Tensor) -> dict[str, Any]:
    """Assert that the stepper shows `output` (P, Q) at its place, and return what it shows."""
    found = shown(tab)
    assert found["steps"] == output.numel()
    assert found["step"] == found["place"][0] * output.shape[1] + found["place"][1] + 1
    assert abs(found["value"] - float(output[found["place"]])) < 1e-5
    return found


def test_kernel_is_stepped_clicked_edited_and_sent_as_a_link(person: Callable[[], Tab]) -> None:
    data = load_dataset("digits")
    image = data.test_images[data.test_labels == 5][3].float() / 255
    kernel = KERNELS["upright"](3)
    output = F.conv2d(image[None], kernel[None, None])[0, 0]
    tab = person().open("convolution?digit=5&index=3&kernel=upright")
    tab.page.locator(".stepper .value").wait_for()
    first = agrees(tab, output)
    assert output[first["place"]] == output.max()  # it begins where the response is largest

    # back and on; the arithmetic is written out, number for number
    tab.page.get_by_role("button", name="Previous step").click()
    assert agrees(tab, output)["step"] == first["step"] - 1
    for _ in range(3):
        tab.page.get_by_role("button", name="Next step").click()
    now = agrees(tab, output)
    assert now["step"] == first["step"] + 2
    row, column = now["place"]
    numbers = [
        tuple(float(part.strip("()").replace("−", "-")) for part in term.split(" × "))
        for term in now["terms"]
    ]
    patch = image[0, row : row + 3, column : column + 3].flatten().tolist()
    assert [weight for _, weight in numbers] == kernel.flatten().tolist()
    assert all(
        abs(pixel - wanted) < 5e-3 for (pixel, _), wanted in zip(numbers, patch, strict=True)
    )

    # the slider by keys, and a click in the output; where one stops is in the address
    tab.page.get_by_role("slider", name="Step").focus()
    tab.page.keyboard.press("ArrowRight")
    assert agrees(tab, output)["step"] == now["step"] + 1
    tab.page.keyboard.press("ArrowDown")  # one row is 26 places
    assert agrees(tab, output)["place"] == (row + 1, column + 1)
    tab.page.keyboard.press("ArrowUp")
    assert agrees(tab, output)["place"] == (row, column + 1)
    box = tab.page.locator(".frame").nth(1).bounding_box()
    tab.page.mouse.click(box["x"] + box["width"] * 10.5 / 26, box["y"] + box["height"] * 7.5 / 26)
    assert agrees(tab, output)["place"] == (7, 10)
    eventually(
        "the place is in the address",
        lambda: (query(tab).get("row"), query(tab).get("col")) == ("7", "10"),
    )
    tab.settled()
    assert agrees(tab, output)["place"] == (7, 10)

    # play goes on by itself, and stops where it is told
    tab.page.get_by_role("button", name="Play all steps").click()
    eventually("it plays", lambda: shown(tab)["step"] > 7 * 26 + 13)
    tab.page.get_by_role("button", name="Pause").click()
    stopped = agrees(tab, output)
    eventually(
        "the place is in the address", lambda: query(tab).get("col") == str(stopped["place"][1])
    )

    # an edited kernel: the server computes everything anew, the place stays
    cell = tab.page.get_by_label("kernel (editable), row 1, column 1")
    cell.fill("-2.5")
    tab.page.get_by_role("button", name="Next step").dispatch_event("click")  # drawn anew meanwhile
    tab.page.get_by_role("button", name="Previous step").dispatch_event("click")
    cell.press("Enter")
    kernel[1, 1] = -2.5
    edited = F.conv2d(image[None], kernel[None, None])[0, 0]
    eventually(
        "the kernel is in the address",
        lambda: query(tab).get("weights") == "1,0,-1,1,-2.5,-1,1,0,-1",
    )
    eventually(
        "the sum is new", lambda: abs(shown(tab)["value"] - float(edited[stopped["place"]])) < 1e-5
    )
    assert agrees(tab, edited)["place"] == stopped["place"]
    hint = tab.page.get_by_text("Enter a number from −1000 to 1000")
    cell.fill("many")
    cell.press("Enter")
    assert "wrong" in cell.get_attribute("class")
    assert hint.is_visible()
    assert agrees(tab, edited)["place"] == stopped["place"]

    other = person().open("convolution" + tab.page.evaluate("location.search"))
    other.page.locator(".stepper .value").wait_for()
    assert agrees(other, edited) == agrees(tab, edited)
    tab.is_sound()
    other.is_sound()


def test_play_shows_all_steps_as_long_as_nobody_chose_a_place(person: Callable[[], Tab]) -> None:
    tab = person().open("convolution?digit=5&index=3&kernel=upright&stride=4&size=4")
    tab.page.locator(".stepper .value").wait_for()
    begun = shown(tab)
    assert begun["step"] > 10
    tab.page.get_by_role("button", name="Play all steps").click()
    first = shown(tab)["step"]
    assert first < begun["step"]
    eventually("it goes on", lambda: shown(tab)["step"] > first)
    tab.is_sound()
