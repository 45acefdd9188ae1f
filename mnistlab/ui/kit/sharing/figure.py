"""What a reader takes along of a figure: its numbers as a table, and the figure as a file."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.errors import RunNotFound
from mnistlab.export.packing import csv_of
from mnistlab.ui.kit import state
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.server import library_address
from mnistlab.ui.kit.sharing.copy_link import COMPLETE
from mnistlab.ui.kit.words import literal, title_of

ROWS = 200  # of a table that are shown; a file has all
LIBRARIES = {"plotly": ("plotly",), "vega": ("vega", "vega-lite")}  # what draws each kind
TABLE_STYLE = """<style>
.figure-table { max-height: 20rem; overflow: auto; border: 1px solid rgba(128, 128, 128, .3);
  border-radius: 8px }
.figure-table table { border-collapse: collapse; font-size: 0.875rem; width: 100% }
.figure-table th, .figure-table td { padding: 3px 10px; text-align: right; white-space: nowrap;
  border: 0; border-bottom: 1px solid rgba(128, 128, 128, .2) }
</style>"""

_files = component(__file__, "link")


def take_along(
    key: str,
    heading: Callable[[], str],
    alt: str,
    table: Callable[[], pd.DataFrame],
    paper: Callable[[], dict[str, Any]],
    name: str = "",
) -> None:
    """A small button below the figure `key`, which opens its table and files. Only then the other
    functions are asked: what it is called, its numbers, and how it is printed. The button says the
    figure's `name` where it does not stand right below it.
    """
    label = (
        _("{figure}: data and files").format(figure=literal(name)) if name else _("Data and files")
    )
    if st.button(label, key=f"figure.{key}", type="tertiary", icon=":material/more_horiz:"):

        def contents() -> None:
            st.caption(literal(alt))
            numbers = flat(table())
            _files(key="figure.files", data=_file_data(heading(), numbers, paper()))
            _table(numbers, alt)

        st.dialog(literal(heading()), width="large")(contents)()


def flat(numbers: pd.DataFrame) -> pd.DataFrame:
    """`numbers`, with what the columns are named after in the first one's name, and whole ones
    without decimals.
    """
    across = numbers.columns.name
    numbers = numbers.convert_dtypes()
    if across is None:
        return numbers
    first = _("{down} ↓, {across} →").format(down=numbers.columns[0], across=across)
    return numbers.set_axis([first, *numbers.columns[1:]], axis="columns")


def _file_data(heading: str, numbers: pd.DataFrame, paper: dict[str, Any]) -> dict[str, Any]:
    page = st.session_state.get("url.page", "")
    source = [*_run_of(page), _(PAGES[page].label), "mnistlab"]
    return {
        **paper,
        "heading": heading,
        "name": "-".join([heading, *_run_of(page)]),
        "source": " · ".join(source),
        "complete": st.session_state.get(COMPLETE, {}),
        "csv": _csv(numbers),
        "libraries": [library_address(name) for name in LIBRARIES[paper["kind"]]],
        "words": {
            "files": _("This figure as a file"),
            "pdf": _("Opens your browser's print dialogue: choose “Save as PDF”."),
            "drawing": _("Drawing …"),
            "done": _("Done."),
            "failed": _("The figure could not be drawn. Check the connection, and try again."),
        },
    }


def _csv(numbers: pd.DataFrame) -> str:
    """`numbers` as CSV, empty where there is none."""
    values = numbers.astype(object).where(numbers.notna(), None)
    return csv_of([str(name) for name in numbers.columns], values.to_numpy().tolist()).decode()


def _run_of(page: str) -> list[str]:
    """The name of the run that the page looks into, if it does."""
    run_id = st.session_state.get("url.run")
    if run_id is None or not PAGES[page].of_a_run:
        return []
    try:
        return [title_of(state.store().get(run_id))]
    except RunNotFound:  # deleted while its figure is open
        return []


def _table(numbers: pd.DataFrame, alt: str) -> None:
    shown = numbers.head(ROWS)
    if len(numbers) > ROWS:
        message = _("The first {n} of {count:,} rows. The CSV file has all.")
        st.caption(message.format(n=ROWS, count=len(numbers)))
    html = shown.to_html(index=False, border=0, na_rep="", float_format=lambda x: f"{x:.5g}")
    label = _("The figure's numbers as a table")
    st.html(
        f'{TABLE_STYLE}<div class="figure-table" tabindex="0" role="region" aria-label="{label}">'
        f"{html}</div>"
    )
