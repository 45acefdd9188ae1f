"""Runs in every state, made by the store's own calls, and pages opened on them."""

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from waiting import SECONDS, eventually

from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.events import Event, Finished, to_record
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import train
from mnistlab.ui.kit.navigation import PAGES, page_file
from mnistlab.ui.kit.views import View

ROOT = Path(__file__).parents[2]
PATHS = [page_file(name) for name in PAGES]
TINY = TrainConfig(
    dataset="digits",
    channels=(2, 2),
    kernel=3,
    batch_size=20,
    max_steps=4,
    eval_every=2,
    eval_size=100,
    log_every=1,
)


def views_of(page: str) -> dict[str, View[Any]]:
    """The views of `page`; none if it shows everything at once."""
    if not (ROOT / "mnistlab" / "ui" / page / "views.py").exists():
        return {}
    views: dict[str, View[Any]] = import_module(f"mnistlab.ui.{page}.views").VIEWS
    return views


@cache
def events_of(config: TrainConfig) -> tuple[Event, ...]:
    """What a training of `config` yields: the same for each test that asks."""
    return tuple(train(config, load_dataset(config.dataset)))


def trained(store: Store, config: TrainConfig = TINY) -> RunRecord:
    """A run that was really trained, now or by an earlier test over the same store."""
    run = store.request(config, "somebody")
    if run.status == Status.FINISHED:
        return run
    claim = store.claim(run.id)
    if claim is None:  # a server of this store was quicker, and trains it
        eventually("it is trained", lambda: store.get(run.id).status == Status.FINISHED)
        return store.get(run.id)
    events = events_of(config)
    store.record(claim, events)
    assert isinstance(events[-1], Finished)
    store.end(claim, Status.FINISHED, final=to_record(events[-1]))
    return store.get(run.id)


def in_state(store: Store, status: Status, config: TrainConfig = TINY) -> RunRecord:
    """A run in `status`; those that began have been recorded up to step 2."""
    if status == Status.FINISHED:
        return trained(store, config)
    run = store.request(config, "somebody")
    if status == Status.QUEUED:
        return run
    claim = store.claim(run.id)
    assert claim is not None
    store.record(claim, [event for event in events_of(config) if event.step <= 2])
    if status != Status.RUNNING:
        reasons = {
            Status.FAILED: "The loss of step 2 is not a finite number.",
            Status.INTERRUPTED: "The process that trained it was killed.",
        }
        store.end(claim, status, reasons.get(status, ""))
    return store.get(run.id)


def opened(path: str, alone: bool = False, **query: str) -> AppTest:
    """The page at `path`, opened by a link with `query`: through `app.py` as a browser does, or
    `alone`.
    """
    if alone or path == "app.py":
        page = AppTest.from_file(str(ROOT / path), default_timeout=SECONDS)
    else:
        page = (
            AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run().switch_page(path)
        )
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def words(page: AppTest) -> str:
    """Everything that the page says, charts aside."""
    curves, queue = component(page, "run_charts"), component(page, "queue")
    said: list[Any] = [
        *page.title,
        *page.markdown,
        *page.caption,
        *page.info,
        *page.warning,
        *page.error,
        *page.header,
        *page.metric,
    ]
    parts = [str(element.value) for element in said] + [metric.label for metric in page.metric]
    parts += [element.proto.body for element in page.get("html")] + [
        element.proto.text for element in page.get("progress")
    ]
    parts += [element.proto.label for element in page.get("page_link")] + [
        button.label for button in page.button
    ]
    if curves is not None:
        live = curves["live"]
        parts += [live["progress"]["text"]] if live["progress"] else []
        note = curves["note"] if live["said"] else curves["empty"]
        parts += [note.replace("{measured}", (live["said"] or {}).get("measured", ""))]
    if queue is not None:
        parts += [queue["live"]["summary"] or queue["empty"]]
        parts += [run["text"] for run in queue["live"]["runs"]]
    return "\n".join(parts)


def charts(page: AppTest) -> list[Any]:
    """The Vega-Lite charts of the page."""
    return [element.proto for element in page.get("vega_lite_chart")]


def component(page: AppTest, name: str) -> dict[str, Any] | None:
    """What the page tells its component called `name`, if it has one."""
    found = [
        json.loads(element.proto.json)
        for element in page.get("bidi_component")
        if element.proto.component_name.endswith(f".{name}")
    ]
    assert len(found) <= 1
    return found[0] if found else None


def link(page: AppTest) -> dict[str, str]:
    """The query parameters of the page's URL."""
    return {
        name: value if isinstance(value, str) else value[-1]
        for name, value in page.query_params.items()
    }
