"""The same training as plain PyTorch code: how it is shown, and what the last change affected."""

import streamlit as st

from mnistlab.export.script import diff
from mnistlab.figures.code import code_html
from mnistlab.ui.kit.i18n import _, listed, ngettext, sentences


def show_code(code: str, highlighted: tuple[int, ...], name: str) -> None:
    """The code, and a button to download it as `mnistlab-<name>.py`."""
    st.html(
        code_html(code, highlighted, _("Python code of {n} lines").format(n=len(code.splitlines())))
    )
    st.download_button(
        _("Download the script"),
        code,
        f"mnistlab-{name}.py",
        "text/x-python",
        icon=":material/download:",
        on_click="ignore",
        key="twin.download",
        help=_(
            "Plain PyTorch, without mnistlab: on a CPU it ends with the same weights, bit for bit."
        ),
    )


def last_change(name: str, code: str) -> tuple[tuple[int, ...], int]:
    """(numbers of the lines that the last change affected in the code called `name`, how many lines
    it removed).
    """
    before, change = st.session_state.get(f"twin.change.{name}", (None, ((), 0)))
    if before is not None and before != code:
        changed = tuple(diff(before, code))
        change = changed, max(0, len(diff(code, before)) - len(changed))
    st.session_state[f"twin.change.{name}"] = code, change
    return change


def change_in_words(changed: tuple[int, ...], removed: int) -> str:
    """A `last_change`, as a sentence."""
    if not changed and not removed:
        return _("Change a setting, and the lines it affects are highlighted.")
    parts = []
    if changed:
        numbers = listed(changed[:8]) + (" …" if len(changed) > 8 else "")
        parts.append(
            ngettext(
                "Your last change affected line {numbers}.",
                "Your last change affected lines {numbers}.",
                len(changed),
            ).format(numbers=numbers)
        )
    if removed:
        parts.append(
            ngettext("It removed {n} line.", "It removed {n} lines.", removed).format(n=removed)
        )
    return sentences(*parts)
