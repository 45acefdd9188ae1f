"""Links and widget states that nobody makes in good faith, and what a page must not do with them.
The same seed makes the same ones.
"""

import json
import logging
import random
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from mnistlab.config import FIELDS
from mnistlab.errors import MnistlabError
from mnistlab.options import Option
from mnistlab.store import Status, Store
from mnistlab.ui.kit import frame
from mnistlab.ui.kit.navigation import PAGES, page_file
from mnistlab.ui.kit.url import Parameter, Query
from pages.runs import TINY, in_state, opened, trained

Names = Mapping[
    str, Sequence[str]
]  # parameter -> values that it may have, as far as they are known
HOST = "hostile.example"
TEXTS = (
    *("", " ", "0", "-1", "1", "1.5", "-0", "1e309", "-1e309", "nan", "inf", "0x10", "1_000"),
    *("9" * 30, "9" * 5000, "-" + "9" * 400, "0." + "0" * 400 + "1", "٣", "½", "²", "１２", "1,2"),
    *("true", "None", "null", "[]", "{}", '{"a": 1}', "[1, 2", "1,,2", ",", "1..2", "2..1", ".."),
    *(f"![p](http://{HOST}/p.png)", f"[Log in](http://{HOST})", f"<http://{HOST}>"),
    *(f"<script src=//{HOST}></script>", f'"><img src=http://{HOST}/x onerror=alert(1)>'),
    *("`code`", "$x^2$", ":red[x]", ":material/home:", "**", "# title", "| a | b |\n|---|---|"),
    *("' OR 1=1 --", "'; DROP TABLE runs; --", "%", "_", "\\", "%00", "%s", "{0.__class__}", "{x}"),
    *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\x", "app.py", "\\\\host\\x"),
    *("\0", "a\0b", "\n", "\r\nX: y", "\t", "\x1b[31m", "\u202egnp", "\ufeff", "\ud7ff", "🙂" * 50),
    *("e\u0301" * 100, "z\u0335" * 200, "\u200b", "x" * 20_000, "café", "手写数字", "ＡＢＣ"),
)
# Markdown would make a link or a picture of it: `words.literal` prevents that
UNESCAPED = re.compile(rf"https?://{HOST}")


def some_text(chance: random.Random) -> str:
    """One of `TEXTS`, or characters by chance."""
    if chance.random() < 0.8:
        return chance.choice(TEXTS)
    ends = chance.choice([0x80, 0x800, 0xD7FF])
    return "".join(chr(chance.randrange(ends)) for _ in range(chance.randrange(60)))


def some_query(chance: random.Random, names: Names) -> dict[str, list[str]]:
    """Parameters of a link: some as they may be, for the page to come to the others; some twice."""
    query = {}
    for name in chance.sample(list(names), min(len(names), chance.randrange(1, 9))):
        known = names[name]
        query[name] = [
            chance.choice(known) if known and chance.random() < 0.4 else some_text(chance)
            for _ in range(1 if chance.random() < 0.9 else chance.randrange(2, 5))
        ]
    if "view" in names and chance.random() < 0.7:
        query["view"] = [chance.choice(names["view"])]
    if chance.random() < 0.5:
        query["run"] = [chance.choice(names["run"])]
    if chance.random() < 0.1:
        query[some_text(chance) or "x"] = [some_text(chance)]
    return query


@contextmanager
def tables() -> Iterator[dict[str, dict[str, Parameter]]]:
    """Within: the URL's parameters of each page that is opened."""
    seen: dict[str, dict[str, Parameter]] = {}
    original = frame.Query

    def noting(page: str, own: Mapping[str, Parameter], *more: Any) -> Query:
        query = original(page, own, *more)
        seen[page] = query.table
        return query

    frame.Query = noting  # type: ignore[assignment, misc]
    try:
        yield seen
    finally:
        frame.Query = original  # type: ignore[misc]


def names_of(page: str, runs: Sequence[str]) -> Names:
    """The parameters of `page`, and values that they may have; `runs`: ids."""
    with tables() as seen:
        opened(f"pages/{page}.py" if page else "app.py", alone=True)
    names = {name: _choices(parameter) for name, parameter in seen[page].items()}
    if page in ("train", "runs"):
        settings: dict[str, Option] = {n: f.metadata["option"] for n, f in FIELDS.items()}
        names |= {name: list(setting.choices) for name, setting in settings.items()}
    return names | {"run": [*runs, "0123456789ab", runs[0][:3]], "step": ["0", "1", "2", "4", "99"]}


def _choices(parameter: Parameter) -> list[str]:
    """The values that the words of a parameter name."""
    wanted = str(parameter.wanted)
    if wanted.startswith(("one of ", "some of ")):
        return wanted.split(" of ", 1)[1].split(", ")
    return re.findall(r"\d+", wanted)


# -- widgets ---------------------------------------------------------------------------------------

NUMBERS = (0, 1, -1, 7, 10**9, -(2**62), 2**62)
REALS = (0.0, -1.0, 0.5, 1e308, -1e308, float("nan"), float("inf"), float("-inf"))
WIRE = {  # what a widget of each kind sends; the others a string
    "bidi_component": "json_value",
    "button": "trigger_value",
    "button_group": "string_array_value",
    "download_button": "trigger_value",
    "multiselect": "string_array_value",
    "number_input": "double_value",
    "pagination": "int_value",
    "select_slider": "string_array_value",
    "slider": "double_array_value",
    "toggle": "bool_value",
}
FIELDS_OF_WIRE = (
    *("bool_value", "double_value", "int_value", "string_value", "json_value", "trigger_value"),
    *("double_array_value", "int_array_value", "string_array_value", "bytes_value"),
)


def some_json(chance: random.Random, depth: int = 0) -> Any:
    """Any value that JSON can say."""
    if depth < 3 and chance.random() < 0.6:
        keys = ("selection", "points", "customdata", "rows", "drawing", "raw", "objects", "value")
        if chance.random() < 0.5:
            return [some_json(chance, depth + 1) for _ in range(chance.randrange(4))]
        return {chance.choice(keys): some_json(chance, depth + 1) for _ in range(3)}
    plain = (*NUMBERS, *REALS, None, True, False, "data:image/png;base64,AAAA")
    return chance.choice([*plain, some_text(chance)])


def forged(chance: random.Random, widget_id: str, kind: str, right: float = 0.7) -> WidgetState:
    """What the widget of this id never sends; with the probability `right` of the type that it
    does.
    """
    state, field = WidgetState(id=widget_id), WIRE.get(kind, "string_value")
    if chance.random() >= right:
        field = chance.choice(FIELDS_OF_WIRE)
    count = chance.randrange(4)
    if field in ("bool_value", "trigger_value"):
        setattr(state, field, True)
    elif field == "int_value":
        state.int_value = chance.choice(NUMBERS)
    elif field == "double_value":
        state.double_value = chance.choice(REALS)
    elif field == "double_array_value":
        state.double_array_value.data.extend(chance.choices(REALS, k=count))
    elif field == "int_array_value":
        state.int_array_value.data.extend(chance.choices(NUMBERS, k=count))
    elif field == "string_array_value":
        state.string_array_value.data.extend(_sendable(some_text(chance)) for _ in range(count))
    elif field == "bytes_value":
        state.bytes_value = chance.randbytes(100)
    elif field == "json_value" or chance.random() < 0.5:
        setattr(state, field, _sendable(json.dumps(some_json(chance))))
    else:
        state.string_value = _sendable(some_text(chance))
    return state


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()


def widgets(page: AppTest) -> dict[str, str]:
    """Id -> kind of each widget of a page."""
    leaves = (each for each in page._tree if not hasattr(each, "children"))
    return {each.proto.id: each.type for each in leaves if getattr(each.proto, "id", "")}


def send(page: AppTest, states: Iterable[WidgetState]) -> None:
    """What a browser does whose reader has used these widgets."""
    page._run(WidgetStates(widgets=states))


# -- what must not come of it ----------------------------------------------------------------------


@contextmanager
def noting() -> Iterator[list[str]]:
    """Within: every exception that a page raises, and what is logged with a traceback.

    Left out is where Streamlit itself cannot read what a widget sent.
    """
    told: list[str] = []
    original = frame.in_words

    def in_words(error: Exception) -> bool:
        if not isinstance(error, MnistlabError):
            *_, last = traceback.extract_tb(error.__traceback__)
            if not Path(last.filename).is_relative_to(Path(streamlit.__file__).parent):
                told.append("".join(traceback.format_exception(error)))
        return original(error)

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info or record.levelno >= logging.ERROR:
                told.append(self.format(record))

    handler = Noting()
    logging.getLogger().addHandler(handler)
    frame.in_words = in_words
    try:
        yield told
    finally:
        frame.in_words = original
        logging.getLogger().removeHandler(handler)


def injected(page: AppTest) -> list[str]:
    """The sentences of a page in which Markdown makes a link or a picture of a hostile text."""
    texts = [*page.markdown, *page.caption, *page.info, *page.warning, *page.error, *page.success]
    return [text.value for text in texts if UNESCAPED.search(text.value)]


# -- both, on a store with a few runs --------------------------------------------------------------


class Attack:
    """Opens links, and forges widget states, over a store with runs in several states."""

    def __init__(self, store: Store) -> None:
        trained_runs = [trained(store), trained(store, TINY.replace(arch="lstm", hidden=5))]
        others = [
            in_state(store, status, TINY.replace(seed=seed))
            for seed, status in enumerate((Status.FAILED, Status.PAUSED, Status.QUEUED), start=2)
        ]
        self.trained = [run.id for run in trained_runs]
        ids = [*self.trained, *(run.id for run in others)]
        self.names = {page: names_of(page, ids) for page in PAGES}

    def open_link(self, seed: int) -> list[str]:
        """What is wrong once the link of this number was opened."""
        chance = random.Random(seed)
        name = chance.choice(list(PAGES))
        query = some_query(chance, self.names[name])
        with noting() as told:
            page = opened(page_file(name), alone=True, **query)
        boxes = [each.message for each in page.exception]
        faults = [*told, *boxes, *injected(page)]
        return [f"link {seed}: {name or 'home'} {query}\n{fault}" for fault in faults]

    def forge(self, seed: int) -> list[str]:
        """What is wrong once a few widgets of a page have sent what they cannot."""
        chance = random.Random(seed)
        name = chance.choice(list(PAGES))
        views = self.names[name].get("view")
        query = {"view": chance.choice(views)} if views else {}
        page = opened(page_file(name), alone=True, run=chance.choice(self.trained), **query)
        kinds = widgets(page)
        chosen = chance.sample(list(kinds), min(len(kinds), chance.randrange(1, 4)))
        states = [forged(chance, widget, kinds[widget]) for widget in chosen]
        with noting() as told:
            send(page, states)
        faults = [*told, *injected(page)]
        return [f"widgets {seed}: {name or 'home'} {query} {states}\n{each}" for each in faults]
