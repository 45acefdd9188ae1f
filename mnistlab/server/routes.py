"""The routes beside the pages: health, metrics, weights, and what is new in a run while one watches
it.
"""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.events import Evaluated, Progress
from mnistlab.server.metrics import registry
from mnistlab.server.weights import Weights
from mnistlab.store import ACTIVE, Store
from mnistlab.ui.kit.i18n import DEFAULT, LANGUAGES, speaking
from mnistlab.ui.kit.state import Recorded
from mnistlab.ui.kit.training.live_data import live_data
from mnistlab.ui.train.queue_data import queue_data

API = "/api"
Question = tuple[str, ...]  # what is asked about, and in which language
Answer = tuple[int, bytes, str]  # status, JSON, ETag
FRESH_SECONDS = 0.5  # for so long an answer serves everybody who asks the same


def routes(store: Store, base: str = "") -> list[BaseRoute]:
    """All of them, over `store`; those of the pages below the path `base`, where these are."""
    metrics, live, weights = registry(store), Live(store), Weights(store)

    def healthz(request: Request) -> Response:
        try:
            store.count()
        except MnistlabError as error:
            return JSONResponse({"status": str(error)}, 503)
        return JSONResponse({"status": "ok"})

    def prometheus(request: Request) -> Response:
        return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", healthz),
        Route("/metrics", prometheus),
        Route(f"{base}{API}/runs/{{run}}/live", live.run),
        Route(f"{base}{API}/runs/{{run}}/weights/{{step}}", weights.run),
        Route(f"{base}{API}/untrained/{{preset}}/weights", weights.untrained),
        Route(f"{base}{API}/queue/live", live.queue),
    ]


class Live:
    """What is new while one watches, put together once for all who ask the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = Lock()
        self._answers: dict[Question, tuple[float, Answer]] = {}

    def run(self, request: Request) -> Response:
        """`live_data` of a run since event number `after`."""
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            return JSONResponse(
                {"error": f"after={after!r} is not the number of an event: 0 or more."}, 400
            )
        run_id = request.path_params["run"]
        seq = int(after)
        return self._answer(request, (run_id, str(seq)), lambda: self._run(run_id, seq))

    def queue(self, request: Request) -> Response:
        """`queue_data`: who trains and who waits."""
        return self._answer(request, (), lambda: queue_data(self.store.runs(*ACTIVE)))

    def _run(self, run_id: str, after: int) -> dict[str, Any]:
        recorded = Recorded()
        run = self.store.get(run_id)
        recorded.add(self.store.events(run_id, [Progress, Evaluated], after))
        return live_data(self.store, run, recorded, after)

    def _answer(
        self, request: Request, what: tuple[str, ...], make: Callable[[], dict[str, Any]]
    ) -> Response:
        """With an ETag; 304 where the browser has just that."""
        language = request.query_params.get("lang", DEFAULT)
        language = language if language in LANGUAGES else DEFAULT
        with self._lock:
            status, body, etag = self._shared((*what, language), make)
        headers = {"etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        # one for each who asks: on its way, it is compressed in place
        return Response(body, status, headers, "application/json")

    def _shared(self, question: Question, make: Callable[[], dict[str, Any]]) -> Answer:
        now = time.monotonic()
        self._answers = {
            asked: (made, answer)
            for asked, (made, answer) in self._answers.items()
            if now - made < FRESH_SECONDS
        }
        if question not in self._answers:
            with speaking(question[-1]):
                self._answers[question] = now, _answer(make)
        return self._answers[question][1]


def _answer(make: Callable[[], dict[str, Any]]) -> Answer:
    """What `make()` gives, or in words why it gives nothing."""
    try:
        status, content = 200, make()
    except RunNotFound as error:
        status, content = 404, {"error": str(error)}
    except MnistlabError as error:
        status, content = 503, {"error": str(error)}
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    return status, body, f'"{sha256(body).hexdigest()[:16]}"'
