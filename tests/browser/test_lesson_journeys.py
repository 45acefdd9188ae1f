"""Each of the five tutorials' lessons, from an empty store to its last finding; in English and
Chinese by turns. `python -m scripts.journeys` takes all of them in both languages.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.lesson_walk import walk
from browser.site import Server, Tab
from mnistlab.lessons import shelf
from mnistlab.store import Status

WALKS = list(zip(shelf("en"), ("zh", "en", "zh", "en", "zh"), strict=True))


@pytest.fixture(scope="module")
def site(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with MNIST, and with nothing in its store."""
    running = Server(tmp_path_factory.mktemp("lessons"), MNISTLAB_DATA=str(mnist_root))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(("name", "language"), WALKS)
def test_a_lesson_is_taken_from_its_first_step_to_its_last(
    site: Server, browser: Any, name: str, language: str
) -> None:
    for run in site.store.runs():
        site.store.delete(run.id)
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    try:
        tab = Tab(context, site)
        lesson = walk(tab, language, name)
        tab.is_sound()
    finally:
        context.close()
    wants_training = any(step.seen.trained for step in lesson.steps)
    trained = [run for run in site.store.runs() if run.status == Status.FINISHED]
    assert bool(trained) == wants_training
