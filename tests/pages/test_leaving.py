"""A button that asks for trainings is heard also where whoever pressed it goes to another page at
once; who stays reads beside it why it could not be done.
"""

from collections.abc import Callable

import pytest
from hands import mirrored
from streamlit.testing.v1 import AppTest

from mnistlab.errors import NotAllowed
from mnistlab.executors import InlineExecutor
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.drawings import save_drawing
from mnistlab.ui.kit.state import client_name
from pages.elements import beside_error
from pages.runs import TINY, opened, trained

SWEEP = {"preset": "quick-digits", "channels": "2,2", "kernel": "3", "max_steps": "4"}
Open = Callable[[Store, RunRecord], AppTest]


def drawing(store: Store, run: RunRecord) -> AppTest:
    """The page for drawing, of somebody with enough drawings."""
    page = opened("pages/draw.py", run=run.id)
    owner = client_name("", page.session_state["session"])
    images, labels = mirrored(20, 0)
    for image, label in zip(images[:, 0].numpy(), labels.tolist(), strict=True):
        save_drawing(store, owner, image, label)
    return page.run()


@pytest.mark.parametrize(
    ("key", "open_page", "new"),
    [
        ("seeds.start", lambda store, run: opened("pages/runs.py", compare=run.id), 2),
        ("repeat", lambda store, run: opened("pages/train.py", run=run.id), 1),
        ("draw.teach", drawing, 1),
        (
            "sweep.start",
            lambda store, run: opened("pages/runs.py", view="sweep", lr="0.01,0.1", **SWEEP),
            2,
        ),
    ],
)
def test_a_press_counts_although_the_page_is_left_at_once(
    store: Store, key: str, open_page: Open, new: int
) -> None:
    run = trained(store, TINY.replace(max_steps=8))
    page = open_page(store, run)
    assert not page.exception
    page.button(key=key).click()
    page.switch_page("pages/glossary.py").run()
    assert not page.exception
    assert not page.error
    assert [title.value for title in page.title] == ["Glossary"]
    assert len({each.id for each in store.runs(Status.FINISHED)} - {run.id}) == new


@pytest.mark.parametrize(
    ("key", "open_page"),
    [
        ("draw.teach", drawing),
        (
            "sweep.start",
            lambda store, run: opened("pages/runs.py", view="sweep", lr="0.01,0.1", **SWEEP),
        ),
    ],
)
def test_what_could_not_be_done_is_said_beside_the_button(
    store: Store, monkeypatch: pytest.MonkeyPatch, key: str, open_page: Open
) -> None:
    page = open_page(store, trained(store, TINY.replace(max_steps=8)))

    def refuses(*_: object, **__: object) -> None:
        raise NotAllowed("Students of this class cannot train.")

    monkeypatch.setattr(InlineExecutor, "start", refuses)
    page.button(key=key).click().run()
    assert not page.exception
    assert [error.value for error in page.error] == ["Students of this class cannot train."]
    assert key in beside_error(page)
    assert not page.run().error  # said once
