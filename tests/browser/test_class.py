"""A class on `mnistlab serve`: its teacher and its students, each in a browser of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from classes import cookies_of
from strokes import Drawn
from waiting import SECONDS, eventually

from browser.pen import draw_on_network
from browser.site import SERVE, Server, Tab
from mnistlab.store import RunRecord
from mnistlab.store.classes import Class, make_class, teacher
from mnistlab.store.members import join, student
from mnistlab.store.people import Person
from mnistlab.ui.kit.attendance.aliases import alias
from pages.runs import TINY, trained

SEVEN = Drawn(7, 200, 60, 40, 20)
CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=20, eval_every=20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("class")
    running = Server(folder, SERVE, MNISTLAB_DATA=str(folder / "no-data"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def run(server: Server) -> RunRecord:
    """A trained network that everybody may look at."""
    return trained(server.store, CNN)


class Classroom:
    """A class, and a tab of its own for each who is in it."""

    def __init__(self, server: Server, person: Callable[[], Tab], name: str) -> None:
        self.server, self.person = server, person
        self.of: Class
        self.of, self.secret = make_class(server.store, name, "en")

    def teacher(self) -> Tab:
        """Another tab of the teacher, which no page is open in yet."""
        return self._tab(teacher(self.of))

    def student(self, nickname: str) -> Tab:
        """The tab of a student who joins with this nickname."""
        return self._tab(student(join(self.server.store, self.of, nickname)))

    def _tab(self, somebody: Person) -> Tab:
        tab = self.person()
        cookies = cookies_of(self.server.store, somebody).items()
        url = self.server.url
        tab.page.context.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in cookies]
        )
        return tab


@pytest.fixture
def classroom(server: Server, person: Callable[[], Tab], request: Any) -> Classroom:
    """A new class."""
    return Classroom(server, person, request.node.name[:80])


def test_the_wall_shows_what_students_do_and_a_student_shows_their_page(
    classroom: Classroom, server: Server, run: RunRecord
) -> None:
    wall, ann, bo = classroom.teacher(), classroom.student("Ann"), classroom.student("Bo")
    wall.open("class")
    tile = wall.page.locator(".tile").filter(has_text="Ann")

    # a hand, a page and a drawing
    bo.open("glossary")
    bo.press("Raise your hand")
    wall.page.get_by_role("button", name="Bo: raises a hand").click()
    bo.page.get_by_role("button", name="Raise your hand").wait_for()
    ann.open(f"feature_maps?view=live&run={run.id}")
    tile.get_by_text("Feature maps").wait_for()
    draw_on_network(ann, SEVEN)
    tile.locator(".drawing").wait_for()

    # show me
    tile.get_by_role("button", name="Ann").click()
    wall.press("Ask to see their page")
    ann.press("Show it")
    wall.page.get_by_role("dialog").get_by_role("link", name="Open what Ann sees").wait_for()
    with wall.page.context.expect_page(timeout=SECONDS * 1000) as opening:
        wall.page.get_by_role("link", name="Open what Ann sees").last.click()
    opening.value.wait_for_url(f"**/feature_maps?*run={run.id}*")

    # the projector
    wall.press("Close")
    wall.page.get_by_text("Projector: aliases instead of names").click()
    wall.page.locator(".tile").filter(has_text=alias(1)).wait_for()
    eventually(
        "no nickname is left", lambda: wall.page.locator(".tile", has_text="Ann").count() == 0
    )
    for tab in (wall, ann, bo):
        tab.is_sound()
