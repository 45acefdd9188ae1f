"""What all pages look like: their emblems, and the colours of their groups."""

import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from contrast import contrast

from mnistlab.export.hand_in.plots import plots as curves_of
from mnistlab.figures.colors import CURVE_COLORS
from mnistlab.figures.sparkline import sparkline
from mnistlab.i18n import translation
from mnistlab.store import Store
from mnistlab.ui.kit.navigation import EMBLEMS, GROUP_COLORS, PAGES, emblem
from mnistlab.ui.kit.state import recorded
from mnistlab.ui.kit.training import run_charts
from pages.runs import TINY, trained

ROOT = Path(__file__).parents[2]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
INKS = {"none", "currentColor", "var(--accent)", "var(--warm)", "#fff", None}


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "home")
def test_emblem_of_a_page_needs_no_words_and_takes_its_colours_from_the_theme(name: str) -> None:
    picture = ElementTree.fromstring(emblem(name))
    assert picture.get("viewBox") == "0 0 64 64"
    tags = {each.tag.rpartition("}")[2] for each in picture.iter()}
    assert tags <= {"svg", "path", "rect", "circle", "ellipse"}
    assert {each.get(of) for each in picture.iter() for of in ("fill", "stroke")} <= INKS


def test_every_emblem_is_that_of_a_page() -> None:
    assert {path.stem for path in EMBLEMS.glob("*.svg")} == {name or "home" for name in PAGES}


def test_every_group_has_a_colour_of_its_own() -> None:
    assert {entry.group for entry in PAGES.values()} == GROUP_COLORS.keys()
    assert len(set(GROUP_COLORS.values())) == len(GROUP_COLORS)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("group", GROUP_COLORS)
def test_icons_stand_out_from_the_sidebar(group: str, theme: str) -> None:
    for ground in (THEME[theme]["sidebar"]["backgroundColor"], THEME[theme]["backgroundColor"]):
        assert contrast(GROUP_COLORS[group], ground) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("curve", CURVE_COLORS)
def test_curves_of_a_run_stand_out(curve: str, theme: str) -> None:
    assert contrast(CURVE_COLORS[curve], THEME[theme]["backgroundColor"]) >= 3


def test_each_curve_of_a_run_has_one_colour_everywhere(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(set(CURVE_COLORS.values())) == len(CURVE_COLORS)
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(run_charts, "_component", lambda data, **_how: drawn.append(data))
    run = trained(store, TINY)
    run_charts.loss_and_accuracy(run, recorded(run.id))
    lines = {name: line[1] for chart in drawn[0]["charts"] for name, line in chart["lines"].items()}
    assert lines == CURVE_COLORS
    assert CURVE_COLORS["test_accuracy"] in sparkline([0.1, 0.9])
    loss, accuracy = curves_of(store, run, translation())["curves"]
    assert list(loss["legend"].values()) == [lines["train_loss"], lines["test_loss"]]
    assert next(iter(accuracy["legend"].values())) == lines["test_accuracy"]
