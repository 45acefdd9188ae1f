"""Python code as HTML: quiet colours for light and dark themes, line numbers, and marked lines."""

import html
import io
import keyword
import token
import tokenize
from collections.abc import Collection
from functools import lru_cache

MARK = "#ffa90e"
# from Python 3.12 on
FSTRING_START, FSTRING_END = (getattr(token, name, -1) for name in ("FSTRING_START", "FSTRING_END"))
_STYLES = {  # mixed with the text's own colour, so that they stand out in either theme
    "keyword": "color:color-mix(in srgb, currentColor 45%, #2a78bd);font-weight:600",
    "string": "color:color-mix(in srgb, currentColor 50%, #2e8b57)",
    "comment": "opacity:.72;font-style:italic",
    "number": "color:color-mix(in srgb, currentColor 50%, #b0522a)",
}
_BOX = (
    "max-height:30rem;overflow:auto;margin:0;padding:.6rem "
    "0;font-size:13px;line-height:1.5;border-radius:.5rem;background:rgba(128,128,128,.08)"
)
_GUTTER = "3.6em"  # for the line numbers
_NUMBER = (
    f"display:inline-block;width:{_GUTTER};padding-right:1em;text-align:right;text-indent:0;"
    "opacity:.5;user-select:none;box-sizing:border-box"
)
_MARKED = (
    f"color:inherit;background:color-mix(in srgb, {MARK} 30%, transparent);box-shadow:inset 3px "
    f"0 {MARK}"
)
# the code is shown from this line on, where the browser can do that
_FIRST = "scroll-initial-target:nearest"
_ABOVE = 4  # lines that are shown above the first mark


@lru_cache(maxsize=16)
def code_html(code: str, marked: Collection[int], label: str) -> str:
    """HTML of Python `code`, with the lines `marked` highlighted (numbers from 1, as a tuple or
    frozenset).
    """
    first = max(1, min(marked) - _ABOVE) if marked else 0
    lines = []
    for number, (code_line, line) in enumerate(
        zip(code.splitlines(), _coloured(code), strict=True), start=1
    ):
        tag, style = (
            ("mark", f"{_row(code_line)};{_MARKED}")
            if number in marked
            else ("span", _row(code_line))
        )
        style += f";{_FIRST}" if number == first else ""
        lines.append(
            f'<{tag} style="{style}"><span aria-hidden="true" style="{_NUMBER}">{number}</span>'
            f"{line or ' '}</{tag}>"
        )
    return (
        f'<pre role="region" tabindex="0" aria-label="{html.escape(label)}" style="{_BOX}"><code>'
        f"{''.join(lines)}</code></pre>"
    )


def _row(line: str) -> str:
    """The style of a line: if it is too long for the page, it wraps with a hanging indent."""
    hanging = f"{_GUTTER} + {len(line) - len(line.lstrip()) + 2}ch"
    return (
        f"display:block;padding-left:calc({hanging});text-indent:calc(-1 * "
        f"({hanging}));white-space:pre-wrap;overflow-wrap:anywhere"
    )


def _coloured(code: str) -> list[str]:
    """Each line of `code` as HTML. A string over several lines is closed and reopened at each line
    break.
    """
    lines = code.splitlines()
    # for each line (from column, to column, style)
    parts: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    depth = 0
    for part in tokenize.generate_tokens(io.StringIO(code).readline):
        depth += (part.type == FSTRING_START) - (part.type == FSTRING_END)
        style = "string" if depth else _style(part)
        if style:
            for row in range(part.start[0], part.end[0] + 1):
                start = part.start[1] if row == part.start[0] else 0
                end = part.end[1] if row == part.end[0] else len(lines[row - 1])
                parts[row - 1].append((start, end, style))
    return [_line(line, styled) for line, styled in zip(lines, parts, strict=True)]


def _style(part: tokenize.TokenInfo) -> str:
    if part.type == token.NAME and keyword.iskeyword(part.string):
        return "keyword"
    return {token.STRING: "string", tokenize.COMMENT: "comment", token.NUMBER: "number"}.get(
        part.type, ""
    )


def _line(line: str, styled: list[tuple[int, int, str]]) -> str:
    markup, done = "", 0
    for start, end, style in styled:
        start = max(start, done)  # the parts of an f-string overlap where it has doubled braces
        markup += (
            html.escape(line[done:start])
            + f'<span style="{_STYLES[style]}">{html.escape(line[start:end])}</span>'
        )
        done = end
    return markup + html.escape(line[done:])
