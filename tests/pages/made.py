"""Runs in every state, made by the store's own calls, and pages opened on them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.events import Finished
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import train

ROOT = Path(__file__).parents[2]
PAGES = (
    "app.py",
    "pages/train.py",
    "pages/runs.py",
    "pages/draw.py",
    "pages/evaluation.py",
    "pages/embeddings.py",
    "pages/data.py",
    "pages/convolution.py",
    "pages/mistakes.py",
    "pages/glossary.py",
    "pages/sequence.py",
    "pages/optimisers.py",
)
TINY = TrainConfig(dataset="digits", channels=(2, 2), kernel=3, batch_size=20, max_steps=4, eval_every=2, eval_size=100, log_every=1)


def trained(store: Store, config: TrainConfig = TINY) -> RunRecord:
    """A run that was really trained."""
    run = store.request(config, "somebody")
    claim = store.claim(run.id)
    assert claim is not None
    events = list(train(config, load_dataset(config.dataset)))
    store.record(claim, events)
    assert isinstance(events[-1], Finished)
    store.end(claim, Status.FINISHED, final=asdict(events[-1]))
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
    store.record(claim, [event for event in train(config, load_dataset(config.dataset)) if event.step <= 2])
    if status != Status.RUNNING:
        reasons = {
            Status.FAILED: "The loss of step 2 is not a finite number.",
            Status.INTERRUPTED: "The process that trained it was killed.",
        }
        store.end(claim, status, reasons.get(status, ""))
    return store.get(run.id)


def opened(path: str, alone: bool = False, **query: str) -> AppTest:
    """The page at `path`, opened by a link with `query`: through `app.py` as a browser does, or `alone`."""
    if alone or path == "app.py":
        page = AppTest.from_file(str(ROOT / path), default_timeout=60)
    else:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run().switch_page(path)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def words(page: AppTest) -> str:
    """Everything that the page says, charts aside."""
    said: list[Any] = [*page.title, *page.markdown, *page.caption, *page.info, *page.warning, *page.error, *page.subheader, *page.metric]
    parts = [str(element.value) for element in said] + [metric.label for metric in page.metric]
    parts += [element.proto.body for element in page.get("html")] + [element.proto.text for element in page.get("progress")]
    parts += [element.proto.label for element in page.get("page_link")] + [button.label for button in page.button]
    return "\n".join(parts)


def charts(page: AppTest) -> list[Any]:
    """The Vega-Lite charts of the page."""
    return [element.proto for element in page.get("vega_lite_chart")]


def link(page: AppTest) -> dict[str, str]:
    """The query parameters of the page's URL."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in page.query_params.items()}
