"""Custom components: plain JavaScript beside the module that uses it, without a build step."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import streamlit as st

LIBRARIES = Path(__file__).with_name("libraries")
NEEDS = "// needs: "


def component(module: str, *libraries: str) -> Any:
    """Register the component of `module` (its `__file__`), and return the function that mounts it.

    `stepper.py` has its script beside it in `stepper.js`, and its style, if any, in `stepper.css`;
    `component.css` is the style of what all have in common. Its script may use what the named files
    define, which are beside it, or in the folder `libraries`.
    """
    script = Path(module).with_suffix(".js")
    scripts = [*needed(*libraries, beside=script.parent), script]
    own = [file.with_suffix(".css") for file in scripts]
    styles = [Path(__file__).with_suffix(".css"), *(file for file in own if file.exists())]
    return st.components.v2.component(
        f"mnistlab.{script.parent.name}.{script.stem}",
        js=_texts(scripts),
        css=_texts(styles),
    )


def needed(*libraries: str, beside: Path = LIBRARIES) -> list[Path]:
    """The files of these libraries, in the folder `beside` or in that of all libraries, each once
    and after those that it needs: those that its first line names, "// needs: arithmetic, layers".
    """
    files: dict[Path, None] = {}
    for name in libraries:
        own = beside / f"{name}.js"
        file = own if own.exists() else LIBRARIES / own.name
        with file.open(encoding="utf-8") as lines:
            first = next(lines)
        others = first.removeprefix(NEEDS).strip().split(", ") if first.startswith(NEEDS) else []
        files |= dict.fromkeys([*needed(*others, beside=beside), file])
    return list(files)


def _texts(files: Iterable[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
