"""Code as HTML: the code itself, and marks on the right lines."""

import html
import re

import pytest

from mnistlab.export.script import script
from mnistlab.figures.code import code_html
from mnistlab.presets import PRESETS


def lines_of(made: str) -> list[str]:
    """The lines of code that a reader sees."""
    rows = re.findall(
        r'<(span|mark) style="display:block[^>]*>(.*?)</\1>(?=<span '
        r'style="display:block|<mark|</code>)',
        made,
    )
    return [
        html.unescape(
            re.sub(r"<[^>]+>", "", re.sub(r"<span aria-hidden[^>]*>\d+</span>", "", body))
        )
        for _, body in rows
    ]


@pytest.mark.parametrize(
    "code",
    [
        *(script(config, 2) for config in PRESETS.values()),
        'a = """one\ntwo <b>"""\nb = f"{a}&amp;"  # c\n',
    ],
)
def test_the_code_is_shown_to_the_letter(code: str) -> None:
    assert [line.rstrip() for line in lines_of(code_html(code, (), "x"))] == code.splitlines()


def test_the_given_lines_are_marked_and_the_first_of_them_is_in_sight() -> None:
    code = "\n".join(f"a{number} = {number}" for number in range(1, 30)) + "\n"
    made = code_html(code, (12, 20), "Code")
    marked = [
        re.sub(r"<[^>]+>", "", body) for body in re.findall(r"<mark [^>]*>(.*?)</mark>", made)
    ]
    assert marked == ["12a12 = 12", "20a20 = 20"]
    assert made.count("scroll-initial-target") == 1
    assert made.index("a7 = ") < made.index("scroll-initial-target") < made.index(">12<")
    assert 'aria-label="Code"' in made
    assert "<mark" not in code_html(code, (), "Code")
    assert "scroll-initial-target" not in code_html(code, (), "Code")
