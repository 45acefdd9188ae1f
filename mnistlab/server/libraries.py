"""The libraries that a browser fetches when it needs them, and keeps."""

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from mnistlab.ui.kit.component import LIBRARIES
from mnistlab.ui.kit.server import FETCHED

KEPT = "public, max-age=31536000, immutable"  # the address names the version


def _files() -> dict[str, Path]:
    """Where each of `FETCHED` is: Plotly's is in Plotly's own package."""
    plotly = find_spec("plotly")
    assert plotly is not None
    assert plotly.origin is not None
    own = {name: LIBRARIES / f"{name}.js" for name in FETCHED}
    return own | {"plotly": Path(plotly.origin).parent / "package_data" / "plotly.min.js"}


def library(request: Request) -> Response:
    """One of `FETCHED`, as published."""
    file = _files().get(request.path_params["name"])
    if file is None:
        return JSONResponse({"error": f"The libraries are {', '.join(FETCHED)}."}, 404)
    return FileResponse(file, media_type="text/javascript", headers={"Cache-Control": KEPT})
