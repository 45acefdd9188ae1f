"""Components of our own: plain JavaScript beside the module that uses it, no build step."""

from pathlib import Path
from typing import Any

import streamlit as st


def component(name: str) -> Any:
    """Registers the component that `name`.js draws, with the style of `name`.css if there is one; what it returns mounts it."""
    here = Path(__file__).parent
    style = here / f"{name}.css"
    return st.components.v2.component(
        f"mnistlab.{name}",
        js=(here / f"{name}.js").read_text(encoding="utf-8"),
        css=style.read_text(encoding="utf-8") if style.exists() else None,
    )
