"""docs/tutorials.md says where each point of the tutorials is found; here every one of those places
is opened.
"""

import re
import shlex
from urllib.parse import parse_qsl

import pytest

from benchmarks import presets
from mnistlab import cli
from mnistlab.choices import ARCHITECTURES
from mnistlab.config import TrainConfig
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.presets import PRESETS
from pages.runs import ROOT, TINY, link, opened, trained, views_of

DOCUMENT = (ROOT / "docs" / "tutorials.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!point|---)(.+) \| `([^`]+)` \|$", DOCUMENT, re.MULTILINE)
COMMAND, BENCHMARK = "python -m mnistlab ", "python -m benchmarks.presets "
COMMANDS = sorted({place for _, place in ROWS if place.startswith(COMMAND)})
BENCHMARKS = sorted({place for _, place in ROWS if place.startswith(BENCHMARK)})
LINKS = sorted({place for _, place in ROWS} - {*COMMANDS, *BENCHMARKS})
NETWORKS = [TINY, *(TINY.replace(arch=arch, hidden=4) for arch in ARCHITECTURES)]


def network_with(page: str, view: str | None) -> TrainConfig:
    """A small network that has this view of the page."""
    every = views_of(page)
    return next(config for config in NETWORKS if view is None or every[view].applies(config))


def test_every_row_of_the_five_tables_has_a_place():
    lines = [
        line
        for line in DOCUMENT.splitlines()
        if line.startswith("| ") and line not in ("| point | place |", "| --- | --- |")
    ]
    assert [
        row for row in lines if row not in {f"| {point} | `{place}` |" for point, place in ROWS}
    ] == []
    assert [
        len(part.split("| --- | --- |\n")[1].strip().splitlines()) > 10
        for part in DOCUMENT.split("\n## ")[1:]
    ] == [True] * 5


@pytest.mark.usefixtures("mnist")
@pytest.mark.parametrize("place", LINKS)
def test_every_page_of_the_table_opens_on_what_its_link_chooses(place, store):
    name, _, query = place.partition("?")
    wanted = dict(parse_qsl(query, strict_parsing=bool(query)))
    run = trained(store, network_with(name, wanted.get("view")))
    page = opened(f"pages/{name}.py", alone=True, run=run.id, **wanted)
    assert not page.exception
    assert [problem.value for problem in [*page.error, *page.warning]] == []
    if name != "train":  # whose form takes its settings out of the link
        assert {key: value for key, value in link(page).items() if key in wanted} == wanted


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_is_understood(command):
    arguments = cli.parser().parse_args(shlex.split(command.removeprefix(COMMAND)))
    preset = getattr(arguments, "preset", None)
    assert preset is None or preset in PRESETS or preset in SINE_PRESETS


@pytest.mark.parametrize("command", BENCHMARKS)
def test_every_benchmark_of_the_table_prints_what_a_tutorial_printed(command):
    name = command.removeprefix(BENCHMARK)
    assert name in presets.WANTED
    assert presets.PRINTED[name]
