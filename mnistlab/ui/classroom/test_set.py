"""The class's own test set: everybody draws five digits, and all networks of the class read all of
them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from mnistlab.analysis.handwriting import WANTED, Reading, digits_for, distinct
from mnistlab.choices import DATASETS
from mnistlab.figures.pictures import gallery
from mnistlab.figures.shares import rows_spec, rows_table
from mnistlab.store.drawings import drawings_of
from mnistlab.store.members import Member, members
from mnistlab.ui.classroom import names, teaching
from mnistlab.ui.classroom.in_words import best_in_words, compared, hands_in_words
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.networks import (
    Drawings,
    Network,
    best_of_each,
    networks,
    reading_job,
)
from mnistlab.ui.kit.charts import vega_chart
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _, listed, ngettext
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.url import Parameter

PARAMETERS: dict[str, Parameter] = {**names.PARAMETERS, **teaching.PARAMETERS}
OF_A_HAND = 20  # drawings that count, the latest: so nobody outweighs the others
HARDEST = 12  # drawings to show
LOOK_SECONDS = 5.0  # between two looks for new drawings


def show(room: Room) -> None:
    """How many have been drawn, and how all networks read them."""
    everybody = members(room.store, room.of.id)
    drawn = drawings(room, everybody)
    called = names.labels_of(room, everybody)
    if room.me is not None:
        _own_share(room, drawn)
    fragment(_collected, run_every=LOOK_SECONDS)(room, len(drawn))
    readers = [each for each in best_of_each(networks(room)) if _reads_digits(each)]
    if not len(drawn) or not readers:
        st.info(_missing(drawn, readers), icon=":material/draw:")
        return
    job = reading_job(room, [each.run for each in readers], drawn)
    reading = wait_for(job, _("All networks read all drawings"), patience=0.3)
    if reading is None:
        return
    names.note_on_names(room)
    compared(reading, readers)
    _rows(room, reading, readers, called)
    _hardest(drawn, reading, called)
    teaching.teach(room, readers, drawn.images, drawn.labels, drawn.hands, called)


def drawings(room: Room, everybody: Sequence[Member]) -> Drawings:
    """What the students of the class have saved on the draw page, by the preprocessing chosen
    there. Raises `StoreError`.
    """
    saved = drawings_of(room.store, [member.id for member in everybody], OF_A_HAND)
    numbers = {member.id: member.number for member in everybody}
    found = [(d.image, d.label, numbers[owner]) for owner in saved for d in saved[owner]]
    images = np.array([image for image, *_ in found], np.uint8).reshape(-1, 28, 28)
    labels = np.array([label for _, label, _ in found], int)
    hands = np.array([number for *_, number in found], int)
    kept = distinct(images, labels)
    return Drawings(images[kept], labels[kept], hands[kept])


def _reads_digits(network: Network) -> bool:
    return DATASETS[network.config.dataset].classes == DATASETS["mnist"].classes


def _missing(drawn: Drawings, readers: Sequence[Network]) -> str:
    if not len(drawn):
        return _("Nobody has saved a drawing yet. Draw on the page Draw a digit.")
    return _("No student has trained a network that reads digits yet.")


def _own_share(room: Room, drawn: Drawings) -> None:
    """What this student is asked to draw, and how much of it is there."""
    assert room.me is not None
    own = drawn.labels[drawn.hands == room.me.number]
    digits = listed(digits_for(room.me.number))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(_("Draw your five digits: **{digits}**").format(digits=digits))
        st.caption(_("{n} of {wanted} are drawn.").format(n=min(len(own), WANTED), wanted=WANTED))
        if room.of.rules.draw:
            room.page.link("draw", _("Draw"), ":material/draw:")


def _collected(room: Room, judged: int) -> None:
    """How many drawings there are now, by how many hands; new ones are read after a click."""
    with guard():
        everybody = members(room.store, room.of.id)
        drawn = drawings(room, everybody)
        hands = [int((drawn.hands == member.number).sum()) for member in everybody]
        done = sum(count >= WANTED for count in hands)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(
                done / len(everybody) if everybody else 0.0,
                _("{drawings} · {done} of {total} students have drawn {wanted} or more.").format(
                    drawings=_drawings(len(drawn)),
                    done=done,
                    total=len(everybody),
                    wanted=WANTED,
                ),
            )
            new = len(drawn) - judged
            if new and st.button(
                ngettext("Read the {n} that is new", "Read the {n} that are new", new).format(n=new)
                if new > 0
                else _("Read them again"),
                icon=":material/refresh:",
                key="class.drawings.new",
            ):
                st.rerun()


def _drawings(count: int) -> str:
    return ngettext("{n} drawing", "{n} drawings", count).format(n=count)


def _rows(
    room: Room, reading: Reading, readers: Sequence[Network], called: Mapping[int, str]
) -> None:
    """Which hand is hardest, and whose network reads best."""
    left, right = st.columns(2)
    mine = "" if room.me is None else called[room.me.number]
    hands = {
        called[hand]: (share.share, share.low, share.high)
        for hand, share in reading.by_hand().items()
    }
    with left:
        st.markdown(f"**{_('Which hand is hardest?')}**")
        st.markdown(hands_in_words(reading, called))
        vega_chart(
            rows_table(hands),
            rows_spec(list(hands), _("read correctly, by all networks"), mine),
            key="class.drawings.hands",
            alt=_("How well all networks read each of {n} hands, the hardest first").format(
                n=len(hands)
            ),
        )
    scores = sorted(
        zip(readers, reading.by_network(), strict=True), key=lambda pair: -pair[1].share
    )
    found = {
        called[network.number]: (share.share, share.low, share.high) for network, share in scores
    }
    with right:
        st.markdown(f"**{_('Whose network reads best?')}**")
        st.markdown(best_in_words(reading, readers, called))
        vega_chart(
            rows_table(found),
            rows_spec(list(found), _("read correctly, of all drawings"), mine),
            key="class.drawings.networks",
            alt=_("How many drawings each of {n} networks reads, the best first").format(
                n=len(found)
            ),
        )


def _hardest(drawn: Drawings, reading: Reading, called: Mapping[int, str]) -> None:
    """The drawings that fewest networks read, and what most of them take each for."""
    places = [int(i) for i in reading.hardest(HARDEST) if reading.readable[i] < 1]
    if not places:
        st.caption(_("Every network reads every drawing."))
        return
    st.markdown(f"**{_('The hardest drawings')}**")
    taken = [int(np.bincount(reading.predictions[:, i], minlength=10).argmax()) for i in places]
    count = len(reading.predictions)
    read = [round(float(reading.readable[i]) * count) for i in places]
    alt = _("{digit} by {name}, which {n} of {total} networks read; most say {taken}")
    st.html(
        gallery(
            [drawn.images[i] for i in places],
            [
                f"{drawn.labels[i]} → {t} · {n}/{count}"
                for i, t, n in zip(places, taken, read, strict=True)
            ],
            [
                alt.format(
                    digit=drawn.labels[i],
                    name=called[int(drawn.hands[i])],
                    n=n,
                    total=count,
                    taken=t,
                )
                for i, t, n in zip(places, taken, read, strict=True)
            ],
            [bool(t == drawn.labels[i]) for i, t in zip(places, taken, strict=True)],
        )
    )
    st.caption(
        _("What it is → what most networks take it for · how many of the {n} read it.").format(
            n=count
        )
    )
