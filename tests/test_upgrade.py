"""Stores and files of other versions: an older store is upgraded and loses nothing, a newer one is
refused, and a run of another version disturbs no other.

`data/e736187.db.gz` was written by the code of commit e736187, the last whose stores do not say
their revision: a finished `quick-digits`, a small paused run, and a drawing. `e736187.safetensors`
is that commit's export of the first. To keep the files small and anonymous, eleven of the run's
fourteen snapshots were deleted, and what names the machine was overwritten.
"""

import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import torch
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hands import mirror_set

from mnistlab.cli import main
from mnistlab.compatibility import RENAMED_EVENT_FIELDS
from mnistlab.config import TrainConfig
from mnistlab.errors import RunOfAnotherVersion, StoreError
from mnistlab.events import VERSION, Evaluated, Finished, Paused, Progress, to_record
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.export.importing import import_run
from mnistlab.presets import PRESETS
from mnistlab.store import Status, Store, database, upgrade
from mnistlab.store.drawings import drawings
from mnistlab.store.origins import keep_drawing_set
from mnistlab.store.tables import RUNS, metadata
from mnistlab.train import evaluate, model_from
from pages.runs import opened, trained

DATA = Path(__file__).with_name("data")
RUN = PRESETS["quick-digits"]
PAUSED = TrainConfig(
    dataset="digits",
    channels=(2, 2),
    kernel=3,
    batch_size=20,
    max_steps=30,
    eval_every=5,
    eval_size=100,
)
TABLES = ("runs", "events", "snapshots", "checkpoints", "drawings")  # of e736187
FINAL = Finished(
    205, 4, "epochs", 0.5, 0.8, 8, 10, {"total": 1.0, "train": 0.5, "eval": 0.5}, [1, 2], [1, 3]
)
NEW_COLUMNS = (0, "", 0, "")  # not pinned, without a title, in its turn, of no experiment
NEXT = f"{int(upgrade.REVISION) + 1:04}"
NOTES = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "{NEXT}", "{upgrade.REVISION}"
def upgrade():
    op.add_column("runs", sa.Column("note", sa.Text, nullable=False, server_default="empty"))
"""


def forget_engines() -> None:
    """As if this process had opened no store yet."""
    database._engine.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A copy of the store of e736187, at the place that MNISTLAB_STORE names."""
    path = tmp_path / "runs.db"
    path.write_bytes(gzip.decompress((DATA / "e736187.db.gz").read_bytes()))
    forget_engines()
    yield path
    forget_engines()


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From here on this is a later version, whose runs have a column `note`."""
    migrations = shutil.copytree(upgrade.MIGRATIONS, tmp_path / "migrations 100%")
    (migrations / "versions" / f"v{NEXT}_note.py").write_text(NOTES)
    monkeypatch.setattr(upgrade, "MIGRATIONS", migrations)
    monkeypatch.setattr(upgrade, "REVISION", NEXT)
    forget_engines()


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()


# -- a store of e736187 ----------------------------------------------------------------------------


def test_an_older_store_opens_with_its_runs_in_place(file: Path) -> None:
    store = Store()
    assert [(run.id, run.config, run.status, run.step) for run in store.runs()] == [
        (PAUSED.run_id, PAUSED, Status.PAUSED, 15),
        (RUN.run_id, RUN, Status.FINISHED, 205),
    ]
    assert store.unreadable() == []
    assert rows(file, "alembic_version") == [(upgrade.REVISION,)]
    run = store.get(RUN.run_id)
    assert run.accuracy == 487 / 500
    assert run.environment is not None
    assert run.environment["mnistlab"] == "0.1.0"
    assert [drawing.label for drawing in drawings(store, "a class")] == [3]


def test_events_of_an_older_store_are_read(file: Path) -> None:
    store = Store()
    recorded = [event for _, event in store.events(RUN.run_id)]
    assert {type(event) for event in recorded} == {Progress, Evaluated, Finished}
    assert len(recorded) == sum(row[1] == RUN.run_id for row in rows(file, "events"))
    assert isinstance(recorded[-1], Finished)
    assert recorded[-1].test_accuracy == 487 / 500
    assert isinstance(store.events(PAUSED.run_id)[-1][1], Paused)


def test_weights_of_an_older_store_have_the_accuracy_that_it_says(file: Path, digits: Any) -> None:
    store = Store()
    assert store.snapshot_steps(RUN.run_id) == [0, 41, 205]
    model = model_from(RUN, store.weights(RUN.run_id))
    assert evaluate(model, digits.test_images, digits.test_labels, RUN)[1] == 487
    kept = store.checkpoint(RUN.run_id)
    assert kept is not None
    assert kept.step == 205


def test_a_paused_run_of_an_older_store_goes_on_to_the_end_of_one_never_paused(
    file: Path, tmp_path: Path
) -> None:
    store, fresh = Store(), Store(f"sqlite:///{tmp_path / 'fresh.db'}")
    resumed = InlineExecutor(store).resume(PAUSED.run_id)
    whole = InlineExecutor(fresh).start(PAUSED)
    assert (resumed.status, resumed.step) == (whole.status, whole.step) == (Status.FINISHED, 30)
    weights, expected = store.weights(PAUSED.run_id), fresh.weights(PAUSED.run_id)
    for name, tensor in expected.items():
        torch.testing.assert_close(weights[name], tensor)


def test_a_page_and_the_command_line_show_a_run_of_an_older_store(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = opened("pages/evaluation.py", run=RUN.run_id)
    assert not page.exception
    assert any("97.40" in text.value for text in (*page.markdown, *page.caption, *page.metric))
    assert main(["show", RUN.run_id[:6]]) == 0
    shown = capsys.readouterr().out
    assert f"Run {RUN.run_id}: Quick digits, 11,274 parameters, finished" in shown
    assert "97.40 % (487 of 500 images" in shown


def test_a_run_of_an_older_store_is_fine_tuned(file: Path) -> None:
    store = Store()
    config = fine_tuning(RUN, keep_drawing_set(store, mirror_set(20))).replace(max_steps=2)
    assert InlineExecutor(store).start(config).status is Status.FINISHED
    parent, first = store.weights(RUN.run_id), store.weights(config.run_id, 0)
    assert all(torch.equal(first[name], kept) for name, kept in parent.items())


def test_a_file_exported_by_an_older_version_is_imported(store: Store) -> None:
    run, new = import_run(store, (DATA / "e736187.safetensors").read_bytes())
    assert new
    assert (run.id, run.config, run.status, run.accuracy) == (
        RUN.run_id,
        RUN,
        Status.FINISHED,
        487 / 500,
    )
    assert len(store.events(run.id, [Evaluated])) > 10


# -- upgrading -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("notes")
def test_an_older_store_is_upgraded_with_its_rows_in_place_and_a_backup_beside_it(
    file: Path,
) -> None:
    before = {table: rows(file, table) for table in TABLES}
    store = Store()
    assert rows(file, "alembic_version") == [(NEXT,)]
    assert rows(file, "runs") == [(*row, *NEW_COLUMNS, "empty") for row in before.pop("runs")]
    assert {table: rows(file, table) for table in before} == before
    assert store.get(RUN.run_id).accuracy == 487 / 500
    backup = file.with_name(f"runs.db.before-{NEXT}")
    assert {table: rows(backup, table) for table in before} == before
    with closing(sqlite3.connect(backup)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    assert "alembic_version" not in names, "the backup is the store as it was"


def test_a_store_is_upgraded_on_each_database(url: str, request: pytest.FixtureRequest) -> None:
    run = Store(url).request(PAUSED)
    request.getfixturevalue("notes")
    store = Store(url)
    assert store.get(run.id) == run
    with store.engine.connect() as connection:
        assert upgrade.revision(connection) == NEXT
        assert connection.scalar(sa.text("SELECT note FROM runs")) == "empty"


def test_a_store_of_before_predictions_keeps_its_runs_and_gets_a_table_for_them(url: str) -> None:
    before = Store(url)
    run = trained(before)
    weights = before.weights(run.id)
    events = before.events(run.id)
    with before.engine.begin() as connection:
        for table in set(metadata.tables) - {*TABLES}:
            connection.execute(sa.text(f"DROP TABLE {table}"))
        for column in ("pinned", "title", "ahead", "experiment"):
            connection.execute(sa.text(f"ALTER TABLE runs DROP COLUMN {column}"))
        connection.execute(sa.update(upgrade.VERSION).values(version_num="0001"))
    before.engine.dispose()
    forget_engines()
    store = Store(url)
    assert store.runs() == [run]
    assert store.events(run.id) == events
    assert all(torch.equal(weights[name], kept) for name, kept in store.weights(run.id).items())
    assert store.logits(run.id, run.step) is None
    store.delete(run.id)
    again = trained(store)
    assert store.logits(again.id, again.step) is not None


def test_processes_that_open_an_older_store_at_once_upgrade_it_once(
    file: Path, notes: None, tmp_path: Path
) -> None:
    code = """
import sys
from pathlib import Path
from mnistlab.store import Store, upgrade
upgrade.MIGRATIONS, upgrade.REVISION = Path(sys.argv[1]), sys.argv[2]
back_up = upgrade.back_up
upgrade.back_up = lambda file: print("backed up") or back_up(file)
print("ready", flush=True)
sys.stdin.readline()
print(len(Store().runs()))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(upgrade.MIGRATIONS), NEXT],
            cwd=Path(__file__).parents[1],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = sorted(process.communicate()[0] for process in processes)
    assert outputs == ["2\n", "2\n", "2\n", "backed up\n2\n"]


@pytest.mark.usefixtures("notes")
def test_who_opens_an_older_store_waits_for_its_upgrade_longer_than_for_any_other_writer(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, back_up = threading.Event(), upgrade.back_up

    def slow(file: Path) -> Path:
        begun.set()
        time.sleep(1)
        return back_up(file)

    monkeypatch.setattr(database, "LOCKED_SECONDS", 0.1)
    monkeypatch.setattr(upgrade, "back_up", slow)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(Store)
        assert begun.wait(60)
        assert len(threads.submit(Store).result().runs()) == 2
        store = first.result()
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 100


@pytest.mark.usefixtures("notes")
def test_an_upgrade_that_fails_changes_nothing(file: Path) -> None:
    broken = upgrade.MIGRATIONS / "versions" / f"v{NEXT}_note.py"
    broken.write_text(NOTES + '    op.execute("nonsense")\n')
    with pytest.raises(StoreError, match="cannot be used: near"):
        Store()
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    assert "alembic_version" not in names
    assert "note" not in columns


@pytest.mark.usefixtures("notes")
def test_a_new_store_is_made_without_a_backup(tmp_path: Path) -> None:
    Store()
    assert not list(tmp_path.glob("*.before-*"))


def test_a_newer_store_is_refused_in_one_sentence_and_left_as_it_is(url: str) -> None:
    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(sa.update(upgrade.VERSION).values(version_num="0999"))
    store.engine.dispose()
    words = (
        r"^The store was made by a newer version of mnistlab \(its revision is 0999, this version "
        r"knows \d{4}\)\. Update mnistlab, or set MNISTLAB_STORE to another store\.$"
    )
    before = store.file.read_bytes() if store.file else b""
    with pytest.raises(StoreError, match=words):
        Store(url)
    with pytest.raises(StoreError, match=words):
        store.runs()
    assert (store.file.read_bytes() if store.file else b"") == before


def test_the_migrations_lead_to_the_tables(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        upgrade.migrate(connection, "head")
        assert upgrade.revision(connection) == upgrade.REVISION, "REVISION is the latest migration"
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_revisions_are_numbers_one_after_the_other() -> None:
    revisions = [
        script.revision for script in ScriptDirectory(str(upgrade.MIGRATIONS)).walk_revisions()
    ]
    assert revisions[::-1] == [f"{number:04}" for number in range(1, len(revisions) + 1)]


def test_a_current_store_opens_without_alembic() -> None:
    code = "import sys; from mnistlab.store import Store; Store(); print('alembic' in sys.modules)"
    command = [sys.executable, "-c", code]
    for _ in range(2):  # a new one, and one that is there
        printed = subprocess.check_output(command, cwd=Path(__file__).parents[1], text=True)
        assert printed == "False\n"


# -- a run of another version ----------------------------------------------------------------------


@pytest.fixture(params=["config", "status"])
def foreign(request: pytest.FixtureRequest, file: Path) -> str:
    """The id of a run in the store of e736187 with what this version does not know."""
    later = {**PAUSED.to_dict(), "blur": 2.0}
    value = json.dumps(later) if request.param == "config" else "sleeping"
    with closing(sqlite3.connect(file)) as connection:
        environment = json.dumps({"mnistlab": "7.0"})
        connection.execute(
            f"UPDATE runs SET {request.param} = ?, environment = ? WHERE id = ?",
            (value, environment, PAUSED.run_id),
        )
        connection.commit()
    return PAUSED.run_id


def test_a_run_of_another_version_is_left_out_and_refused_by_name(foreign: str) -> None:
    store = Store()
    assert [run.id for run in store.runs()] == [RUN.run_id]
    assert store.unreadable() == [foreign]
    for ask in (store.get, store.find, store.resume):
        with pytest.raises(RunOfAnotherVersion, match=r"another version of mnistlab \(7\.0\)"):
            ask(foreign)
    assert store.find(RUN.run_id[:4]).id == RUN.run_id
    store.delete(foreign)
    assert store.unreadable() == []


def test_a_queued_run_of_another_version_waits_for_that_version(file: Path) -> None:
    store = Store()
    store.resume(PAUSED.run_id)
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE runs SET config = '{\"blur\": 2.0}' WHERE id = :id"),
            {"id": PAUSED.run_id},
        )
    mine = store.request(PAUSED.replace(seed=2))
    assert store.claim(PAUSED.run_id) is None
    claim = store.claim_next()
    assert claim is not None
    assert claim.run_id == mine.id


def test_how_a_run_ended_is_stored_as_the_event_is() -> None:
    store = Store()
    run = InlineExecutor(store).start(PAUSED)
    (_, last) = store.events(run.id)[-1]
    with store.engine.connect() as connection:
        assert connection.scalar(sa.select(RUNS.c.final)) == to_record(last)
    assert run.final == asdict(last)


@pytest.mark.parametrize(
    ("said", "accuracy"),
    [
        ({}, 0.8),
        ({"kind": "finished"}, 0.8),
        ({"by": "a teacher"}, 0.8),
        ({"v": VERSION + 1}, None),
        ({"kind": "praised"}, None),
    ],
)
def test_how_a_run_of_another_version_ended_is_read_as_the_event_is(
    file: Path, said: dict[str, Any], accuracy: float | None
) -> None:
    final = {**asdict(FINAL), **said}
    store = Store()
    with store.engine.begin() as connection:
        connection.execute(sa.update(RUNS).where(RUNS.c.id == RUN.run_id).values(final=final))
    run = store.get(RUN.run_id)
    assert run.accuracy == accuracy
    assert run.final == (None if accuracy is None else asdict(FINAL))
    assert store.runs()[1] == run


def test_a_renamed_field_of_how_a_run_ended_is_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RENAMED_EVENT_FIELDS, "finished", {"accuracy": "test_accuracy"})
    final = asdict(FINAL)
    final["accuracy"] = final.pop("test_accuracy")
    store = Store()
    with store.engine.begin() as connection:
        connection.execute(sa.update(RUNS).where(RUNS.c.id == RUN.run_id).values(final=final))
    assert store.get(RUN.run_id).final == asdict(FINAL)


def test_an_event_of_a_newer_version_is_left_out(file: Path) -> None:
    store = Store()
    before = store.events(RUN.run_id)
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE events SET body = :body WHERE seq = :seq"),
            {"body": '{"kind":"praised","v":1,"step":0,"epoch":0}', "seq": before[0][0]},
        )
    assert store.events(RUN.run_id) == before[1:]


def test_pages_and_command_line_count_the_runs_of_another_version(
    foreign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--json"]) == 0
    printed = capsys.readouterr()
    assert [run["run"] for run in json.loads(printed.out)] == [RUN.run_id]
    assert printed.err == "mnistlab: 1 run from another version of mnistlab not listed.\n"
    assert main(["show", foreign]) == 1
    assert "another version of mnistlab (7.0)" in capsys.readouterr().err
    page = opened("pages/runs.py")
    assert not page.exception
    assert any("1 run from another version" in caption.value for caption in page.caption)
    linked = opened("pages/evaluation.py", run=foreign)
    assert not linked.exception
    assert any("another version of mnistlab (7.0)" in each.value for each in linked.warning)
