"""What counts as a change of a page's picture."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from scripts.pictures import compare, difference, report

SIZE = (240, 160)


def page(at: int = 20, ink: str = "#1c2430") -> Image.Image:
    """A page with a button at this height."""
    picture = Image.new("RGB", SIZE, "white")
    ImageDraw.Draw(picture).rectangle((30, at, 110, at + 24), fill=ink)
    return picture


def test_a_page_is_like_itself() -> None:
    assert difference(page(), page()).share == 0


@pytest.mark.parametrize("other", [page(ink="#222a36"), page(ink="#1c2431")])
def test_what_nobody_sees_is_no_change(other: Image.Image) -> None:
    assert not difference(page(), other).is_change


def test_what_moved_is_shown_where_it_was_and_where_it_is() -> None:
    apart = difference(page(20), page(100))
    assert apart.is_change
    buttons = 2 * 81 * 25 / (SIZE[0] * SIZE[1])
    assert buttons < apart.share < 1.5 * buttons  # blurred, they are a little larger
    red = apart.where.getpixel((70, 110))
    assert apart.where.getpixel((70, 32)) == red != apart.where.getpixel((70, 70))


def test_a_longer_page_is_a_change() -> None:
    longer = Image.new("RGB", (SIZE[0], SIZE[1] + 40), "white")
    longer.paste(page())
    for apart in (difference(page(), longer), difference(longer, page())):
        assert apart.share == pytest.approx(40 / (SIZE[1] + 40))
        assert apart.where.size == longer.size


def test_the_report_shows_what_changed_side_by_side(tmp_path: Path) -> None:
    for kind, at in (("old", 20), ("new", 100)):
        (tmp_path / kind).mkdir()
        page().save(tmp_path / kind / "same.png")
        page(at).save(tmp_path / kind / "moved.png")
    page().save(tmp_path / "new" / "fresh.png")
    found = compare(tmp_path)
    assert {name: each is not None and each.is_change for name, each in found.items()} == {
        "same": False,
        "moved": True,
        "fresh": False,
    }
    said = report(tmp_path, found).read_text(encoding="utf-8")
    assert "2 of 3 pictures changed" in said
    for kind in ("old", "new", "where"):
        assert f'src="{kind}/moved.png"' in said
        assert (tmp_path / kind / "moved.png").exists()
    assert "same.png" not in said
    assert 'src="new/fresh.png"' in said
