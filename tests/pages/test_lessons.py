"""Lessons beside the pages: each step of those that come with mnistlab opens its page, and the
panel asks, keeps, waits and leads on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.config import TrainConfig, parse_value
from mnistlab.lessons import Link, read_lesson, shelf
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.lesson_progress import all_progress
from mnistlab.ui.kit import addresses, frame, state
from mnistlab.ui.kit.i18n import LANGUAGES
from mnistlab.ui.kit.lessons.opened import KnownPages
from mnistlab.ui.kit.navigation import PAGES, page_file
from mnistlab.ui.kit.url import Parameter, Query
from pages.own_lesson import OWN, can_go_on, onward, own_lesson, ways_on
from pages.runs import TINY, in_state, link, opened, trained, words

LESSONS = {
    (language, name): shelved for language in LANGUAGES for name, shelved in shelf(language).items()
}
READ = {which: read_lesson(shelved.path) for which, shelved in LESSONS.items()}
# each once, in all languages: what its page computes does not depend on them
STEPS = dict.fromkeys(
    (name, at) for (_, name), lesson in READ.items() for at in range(1, len(lesson.steps) + 1)
)


@pytest.fixture(autouse=True)
def _one_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages that a test opens are those of one browser."""
    monkeypatch.setattr(state, "drawer", lambda: "somebody")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a lesson of one's own, called `mine`."""
    return own_lesson(tmp_path, monkeypatch)


def at(step: int, page: str = "pages/glossary.py", **query: str) -> AppTest:
    shown = opened(page, alone=True, lesson="mine", at=str(step), **query)
    assert not shown.exception
    return shown


def run_for(store: Store, to: Link) -> RunRecord:
    """A small trained network that has the view which `to` leads to."""
    view = addresses.views_of(to.page).get(to.query.get("view", ""))
    kinds = [TINY, *(TINY.replace(arch=arch, hidden=4) for arch in ("lstm", "mlp"))]
    return trained(store, next(kind for kind in kinds if view is None or view.applies(kind)))


# -- the lessons that come with mnistlab -----------------------------------------------------------


@pytest.mark.parametrize(("language", "name"), LESSONS)
def test_a_lesson_that_comes_with_mnistlab_is_right(language: str, name: str) -> None:
    lesson = read_lesson(LESSONS[language, name].path, KnownPages())
    assert 30 <= lesson.minutes <= 60
    assert sum(step.question is not None for step in lesson.steps) >= len(lesson.steps) - 1
    for step in lesson.steps:
        if isinstance(step.seen.trained, dict):
            wanted = {name: parse_value(name, text) for name, text in step.seen.trained.items()}
            TrainConfig().replace(**wanted)


@pytest.mark.usefixtures("mnist", "two_perplexities")
@pytest.mark.parametrize(("name", "number"), STEPS)
def test_every_step_opens_its_page_and_its_choices(
    name: str, number: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, _ in filter(lambda which: which[1] == name, READ):
        monkeypatch.setattr(state, "drawer", lambda language=language: language)
        opens_its_page_and_its_choices(language, name, number, store)


def opens_its_page_and_its_choices(language: str, name: str, number: int, store: Store) -> None:
    """As a reader of this language, who has the language's name, opens the step."""
    step = READ[language, name].step(number)
    for to in (step.link, *step.seen.visited):
        run = run_for(store, to)
        query = {"run": run.id, **to.query, "lesson": name, "at": str(number), "lang": language}
        page = opened(page_file(to.page), alone=True, **query)
        assert not page.exception
        assert [problem.value for problem in page.warning] == []
        assert step.title in [heading.value for heading in page.header]
        assert link(page)["lesson"] == name
        if to in step.seen.visited:  # the page knows its own link
            kept = all_progress(store, language)[name]
            assert str(to) in kept.visited[str(number)]


# -- the panel -------------------------------------------------------------------------------------


def test_the_page_without_a_lesson_has_no_panel(own: Path) -> None:
    page = opened("pages/glossary.py", alone=True)
    assert not ways_on(page)


def test_next_waits_for_the_answer_and_for_what_has_to_be_seen(own: Path) -> None:
    page = at(1, term="kernel")
    assert "My own · step 1 of 3" in words(page)
    assert 'role="progressbar" aria-label="My own · step 1 of 3"' in words(page)
    assert "To do: Answer the question" in words(page)
    assert not can_go_on(page)
    assert page.button(key="lesson.back.1").disabled
    page.radio(key="lesson.mine.1.answer").set_value(0)
    page.button(key="lesson.mine.1.submit").click().run()
    assert "You said: this" in words(page)
    assert "Right is" not in words(page)  # not before it was seen
    assert "Done: Answer the question" in words(page)
    assert not can_go_on(page)
    page.query_params["term"] = "stride"
    page.run()
    assert "Not quite. Right is: that" in words(page)
    assert "So." in words(page)
    following = onward(page)
    following.click().run()
    assert link(page) == {"term": "stride", "lesson": "mine", "at": "2"}
    following.click().run()  # clicked twice, the second time on what was shown before
    assert link(page)["at"] == "2"


def test_an_answer_can_be_changed_and_the_first_one_is_kept(own: Path, store: Store) -> None:
    page = at(1, term="stride")
    for number in (0, 1):
        page.radio(key="lesson.mine.1.answer").set_value(number)
        page.button(key="lesson.mine.1.submit").click().run()
        if number == 0:
            page.button(key="lesson.mine.1.change").click().run()
    assert [each.value for each in page.success] == ["That is right."]
    progress = all_progress(store, "somebody")["mine"]
    assert progress.answers == {"1": {"first": 0, "latest": 1}}


def test_a_return_continues_where_one_was(own: Path) -> None:
    page = at(3, "pages/runs.py")
    page.text_area(key="lesson.mine.3.answer").set_value("[x](http://evil.example)")
    page.button(key="lesson.mine.3.submit").click().run()
    assert "A good answer:** Because." in words(page)
    assert "[x](http" not in words(page)  # shown as it was typed
    again = opened("pages/runs.py", alone=True, lesson="mine")
    assert link(again)["at"] == "3"
    assert "You said:" in words(again)
    listed = opened("pages/lessons.py", alone=True)
    assert "at step 3" in words(listed)
    assert listed.button(key="start.mine").label == "Continue"
    listed.button(key="start.mine").click().run()
    assert link(listed)["at"] == "3"


def test_training_is_seen_only_with_the_settings_that_are_wanted(own: Path, store: Store) -> None:
    other = trained(store, TINY.replace(lr=0.01))
    running = in_state(store, Status.RUNNING)
    page = at(2, run=other.id)
    assert not can_go_on(page)
    page = at(2, run=running.id)
    assert not can_go_on(page)
    page = at(2, run=trained(store, TINY.replace(seed=9)).id)
    assert can_go_on(page)


def test_a_mistake_in_the_file_is_shown_with_its_line_and_gone_once_it_is_mended(own: Path) -> None:
    own.write_text(OWN.replace("glossary?term=kernel", "glossary?term=kernle"), encoding="utf-8")
    page = opened("pages/glossary.py", alone=True, lesson="mine")
    assert not page.exception
    assert "Line 8: The link says term=kernle" in words(page)
    listed = opened("pages/lessons.py", alone=True)
    assert "Line 8: The link says term=kernle" in words(listed)
    own.write_text(OWN.replace("title: One", "title: Mended"), encoding="utf-8")
    page.run()
    assert "Mended" in words(page)


def test_a_step_forgets_what_was_chosen_on_its_page_and_on_no_other(own: Path) -> None:
    page = at(2, term="stride", q="layer")
    page.session_state["url.runs.q"] = "speedrun"
    page.button(key="lesson.back.2").click().run()
    assert link(page) == {"term": "kernel", "lesson": "mine", "at": "1"}
    assert page.session_state["url.runs.q"] == "speedrun"


def test_unknown_lesson_and_step_are_answered_with_what_there_is(own: Path) -> None:
    page = opened("pages/runs.py", alone=True, lesson="nothing")
    assert [warning.value for warning in page.warning] == ["There is no lesson nothing here."]
    assert "lesson" not in link(page)
    page = at(50, "pages/runs.py")
    assert "step 3 of 3" in words(page)


def test_the_list_says_how_far_one_is_and_continues(own: Path) -> None:
    page = opened("pages/lessons.py", alone=True)
    assert "about 5 minutes · 3 steps · your own" in words(page)
    page.button(key="start.mine").click().run()
    assert link(page)["at"] == "1"
    page = at(3, "pages/runs.py")
    onward(page).click().run()  # its last step: nothing has to be seen
    assert "lesson" not in link(page)
    page = opened("pages/lessons.py", alone=True)
    assert "done" in words(page)
    assert page.button(key="start.mine").label == "Start again"


def test_every_page_takes_the_parameters_that_the_check_of_links_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: dict[str, Mapping[str, Parameter]] = {}

    class Noted(Query):
        def __init__(self, page: str, own: Mapping[str, Parameter], *more: Any) -> None:
            taken[page] = own
            super().__init__(page, own, *more)

    monkeypatch.setattr(frame, "Query", Noted)
    for name in PAGES:
        opened(page_file(name), alone=True)
        assert taken[name] == addresses.own_parameters(name), name
