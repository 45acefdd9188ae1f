"""A class as one zip file, written entry after entry: however many runs there are, one of them is
in memory at a time. The same state of the class gives the same bytes.

- class.json, members.csv, questions.json, experiments.json, lessons.json
- answers.csv: what was answered where the teacher has shown it, but not by whom
- drawings/WHO.png and .csv
- runs.csv, and in runs/WHO/ID/ configuration, evaluations, weights (a file that `mnistlab import`
  reads), and the page that explains the run
- hand-ins.csv and hand-ins/WHO/: what was handed in
- left-out.json: what could not be written, and why
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mnistlab import __version__
from mnistlab.errors import MnistlabError
from mnistlab.export.hand_in import Own, hand_in
from mnistlab.export.hand_in.author import part_of
from mnistlab.export.measurements import evaluations_csv
from mnistlab.export.packing import Entry, csv_of, json_of, write_zip
from mnistlab.export.weights import weights_safetensors
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord, Store
from mnistlab.store.archive import Contents, contents
from mnistlab.store.drawings import drawings
from mnistlab.store.hand_ins import WITHOUT_RUN
from mnistlab.store.members import with_id
from mnistlab.store.people import OPERATOR, Person
from mnistlab.store.questions import FEWEST

Report = Callable[[float], None]  # called with the share that is done
TEACHER = "teacher"


def write_archive(
    store: Store,
    person: Person,
    path: Path,
    class_id: str = "",
    report: Report = lambda share: None,
) -> Contents:
    """Write all of the class that `person` teaches, or, at the machine, of `class_id`, to `path`;
    returns what that is. Raises `NotAllowed`, `ClassError`, `StoreError`, `OSError`.
    """
    of = contents(store, person, class_id)
    left_out: dict[str, str] = {}
    contained = Contained(store.acting_as(OPERATOR), of, left_out)
    write_zip(path, contained.entries(report))
    return of


def write_hand_ins(
    store: Store,
    person: Person,
    path: Path,
    report: Report = lambda share: None,
) -> Contents:
    """Write only what was handed in. Raises as `write_archive` does."""
    of = contents(store, person)
    write_zip(path, Contained(store.acting_as(OPERATOR), of, {}).handed_in(report))
    return of


def file_name(name: str) -> str:
    """`name` as a part of a file's name on any system."""
    return re.sub(r"[^\w. -]", "_", name).strip(". ")[:60] or "_"


class Contained:
    """The entries of the archive of `of`, made one after another, for somebody who was allowed to
    read `of`. What cannot be made is noted in `left_out`.
    """

    def __init__(self, store: Store, of: Contents, left_out: dict[str, str]) -> None:
        self.store, self.of, self.left_out = store, of, left_out
        self.folders = {of.of.id: TEACHER} | {
            each["id"]: f"{each['number']:02} {file_name(each['nickname'])}" for each in of.members
        }

    def entries(self, report: Report) -> Iterator[Entry]:
        """Everything."""
        yield "class.json", self._class()
        yield "members.csv", self._members()
        yield from self._said()
        yield from self._drawings()
        yield "runs.csv", self._overview()
        for number, run in enumerate(self.of.runs):
            report(number / len(self.of.runs) / 2)
            yield from self._run(self.store.get(run["id"]))
        yield from self.handed_in(lambda share: report(0.5 + share / 2))
        if self.left_out:
            yield "left-out.json", json_of(self.left_out)
        report(1.0)

    def handed_in(self, report: Report) -> Iterator[Entry]:
        """What was handed in, with the answers of its authors."""
        yield (
            "hand-ins.csv",
            csv_of(
                ("who", "run", "handed_in"),
                (
                    (self.folders[e["member_id"]], e["run_id"], e["created"])
                    for e in self.of.hand_ins
                ),
            ),
        )
        for number, each in enumerate(self.of.hand_ins):
            report(number / len(self.of.hand_ins))
            author = part_of(self.store, with_id(self.store, each["member_id"]))
            name = f"hand-ins/{self.folders[each['member_id']]}/{each['run_id'] or 'answers'}.html"
            yield from self._page(name, each["run_id"], author)
        report(1.0)

    def _class(self) -> bytes:
        of = self.of.of
        return json_of(
            {
                "name": of.name,
                "code": of.code,
                "language": of.language,
                "created": of.created,
                "rules": asdict(of.rules),
                "mnistlab": __version__,
                "runs_of_another_version": list(self.of.unreadable),
            }
        )

    def _members(self) -> bytes:
        columns = ("number", "nickname", "joined", "removed")
        rows = sorted(self.of.members, key=lambda each: each["number"])
        return csv_of(columns, ([each[name] for name in columns] for each in rows))

    def _said(self) -> Iterator[Entry]:
        """Questions, and answers in an order that tells nothing of who gave them; experiments, and
        how far each student came in the lessons.
        """
        yield "questions.json", json_of(self.of.questions)
        told = []
        for question in self.of.questions:
            answers = [
                [question["id"], json.dumps(each["first"]), json.dumps(each["latest"])]
                for each in self.of.answers
                if each["question_id"] == question["id"]
            ]
            is_shown = question["body"].get("shown") is not None and len(answers) >= FEWEST
            told += sorted(answers) if is_shown else []
        yield "answers.csv", csv_of(("question", "first", "latest"), told)
        yield "experiments.json", json_of(self.of.experiments)
        yield (
            "lessons.json",
            json_of([each | {"owner": self.folders[each["owner"]]} for each in self.of.progress]),
        )

    def _drawings(self) -> Iterator[Entry]:
        import numpy as np

        from mnistlab.analysis.drawing import drawings_csv, to_png

        for owner, folder in self.folders.items():
            kept = drawings(self.store, owner)
            if kept:
                images = np.stack([each.image for each in kept])
                labels = [each.label for each in kept]
                yield f"drawings/{folder}.csv", drawings_csv(images, labels).encode()
                yield f"drawings/{folder}.png", to_png(images)

    def _overview(self) -> bytes:
        columns = ("who", "run", "title", "name", "status", "step", "accuracy")
        runs = (self.store.get(each["id"]) for each in self.of.runs)
        return csv_of(
            columns,
            (
                (
                    self.folders[run.session],
                    run.id,
                    run.title,
                    run_name(run.config),
                    str(run.status),
                    run.step,
                    run.accuracy,
                )
                for run in runs
            ),
        )

    def _run(self, run: RunRecord) -> Iterator[Entry]:
        folder = f"runs/{self.folders[run.session]}/{run.id}"
        yield f"{folder}/run.json", json_of(_told(run))
        yield f"{folder}/evaluations.csv", evaluations_csv(self.store, run)
        if self.store.snapshot_steps(run.id):
            yield f"{folder}/run.safetensors", weights_safetensors(self.store, run)
        if not any(
            (each["member_id"], each["run_id"]) == (run.session, run.id)
            for each in self.of.hand_ins
        ):  # else it is among the hand-ins, and says more there
            author = Own(of_class=self.of.of.name)
            if run.session != self.of.of.id:
                author = part_of(self.store, with_id(self.store, run.session), answers=False)
            yield from self._page(f"{folder}/hand-in.html", run.id, author)

    def _page(self, name: str, run_id: str, author: Own) -> Iterator[Entry]:
        try:
            run = None if run_id == WITHOUT_RUN else self.store.get(run_id)
            yield name, hand_in(self.store, run, author)
        except MnistlabError as error:  # its data set is not here, it was deleted: the rest is
            self.left_out[name] = str(error)


def _told(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "config": run.config.to_dict(),
        "title": run.title,
        "status": str(run.status),
        "reason": run.reason,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "step": run.step,
        "final": run.final,
        "environment": run.environment,
    }
