"""The routes of the teacher's wall: what is new on it, what the teacher does there, and the page
that a student agreed to show.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mnistlab.errors import ClassError, MnistlabError, NotAllowed
from mnistlab.i18n import _, listed, message
from mnistlab.server.access import is_own
from mnistlab.server.bodies import parsed, read
from mnistlab.server.shared import Shared
from mnistlab.store import Store
from mnistlab.store.members import members
from mnistlab.store.people import Person, Role
from mnistlab.store.wall import ask_to_see, lower_hand
from mnistlab.ui.classroom.wall_data import SORTS, Curves, wall_data
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.visitor import COOKIE, in_class

MOST_CLASSES = 32  # whose curves are kept in memory
MOST_BYTES = 1024  # of what the teacher's browser tells


class Wall:
    """The routes below `base`, over `store`; the answers are `shared`."""

    def __init__(self, store: Store, base: str, shared: Shared) -> None:
        self.store, self.base, self.shared = store, base, shared
        self._curves: dict[str, Curves] = {}

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{self.base}/api/class/wall", self.look),
            Route(f"{self.base}/api/class/student", self.act, methods=["POST"]),
            Route(f"{self.base}/api/class/shown/{{number:int}}", self.shown),
        ]

    def look(self, request: Request) -> Response:
        """`wall_data` of the class of the teacher who asks."""
        teacher = self._teacher(request)
        if teacher is None:
            return _refused()
        sort = request.query_params.get("sort", SORTS[0])
        if sort not in SORTS:
            return JSONResponse(
                {"error": _("sort is one of {names}.").format(names=listed(SORTS))}, 400
            )
        projector = request.query_params.get("projector", "0") != "0"
        class_id = teacher.class_id

        def make() -> dict[str, Any]:
            return wall_data(self.store, class_id, sort, projector, self._curves_of(class_id))

        return self.shared.answer(request, ("wall", class_id, sort, str(projector)), make)

    async def act(self, request: Request) -> Response:
        """What the teacher does to the student with this `number`: `ask` to see their page, or not
        any more, or lower their `hand`.
        """
        return await run_in_threadpool(self._act, request, await read(request, MOST_BYTES))

    def _act(self, request: Request, body: bytes) -> Response:
        teacher = self._teacher(request)
        if teacher is None or not is_own(request.headers):
            return _refused()
        try:
            _wish(body)(self.store, teacher)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        except MnistlabError as error:
            refused = isinstance(error, NotAllowed | ClassError)
            return JSONResponse({"error": str(error)}, 403 if refused else 503)
        return JSONResponse({})

    def shown(self, request: Request) -> Response:
        """The page that a student shows to their teacher."""
        teacher = self._teacher(request)
        if teacher is None:
            return _refused()
        number = request.path_params["number"]
        found = [each for each in members(self.store, teacher.class_id) if each.number == number]
        shows = found[0].shown if found else None
        if not shows or shows.get("page") not in PAGES:
            return JSONResponse({"error": _("This student shows no page.")}, 404)
        query = urlencode(shows.get("query", {}))
        address = f"{self.base}/{shows['page']}"
        return RedirectResponse(f"{address}?{query}" if query else address, 303)

    def _curves_of(self, class_id: str) -> Curves:
        kept = self._curves.pop(class_id, None) or Curves()
        self._curves[class_id] = kept  # now the latest
        while len(self._curves) > MOST_CLASSES:
            del self._curves[next(iter(self._curves))]
        return kept

    def _teacher(self, request: Request) -> Person | None:
        person = in_class(self.store, request.cookies.get(COOKIE, ""))
        return person if person is not None and person.role is Role.TEACHER else None


def _wish(body: bytes) -> Callable[[Store, Person], None]:
    """What the `body` wants done. Raises `ValueError`."""
    says = parsed(body, MOST_BYTES)
    number = says.get("number") if isinstance(says, dict) else None
    if type(number) is not int or not 0 < number < 10**6:
        raise ValueError('"number" is that of a student.')
    if says.keys() == {"number", "ask"} and isinstance(says["ask"], bool):
        return lambda store, teacher: ask_to_see(store, teacher, number, says["ask"])
    if says.keys() == {"number", "hand"} and says["hand"] is False:
        return lambda store, teacher: lower_hand(store, teacher, number)
    raise ValueError('Tell "ask", true or false, or "hand", false.')


def _refused() -> Response:
    error = NotAllowed(
        message("Only the teacher of the class may do this."), message("Open the teacher's link.")
    )
    return JSONResponse({"error": str(error)}, 403)
