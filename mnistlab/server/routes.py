"""The routes beside the pages: health, metrics, weights, and what is new in a run while one watches
it.
"""

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mnistlab.errors import MnistlabError
from mnistlab.events import Evaluated, Progress
from mnistlab.i18n import _
from mnistlab.server.asker import asker
from mnistlab.server.classes import Classes
from mnistlab.server.libraries import library
from mnistlab.server.metrics import registry
from mnistlab.server.preview import CARD, Previews
from mnistlab.server.shared import Shared
from mnistlab.server.wall import Wall
from mnistlab.server.weights import Weights
from mnistlab.store import Store
from mnistlab.ui.kit.state import Recorded
from mnistlab.ui.kit.training.live_data import live_data
from mnistlab.ui.train.queue_data import queue_of

API = "/api"


def routes(store: Store, base: str = "") -> list[BaseRoute]:
    """All of them, over `store`; those of the pages below the path `base`, where these are."""
    metrics, weights, shared = registry(store), Weights(store), Shared()
    live, classes = Live(store, shared), Classes(store, base, shared)

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
        Route(f"{base}{API}/libraries/{{name}}", library),
        Route(f"{base}{CARD}", Previews(store, base).card),
        *classes.routes(),
        *Wall(store, base, shared).routes(),
    ]


class Live:
    """What is new in a run and in the queue while one watches."""

    def __init__(self, store: Store, shared: Shared) -> None:
        self.store, self.shared = store, shared

    def run(self, request: Request) -> Response:
        """`live_data` of a run since event number `after`."""
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            sentence = _("after={text} is not the number of an event: 0 or more.")
            return JSONResponse({"error": sentence.format(text=repr(after))}, 400)
        run_id = request.path_params["run"]
        seq = int(after)
        what = "run", run_id, str(seq)
        return self.shared.answer(request, what, lambda: self._run(run_id, seq))

    def queue(self, request: Request) -> Response:
        """`queue_of`: who trains and who waits, as the class of whoever asks may see it."""
        person = asker(self.store, request)
        seen_by = self.store.acting_as(person)
        what = "queue", person.role.value, person.class_id
        return self.shared.answer(request, what, lambda: queue_of(seen_by))

    def _run(self, run_id: str, after: int) -> dict[str, Any]:
        recorded = Recorded()
        run = self.store.get(run_id)
        recorded.add(self.store.events(run_id, [Progress, Evaluated], after))
        return live_data(self.store, run, recorded, after)
