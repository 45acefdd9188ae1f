"""Each of the five tutorials' lessons, from an empty store to its last finding; in English and
Chinese by turns. `python -m scripts.journeys` takes all of them in both languages.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.lesson_walk import walk
from browser.site import Server, Tab, serving
from mnistlab.lessons import shelf
from mnistlab.store import Status

WALKS = list(zip(shelf("en"), ("zh", "en", "zh", "en", "zh"), strict=True))


@pytest.fixture(scope="module")
def server(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with MNIST, and with nothing in its store."""
    with serving(tmp_path_factory.mktemp("lessons"), MNISTLAB_DATA=str(mnist_root)) as running:
        yield running


@pytest.mark.parametrize(("name", "language"), WALKS)
def test_a_lesson_is_taken_from_its_first_step_to_its_last(
    server: Server, person: Callable[[], Tab], name: str, language: str
) -> None:
    for run in server.store.runs():
        server.store.delete(run.id)
    tab = person()
    lesson = walk(tab, language, name)
    tab.is_sound()
    wants_training = any(step.seen.trained for step in lesson.steps)
    trained = [run for run in server.store.runs() if run.status == Status.FINISHED]
    assert bool(trained) == wants_training
