"""Acts by chance with a student's rights, on what is somebody else's: through the store, the routes
and the pages. The same seed makes the same acts. Whatever comes of them, what is not the student's
own has to stay as it was.
"""

import json
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from asking import Routes
from hostile import HOST, forged, noting, send, some_json, some_query, some_text, widgets
from rights import Rows, Stage, config, stage
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.context import ContextProxy

from mnistlab.errors import MnistlabError
from mnistlab.events import Evaluated
from mnistlab.executors import InlineExecutor
from mnistlab.questions import made
from mnistlab.store import (
    Budget,
    Status,
    Store,
    answers,
    archive,
    ending,
    hand_ins,
    questions,
    wall,
)
from mnistlab.store.classes import (
    Pace,
    Rules,
    change_class,
    class_with_code,
    renew_secret,
    set_pace,
)
from mnistlab.store.drawings import delete_drawing, drawings, relabel_drawing, save_drawing
from mnistlab.store.members import call, member, members, note, remove
from mnistlab.store.people import OPERATOR, Action, Person, Role
from mnistlab.store.rules import set_rules
from mnistlab.store.tables import metadata
from mnistlab.ui.kit.navigation import PAGES, page_file
from mnistlab.ui.kit.visitor import COOKIE, cookie_of, ticket_of
from pages.runs import opened

WHO = "bob"  # the trespasser
STATES = (*Status,)  # of others' runs
# columns of a run that may change where it was cut short, once anybody asks for the same settings
GOES_ON = ("status", "reason", "wanted", "queued", "ended", "ahead")
VIEWS = ("students", "rules", "wall", "end", "questions", "hand-ins", "all", "sweep")
PICTURE = np.zeros((28, 28), np.uint8)
ROUTES = (
    *("/api/class/me", "/api/class/pace", "/api/class/wall", "/api/class/student"),
    *("/api/class/shown/1", "/api/class/page/answers", "/api/class/files/archive"),
    *("/api/class/enter", "/api/class/leave", "/teach/x", "/api/queue/live", "/healthz"),
)


@dataclass
class Trespass:
    """A stage with runs in every state, and what the student does on it. `told`: exceptions that
    are no sentences.
    """

    store: Store
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage: Stage = stage(self.store)
        self.me = self.stage.people[WHO]
        others = [name for name in self.stage.runs if name != WHO]
        for name, status in zip(others, STATES, strict=False):
            self.stage.put(name, status)
        for seed, status in enumerate(STATES, start=100):
            run = self.store.request(config(seed), self.stage.people["ann"].name)
            self.stage.runs[f"ann {status}"] = run.id
            self.stage.put(f"ann {status}", status)
        self.others_runs = {run for name, run in self.stage.runs.items() if name != WHO}
        begun = self.store.runs(Status.INTERRUPTED, Status.FAILED)
        self.lost = {run.id for run in begun}  # they go on for their owners, whoever asks
        self._ask_question()
        self.as_me = self.store.acting_as(self.me)
        self.routes = Routes(self.store)
        self.cookies = [cookie_of(self.store, each) for each in self._class_people()]
        self.tickets = [ticket_of(self.store, each) for each in self._class_people()]
        self.before = self.others()

    def _ask_question(self) -> None:
        question = made("text", "What do you see?")
        teacher = self.stage.people["teacher"]
        asked = questions.ask(self.store, teacher, question)
        answers.answer(self.store, self.stage.people["ann"], asked.id, "a digit")
        hand_ins.hand_in(self.store, self.stage.people["ann"])

    def _class_people(self) -> list[Person]:
        people = self.stage.people
        return [people[name] for name in ("ann", "bob", "zoe", "teacher", "removed", "old link")]

    # -- what has to stay --------------------------------------------------------------------------

    def others(self) -> Rows:
        """Everything in the store that is not the student's own, nor what any reader leaves."""
        kept: Rows = {}
        everything = self.stage.rows()
        for name, table in metadata.tables.items():
            names = [column.name for column in table.columns]
            rows = [dict(zip(names, row, strict=True)) for row in everything[name]]
            kept[name] = sorted(
                (tuple(row.items()) for row in map(self._public, rows) if not self._is_own(row)),
                key=repr,
            )
        return kept

    def _is_own(self, row: Mapping[str, Any]) -> bool:
        owner = row.get("session", row.get("member_id", row.get("owner")))
        if "nickname" in row:
            owner = row["id"]
        if "run_id" in row and owner is None:  # events and the like: those of one's own runs
            return row["run_id"] not in self.others_runs
        return owner == self.me.name

    def _public(self, row: dict[str, Any]) -> dict[str, Any]:
        if row.get("id") in self.lost:
            return {name: value for name, value in row.items() if name not in GOES_ON}
        return row

    # -- acts --------------------------------------------------------------------------------------

    def act(self, seed: int, pages: float = 0.05) -> str:
        """Do something; returns what. `pages`: the share of acts on pages, which take longest."""
        chance = random.Random(seed)
        way = chance.random()
        if way < pages:
            return self._use_page(chance)
        if way < pages + 0.25:
            return self._ask_route(chance)
        return self._use_store(chance)

    def _use_store(self, chance: random.Random) -> str:
        name = chance.choice(list(STORE_ACTS))
        with suppress(MnistlabError, ValueError):
            STORE_ACTS[name](self, chance)
        return f"store: {name}"

    def some_run(self, chance: random.Random) -> str:
        return chance.choice([*self.stage.runs.values(), "0" * 12, "", some_text(chance)[:50]])

    def some_person(self, chance: random.Random) -> Person:
        """Somebody whom the student claims to be."""
        claimed = chance.choice([*self.stage.people.values(), OPERATOR, self.me, self.me])
        if chance.random() < 0.3:
            claimed = replace(self.me, class_id=claimed.class_id, role=chance.choice([*Role]))
        if chance.random() < 0.2:
            claimed = replace(claimed, proof=chance.choice(["", "0" * 64, self.stage.of.code, "é"]))
        return claimed

    def some_name(self, chance: random.Random) -> str:
        return chance.choice([*(each.name for each in self.stage.people.values()), ""])

    def _ask_route(self, chance: random.Random) -> str:
        path = chance.choice([*ROUTES, f"/api/runs/{self.some_run(chance)[:12]}/live"])
        if chance.random() < 0.5:
            query = {
                "as": self._mutated(chance.choice(self.tickets), chance),
                "member": self.some_name(chance),
                "state": chance.choice(["0" * 16, "../x"]),
                "sort": "name",
            }
            path += "?" + "&".join(f"{name}={value}" for name, value in query.items())
        cookie = self.cookies[1]  # the student's own
        if chance.random() < 0.5:
            cookie = self._mutated(chance.choice(self.cookies), chance)
        body = None
        if path.startswith(("/api/class/me", "/api/class/student")):
            body = self._some_body(chance)
        headers = chance.choice(
            [{}, {"origin": f"https://{HOST}"}, {"origin": "http://lab.example"}]
        )
        answer = self.routes.ask(path.replace("\0", ""), cookie, body, headers)
        if answer.status == 500:
            self.told.append(f"{path}: 500")
        return f"route: {path[:40]}: {answer.status}"

    def _mutated(self, text: str, chance: random.Random) -> str:
        """Another text of this kind: nobody else's, as the student has none of others'."""
        letters = list(text)
        for _ in range(chance.randrange(1, 4)):
            letters[chance.randrange(len(letters) - 4)] = chance.choice("ABCxyz019-_.")
        mutated = "".join(letters)
        parts = [part.split(".") for part in (text, self.cookies[1])]
        if chance.random() < 0.3:  # what another says, signed for oneself
            mutated = ".".join([parts[0][0], *parts[1][1:]])
        return mutated if mutated not in (*self.cookies, *self.tickets) else ""

    def _some_body(self, chance: random.Random) -> bytes:
        if chance.random() < 0.5:
            return json.dumps(some_json(chance)).encode(errors="replace")
        says = {
            "hand": chance.choice([True, False, None, 1]),
            "drawing": chance.choice([None, "00" * 784, "zz"]),
            "number": chance.randrange(5),
            "ask": True,
            "shown": {"page": chance.choice([*PAGES, "../x"]), "query": {"run": "x"}},
            "removed": False,
            "class_id": self.stage.people["zoe"].class_id,
        }
        names = chance.sample(list(says), chance.randrange(1, 4))
        return json.dumps({name: says[name] for name in names}).encode()

    def _use_page(self, chance: random.Random) -> str:
        """Open a page with a strange link, and press whatever is on it, and what is not."""
        name = chance.choice(["class", "runs", "train", "draw", "runs", "train", *PAGES])
        run = self.some_run(chance)
        query = {
            "run": run,
            "compare": ",".join({run, chance.choice(list(self.stage.runs.values()))}),
            "view": chance.choice(VIEWS),
        }
        if chance.random() < 0.3:
            names = {"run": [run], "view": [query["view"]]}
            query = {key: values[-1] for key, values in some_query(chance, names).items()}
        with noting() as told, visiting(self.cookies[1]):
            page = opened(page_file(name), alone=True, **query)
            kinds = widgets(page)
            for _ in range(3):
                ids = chance.sample(list(kinds), min(3, len(kinds)))
                pressed = [WidgetState(id=each, trigger_value=True) for each in ids]
                states = [forged(chance, each, kinds[each]) for each in ids]
                guessed = [
                    WidgetState(id=each, trigger_value=True, string_value="operator")
                    for each in ("person", "delete", "stop", "pause", "pin", "$$ID-x-delete")
                ]
                send(page, chance.choice([pressed, states, guessed, [*pressed, *guessed]]))
        self.told += [each for each in told if "Traceback" in each]
        return f"page: {name} {query}"


class visiting:
    """Within, pages are opened from elsewhere, with this cookie of a class."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie

    def __enter__(self) -> None:
        self.was = ContextProxy.headers, ContextProxy.cookies
        cookies, headers = {COOKIE: self.cookie}, {"Host": "lab.example"}
        ContextProxy.headers = property(lambda _: headers)  # type: ignore[assignment,method-assign]
        ContextProxy.cookies = property(lambda _: cookies)  # type: ignore[assignment,method-assign]

    def __exit__(self, *_: object) -> None:
        ContextProxy.headers, ContextProxy.cookies = self.was  # type: ignore[method-assign]


Do = Callable[[Trespass, random.Random], Any]
MEASURED = [Evaluated(4, 0, 2.0, 1.9, 0.5, 5, 10)]


def _config(do: Trespass, chance: random.Random) -> Any:
    """Settings of somebody's run, or of one that is new, as its parent's or not."""
    seed = chance.choice([*range(1, 12), *range(100, 108), chance.randrange(1000, 1010)])
    asked = config(seed)
    if chance.random() < 0.2:
        asked = asked.replace(parent=chance.choice(list(do.stage.runs.values())), seed=5000)
    return asked


def _some_id(do: Trespass, chance: random.Random) -> str:
    return do.some_name(chance)


STORE_ACTS: dict[str, Do] = {
    "request": lambda do, x: do.as_me.request(
        _config(do, x), do.some_name(x), x.choice([None, 1, 3])
    ),
    "promote": lambda do, x: do.as_me.promote(do.some_run(x), do.some_name(x), x.choice([None, 9])),
    "resume": lambda do, x: do.as_me.resume(do.some_run(x), do.some_name(x)),
    "add": lambda do, x: do.as_me.add(
        _config(do, x), MEASURED, Status.STOPPED, None, {}, do.some_name(x)
    ),
    "pause": lambda do, x: do.as_me.pause(do.some_run(x)),
    "stop": lambda do, x: do.as_me.stop(do.some_run(x)),
    "delete": lambda do, x: do.as_me.delete(do.some_run(x)),
    "pin": lambda do, x: do.as_me.pin(do.some_run(x), x.random() < 0.5),
    "rename": lambda do, x: do.as_me.rename(do.some_run(x), some_text(x)),
    "move ahead": lambda do, x: do.as_me.move_ahead(do.some_run(x)),
    "may": lambda do, x: do.as_me.may(x.choice([*Action]), do.some_run(x)),
    "get": lambda do, x: do.as_me.get(do.some_run(x)),
    "find": lambda do, x: do.as_me.find(do.some_run(x)[:4]),
    "runs": lambda do, x: do.as_me.runs(ids=[do.some_run(x)]),
    "sweep": lambda do, x: do.as_me.sweep(),
    "tidy": lambda do, x: do.as_me.tidy(Budget(1, x.random() < 0.5)),
    "claim": lambda do, x: do.as_me.claim(do.some_run(x)),
    "claim next": lambda do, x: do.as_me.claim_next(),
    "attempt": lambda do, x: do.as_me.attempt_next("cpu"),
    "resume lost": lambda do, x: do.as_me.resume_lost(1e9),
    "save": lambda do, x: save_drawing(do.as_me, do.some_name(x), PICTURE, x.randrange(10)),
    "drawings": lambda do, x: drawings(do.as_me, do.some_name(x)),
    "relabel": lambda do, x: relabel_drawing(
        do.as_me, do.some_name(x), x.randrange(12), x.randrange(10)
    ),
    "delete drawing": lambda do, x: delete_drawing(do.as_me, do.some_name(x), x.randrange(12)),
    "call": lambda do, x: call(do.as_me, do.some_person(x), _some_id(do, x), f"Eva {x.random()}"),
    "remove": lambda do, x: remove(do.as_me, do.some_person(x), _some_id(do, x)),
    "note": lambda do, x: note(
        do.as_me, do.some_person(x), **{x.choice(["hand", "asked", "removed", "class_id"]): None}
    ),
    "members": lambda do, x: members(do.as_me, do.some_person(x).class_id),
    "member": lambda do, x: member(do.as_me, _some_id(do, x)),
    "renew": lambda do, x: renew_secret(do.as_me, do.some_person(x)),
    "pace": lambda do, x: set_pace(do.as_me, do.some_person(x), Pace("train", locked=True)),
    "rules": lambda do, x: set_rules(do.as_me, do.some_person(x), Rules(train=False)),
    "class": lambda do, x: change_class(do.as_me, do.some_person(x), name="Mine", code="AAAAAA"),
    "code": lambda do, x: class_with_code(do.as_me, some_text(x)),
    "ask": lambda do, x: questions.show(do.as_me, do.some_person(x), x.randrange(3)),
    "close": lambda do, x: questions.close(do.as_me, do.some_person(x), x.randrange(3)),
    "compare": lambda do, x: questions.compare(do.as_me, do.some_person(x), x.randrange(3), "x"),
    "answer": lambda do, x: answers.answer(do.as_me, do.some_person(x), x.randrange(3), "x"),
    "results": lambda do, x: answers.results(do.as_me, do.some_person(x), x.randrange(3)),
    "hand in": lambda do, x: hand_ins.hand_in(do.as_me, do.some_person(x), do.some_run(x)),
    "take back": lambda do, x: hand_ins.take_back(do.as_me, do.some_person(x), ""),
    "ask to see": lambda do, x: wall.ask_to_see(do.as_me, do.some_person(x), x.randrange(4), True),
    "lower hand": lambda do, x: wall.lower_hand(do.as_me, do.some_person(x), x.randrange(4)),
    "archive": lambda do, x: archive.contents(do.as_me, do.some_person(x)),
    "end": lambda do, x: ending.end_class(
        do.as_me, do.some_person(x), x.choice(["", do.stage.of.id])
    ),
}


def prepare() -> None:
    """Nothing is really trained, and Streamlit is silent on widget states that it cannot read."""
    logging.getLogger("streamlit").setLevel(logging.CRITICAL)
    InlineExecutor.see_to = lambda self, run: run  # type: ignore[method-assign]
