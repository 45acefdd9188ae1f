"""Files of a class that take a while to make: made in the background, one at a time, and kept on
disk until there is a newer one, the class ends, or the server does. A route gives them away
(`server.class_files`), because they may be larger than what a page should hold in memory.
"""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mnistlab.export.archive import write_archive, write_hand_ins
from mnistlab.i18n import as_here
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.compute.background import Job, ReportProgress, Worker
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.server import class_address

ARCHIVE, HAND_INS = "archive", "hand-ins"
WRITERS: dict[str, Callable[..., Any]] = {ARCHIVE: write_archive, HAND_INS: write_hand_ins}
SENTENCES = {ARCHIVE: N_("Writing the archive"), HAND_INS: N_("Writing the hand-ins")}

# of their own: an archive takes minutes, for which nobody else's computation should wait
_worker = Worker()
_downloaded: dict[str, str] = {}  # class -> the state whose archive its teacher has downloaded


def prepare(room: Room, kind: str, state: str, attempt: str) -> Job:
    """The job that writes the file of this `kind`, whose result is its path; `state`: of the class,
    by which the file is asked for; another `attempt` writes it again.
    """
    path, store, person = path_of(kind, room.of.id, state), room.store, room.person

    def work(report: ReportProgress) -> Path:
        for older in _of_class(kind, room.of.id):
            older.unlink()
        WRITERS[kind](store, person, path, report=report)
        return path

    return _worker.job((store.url, kind, room.of.id, state, attempt), as_here(work))


def path_of(kind: str, class_id: str, state: str) -> Path:
    """Where the file of this class lies, once it is made."""
    return _folder() / f"{kind}-{class_id}-{state}.zip"


def address_of(kind: str, state: str) -> str | None:
    """Where the teacher's browser gets it; None on a server without routes."""
    address = class_address("files", kind)
    return None if address is None else f"{address}?state={state}"


def note_download(kind: str, class_id: str, state: str) -> None:
    """Note that all of the file has been sent."""
    if kind == ARCHIVE:
        _downloaded[class_id] = state


def is_kept(class_id: str, state: str) -> bool:
    """Whether the teacher has downloaded the archive of this state."""
    return _downloaded.get(class_id) == state


def forget(class_id: str) -> None:
    """Delete the files of a class that has ended."""
    _downloaded.pop(class_id, None)
    for kind in WRITERS:
        for path in _of_class(kind, class_id):
            path.unlink()


def _of_class(kind: str, class_id: str) -> list[Path]:
    return [*_folder().glob(f"{kind}-{class_id}-*.zip")]


@cache
def _kept_folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="mnistlab-classes-")  # which goes with the process


def _folder() -> Path:
    return Path(_kept_folder().name)
