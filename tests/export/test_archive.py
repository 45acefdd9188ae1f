"""The archive of a class: all of it, nothing of others, and its runs can be loaded again."""

import csv
import io
import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from rooms import draw, room

from mnistlab.errors import NotAllowed
from mnistlab.export.archive import file_name, write_archive, write_hand_ins
from mnistlab.export.importing import import_run
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.archive import contents
from mnistlab.store.hand_ins import hand_in
from mnistlab.store.people import OPERATOR
from mnistlab.store.tables import ANSWERS, LESSON_PROGRESS, QUESTIONS
from pages.runs import TINY, in_state, trained


def owned(store: Store, owner: str, seed: int, status: Status = Status.FINISHED) -> RunRecord:
    """A run of `owner`."""
    run = store.request(TINY.replace(seed=seed), owner)
    run = in_state(store, status, run.config)
    assert run.session == owner
    return run


def read(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def test_all_of_a_class_is_in_its_archive_and_its_runs_are_runs_again(
    store: Store, tmp_path: Path
) -> None:
    here = room(store, nicknames=("Ada", "=Max/../x"))
    ada, evil = here.members
    run, half = owned(store, ada.id, 1), owned(store, evil.id, 2, Status.STOPPED)
    of_teacher, other = owned(store, here.of.id, 3), owned(store, "somebody else", 4)
    store.rename(run.id, "My first")
    draw(store, ada.id, 7, count=3)
    draw(store, "somebody else")
    hand_in(store, here.student(0), run.id)
    told: list[float] = []
    path = tmp_path / "class.zip"
    acting = store.acting_as(here.teacher)
    kept = write_archive(acting, here.teacher, path, report=told.append)
    files = read(path)
    assert (told[0], told[-1], told) == (0.0, 1.0, sorted(told))
    assert "left-out.json" not in files
    assert json.loads(files["class.json"])["name"] == "Year 10"
    assert here.of.secret.encode() not in b"".join(files.values())
    assert [row[:2] for row in lines(files["members.csv"])[1:]] == [
        ["1", "Ada"],
        ["2", "'=Max/../x"],
    ]
    assert not [name for name in files if ".." in name.split("/") or name.startswith("/")]
    assert {row[1] for row in lines(files["runs.csv"])[1:]} == {run.id, half.id, of_teacher.id}
    assert not [name for name in files if other.id in name]
    assert f"hand-ins/01 Ada/{run.id}.html" in files
    assert f"runs/01 Ada/{run.id}/hand-in.html" not in files  # it is among the hand-ins
    assert f"runs/teacher/{of_teacher.id}/hand-in.html" in files
    assert len(lines(files["drawings/01 Ada.csv"])) == 1 + 3
    assert Image.open(io.BytesIO(files["drawings/01 Ada.png"])).size == (280, 28)
    weights = {name: files[name] for name in files if name.endswith(".safetensors")}
    assert len(weights) == 3
    assert kept.fingerprint == contents(store, here.teacher).fingerprint
    elsewhere = Store(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    for content in weights.values():
        again, new = import_run(elsewhere, content)
        assert new
        before = store.get(again.id)
        assert again.config == before.config
        assert again.accuracy == (before.accuracy if before.status == Status.FINISHED else None)
        for name, tensor in store.weights(again.id).items():
            assert np.array_equal(elsewhere.weights(again.id)[name], tensor)


def test_the_same_state_gives_the_same_bytes_and_any_change_another_state(
    store: Store, tmp_path: Path
) -> None:
    here = room(store)
    owned(store, here.members[0].id, 1)
    files = [tmp_path / "1.zip", tmp_path / "2.zip"]
    states = {write_archive(store, here.teacher, path).fingerprint for path in files}
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(states) == 1
    assert [path.name for path in tmp_path.glob("*.part")] == []
    changes = [
        lambda: owned(store, here.members[1].id, 2),
        lambda: draw(store, here.members[0].id),
        lambda: hand_in(store, here.student(1)),
    ]
    for change in changes:
        change()
        states.add(contents(store, here.teacher).fingerprint)
    assert len(states) == 1 + len(changes)


def test_answers_are_in_it_once_they_were_shown_and_without_their_authors(
    store: Store, tmp_path: Path
) -> None:
    here = room(store, nicknames=tuple("ABCDE"))
    with store.engine.begin() as connection:
        for question, count in ((1, 5), (2, 4), (3, 5)):
            row = {
                "class_id": here.of.id,
                "created": 1.0,
                "body": {"shown": 2.0} if question < 3 else {},
                "status": "closed",
            }
            connection.execute(sa.insert(QUESTIONS).values(id=question, **row))
            for place, each in enumerate(here.members[:count]):
                said = {"first": 9 - place, "latest": 9 - place, "created": 1.0, "changed": 1.0}
                by = {"question_id": question, "member_id": each.id}
                connection.execute(sa.insert(ANSWERS).values(**by, **said))
        row = {"owner": here.members[0].id, "lesson": "t1", "changed": 1.0, "body": {"step": 2}}
        connection.execute(sa.insert(LESSON_PROGRESS).values(row))
    write_archive(store, here.teacher, tmp_path / "class.zip")
    files = read(tmp_path / "class.zip")
    assert lines(files["answers.csv"])[1:] == [["1", str(n), str(n)] for n in range(5, 10)]
    assert not [each.id for each in here.members if each.id.encode() in files["answers.csv"]]
    assert json.loads(files["lessons.json"])[0]["owner"] == "01 A"


def test_what_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    here = room(store)
    run = trained(store)
    store.request(run.config, here.members[0].id)
    hand_in(store, here.student(0))
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE hand_ins SET run_id = 'gone' WHERE member_id = :id"),
            {"id": here.members[0].id},
        )
    write_archive(store, here.teacher, tmp_path / "class.zip")
    left_out = json.loads(read(tmp_path / "class.zip")["left-out.json"])
    assert "There is no run 'gone'" in left_out["hand-ins/01 Ada/gone.html"]


def test_the_hand_ins_alone_are_a_file_too(store: Store, tmp_path: Path) -> None:
    here = room(store)
    hand_in(store, here.student(1))
    write_hand_ins(store, here.teacher, tmp_path / "given.zip")
    assert set(read(tmp_path / "given.zip")) == {"hand-ins.csv", "hand-ins/02 Max/answers.html"}


def test_only_its_teacher_or_whoever_runs_the_server_gets_it(store: Store, tmp_path: Path) -> None:
    here, there = room(store), room(store, "Year 11", ("Eva",))
    path = tmp_path / "class.zip"
    for person in (here.student(0), there.teacher):
        with pytest.raises(NotAllowed):
            write_archive(store, person, path, here.of.id)
    assert not path.exists()
    write_archive(store, OPERATOR, path, here.of.id)
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "safe"),
    [("Ada", "Ada"), ("../x", "_x"), ("a/b\\c:d", "a_b_c_d"), ("李雷", "李雷"), ("..", "_")],
)
def test_a_nickname_is_a_file_name_on_any_system(name: str, safe: str) -> None:
    assert file_name(name) == safe
