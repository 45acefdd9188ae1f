"""Python code as HTML: quiet colours that fit a light and a dark ground, line numbers, and marks on some lines."""

import html
import io
import keyword
import token
import tokenize
from collections.abc import Collection
from functools import lru_cache

MARK = "#ffa90e"
FSTRING_START, FSTRING_END = (getattr(token, name, -1) for name in ("FSTRING_START", "FSTRING_END"))  # from Python 3.12 on
_STYLES = {  # mixed with the text's own colour, so that they stand out from either ground
    "keyword": "color:color-mix(in srgb, currentColor 45%, #2a78bd);font-weight:600",
    "string": "color:color-mix(in srgb, currentColor 50%, #2e8b57)",
    "comment": "opacity:.72;font-style:italic",
    "number": "color:color-mix(in srgb, currentColor 50%, #b0522a)",
}
_BOX = "max-height:30rem;overflow:auto;margin:0;padding:.6rem 0;font-size:13px;line-height:1.5;border-radius:.5rem;background:rgba(128,128,128,.08)"
_GUTTER = "3.6em"  # for the line numbers
_NUMBER = f"display:inline-block;width:{_GUTTER};padding-right:1em;text-align:right;text-indent:0;opacity:.5;user-select:none;box-sizing:border-box"
_MARKED = f"color:inherit;background:color-mix(in srgb, {MARK} 30%, transparent);box-shadow:inset 3px 0 {MARK}"
_FIRST = "scroll-initial-target:nearest"  # the code is shown from this line on, where the browser can do that
_ABOVE = 4  # lines that are shown above the first mark


@lru_cache(maxsize=16)
def code_html(code: str, marked: Collection[int], label: str) -> str:
    """HTML of Python `code`, with the lines whose numbers (from 1 on) are in `marked`, a tuple or frozenset, marked."""
    first = max(1, min(marked) - _ABOVE) if marked else 0
    lines = []
    for number, (code_line, line) in enumerate(zip(code.splitlines(), _coloured(code), strict=True), start=1):
        tag, style = ("mark", f"{_row(code_line)};{_MARKED}") if number in marked else ("span", _row(code_line))
        style += f";{_FIRST}" if number == first else ""
        lines.append(f'<{tag} style="{style}"><span aria-hidden="true" style="{_NUMBER}">{number}</span>{line or " "}</{tag}>')
    return f'<pre role="region" tabindex="0" aria-label="{html.escape(label)}" style="{_BOX}"><code>{"".join(lines)}</code></pre>'


def _row(line: str) -> str:
    """The style of a line: where it is too long for the page, it goes on a little to the right of its own beginning."""
    hanging = f"{_GUTTER} + {len(line) - len(line.lstrip()) + 2}ch"
    return f"display:block;padding-left:calc({hanging});text-indent:calc(-1 * ({hanging}));white-space:pre-wrap;overflow-wrap:anywhere"


def _coloured(code: str) -> list[str]:
    """Each line of `code` as HTML. A string over several lines is closed and opened again at each line's end."""
    lines = code.splitlines()
    parts: list[list[tuple[int, int, str]]] = [[] for _ in lines]  # for each line (from column, to column, style)
    depth = 0
    for found in tokenize.generate_tokens(io.StringIO(code).readline):
        depth += (found.type == FSTRING_START) - (found.type == FSTRING_END)
        style = "string" if depth else _style(found)
        if style:
            for row in range(found.start[0], found.end[0] + 1):
                start = found.start[1] if row == found.start[0] else 0
                end = found.end[1] if row == found.end[0] else len(lines[row - 1])
                parts[row - 1].append((start, end, style))
    return [_line(line, styled) for line, styled in zip(lines, parts, strict=True)]


def _style(found: tokenize.TokenInfo) -> str:
    if found.type == token.NAME and keyword.iskeyword(found.string):
        return "keyword"
    return {token.STRING: "string", tokenize.COMMENT: "comment", token.NUMBER: "number"}.get(found.type, "")


def _line(line: str, styled: list[tuple[int, int, str]]) -> str:
    made, done = "", 0
    for start, end, style in styled:
        start = max(start, done)  # the parts of an f-string overlap where it has doubled braces
        made += html.escape(line[done:start]) + f'<span style="{_STYLES[style]}">{html.escape(line[start:end])}</span>'
        done = end
    return made + html.escape(line[done:])
