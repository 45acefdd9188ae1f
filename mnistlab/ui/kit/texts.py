"""The texts of the pages: Markdown in `texts/<language>/<page>.md`, in sections that start with
`## name`.

Lines are wrapped in the files. Markdown reads the end of a line as a blank, which Chinese does not
have between its characters: there the lines are joined.

A line that is nothing but a link to a page, like `- [What to try](train?arch=lstm)`, sets that
page's controls.
"""

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

TEXTS = Path(__file__).parents[1] / "texts"
_LINK = re.compile(r"- \[(?P<label>.+)\]\((?P<page>[a-z_]*)(?:\?(?P<query>[^)]*))?\)")
_WIDE = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"  # Chinese characters and punctuation
_WRAPPED = re.compile(rf"(?<={_WIDE})\n *(?={_WIDE})")


def joined(markdown: str) -> str:
    """`markdown` with lines that end and go on in Chinese joined without a blank."""
    return _WRAPPED.sub("", markdown)


@lru_cache(maxsize=64)
def sections(language: str, page: str) -> dict[str, str]:
    """Section -> its Markdown."""
    text = joined((TEXTS / language / f"{page}.md").read_text(encoding="utf-8"))
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {name.strip(): body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def split_links(markdown: str) -> list[str | tuple[str, str, dict[str, str]]]:
    """The parts of a section in order: Markdown text, or a link as (label, page, query)."""
    parts: list[str | tuple[str, str, dict[str, str]]] = []
    for line in joined(markdown).splitlines():
        if link := _LINK.fullmatch(line.strip()):
            parts.append((link["label"], link["page"], dict(parse_qsl(link["query"] or ""))))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += "\n" + line
        else:
            parts.append(line)
    return [part for part in parts if not isinstance(part, str) or part.strip()]
