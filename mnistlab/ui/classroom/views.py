"""The views of the page `class`: those of the teacher, and those of a student."""

from collections.abc import Mapping

from mnistlab.ui.classroom import ending, handing_in, questions, students
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.wall import WALL_PARAMETERS, wall
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.views import View

TEACHER: dict[str, View[Room]] = {
    "wall": View(N_("The wall"), wall, WALL_PARAMETERS, wide=True),
    "students": View(N_("Students"), students.for_teacher),
    "questions": View(N_("Questions"), questions.for_teacher),
    "hand-ins": View(N_("Hand-ins"), handing_in.for_teacher),
    "end": View(N_("End"), ending.ending),
}
STUDENT: dict[str, View[Room]] = {
    "me": View(N_("Here"), students.for_student),
    "hand-in": View(N_("Hand in"), handing_in.for_student),
}
VIEWS: dict[str, View[Room]] = {**TEACHER, **STUDENT}


def views_of(room: Room) -> Mapping[str, View[Room]]:
    """Those for whoever is in the room."""
    return TEACHER if room.me is None else STUDENT
