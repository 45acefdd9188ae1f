"""The views of the page `class`: those of the teacher, and those of a student."""

from collections.abc import Mapping
from dataclasses import replace

from mnistlab.ui.classroom import (
    ending,
    experiment,
    handing_in,
    leaderboard,
    lesson,
    names,
    questions,
    students,
    test_set,
)
from mnistlab.ui.classroom.lead import lead
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.wall import WALL_PARAMETERS, wall
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.views import View

TOGETHER = {  # what the whole class does
    "test_set": View(N_("Our drawings"), test_set.show, test_set.PARAMETERS, wide=True),
    "leaderboard": View(N_("Leaderboard"), leaderboard.show, leaderboard.PARAMETERS),
}
TEACHER: dict[str, View[Room]] = {
    "wall": View(N_("Wall"), wall, WALL_PARAMETERS, wide=True),
    "lead": View(N_("Lead"), lead),
    "lesson": View(N_("Lesson"), lesson.for_teacher),
    "questions": View(N_("Questions"), questions.for_teacher),
    "experiment": View(N_("Experiment"), experiment.show, experiment.PARAMETERS, wide=True),
    "test_set": replace(TOGETHER["test_set"], label=N_("Drawings")),
    "leaderboard": TOGETHER["leaderboard"],
    "hand-ins": View(N_("Hand-ins"), handing_in.for_teacher, names.PARAMETERS),
    "students": View(N_("Students"), students.for_teacher),
    "end": View(N_("End"), ending.ending),
}
STUDENT: dict[str, View[Room]] = {
    "me": View(N_("You"), students.for_student),
    "experiment": View(N_("Our experiment"), experiment.show, experiment.PARAMETERS, wide=True),
    **TOGETHER,
    "hand-in": View(N_("Hand in"), handing_in.for_student),
}
VIEWS: dict[str, View[Room]] = {**TEACHER, **STUDENT}


def views_of(room: Room) -> Mapping[str, View[Room]]:
    """Those for whoever is in the room."""
    return TEACHER if room.me is None else STUDENT
