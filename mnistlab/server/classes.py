"""The routes of a class: the cookie that says who somebody is in it, what a student's browser tells
of them, and where the teacher leads.
"""

import time
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mnistlab.errors import ClassError, MnistlabError, NotAllowed
from mnistlab.i18n import message
from mnistlab.server.access import is_own
from mnistlab.server.bodies import parsed, read
from mnistlab.server.class_files import ClassFiles
from mnistlab.server.shared import Shared
from mnistlab.store import Store
from mnistlab.store.classes import class_of, taught_by, teacher
from mnistlab.store.members import note
from mnistlab.store.people import Person, Role
from mnistlab.store.wall import still_here
from mnistlab.ui.kit.attendance.pace_data import pace_data
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.visitor import COOKIE, COOKIE_SECONDS, cookie_of, entering, in_class

FRESH_PACE_SECONDS = 0.1  # a class has to follow within two seconds
PIXELS = 28 * 28
MOST_BYTES = 8 * 1024  # of what a browser tells
SEEN_SECONDS = 20.0  # a student whose browser asks is noted again after so long
MOST_SEEN = 10_000  # students of whom is remembered when that was


class Classes:
    """The routes below `base`, over `store`; answers that many ask for are `shared`."""

    def __init__(self, store: Store, base: str, shared: Shared) -> None:
        self.store, self.base, self.shared = store, base, shared
        self._seen: dict[str, float] = {}  # student -> when they were noted

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{self.base}/teach/{{secret}}", self.teach),
            Route(f"{self.base}/api/class/enter", self.enter),
            Route(f"{self.base}/api/class/leave", self.leave),
            Route(f"{self.base}/api/class/pace", self.pace),
            Route(f"{self.base}/api/class/me", self.me, methods=["POST"]),
            *ClassFiles(self.store, self.base, self._person).routes(),
        ]

    def teach(self, request: Request) -> Response:
        """The teacher's own link: it gives their browser the cookie, and opens the class."""
        try:
            of = taught_by(self.store, request.path_params["secret"])
        except NotAllowed as error:
            return _said(error, 403)
        except MnistlabError as error:
            return _said(error, 503)
        return self._with_cookie(request, teacher(of))

    def enter(self, request: Request) -> Response:
        """Where a page sends somebody who has just joined, or made a class: a page of this server,
        and no link that brings somebody into another's class, or out of theirs.
        """
        if not _is_from_here(request):
            return _said(
                NotAllowed(message("This is no link to open."), message("Join on the class page.")),
                403,
            )
        person = entering(self.store, request.query_params.get("as", ""))
        if person is None:
            return _said(
                NotAllowed(message("This link was for a moment only."), message("Join again.")), 403
            )
        return self._with_cookie(request, person)

    def leave(self, request: Request) -> Response:
        """Forget the class on this browser, unless its teacher keeps everybody together."""
        if not _is_from_here(request):
            return _said(
                NotAllowed(
                    message("This is no link to open."), message("Leave on the class page.")
                ),
                403,
            )
        if (person := self._person(request)) is not None and self._keeps(person):
            return RedirectResponse(f"{self.base}/class", 303)
        answer = RedirectResponse(f"{self.base}/class", 303)
        answer.delete_cookie(COOKIE, path=self.base or "/", httponly=True, samesite="lax")
        return answer

    def pace(self, request: Request) -> Response:
        """Where the class of whoever asks is led, the same for all of it."""
        person = self._person(request)
        if person is None:
            return _said(
                NotAllowed(message("You are in no class."), message("Join one with its code.")), 403
            )
        if person.role is Role.STUDENT:
            self._see(person)
        class_id = person.class_id
        what = "pace", class_id
        return self.shared.answer(
            request, what, lambda: pace_data(self.store, class_id), FRESH_PACE_SECONDS
        )

    def _see(self, student: Person) -> None:
        """Note that this student has a page open: only now and then, because many ask at once."""
        now = time.monotonic()
        if now - self._seen.get(student.name, -SEEN_SECONDS) < SEEN_SECONDS:
            return
        self._seen.pop(student.name, None)
        self._seen[student.name] = now  # the latest is the last
        while len(self._seen) > MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        with suppress(MnistlabError):  # a busy store is no reason to leave the student unled
            still_here(self.store, student)

    def _keeps(self, person: Person) -> bool:
        """Whether this student may not leave now."""
        pace = class_of(self.store, person.class_id).pace
        return person.role is Role.STUDENT and (pace.locked or pace.look_up)

    async def me(self, request: Request) -> Response:
        """What a student's browser tells of them: `hand`, up or down; `drawing`, the last one, as
        784 bytes in hexadecimal digits; and `shown`, the page and parameters that the teacher may
        see, or null.
        """
        return await run_in_threadpool(self._note, request, await read(request, MOST_BYTES))

    def _note(self, request: Request, body: bytes) -> Response:
        person = self._person(request)
        if person is None or not is_own(request.headers):
            return _said(
                NotAllowed(message("You are in no class."), message("Join one with its code.")), 403
            )
        try:
            note(self.store, person, **_told(body))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        except MnistlabError as error:
            return _said(error, 403 if isinstance(error, NotAllowed | ClassError) else 503)
        return JSONResponse({})

    def _person(self, request: Request) -> Person | None:
        return in_class(self.store, request.cookies.get(COOKIE, ""))

    def _with_cookie(self, request: Request, person: Person) -> Response:
        answer = RedirectResponse(f"{self.base}/class", 303, {"referrer-policy": "no-referrer"})
        answer.set_cookie(
            COOKIE,
            cookie_of(self.store, person),
            max_age=COOKIE_SECONDS,
            path=self.base or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return answer


def _told(body: bytes) -> dict[str, Any]:
    """What the `body` says of a student, as columns. Raises `ValueError`."""
    says = parsed(body, MOST_BYTES)
    if not isinstance(says, dict) or not says or says.keys() - {"hand", "drawing", "shown"}:
        raise ValueError('Tell "hand", "drawing" or "shown".')
    told: dict[str, Any] = {}
    if "hand" in says:
        if not isinstance(says["hand"], bool):
            raise ValueError('"hand" is true or false.')
        told["hand"] = time.time() if says["hand"] else None
    if "drawing" in says:
        pixels = None if says["drawing"] is None else bytes.fromhex(str(says["drawing"]))
        if pixels is not None and len(pixels) != PIXELS:
            raise ValueError(f'"drawing" has {PIXELS} bytes.')
        told["drawing"] = pixels
    if "shown" in says:
        told |= {"shown": _shown(says["shown"]), "asked": None}
    return told


def _shown(page: Any) -> dict[str, Any] | None:
    """The page that a student shows, and since when. Raises `ValueError`."""
    if page is None:
        return None
    name, query = (page.get("page"), page.get("query")) if isinstance(page, dict) else (None, None)
    if not (isinstance(name, str) and name in PAGES and isinstance(query, dict)):
        raise ValueError('"shown" is a page with its parameters, or null.')
    if not all(isinstance(value, str) for value in query.values()):
        raise ValueError("The parameters of a page are texts.")
    return {"page": name, "query": query, "at": time.time()}


def _is_from_here(request: Request) -> bool:
    """Whether a page of this server asks, as far as the browser says."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _said(error: MnistlabError, status: int) -> Response:
    return JSONResponse({"error": str(error)}, status)
