"""The routes that hand out weights, and what a page tells the browser of them."""

import asyncio
import json
from typing import Any

import pytest
import torch
from safetensors.torch import load
from starlette.applications import Starlette

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.executors import InlineExecutor
from mnistlab.models.initial import initial_weights
from mnistlab.presets import PRESETS
from mnistlab.server import weights
from mnistlab.server.routes import API, routes
from mnistlab.store import RunRecord, Store

CONFIG = TrainConfig(dataset="digits", arch="mlp", hidden=4, layers=1, max_steps=3)


def answer(store: Store, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """(status, body, headers) of what the routes over `store` answer."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/lab{API}/{path}",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Starlette(routes=routes(store, "/lab"))(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return (
        sent[0]["status"],
        body,
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
    )


@pytest.fixture
def run(store: Store) -> RunRecord:
    return InlineExecutor(store).start(CONFIG)


def test_a_runs_weights_are_those_of_the_store_and_stay_in_the_browser(
    store: Store, run: RunRecord
) -> None:
    for step in store.snapshot_steps(run.id):
        status, body, headers = answer(store, f"runs/{run.id}/weights/{step}")
        assert status == 200
        assert headers["content-type"] == "application/octet-stream"
        assert headers["cache-control"] == "private, max-age=31536000, immutable"
        assert headers["content-encoding"] == "identity"
        assert body == store.weights_file(run.id, step)
        kept = store.weights(run.id, step)
        assert all(torch.equal(tensor, kept[name]) for name, tensor in load(body).items())
        again = answer(store, f"runs/{run.id}/weights/{step}", **{"if-none-match": headers["etag"]})
        assert again[:2] == (304, b"")
        assert again[2]["etag"] == headers["etag"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("runs/0123456789ab/weights/0", "There is no run '0123456789ab'."),
        ("runs/{run}/weights/77", "Run '{run}' has no weights of step 77."),
        ("runs/{run}/weights/-1", "'-1' is not the number of a step"),
        ("runs/{run}/weights/last", "'last' is not the number of a step"),
        ("untrained/imagenet/weights", "There is no preset called 'imagenet'. Choose one of"),
    ],
)
def test_weights_that_are_not_there_are_404_and_a_sentence(
    store: Store, run: RunRecord, path: str, sentence: str
) -> None:
    status, body, headers = answer(store, path.format(run=run.id))
    assert status == 404
    assert json.loads(body)["error"].startswith(sentence.format(run=run.id))
    assert "immutable" not in headers.get("cache-control", "")


def test_live_data_say_which_steps_there_are(store: Store, run: RunRecord) -> None:
    _, body, _ = answer(store, f"runs/{run.id}/live")
    assert json.loads(body)["snapshots"] == store.snapshot_steps(run.id) == [0, 1, 2, 3]


def test_an_untrained_preset_is_where_its_training_begins(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights._initial.cache_clear()
    status, body, headers = answer(store, "untrained/quick-digits/weights")
    assert (status, "immutable" in headers["cache-control"]) == (200, True)
    run = InlineExecutor(store).start(PRESETS["quick-digits"].replace(max_steps=1))
    began, given = store.weights(run.id, 0), load(body)
    assert began.keys() == given.keys()
    assert all(torch.equal(tensor, given[name]) for name, tensor in began.items())
    monkeypatch.setattr(weights, "initial_weights", None)  # made once: nobody waits for them again
    assert answer(store, "untrained/quick-digits/weights")[1] == body


@pytest.mark.parametrize("preset", PRESETS)
def test_initial_weights_are_torchs_and_leave_its_random_state_alone(preset: str) -> None:
    config = PRESETS[preset]
    before = torch.get_rng_state()
    drawn = initial_weights(config)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        built = models.build(config).state_dict()
    assert built.keys() == drawn.keys()
    assert all(torch.equal(tensor, drawn[name]) for name, tensor in built.items())
