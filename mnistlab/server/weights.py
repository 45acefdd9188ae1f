"""The routes that hand out weights, with which a browser computes a network by itself."""

from functools import lru_cache

from safetensors.torch import save
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mnistlab.config import TrainConfig
from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.i18n import _, listed
from mnistlab.models.initial import initial_weights
from mnistlab.presets import PRESETS
from mnistlab.store import Store

# the same address always has the same weights: a page's also says when the run started
KEPT = "private, max-age=31536000, immutable"


class Weights:
    """Safetensors files, of the runs in `store` and of networks that are not trained yet."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def run(self, request: Request) -> Response:
        """Those of a run at one of its snapshots."""
        run_id, step = request.path_params["run"], request.path_params["step"]
        if not (step.isascii() and step.isdigit() and len(step) <= 18):
            sentence = _("{step} is not the number of a step: 0 or more.")
            return JSONResponse({"error": sentence.format(step=repr(step))}, 404)
        try:
            self.store.get(run_id)
            body = self.store.weights_file(run_id, int(step))
        except RunNotFound as error:
            return JSONResponse({"error": str(error)}, 404)
        except MnistlabError as error:
            return JSONResponse({"error": str(error)}, 503)
        return _file(request, body, f"{run_id}-{int(step)}")

    def untrained(self, request: Request) -> Response:
        """Those that a preset's training begins with."""
        name = request.path_params["preset"]
        if name not in PRESETS:
            sentence = _("There is no preset called {name}. Choose one of {names}.")
            error = sentence.format(name=repr(name), names=listed(PRESETS))
            return JSONResponse({"error": error}, 404)
        config = PRESETS[name]
        return _file(request, _initial(config), f"untrained-{config.run_id}")


@lru_cache(maxsize=16)
def _initial(config: TrainConfig) -> bytes:
    return bytes(save(initial_weights(config)))


def _file(request: Request, body: bytes, name: str) -> Response:
    """`body`, or 304 where the browser has it."""
    headers = {"etag": f'"{name}"', "cache-control": KEPT}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    # weights hardly shrink: without this word they would be compressed, which takes longer than
    # sending them
    headers["content-encoding"] = "identity"
    return Response(body, 200, headers, "application/octet-stream")
