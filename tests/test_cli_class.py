"""The command `class`: the classes of a server, for whoever runs it."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from commandline import assert_one_line, call, called
from rooms import draw, room

from mnistlab.errors import NotAllowed
from mnistlab.store import Store
from mnistlab.store.classes import taught_by
from pages.runs import TINY


def test_a_class_is_listed_archived_and_ended(store: Store, tmp_path: Path) -> None:
    assert called("class", "list").strip() == "There are no classes here."
    here = room(store)
    store.request(TINY, here.members[0].id)
    draw(store, here.members[1].id)
    (told,) = json.loads(called("class", "list", "--json"))
    assert (told["code"], told["name"], told["students"]) == (here.of.code, "Year 10", 2)
    assert "Year 10" in called("class", "list")
    path = tmp_path / "class.zip"
    assert str(path) in called("class", "archive", here.of.code, "--out", str(path))
    with ZipFile(path) as archive:
        assert "class.json" in archive.namelist()
    assert "students 2, runs 1, drawings 1. Add --yes" in called("class", "end", here.of.code)
    assert len(store.runs()) == 1
    ended = json.loads(called("class", "end", here.of.code, "--yes", "--json"))
    assert ended == {"ended": True, "members": 2, "runs": 1, "drawings": 1}
    assert store.runs() == []
    assert json.loads(called("class", "list", "--json")) == []


def test_what_is_missing_is_said_in_one_line(store: Store, tmp_path: Path) -> None:
    here = room(store)
    for arguments in (
        ["end"],
        ["end", "XXXXXX"],
        ["archive", here.of.code],
        ["archive", here.of.code, "--out", str(tmp_path / "no" / "folder.zip")],
    ):
        assert_one_line(*call("class", *arguments))


def test_a_teacher_who_lost_their_link_gets_another(store: Store) -> None:
    here = room(store)
    path = json.loads(called("class", "link", here.of.code, "--json"))["path"]
    assert taught_by(store, path.removeprefix("/teach/")).id == here.of.id
    said = called("class", "link", here.of.code)
    with pytest.raises(NotAllowed):
        taught_by(store, path.removeprefix("/teach/"))
    assert taught_by(store, said.split("/teach/")[1].strip()).id == here.of.id
