"""The choice of one image of a data set: its class, and its number among the images of that class.

In the URL they are `digit` and `index`, which counts from 0. Without `digit`, `index` counts among
all images, so that a page that does not know the class can link to `index=247`.
"""

import numpy as np
import streamlit as st
from torch import Tensor

from mnistlab.analysis.dataset import members
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.widgets import bound

Place = tuple[int | None, int]  # (class, or None for all of them; number among its images)


def place_of(labels: Tensor, index: int) -> tuple[int, int]:
    """Image `index` as (class, number among the images of that class). `labels`: (N,)."""
    digit = int(labels[index])
    return digit, int(np.searchsorted(members(labels, digit), index))


def linked_place(page: Page, labels: Tensor) -> Place:
    """What the URL asks for, or the first image of all; the last where the number is too high,
    which `say_if_too_high` says.
    """
    digit, index = page.query.get("digit"), page.query.get("index", 0)
    return digit, min(index, len(members(labels, digit)) - 1)


def say_if_too_high(page: Page, labels: Tensor) -> None:
    """A warning where the URL asks for an image after the last."""
    index, count = page.query.get("index", 0), len(members(labels, page.query.get("digit")))
    if index >= count:
        message = _(
            "The link says index={index}, but there are only {count:,} such images: this is the "
            "last one."
        )
        st.warning(message.format(index=index, count=count), icon=":material/link_off:")


def choose_place(
    page: Page,
    key: str,
    labels: Tensor,
    classes: tuple[str, ...],
    place: Place,
    with_all: bool = False,
) -> Place:
    """Two widgets that start at `place`, and what they choose. `with_all` adds "all classes"."""
    names = [*classes, _("all")] if with_all else list(classes)
    left, right = st.container(key=f"place-{key}").columns(2)
    how_digit, how_index = page.offer("digit", _("Class")), page.offer("index", _("Number"))
    wanted = len(classes) if place[0] is None else place[0]
    label = bound(
        f"{key}.digit",
        wanted,
        lambda key: left.selectbox(
            _("Class"), range(len(names)), key=key, format_func=names.__getitem__, **how_digit
        ),
        locked=page.query.is_locked("digit"),
    )
    digit = label if label < len(classes) else None
    last = len(members(labels, digit)) - 1
    explained = _("Which image of this class, counted from 0: {last:,} is the last.")
    index = bound(
        f"{key}.index",
        place[1] if label == wanted else 0,
        lambda key: right.number_input(
            _("Number"),
            0,
            last,
            step=1,
            key=key,
            **{"help": explained.format(last=last), **how_index},
        ),
        lambda shown: shown <= last,
        page.query.is_locked("index"),
    )
    keep_place(page, place, (digit, index))
    return digit, index


def keep_place(page: Page, before: Place, chosen: Place) -> None:
    """Put `chosen` into the URL, unless it is what the page shows by default."""
    if chosen != before or page.query.get("digit") is not None:
        page.query.set("digit", chosen[0])
        page.query.set("index", chosen[1])
