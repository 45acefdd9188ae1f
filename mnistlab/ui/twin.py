"""The code that does the same, beside the form and for a chosen run; and the network as PyTorch prints it."""

import pandas as pd
import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.errors import MnistlabError
from mnistlab.experiments.sine_config import SineConfig
from mnistlab.export.script import diff, diverged_at, script, threads_of
from mnistlab.export.sine_script import sine_script
from mnistlab.figures.architecture import shape_text
from mnistlab.figures.code import code_html
from mnistlab.models import describe, printed
from mnistlab.store import RunRecord, Status
from mnistlab.ui.i18n import _, ngettext
from mnistlab.ui.state import store


def form_twin(config: TrainConfig | None) -> None:
    """The code of what the form describes, behind an expander; the lines that the last change touched are marked."""
    box = st.expander(_("The code that does the same"), icon=":material/code:", key="twin", on_change="rerun")
    if config is None:
        return
    try:
        code = script(config)
    except MnistlabError as error:  # a setting of the installation that cannot be read
        box.error(str(error), icon=":material/error:")
        return
    marked, gone = _touched("form", code)
    if box.open:
        with box:
            st.caption(_touched_in_words(marked, gone))
            show_code(code, marked, config.run_id)


def run_twin(run: RunRecord) -> None:
    """The code that does the same as `run`, behind an expander."""
    box = st.expander(_("The code that does the same"), icon=":material/code:", key="twin.run", on_change="rerun")
    if box.open:
        with box:
            broken_off = diverged_at(store(), run)
            if broken_off is not None:
                st.caption(_("This training diverged; the code stops where it did."))
            elif run.status == Status.FAILED:
                st.caption(_("This training was broken off; the code goes on to the end."))
            show_code(script(run.config, threads_of(run), broken_off), (), run.id)


def sine_twin(config: SineConfig) -> None:
    """The code that does the same as the sine experiment `config`, behind an expander; what the last change touched is marked."""
    box = st.expander(_("The code that does the same"), icon=":material/code:", key="twin.sine", on_change="rerun")
    code = sine_script(config)
    marked, gone = _touched("sine", code)
    if box.open:
        with box:
            if config.state == "carry":
                st.caption(_("This code fails as the training above does. It is here to be tried, and mended by one line."))
            st.caption(_touched_in_words(marked, gone))
            show_code(code, marked, f"sine-{config.cell}")


def show_code(code: str, marked: tuple[int, ...], name: str) -> None:
    """The code, and the way to take it along, in a file called `name`."""
    st.html(code_html(code, marked, _("Python code of {n} lines").format(n=len(code.splitlines()))))
    st.download_button(
        _("Download the script"), code, f"mnistlab-{name}.py", "text/x-python", icon=":material/download:", on_click="ignore", key="twin.download",
        help=_("Plain PyTorch, without mnistlab: on a processor it ends with the same weights, bit for bit."),
    )  # fmt: skip


def network_summary(config: TrainConfig) -> None:
    """`print(net)`, and the same as a table, behind an expander."""
    box = st.expander(_("The network as PyTorch prints it"), icon=":material/list_alt:", key="summary", on_change="rerun")
    if box.open:
        with box:
            _summary(config)


def _summary(config: TrainConfig) -> None:
    stages = describe(config)
    st.code(printed(config), language=None, wrap_lines=True)
    st.dataframe(
        pd.DataFrame({
            _("Stage"): [stage.name for stage in stages],
            _("Output"): [shape_text(stage.shape) for stage in stages],
            _("Parameters"): [stage.parameters for stage in stages],
        }),
        hide_index=True, height="content", alt=_("Stages of the network, their outputs and parameter counts"),
        column_config={_("Parameters"): st.column_config.NumberColumn(format="localized")},
    )  # fmt: skip


def _touched(of: str, code: str) -> tuple[tuple[int, ...], int]:
    """(numbers of the lines that the last change touched in the code `of` something, how many lines it took away)."""
    known = st.session_state.setdefault(f"twin.touched.{of}", {"code": None, "touched": ((), 0)})
    before = known["code"]
    if before != code:
        marked = () if before is None else tuple(diff(before, code))
        gone = 0 if before is None else max(0, len(diff(code, before)) - len(marked))
        known |= {"code": code, "touched": (marked, gone)}
    touched: tuple[tuple[int, ...], int] = known["touched"]
    return touched


def _touched_in_words(marked: tuple[int, ...], gone: int) -> str:
    if not marked and not gone:
        return _("Change a setting, and the lines that it changes are marked.")
    parts = []
    if marked:
        numbers = ", ".join(map(str, marked[:8])) + (" …" if len(marked) > 8 else "")
        parts.append(
            ngettext("Your last change touched line {numbers}.", "Your last change touched the lines {numbers}.", len(marked)).format(
                numbers=numbers
            )
        )
    if gone:
        parts.append(ngettext("It took {n} line away.", "It took {n} lines away.", gone).format(n=gone))
    return " ".join(parts)
