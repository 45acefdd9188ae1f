"""What of a class is there no more after its server was killed, or never arrived."""

from collections.abc import Callable, Hashable
from typing import Any

from mnistlab.store import Status, Store
from mnistlab.store.archive import Contents, Rows, contents
from mnistlab.store.people import OPERATOR

DRAWINGS = 5  # that each student saves
Row = dict[str, Any]
KEPT: dict[str, Callable[[Row], Hashable]] = {  # table -> what has to be there again of each row
    "members": lambda row: (row["id"], row["nickname"], row["removed"]),
    "answers": lambda row: (row["question_id"], row["member_id"], str(row["latest"])),
    "questions": lambda row: row["id"],
    "drawings": lambda row: (row["id"], row["session"], row["label"]),
    "experiments": lambda row: row["id"],
    "hand_ins": lambda row: (row["member_id"], row["run_id"]),
}


def look(store: Store, class_id: str) -> Contents:
    """All of the class."""
    return contents(Store(store.url), OPERATOR, class_id)


def lost(before: Contents, after: Contents) -> list[str]:
    """What was there `before`, and is not `after`, in sentences."""
    said = []
    for table, what in KEPT.items():
        gone = {*map(what, getattr(before, table))} - {*map(what, getattr(after, table))}
        said += [f"{len(gone)} of the {table} are gone."] if gone else []
    runs = {run["id"] for run in before.runs} - {run["id"] for run in after.runs}
    unfinished = _finished(before.runs) - _finished(after.runs)
    reached, then = _reached(before.progress), _reached(after.progress)
    back = [key for key, step in reached.items() if then.get(key, 0) < step]
    said += [f"{len(runs)} runs are gone."] if runs else []
    said += [f"{len(unfinished)} runs were finished, and are not."] if unfinished else []
    return said + ([f"{len(back)} students were further in their lesson."] if back else [])


def missing(after: Contents, students: int, lesson: str, steps: int) -> list[str]:
    """What has not arrived of what so many students did, who were led to the last of the `steps`,
    in sentences.
    """
    owners = {row["id"] for row in after.members}
    reached = _reached(after.progress)
    numbers = {
        "members": (len(after.members), students),
        "answers": (len(after.answers), students),
        "finished runs": (len(_finished(after.runs)), students),
        "drawings": (len(after.drawings), DRAWINGS * students),
        "hand-ins of a run": (sum(bool(row["run_id"]) for row in after.hand_ins), students),
        "students at the end of the lesson": (
            sum(reached.get((owner, lesson)) == steps for owner in owners),
            students,
        ),
    }
    return [f"{there} {what} of {all_}." for what, (there, all_) in numbers.items() if there < all_]


def _finished(runs: Rows) -> set[str]:
    return {run["id"] for run in runs if run["status"] == Status.FINISHED}


def _reached(progress: Rows) -> dict[tuple[str, str], int]:
    return {(row["owner"], row["lesson"]): row["body"].get("reached", 1) for row in progress}
