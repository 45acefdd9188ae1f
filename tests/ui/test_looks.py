"""What all pages look like: their emblems, and the colours of their groups."""

import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from contrast import contrast

from mnistlab.ui.kit.navigation import EMBLEMS, GROUP_COLORS, PAGES, emblem

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
