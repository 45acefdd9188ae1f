"""One look at an experiment of the class serves everybody who watches it."""

from collections.abc import Sequence

import streamlit as st

from mnistlab.experiments.together import Experiment, Part, parts
from mnistlab.store.class_experiments import ClassExperiment
from mnistlab.store.members import Member
from mnistlab.ui.classroom.membership import Room

SHARED_SECONDS = 1.0  # for so long


def look(
    room: Room, chosen: ClassExperiment, experiment: Experiment, everybody: Sequence[Member]
) -> list[Part]:
    """The parts of everybody, at most `SHARED_SECONDS` old."""
    numbers = tuple(member.number for member in everybody)
    return _look(room.store.url, chosen.id, numbers, room, experiment)


def look_anew() -> None:
    """Let the next look see what has just been asked for."""
    _look.clear()


@st.cache_data(ttl=SHARED_SECONDS, max_entries=64, show_spinner=False)
def _look(
    store_url: str, chosen: int, numbers: tuple[int, ...], _room: Room, _experiment: Experiment
) -> list[Part]:
    return parts(_room.store, _experiment, numbers)
