"""The files of a class: the page of a run, as it is handed in, and the archive of everything."""

import re
from collections.abc import Callable
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mnistlab.errors import ClassError, MnistlabError, NotAllowed, RunNotFound
from mnistlab.export.archive import file_name
from mnistlab.export.hand_in import hand_in
from mnistlab.export.hand_in.author import part_of
from mnistlab.i18n import message
from mnistlab.store import RunRecord, Store
from mnistlab.store.classes import class_of
from mnistlab.store.hand_ins import WITHOUT_RUN, hand_ins
from mnistlab.store.members import Member, with_id
from mnistlab.store.people import Person, Role
from mnistlab.ui.classroom import files
from mnistlab.ui.kit.i18n import speaking

STATE = re.compile("[0-9a-f]{16}")
# on top of what the page says of itself: it is not of this site
APART = {
    "content-security-policy": "sandbox allow-scripts",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class ClassFiles:
    """The routes below `base`, over `store`; `person` is who asks, if they are in a class."""

    def __init__(self, store: Store, base: str, person: Callable[[Request], Person | None]) -> None:
        self.store, self.base, self.person = store, base, person

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{self.base}/api/class/page/{{run}}", self.page),
            Route(f"{self.base}/api/class/files/{{kind}}", self.file),
        ]

    def page(self, request: Request) -> Response:
        """The page of a run: a student's own, or, for the teacher, what the student `member` has
        handed in. "answers" in place of a run: of what they said and drew alone.
        """
        named = request.path_params["run"]
        run_id = WITHOUT_RUN if named == "answers" else named
        try:
            author, language = self._author(request, run_id)
            run = None if run_id == WITHOUT_RUN else self._run(request, run_id)
            with speaking(language):
                content = hand_in(self.store, run, part_of(self.store, author))
        except MnistlabError as error:
            return _said(error)
        headers = dict(APART)
        if request.query_params.get("download"):
            name = quote(file_name(f"{author.nickname} {named}"))
            headers["content-disposition"] = f"attachment; filename*=utf-8''{name}.html"
        return Response(content, headers=headers, media_type="text/html; charset=utf-8")

    def file(self, request: Request) -> Response:
        """What the teacher had made: the archive, or all hand-ins."""
        kind, state = request.path_params["kind"], request.query_params.get("state", "")
        person = self.person(request)
        if person is None or person.role is not Role.TEACHER:
            return _said(
                NotAllowed(
                    message("Only the teacher of the class may do this."), message("Open the link.")
                )
            )
        class_id = person.class_id
        is_known = kind in files.WRITERS and STATE.fullmatch(state)
        if not is_known or not files.path_of(kind, class_id, state).exists():
            return _said(
                RunNotFound(
                    message("This file is not here any more."), message("Have it made again.")
                )
            )
        name = file_name(class_of(self.store, class_id).name)
        return FileResponse(
            files.path_of(kind, class_id, state),
            media_type="application/zip",
            filename=f"{name} {kind}.zip",
            headers={"cache-control": "no-store"},
            background=BackgroundTask(files.note_download, kind, class_id, state),
        )

    def _run(self, request: Request, run_id: str) -> RunRecord:
        """The run as whoever asks may see it."""
        person = self.person(request)
        store = self.store if person is None else self.store.acting_as(person)
        return store.get(run_id)

    def _author(self, request: Request, run_id: str) -> tuple[Member, str]:
        """Whose page is asked for, and the language of their class. Raises `NotAllowed`."""
        person = self.person(request)
        if person is None:
            raise NotAllowed(message("You are in no class."), message("Join one with its code."))
        member_id = request.query_params.get("member", person.name)
        if person.role is Role.TEACHER:
            given = {(each.member_id, each.run_id) for each in hand_ins(self.store, person)}
            if (member_id, run_id) not in given:
                raise NotAllowed(message("This was not handed in."), message("Ask the student."))
        elif member_id != person.name:
            raise NotAllowed(message("This page is somebody else's."), message("Look at your own."))
        return with_id(self.store, member_id), class_of(self.store, person.class_id).language


def _said(error: MnistlabError) -> Response:
    is_missing, is_refused = (
        isinstance(error, RunNotFound),
        isinstance(error, NotAllowed | ClassError),
    )
    return JSONResponse({"error": str(error)}, 404 if is_missing else 403 if is_refused else 503)
