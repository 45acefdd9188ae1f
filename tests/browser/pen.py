"""A mouse on the canvas of the page Draw, and on that of a live network."""

from strokes import CANVAS, Drawn, Stroke

from browser.site import Tab


def pen_down(tab: Tab, stroke: Stroke, box: dict[str, float]) -> None:
    """Draw one stroke with the mouse on the canvas that lies at `box`."""
    mouse = tab.page.mouse
    mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1])
    mouse.down()
    for x, y in stroke[1:]:
        mouse.move(box["x"] + x, box["y"] + y)
    mouse.up()


def canvas_box(tab: Tab) -> dict[str, float]:
    """Where the canvas is, once it is on the screen."""
    canvas = tab.page.locator("canvas.upper-canvas")
    canvas.evaluate("each => each.scrollIntoView({block: 'center'})")  # not below the header
    box = canvas.bounding_box()
    assert (box["width"], box["height"]) == (CANVAS, CANVAS)
    return box


def draw_on_network(tab: Tab, drawn: Drawn) -> None:
    """Draw a digit on the live network's own canvas."""
    canvas = tab.page.locator(".live .board canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scale = box["width"] / CANVAS
    for stroke in drawn.strokes:
        pen_down(tab, [(x * scale, y * scale) for x, y in stroke], box)


def pictured(tab: Tab) -> str:
    """The picture of what was drawn, as the page shows it now; "" while nothing is drawn."""
    return tab.page.evaluate(
        """() => document.querySelector('img[alt^="Your drawing"]')?.src ?? ''"""
    )


def option(tab: Tab, name: str) -> None:
    """Choose among pills or segments."""
    tab.page.get_by_role("radio", name=name, exact=True).or_(
        tab.page.get_by_role("button", name=name, exact=True)
    ).click()
    tab.settled()
