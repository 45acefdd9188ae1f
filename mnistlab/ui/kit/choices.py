"""The choices on a page, each of which is in its URL and can be locked."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from mnistlab.ui.kit.i18n import _, labelled, listed
from mnistlab.ui.kit.url import Query
from mnistlab.ui.kit.widgets import bound, how_locked
from mnistlab.ui.kit.words import literal


class Choices:
    """The choices on page `name`, whose parameters are those of `query`."""

    def __init__(self, name: str, query: Query) -> None:
        self.name, self.query = name, query

    def choose(
        self,
        name: str,
        label: str,
        options: Sequence[Any],
        default: Any = None,
        widget: Callable[..., Any] | None = None,
        resets: Sequence[str] = (),
        **how: Any,
    ) -> Any:
        """A choice among `options`, by default the first: this page's parameter `name`.

        `widget` is `st.selectbox` (the default), `st.segmented_control`, `st.select_slider` or the
        like, `how` its other arguments. A new choice takes the parameters `resets` out of the URL.
        A link to something that is not an option is answered with a sentence; a choice outdated by
        other choices silently becomes the default.
        """
        default = options[0] if default is None else default
        before = self.query.asked(name, default)
        if before not in options:
            if self.query.linked(name):
                _warn(name, before)
            before = default
        if widget is None and None in options:
            how["placeholder"] = how["format_func"](None)  # Streamlit shows None as an empty box

        def draw(key: str) -> Any:
            value = (widget or st.selectbox)(label, options, key=key, **how)
            return value if value in options else before  # a second click deselects it

        how |= self.offer(name, label)
        chosen = bound(
            f"{self.name}.{name}",
            before,
            draw,
            lambda shown: shown in options,
            self.query.is_locked(name),
        )
        if chosen != before:
            self.query.reset(*resets)
        self._keep(name, chosen, default)
        self._say(name, how.get("format_func", str)(chosen))
        return chosen

    def choose_several(
        self, name: str, label: str, options: Sequence[str], default: Sequence[str] = (), **how: Any
    ) -> list[str]:
        """Several of `options`: this page's parameter `name`, separated by commas."""
        linked = self.query.asked(name, "").split(",")
        wanted = [option for option in linked if option in options][: how.get("max_selections")]
        how |= self.offer(name, label)
        chosen = bound(
            f"{self.name}.{name}",
            wanted or list(default),
            lambda key: st.multiselect(label, options, key=key, **how) or list(default),
            lambda shown: isinstance(shown, list) and all(each in options for each in shown),
            self.query.is_locked(name),
        )
        self.query.settle(name, None if chosen == list(default) else ",".join(chosen))
        self._say(name, listed(map(how.get("format_func", str), chosen)))
        return chosen

    def switch(self, name: str, label: str, default: bool = True, **how: Any) -> bool:
        """A switch, on by `default`, which is this page's parameter `name`: 0 or 1."""
        how |= self.offer(name, label)
        on = bound(
            f"{self.name}.{name}",
            self.query.get(name, int(default)) == 1,
            lambda key: st.toggle(label, key=key, **how),
            locked=self.query.is_locked(name),
        )
        self.query.set(name, None if on == default else int(on))
        self._say(name, _("on") if on else _("off"))
        return on

    def search(self, name: str, label: str, **how: Any) -> str:
        """A search box, whose text is this page's parameter `name`."""
        how |= self.offer(name, label)
        text = bound(
            f"{self.name}.{name}",
            self.query.get(name, ""),
            lambda key: st.text_input(label, key=key, **how).strip(),
            locked=self.query.is_locked(name),
        )
        self.query.set(name, text or None)
        self._say(name, text)
        return text

    def offer(self, name: str, label: str) -> dict[str, Any]:
        """Note that the page has this control, its parameter `name`, so that it can be locked;
        the arguments of its widget that say so where that has happened.
        """
        self.controls[name] = label
        return how_locked(self.query.why_locked(name))

    @property
    def controls(self) -> dict[str, str]:
        """The controls of this page that were drawn in this session: parameter -> label."""
        controls: dict[str, str] = st.session_state.setdefault(f"controls.{self.name}", {})
        return controls

    def choices(self) -> dict[str, str]:
        """What the page's own link says, in words: parameter -> "Training step: 330"."""
        said: dict[str, str] = st.session_state.get(f"said.{self.name}", {})
        return {
            name: labelled(self.controls[name], said.get(name, value))
            for name, value in self.query.shown().items()
            if name in self.controls and name != "run"
        }

    def _say(self, name: str, value: str) -> None:
        """Note in which words the page shows the value of its parameter `name`."""
        st.session_state.setdefault(f"said.{self.name}", {})[name] = value

    def _keep(self, name: str, value: Any, default: Any) -> None:
        """Put `value` into the URL; a default only if the URL had a value before."""
        left_out = value == default and name not in st.query_params
        self.query.settle(name, None if left_out else value)


def _warn(name: str, value: Any) -> None:
    message = _("The link says {name}={value}, which is not available here.")
    st.warning(literal(message.format(name=name, value=value)), icon=":material/link_off:")
