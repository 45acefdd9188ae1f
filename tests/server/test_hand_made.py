"""Hand-made messages to a real server: a student presses buttons that their page does not have, by
the ids that these have on the page of somebody else.
"""

import asyncio
from pathlib import Path

import pytest
from browser.site import SERVE, Server
from rights import config
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from benchmarks.student import Student, student_of
from mnistlab.errors import RunNotFound
from mnistlab.store.classes import make_class
from mnistlab.store.members import join, student
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

DELETE, RESUME = "Yes, delete", "Resume"


def cookies(server: Server, person: Person) -> str:
    token = f"{XSRF_COOKIE_NAME}={generate_xsrf_token_string()}"
    return f"{token}; {COOKIE}={cookie_of(server.store, person)}"


async def buttons(who: Student, run_id: str) -> dict[str, str]:
    """Label -> widget id, of the buttons on the pages of this run."""
    who._buttons.clear()
    await who.open("train", run=run_id)
    await who.open("runs", compare=run_id)
    return dict(who._buttons)


async def trespass(server: Server, ann: Person, bob: Person, run_id: str) -> None:
    async with (
        student_of(server, {}, cookies(server, ann)) as owner,
        student_of(server, {}, cookies(server, bob)) as other,
    ):
        has = await buttons(owner, run_id)
        assert {DELETE, RESUME} <= has.keys()
        assert not {DELETE, RESUME} & (await buttons(other, run_id)).keys()
        before = server.store.get(run_id)
        for page in ("train", "runs"):
            await other.open(page, run=run_id, compare=run_id, person="operator")
            for widget in (has[DELETE], has[RESUME]):
                await other._ask("a press by hand", button=widget)
        assert server.store.get(run_id) == before
        await owner.open("runs", compare=run_id)
        await owner.press(DELETE)
    with pytest.raises(RunNotFound):
        server.store.get(run_id)


def test_a_button_is_only_pressed_by_whom_it_is_for(tmp_path: Path) -> None:
    server = Server(tmp_path, SERVE)
    of, _secret = make_class(server.store, "Year 10", "en")
    ann, bob = (student(join(server.store, of, name)) for name in ("Ann", "Bob"))
    run_id = server.store.request(config(1), ann.name).id
    server.store.pause(run_id)
    server.start()
    try:
        asyncio.run(trespass(server, ann, bob, run_id))
    finally:
        server.stop()
