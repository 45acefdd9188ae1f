"""What a reader takes along from a view, in a browser."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from playwright.sync_api import expect

from browser.site import Tab
from pages.runs import TINY, trained

WITHOUT_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
COPIES = """() => { window.copied = []; document.addEventListener("copy", () =>
    window.copied.push(document.activeElement.value ?? String(getSelection()))); }"""


@pytest.mark.parametrize("script", ["", WITHOUT_CLIPBOARD], ids=["https", "http"])
def test_the_copied_link_alone_shows_the_same_view(person: Callable[[], Tab], script: str) -> None:
    tab = person()
    run = trained(tab.server.store, TINY)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    if script:
        tab.page.add_init_script(script)
    tab.open(f"feature_maps?run={run.id}&source=data&digit=3&join=KLM234")
    tab.page.get_by_role("radio", name="Gradients").click()
    tab.page.wait_for_url(lambda url: "view=gradients" in url)
    tab.settled()
    tab.page.evaluate(COPIES)
    button = tab.page.get_by_role("button", name="Copy link")
    button.focus()
    tab.page.keyboard.press("Enter")
    said = tab.page.get_by_role("status").filter(has_text="Copied. The link shows:")
    expect(said).to_contain_text("Gradients")
    expect(said).to_contain_text("Class: 3")
    expect(button).to_be_focused()
    if script:
        (link,) = tab.page.evaluate("window.copied")
    else:
        link = tab.page.evaluate("navigator.clipboard.readText()")
    parameters = {name: value for name, (value,) in parse_qs(urlsplit(link).query).items()}
    assert parameters["lang"] == "en"
    assert "join" not in parameters  # nobody gives the code of their class away with a view
    assert parameters["step"] == str(TINY.max_steps)
    assert (parameters["run"], parameters["digit"]) == (run.id, "3")
    friend = person().open(link.removeprefix(tab.server.url))
    expect(friend.page.get_by_role("radio", name="Gradients")).to_be_checked()
    friend.says("Test image")
    tab.is_sound()
    friend.is_sound()


def saved(tab: Tab, kind: str) -> bytes:
    """The file of the figure that is open."""
    with tab.page.expect_download() as download:
        tab.page.get_by_role("dialog").get_by_role("button", name=kind, exact=True).click()
    return download.value.path().read_bytes()


@pytest.mark.parametrize(
    ("page", "heading"),
    [("evaluation", "Confusion matrix, counts"), ("runs", "test accuracy of")],
    ids=["plotly", "vega"],
)
def test_a_figure_becomes_files_with_its_title_and_source(
    person: Callable[[], Tab], page: str, heading: str
) -> None:
    tab, asked = person(), []
    tab.page.on("request", lambda request: asked.append(request.url))
    run = trained(tab.server.store, TINY)
    compared = f"&compare={run.id}" if page == "runs" else ""
    tab.open(f"{page}?run={run.id}{compared}")
    tab.page.get_by_role("button", name="Data and files").first.click()
    tab.page.get_by_role("dialog").get_by_role("table").wait_for()

    svg = fromstring(saved(tab, "SVG"))
    said = " ".join(svg.itertext())
    assert heading in said
    assert f"{tab.server.url}{page}?run={run.id}" in said
    assert "Digits · CNN 2–2" in said

    png = saved(tab, "PNG")
    width, height = (int.from_bytes(png[start : start + 4]) for start in (16, 20))
    assert (width, height) == tuple(round(3 * float(svg.get(name))) for name in ("width", "height"))
    assert saved(tab, "CSV").startswith("\ufeff".encode())

    tab.page.get_by_role("dialog").get_by_role("button", name="PDF").click()
    frame = tab.page.wait_for_selector("iframe.figure-print", state="attached")
    printed = tab.page.context.new_page()
    printed.set_content(frame.get_attribute("srcdoc"))
    pdf = printed.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") == 1
    assert b"/FontFile2" in pdf or b"/FontFile3" in pdf or b"/Type /Font" in pdf  # text, no picture
    assert not [url for url in asked if url.startswith("http") and tab.server.url not in url]
    tab.is_sound()
