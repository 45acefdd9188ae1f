"""What is written about the project says the same in Chinese: the same commands, names, links, rows
and measured numbers.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRANSLATIONS = {ROOT / "README.md": ROOT / "README.zh.md"} | {
    ROOT / "docs" / path.name: path for path in sorted((ROOT / "docs" / "zh").glob("*.md"))
}
ORIGINALS = {translation: original for original, translation in TRANSLATIONS.items()}
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
BETWEEN_HANZI = re.compile(r"[\u3000-\u9fff\uff00-\uffef]\n[\u3000-\u9fff\uff00-\uffef]")

pages = pytest.mark.parametrize(
    ("original", "translation"), TRANSLATIONS.items(), ids=lambda path: path.stem
)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", read(path))


def code(path: Path) -> list[str]:
    """The lines in its blocks of code, without comments. An example of a lesson has words."""
    blocks = [block for block in FENCE.findall(read(path)) if not block.startswith("```yaml")]
    return [re.sub(r"\s+# .*", "", line) for block in blocks for line in block.splitlines()]


def names(text: str) -> set[str]:
    """What stands in `code`."""
    return set(re.findall(r"`([^`]+)`", " ".join(text.split())))


def links(path: Path) -> list[str]:
    """Where the page leads, as the original would say it: to originals, and without the places
    within a page.
    """
    found = []
    for target in re.findall(r"\]\(([^)]+)\)", prose(path)):
        if "://" not in target:
            file = (path.parent / target.split("#")[0]).resolve()
            target = str(ORIGINALS.get(file, file))
        found.append(target)
    return sorted(found)


def rows(path: Path) -> list[set[str]]:
    """The rows of its tables, by the names in them."""
    return [names(line) for line in prose(path).splitlines() if line.startswith("| ")]


def measured(path: Path) -> set[str]:
    """The numbers among the figures of a README."""
    figures = read(path).split("<!-- figures")[1].split("<!-- /figures")[0]
    return {number.rstrip(".,") for number in re.findall(r"\d[\d.,]*", figures)}


@pages
def test_a_translated_page_has_the_same_code_names_links_and_rows(original, translation):
    assert code(translation) == code(original)
    more = {"zh", "mnistlab/lessons/zh/"}  # what only readers of Chinese have to know
    assert names(prose(translation)) - more == names(prose(original))
    assert links(translation) == links(original)
    assert [row - more for row in rows(translation)] == rows(original)
    assert prose(translation).count("\n## ") == prose(original).count("\n## ")


@pages
def test_chinese_has_no_gaps_where_a_line_ends(original, translation):
    assert BETWEEN_HANZI.search(prose(translation)) is None


def test_the_readmes_name_the_same_figures():
    english, chinese = (measured(path) for path in (ROOT / "README.md", ROOT / "README.zh.md"))
    assert chinese == english


def test_the_places_of_the_tutorials_stand_in_the_same_rows():
    english, chinese = (
        re.findall(r"\| `([^`]+)` \|$", read(ROOT / "docs" / place), re.MULTILINE)
        for place in ("tutorials.md", "zh/tutorials.md")
    )
    assert len(english) > 50
    assert chinese == english
