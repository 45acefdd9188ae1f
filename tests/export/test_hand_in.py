"""A hand-in: one file that says what the run is, loads nothing, and holds no markup of others."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from rooms import room

from mnistlab import models
from mnistlab.cli import parser
from mnistlab.commands.training import configured
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.events import Evaluated, Event, Finished, Predicted, Progress, Snapshot, to_record
from mnistlab.export.command import train_command
from mnistlab.export.hand_in import Answer, Lesson, Own, Step, hand_in, hand_in_of
from mnistlab.export.hand_in.answers import answers_of
from mnistlab.export.hand_in.author import part_of
from mnistlab.export.hand_in.document import MOST_BYTES
from mnistlab.export.hand_in.lessons import lessons_of
from mnistlab.export.hand_in.maps import chosen_steps
from mnistlab.presets import PRESETS
from mnistlab.questions import Axis, Question, made
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.answers import answer
from mnistlab.store.drawings import Drawing
from mnistlab.store.lesson_progress import Progress as Way
from mnistlab.store.lesson_progress import change_progress
from mnistlab.store.members import with_id
from mnistlab.store.questions import ask
from mnistlab.train import model_from, predict
from mnistlab.train.run import snapshot_steps
from pages.runs import TINY, in_state, trained

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>{{ 7 * 7 }}</script>'

LESSON = """
title: Mine
language: en
minutes: 5
for: everybody
steps:
- title: One
  words: Look.
  link: train
  question: {kind: choices, words: "Which?", choices: [four, nine], right: four}
- title: Two
  words: Look.
  link: train
  question:
    {kind: point, words: "When?", x: {title: step, low: 0, high: 1000},
     y: {title: loss, low: 0, high: 3}, at: 500, right: 0.2}
- title: Three
  words: Look.
  link: home
  question: {kind: number, words: "How many?", low: 0, high: 9, right: 3}
"""


class Parts(HTMLParser):
    """The tags of a document, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def drawings_of(config: TrainConfig, count: int) -> list[Drawing]:
    data = load_dataset(config.dataset)
    images, labels = data.test_images[:count, 0].numpy(), data.test_labels[:count].tolist()
    pairs = zip(labels, images, strict=True)
    return [Drawing(number, *pair) for number, pair in enumerate(pairs)]


def test_it_says_what_the_run_is(store: Store) -> None:
    run = trained(store)
    drawings = drawings_of(run.config, 5)
    own = Own("Ada", "Year 10", drawings, [Answer("Why?", "Because.", "No idea.", "So.")])
    content = hand_in(store, run, own)
    parts, text = Parts(content), content.decode()
    assert run.final is not None
    assert f"{100 * run.final['test_accuracy']:.2f} %" in parts.text
    for said in ("Digits · CNN 2–2", "Ada", "Year 10", "Why?", "Because.", "No idea.", run.id):
        assert said in parts.text, said
    assert train_command(run.config) in parts.text
    assert "torch.set_num_threads" in parts.text  # the code
    data = load_dataset("digits")
    model = model_from(run.config, store.weights(run.id))
    logits = predict(model, data.test_images, run.config)
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (data.test_labels.numpy(), logits.argmax(1).numpy()), 1)
    cells = re.findall(r"<td[^>]*>([\d,]+)</td>", text)
    assert [int(cell.replace(",", "")) for cell in cells] == matrix.ravel().tolist()
    right = int((logits[:5].argmax(1) == data.test_labels[:5]).sum())
    assert f"{right} of 5 right" in parts.text
    told = json.loads(re.search(r'id="data">(.*?)</script>', text).group(1))  # type: ignore[union-attr]
    assert told["steps"] == [f"{step:,}" for step in store.snapshot_steps(run.id)]
    shares = logits[0].softmax(0) * 100
    assert told["widths"][0][-1] == pytest.approx(shares.tolist(), abs=0.06)


def test_equal_runs_give_equal_bytes(store: Store) -> None:
    run = trained(store)
    assert hand_in_of(store, run) == hand_in_of(store, run)


def test_nothing_is_loaded_and_what_people_wrote_stays_text(store: Store) -> None:
    run = trained(store)
    store.rename(run.id, HOSTILE)
    said = Answer(HOSTILE, HOSTILE, HOSTILE + "1", HOSTILE)
    own = Own(HOSTILE, HOSTILE, (), [said], [Lesson(HOSTILE, [Step(HOSTILE, True, [said])])])
    content = hand_in(store, store.get(run.id), own)
    harmless, parts = Parts(hand_in(store, run)), Parts(content)
    # inside a title or a script a parser finds no tags: these are compared as they are written
    assert len(parts.of("script")) == len(harmless.of("script")) == 2
    assert content.count(b"<script") == 2
    assert b"<img src=x" not in content
    assert "{{ 7 * 7 }}" in parts.text
    for tag, attributes in parts.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag not in ("link", "iframe", "object", "base", "form")
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.findall(r"url\(|@import|https?://", content.decode())


@pytest.mark.parametrize("status", list(Status))
def test_a_run_in_any_state_has_a_page(store: Store, status: Status) -> None:
    run = in_state(store, status, TINY.replace(seed=7))
    parts = Parts(hand_in(store, run))
    assert ("not finished" in parts.text) == (status != Status.FINISHED)
    assert bool(parts.of("table")) == (status != Status.QUEUED)


def test_without_a_run_there_are_answers_and_nothing_else(store: Store) -> None:
    parts = Parts(hand_in(store, None, Own("Ada", answers=[Answer("Why?", "Because.")])))
    assert "Because." in parts.text
    assert not parts.of("table")


def test_a_network_that_blew_up_says_so(store: Store) -> None:
    config = TINY.replace(seed=9)
    weights = {name: torch.full_like(each, torch.nan) for name, each in _weights(config).items()}
    run = store.add(config, [Snapshot(4, 0, weights)], Status.FAILED, None, {}, "somebody")
    assert "weights have blown up" in Parts(hand_in(store, run)).text


def test_what_a_student_answered_is_said_in_words(store: Store) -> None:
    here = room(store)
    axis = Axis(title="step", low=0, high=1000)
    loss = Axis(title="loss", low=0, high=3)
    asked: list[tuple[Question, object, str]] = [
        (made("choices", "Which?", choices=("A <b>", "B")), 0, "A <b>"),
        (made("number", "How many?", low=0, high=9, unit="steps"), 3, "3 steps"),
        (made("text", "Why?"), "Because.", "Because."),
        (made("cell", "Where?", rows=("four", "nine"), columns=("4", "9")), [0, 1], "four → 9"),
        (
            made("point", "When?", x=axis, y=loss),
            [500, 0.25],
            "loss: 0.25",
        ),
        (made("drawing", "Draw it", right=None), bytes([9] * 784).hex(), ""),
    ]
    for question, value, _said in asked:
        number = ask(store, here.teacher, question).id
        answer(store, here.student(0), number, value)
    answers = answers_of(store, here.student(0))
    assert [each.question for each in answers] == [question.words for question, *_ in asked]
    for each, (_question, _value, said) in zip(answers, asked, strict=True):
        assert said in each.answer
    assert answers[-1].picture.startswith("data:image/png;base64,")
    assert answers_of(store, here.student(1)) == []
    own = part_of(store, with_id(store, here.members[0].id))
    assert (own.author, own.of_class, own.answers) == ("Ada", "Year 10", answers)
    assert part_of(store, with_id(store, here.members[0].id), answers=False).answers == ()
    assert "A <b>" in Parts(hand_in(store, None, own)).text


def test_a_lesson_has_its_steps_and_what_was_answered_on_the_way(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_LESSONS", str(tmp_path))
    (tmp_path / "mine.yaml").write_text(LESSON, encoding="utf-8")
    here = room(store)
    owner = here.members[0].id

    def go_on(progress: Way) -> None:
        for value in (0, 1):
            progress.keep_answer(1, value)
        progress.keep_answer(2, [500, 0.5])
        progress.keep_answer(3, "to what the step asked before its file was changed")
        progress.reached = 3

    change_progress(store, owner, "mine", go_on)
    change_progress(store, owner, "lost", lambda progress: None)
    lost, mine = lessons_of(store, owner)
    assert lost == Lesson("lost", ())
    assert (mine.title, [step.done for step in mine.steps]) == ("Mine", [True, True, False])
    assert mine.steps[0].answers == (Answer("Which?", "nine", "four", "four"),)
    assert mine.steps[1].answers[0].answer == "step: 500, loss: 0.5"
    assert mine.steps[1].answers[0].right == "step: 500, loss: 0.2"
    assert mine.steps[2].answers == ()
    text = Parts(hand_in(store, None, part_of(store, with_id(store, owner)))).text
    assert "At first: four" in text
    assert lessons_of(store, here.members[1].id) == []


@pytest.mark.parametrize("name", ["tutorial-cnn", "lenet-sgd", "tutorial-lstm", "tiny"])
def test_no_preset_is_larger_than_can_be_mailed(name: str, mnist: object, store: Store) -> None:
    """With as many kept steps as a training of it has, and random weights, which compress worst."""
    run = _as_if_trained(store, PRESETS[name])
    content = hand_in(store, run, Own(drawings=drawings_of(run.config, 60)))
    assert len(content) <= MOST_BYTES
    assert len(json.loads(re.search(rb'id="data">(.*?)</script>', content).group(1))["steps"]) > 8  # type: ignore[union-attr]


def test_of_a_large_network_fewer_steps_are_shown(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _as_if_trained(store, TINY.replace(max_steps=None, epochs=2))
    whole = len(hand_in(store, run))
    monkeypatch.setattr("mnistlab.export.hand_in.document.MOST_BYTES", whole - 1)
    assert len(hand_in(store, run)) < whole


def test_chosen_steps_begin_and_end_with_the_training() -> None:
    assert chosen_steps([0, 1, 2], 16) == [0, 1, 2]
    chosen = chosen_steps(range(100), 5)
    assert chosen == [0, 25, 50, 74, 99]


@pytest.mark.parametrize("config", [*PRESETS.values(), TINY, TINY.replace(arch="lstm", hidden=7)])
def test_the_command_trains_the_same_configuration(config: TrainConfig) -> None:
    program, *arguments = train_command(config).split()
    assert program == "mnistlab"
    assert configured(parser().parse_args(arguments)) == config


def _weights(config: TrainConfig) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {name: each.detach() for name, each in models.build(config).state_dict().items()}


def _as_if_trained(store: Store, config: TrainConfig) -> RunRecord:
    data, total = load_dataset(config.dataset), config.total_steps
    count, events = len(data.test_labels), []
    for step in sorted(snapshot_steps(config)):
        weights = {
            name: each + 0.1 * torch.randn_like(each) if each.is_floating_point() else each
            for name, each in _weights(config).items()
        }
        told: list[Event] = [Snapshot(step, 0, weights), Evaluated(step, 0, 1, 1, 0.5, 5, 10)]
        events += [*told, Progress(step, 0, 1.0, 0.1, {}, 1.0, 1.0)]
    logits = torch.nn.functional.one_hot(data.test_labels.roll(1), 10).float()
    seconds = {"total": 1.0, "train": 0.5, "eval": 0.5}
    last = Finished(total, 0, "epochs", 0.5, 0.1, 1, count, seconds, [1], [1])
    events += [Predicted(total, 0, logits), last]
    return store.add(config, events, Status.FINISHED, to_record(last), {"threads": 1}, "somebody")
