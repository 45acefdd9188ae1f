"""What a reader takes along from a view, in a browser."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

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
    tab.open(f"feature_maps?run={run.id}&source=data&digit=3")
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
    assert parameters["step"] == str(TINY.max_steps)
    assert (parameters["run"], parameters["digit"]) == (run.id, "3")
    friend = person().open(link.removeprefix(tab.server.url))
    expect(friend.page.get_by_role("radio", name="Gradients")).to_be_checked()
    friend.says("Test image")
    tab.is_sound()
    friend.is_sound()
