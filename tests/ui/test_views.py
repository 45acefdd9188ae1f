"""A view is one entry and one function; a page is one entry and one file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
import worked_examples
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.config import TrainConfig
from mnistlab.store import Store
from mnistlab.ui.evaluation.judged_run import JudgedRun
from mnistlab.ui.evaluation.views import VIEWS
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.navigation import PAGES, following
from mnistlab.ui.kit.url import EVERYWHERE, merged, whole
from mnistlab.ui.kit.views import View, parameters_of
from pages.runs import TINY, link, opened, trained

ROOT = Path(__file__).parents[2]
ABOUT = worked_examples.entry("page", PAGES, "about")


def count(judged: JudgedRun) -> None:
    """How often the network answers a digit."""
    digit = judged.page.choose("answer", "Answer", range(10), 7)
    st.text(f"{(judged.judgement.predictions == digit).sum()} answers are {digit}.")


def only_cnn(config: TrainConfig) -> bool:
    return config.arch == "cnn"


@pytest.fixture
def own_view(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(N_("Count answers"), count, {"answer": whole(0, 9)}, only_cnn)
    monkeypatch.setitem(VIEWS, "count", view)


@pytest.fixture
def own_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A dashboard with the page of CONTRIBUTING.md; its `app.py`."""
    shutil.copy(ROOT / "app.py", tmp_path)
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    shutil.copytree(texts.TEXTS, tmp_path / "mnistlab/ui/texts")
    files = {"pages/about.py": "python", "mnistlab/ui/texts/en/about.md": "markdown"}
    for path, language in files.items():
        (content,) = worked_examples.blocks(path, language)
        (tmp_path / path).write_text(content, encoding="utf-8")
    monkeypatch.setattr(texts, "TEXTS", tmp_path / "mnistlab/ui/texts")
    monkeypatch.setitem(PAGES, "about", ABOUT)
    yield tmp_path / "app.py"
    texts.sections.cache_clear()


def test_view_of_ones_own_is_offered_drawn_and_linked(store: Store, own_view: None) -> None:
    run = trained(store)
    page = opened("pages/evaluation.py", run=run.id)
    assert page.segmented_control(key="evaluation.view").options[-1] == "Count answers"
    page.segmented_control(key="evaluation.view").set_value("count").run()
    assert not page.exception
    assert page.text[0].value.endswith("answers are 7.")
    page.selectbox(key="evaluation.answer").set_value(3).run()
    again = opened("pages/evaluation.py", **link(page))
    assert again.text[0].value == page.text[0].value
    assert again.text[0].value.endswith("answers are 3.")


def test_view_is_there_only_where_it_applies(store: Store, own_view: None) -> None:
    run = trained(store, TINY.replace(arch="mlp", hidden=4))
    page = opened("pages/evaluation.py", run=run.id, view="count")
    assert "Count answers" not in page.segmented_control(key="evaluation.view").options
    assert [warning.value for warning in page.warning] == [
        "The link says view=count, which is not available here."
    ]
    assert not page.text


def test_parameter_of_a_view_is_checked(store: Store, own_view: None) -> None:
    page = opened("pages/evaluation.py", run=trained(store).id, view="count", answer="12")
    assert "The link says answer='12'" in page.warning[0].value


def test_one_name_for_two_rules_is_an_error() -> None:
    def view(high: int) -> View[object]:
        return View("", lambda context: None, {"answer": whole(0, high)})

    assert parameters_of({"a": view(9), "b": view(9)}).keys() == {"view", "answer"}
    with pytest.raises(ValueError, match=r"'answer' cannot be both .* 0 to 9 and .* 0 to 5"):
        parameters_of({"a": view(9), "b": view(5)})
    with pytest.raises(ValueError, match="'view' cannot be both"):
        parameters_of({"a": View("", lambda context: None, {"view": whole(0, 1)})})


def test_a_name_that_all_pages_share_keeps_its_rule() -> None:
    with pytest.raises(ValueError, match="'step' cannot be both"):
        merged(EVERYWHERE, {"step": whole(0, 1)})


def test_page_of_ones_own_is_in_the_navigation_and_opens(own_page: Path) -> None:
    home = AppTest.from_file(str(own_page), default_timeout=SECONDS).run()
    assert not home.exception
    assert "About" in [each.proto.label for each in home.sidebar.get("page_link")]
    page = home.switch_page("pages/about.py").run()
    assert not page.exception
    assert page.title[0].value == "About"
    assert "look inside" in page.main.markdown[-1].value
    assert following("mistakes") == "about"


def test_every_page_of_the_navigation_has_its_file_and_its_text() -> None:
    files = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert files == PAGES.keys() - {""}
    texts_of = {path.stem for path in (ROOT / "mnistlab/ui/texts/en").glob("*.md")}
    assert texts_of == files | {"home"}
