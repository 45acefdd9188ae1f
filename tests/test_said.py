"""Whatever the core says is said in the language of whoever reads it, at the time they do."""

import argparse
import ast
import gettext
import inspect
import json
import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from babel.messages.catalog import Catalog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mnistlab import cli, errors, i18n
from mnistlab.config import TrainConfig
from mnistlab.errors import ClassError, ConfigError, LessonError, LessonMistake, MnistlabError
from mnistlab.events import Diverged, from_record, to_record
from mnistlab.experiments.sine_config import STATES, SineConfig
from mnistlab.export.script import script
from mnistlab.export.sine_script import sine_script
from mnistlab.i18n import (
    as_here,
    labelled,
    language,
    message,
    messages,
    restored,
    sentence,
    sentences,
    speaking,
    spoken_in,
    stored,
)
from mnistlab.lessons.reading import parse_lesson
from mnistlab.presets import PRESETS
from mnistlab.run_names import run_name
from mnistlab.server.spoken import BrowserLanguage
from mnistlab.store import Status, Store
from mnistlab.store.tables import RUNS
from mnistlab.ui.kit import labels
from scripts.messages import as_mo
from tests.commandline import call
from tests.trainings import TINY

SOURCE = Path(i18n.__file__).parent
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")


class Marks(gettext.NullTranslations):
    """A language that says what is English between marks."""

    def gettext(self, text: str) -> str:
        return f"⟦{text}⟧"

    def ngettext(self, one: str, many: str, count: int) -> str:
        return f"⟦{one if count == 1 else many}⟧"


@pytest.fixture
def marks(monkeypatch: pytest.MonkeyPatch) -> str:
    """The code of a language in which every message that is translated has marks around it."""
    known = i18n._translation
    monkeypatch.setitem(i18n.LANGUAGES, "xx", "Marks")
    monkeypatch.setattr(i18n, "_translation", lambda code: Marks() if code == "xx" else known(code))
    return "xx"


def bare(text: str) -> str:
    """`text` without what is between marks."""
    while text != (text := MARKED.sub("", text)):
        pass
    return text


# -- errors ----------------------------------------------------------------------------------------


def bare_texts() -> Iterator[str]:
    """Where an error is made with a sentence that cannot be translated any more."""
    kinds = {
        name: 1 if name in ("LessonMistake", "LessonError", "Wrong") else 0
        for name in (
            "Wrong",
            "LessonMistake",
            *(name for name, kind in inspect.getmembers(errors, inspect.isclass)),
        )
    }
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                for given in node.args[kinds[name] :][:2] if name in kinds else ():
                    ways = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
                    if any(
                        isinstance(way, ast.JoinedStr)
                        or (isinstance(way, ast.Constant) and " " in str(way.value))
                        for way in ways
                    ):
                        yield f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_no_error_is_made_with_a_sentence_of_one_language() -> None:
    assert list(bare_texts()) == []


@pytest.mark.parametrize(
    "change",
    [{"kernel": 29}, {"arch": "nothing"}, {"lr": 0}, {"nothing": 1}, {"channels": (1, 0)}],
)
def test_an_error_is_said_where_it_is_shown(marks: str, change: dict) -> None:
    with pytest.raises(MnistlabError) as raised:
        TrainConfig().replace(**change)
    english = str(raised.value)
    with speaking(marks):
        said = str(raised.value)
    assert re.sub("[⟦⟧]", "", said) == english
    assert bare(said) == ""
    assert str(raised.value) == english


def test_mistakes_of_a_lesson_are_said_where_they_are_shown(marks: str) -> None:
    with pytest.raises(LessonError) as raised:
        parse_lesson("title: [a\n", "a.yaml")
    with speaking(marks):
        assert bare(str(raised.value)) == bare(raised.value.mistakes[0].sentence) == ""
    two = LessonError("a", [LessonMistake(1, message("One.")), LessonMistake(2, message("Two."))])
    assert str(two) == "a, line 1: One. There is 1 more."


def test_sentences_end_and_follow_each_other_as_their_language_has_it() -> None:
    whole = [sentence("kind of network"), sentence("LSTM at work")]
    assert sentences(*whole, "") == "Kind of network. LSTM at work."
    assert sentences() == ""
    with speaking("zh"):
        two = sentences(sentence("网络的种类"), "", "卷积网络最适合图像。")
        said = labels.field_help("arch")
    assert two == "网络的种类。卷积网络最适合图像。"
    assert said.count("。") == 2
    assert not re.search(r"\.$|[.。] ", said)


# -- what is stored --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "A sentence of {an} older version.",
        message("It had {count:,} of {what}.", count=1000, what=message("something")),
        messages("{n} run", "{n} runs", 2),
    ],
)
def test_what_is_stored_is_restored(said: i18n.Text) -> None:
    assert restored(stored(said)) == said
    assert str(restored(stored(said))) == str(said)


def test_a_runs_reason_is_kept_as_its_template_and_read_in_any_language(
    store: Store, marks: str
) -> None:
    store.request(TINY)
    claim = store.claim_next(["cpu"])
    assert claim is not None
    error = ConfigError(message("{name} is wrong.", name="lr"), message("Choose another one."))
    with speaking(marks):  # that of the worker does not matter
        store.end(claim, Status.FAILED, error.message)
    with store.engine.connect() as connection:
        kept = json.loads(connection.scalar(sa.select(RUNS.c.reason)))
    assert kept["values"]["what"] == {"template": "{name} is wrong.", "values": {"name": "lr"}}
    run = store.get(TINY.run_id)
    assert run.reason == "lr is wrong. Choose another one."
    with speaking(marks):  # also of a record that was read before
        assert run.reason == "⟦⟦lr is wrong.⟧ ⟦Choose another one.⟧⟧"


def test_a_reason_of_an_older_version_is_shown_as_it_is(store: Store, marks: str) -> None:
    store.request(TINY)
    with store.engine.begin() as connection:
        connection.execute(sa.update(RUNS).values(reason="It {broke}.", status=Status.FAILED))
    with speaking(marks):
        assert store.get(TINY.run_id).reason == "It {broke}."


def test_why_a_training_diverged_is_read_in_any_language(marks: str) -> None:
    event = Diverged(3, 0, None, message("After step {step:,} it broke.", step=3000))
    record = json.loads(json.dumps(to_record(event)))
    assert from_record(record) == event
    with speaking(marks):
        assert from_record(record).explanation == "⟦After step 3,000 it broke.⟧"
    old = from_record(record | {"explanation": "The loss is NaN."})
    assert old.explanation == "The loss is NaN."


# -- the command line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANGUAGE": "", "LANG": "zh"}, "zh"),
    ],
)
def test_a_terminal_speaks_the_language_that_gettexts_variables_name(
    environment: dict[str, str], code: str
) -> None:
    assert spoken_in(environment) == code


def test_the_command_line_speaks_the_terminals_language(
    store: Store, marks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", marks)
    assert call("runs")[1].startswith("⟦There are no runs yet.")
    status, _out, err = call("show", "1234")
    assert (status, err.count("\n")) == (2, 1)
    assert bare(err.removeprefix("mnistlab: ")).strip() == ""
    assert "⟦See mnistlab --help.⟧" in call("train", "--nothing")[2]
    said = call("train", "--help")[1]
    assert "⟦learning rate (one-cycle: its peak)⟧" in re.sub(r"\s+", " ", said)
    assert language() == "en"  # elsewhere, nobody minds the terminal


def test_argparse_takes_its_own_words_from_our_catalogues(
    tmp_path: Path, marks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalog()
    for text in cli.ARGPARSE:
        catalogue.add(text, f"⟦{text}⟧")
    folder = tmp_path / marks / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / f"{i18n.DOMAIN}.mo").write_bytes(as_mo(catalogue))
    monkeypatch.setattr(cli, "LOCALE", tmp_path)
    monkeypatch.setenv("LANGUAGE", marks)
    said = call("show", "--help")[1]
    for text in ("usage: ", "positional arguments", "options", "show this help message and exit"):
        assert f"⟦{text}⟧" in said
    assert "⟦unrecognized arguments: --nothing⟧" in call("runs", "--nothing")[2]


def test_what_argparse_says_is_in_our_catalogues() -> None:
    source = ast.parse(inspect.getsource(argparse))
    texts = {each.value for each in ast.walk(source) if isinstance(each, ast.Constant)}
    plural = {"expected at least one argument"}  # which it takes from a table
    assert set(cli.ARGPARSE) - texts - plural == set()


# -- names and code --------------------------------------------------------------------------------


def test_a_runs_name_is_kept_for_each_language(marks: str) -> None:
    config = TINY.replace(epochs=2, max_steps=None, seed=7)
    english = run_name(config)
    with speaking(marks):
        assert re.sub("[⟦⟧]", "", run_name(config)) == english
        assert "⟦2 epochs⟧" in run_name(config)
    assert run_name(config) == english


def code_of(source: str) -> list[str]:
    """The tokens of `source` without comments and strings."""
    kinds = (tokenize.COMMENT, tokenize.STRING, tokenize.NL, tokenize.NEWLINE)
    return [
        each.string
        for each in tokenize.generate_tokens(StringIO(source).readline)
        if each.type not in kinds
    ]


TWINS = {
    **{name: lambda config=config: script(config, 1) for name, config in PRESETS.items()},
    "own": lambda: script(
        TINY.replace(
            pooling="stochastic",
            dataset="digits",
            validation_size=100,
            target_accuracy=0.9,
            augment_rotation=10,
            augment_shift=2,
            augment_crop=1,
        ),
        1,
    ),
    **{
        state: lambda state=state: sine_script(SineConfig(state=state, cell="lstm"))
        for state in STATES
    },
}


@pytest.mark.parametrize("name", TWINS)
def test_a_twins_words_are_translated_and_its_code_is_not(marks: str, name: str) -> None:
    english = TWINS[name]()
    with speaking(marks):
        translated = TWINS[name]()
    assert code_of(translated) == code_of(english)
    comments = [line.partition("  # ")[2] for line in translated.splitlines()]
    titles = [line[5:] for line in translated.splitlines() if line.startswith("# -- ")]
    assert titles
    for words in (*titles, *comments):
        assert not re.search("[a-z]{3,}", bare(words)), words
    assert TWINS[name]() == english


def test_work_that_is_done_elsewhere_speaks_as_here(marks: str) -> None:
    with speaking(marks):
        work = as_here(lambda: i18n._("Start"))
    assert work() == "⟦Start⟧"


@pytest.mark.parametrize(
    ("asked", "said"),
    [("xx-YY,en;q=0.5", "⟦You are in no class.⟧"), ("en,xx", "You are in no class."), ("", None)],
)
def test_a_route_answers_in_the_browsers_language(marks: str, asked: str, said: str | None) -> None:
    def answer(request: Request) -> JSONResponse:
        return JSONResponse({"error": str(ClassError(message("You are in no class.")))})

    app = Starlette(routes=[Route("/", answer)], middleware=[Middleware(BrowserLanguage)])
    headers = {"accept-language": asked} if asked else {}
    told = TestClient(app).get("/", headers=headers).json()["error"]
    assert told == (said or "You are in no class.")


def test_sentences_follow_one_another_and_labels_come_first() -> None:
    assert sentences() == ""
    assert sentences("One.") == "One."
    assert sentences("One.", "Two.", "Three.") == "One. Two. Three."
    assert labelled("Evaluation", "Confusion matrix") == "Evaluation: Confusion matrix"
