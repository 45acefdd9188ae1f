"""The wall, for the teacher to project: the way into the class, and a tile for each student."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from mnistlab.store.classes import CODE_LENGTH
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.wall_data import SORTS, Curves, wall_data
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import N_, _, language
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.server import class_address, join_link
from mnistlab.ui.kit.url import Parameter, one_of, whole
from mnistlab.ui.kit.visitor import is_loopback

WALL_PARAMETERS: dict[str, Parameter] = {
    "sort": one_of(*SORTS),
    "projector": whole(0, 1),
    "code": whole(0, 1),
}
LABELS = {"name": N_("Name"), "progress": N_("Progress"), "accuracy": N_("Accuracy")}
POLL_SECONDS = 1.0
_component = component(__file__, "poll", "tell", "hand", "wall_tile")


def wall(room: Room) -> None:
    """Draw it. Where the server has live routes, the browser keeps it up to date by itself."""
    page = room.page
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        sort = page.choose(
            "sort",
            _("Sorted by"),
            SORTS,
            widget=st.segmented_control,
            format_func=lambda name: _(LABELS[name]),
        )
        with_code = page.switch("code", _("How to join"))
        projector = page.switch(
            "projector",
            _("Projector: aliases instead of names"),
            default=False,
            help=_(
                "A colour and an animal stand for each student. No nickname is sent to this page, "
                "and students see their own alias above every page."
            ),
        )
    with guard():
        data = {
            "live": wall_data(room.store, room.of.id, sort, projector, Curves()),
            "url": _address(sort, projector),
            "act": class_address("student"),
            "shown": class_address("shown"),
            "seconds": POLL_SECONDS,
            "join": _join(room.of.code) if with_code else None,
            "words": _words(),
        }
        _component(key="wall", data=data)


def _address(sort: str, projector: bool) -> str | None:
    """Where the browser asks what is new; None on a server without routes."""
    address = class_address("wall")
    query = {"lang": language(), "sort": sort, "projector": int(projector)}
    return None if address is None else f"{address}?{urlencode(query)}"


def _join(code: str) -> dict[str, Any]:
    """How students join: the code in two halves, the address to type, and both as a QR code."""
    link = join_link(code)
    host = urlsplit(link).hostname
    half = CODE_LENGTH // 2
    return {
        "code": f"{code[:half]} {code[half:]}",
        "address": link.partition("?")[0].partition("://")[2] or "/class",
        "picture": segno.make(link, error="m").svg_inline(
            border=2, dark="#000", light="#fff", omitsize=True
        ),
        "local": host is not None and is_loopback(host),
    }


def _words() -> dict[str, str]:
    return {
        "visit": _("Open"),
        "type": _("and type"),
        "picture": _("QR code: the link to join this class"),
        "local": _(
            "This address leads here only from this machine. Open the page under the server's "
            "address in your network: the code then leads students there."
        ),
        "empty": _("Nobody has joined yet. Each student appears here as soon as they do."),
        "fullScreen": _("Full screen"),
        "offline": _("No connection to the server: what you see may be old."),
        "away": _("away"),
        "noRun": _("no network yet"),
        "noCurve": _("no network in view"),
        "hand": _("raises a hand; click to lower it"),
        "asked": _("asked"),
        "waits": _("{name} was asked to show their page"),
        "open": _("Open what {name} sees"),
        "ask": _("Ask to see their page"),
        "unask": _("Ask no more"),
        "lower": _("Lower the hand"),
        "close": _("Close"),
        "curve": _("Test accuracy of the network they look at: {now}"),
        "best": _("Best network, on all test images"),
        "interval": _("95 % interval {interval}, {dataset}"),
        "drawing": _("Their last drawing"),
    }
