"""Presenter mode: entered and left by a button, kept from page to page, and nobody else's."""

from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.store import Store
from mnistlab.store.pace import Pace
from mnistlab.ui.kit.attendance.pace import lead_on
from mnistlab.ui.kit.url import READERS_OWN
from pages.runs import ROOT, TINY, trained


def test_presenting_is_entered_kept_from_page_to_page_and_left(store: Store) -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    page.query_params["run"] = trained(store, TINY).id
    page.run()
    assert "present.leave" not in [button.key for button in page.button]
    page.button("present.enter").click().run()
    assert page.query_params["present"] in ("1", ["1"])
    page.switch_page("pages/evaluation.py").run()
    assert page.query_params["present"] in ("1", ["1"])
    assert all("present=1" in link.proto.query_string for link in page.sidebar.get("page_link"))
    page.button("present.leave").click().run()
    assert "present" not in page.query_params
    assert "present.leave" not in [button.key for button in page.button]
    assert not page.exception


def test_a_class_is_not_made_to_present() -> None:
    led = lead_on("data", Pace(page="data", query={"view": "pixels"}, locked=True))
    assert "view" in led.locked
    controls = frozenset({"present", "lang", "digit"})
    assert not READERS_OWN & lead_on("data", Pace(page="data", controls=controls)).locked
