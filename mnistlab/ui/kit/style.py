"""What every page looks like, beyond what the theme (.streamlit/config.toml) can say."""

from functools import cache
from itertools import groupby
from pathlib import Path

from mnistlab.figures.colors import WARM
from mnistlab.ui.kit.navigation import PAGES, Entry

STYLES = [Path(__file__).with_name(name) for name in ("frame.css", "readable.css")]


@cache
def style(entry: Entry) -> str:
    """The style of the page `entry`, as HTML."""
    return f"<style>:root {{ --accent: {entry.color}; --warm: {WARM} }}\n{_of_all()}</style>"


@cache
def _of_all() -> str:
    """The style of all pages; in the sidebar each group has its colour."""
    groups = groupby(PAGES.values(), lambda entry: entry.group)
    colors = (
        f".st-key-nav_{place} {{ --accent: {next(entries).color} }}"
        for place, (_group, entries) in enumerate(groups)
    )
    return "\n".join((*(path.read_text(encoding="utf-8") for path in STYLES), *colors))
