"""What is asked for while a page is being drawn neither loses nor undoes anything."""

import asyncio
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_requests import (
    ScriptRequests,
    ScriptRequestType,
)

from mnistlab.server.races import settle_races

WRAPPED = {
    AppSession: (
        *("request_rerun", "_create_scriptrunner"),
        "_handle_scriptrunner_event_on_event_loop",
    ),
    ScriptRunner: ("request_rerun", "_run_script"),
}
PAGE, PART = ClientState(), ClientState(fragment_id="part")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> list[RerunData]:
    """What was run since, after `settle_races`."""
    ran: list[RerunData] = []
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda self, data: ran.append(data))
    for owner, names in WRAPPED.items():
        for name in names:
            monkeypatch.setattr(owner, name, getattr(owner, name))  # to be taken back afterwards
    settle_races()
    return ran


# -- what was drawn --------------------------------------------------------------------------------


class Quick(ScriptRunner):
    """Has run its script before the server's thread handles anything that comes from it. Each draws
    one text: how many were begun before it.
    """

    begun = count()

    def start(self) -> None:
        drawn = ForwardMsg()
        number = next(self.begun)
        drawn.metadata.delta_path.append(number)
        drawn.delta.new_element.markdown.body = str(number)
        self.on_event.send(self, event=ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, forward_msg=drawn)
        self.on_event.send(self, event=ScriptRunnerEvent.SHUTDOWN, client_state=None)

    def request_rerun(self, rerun_data: RerunData) -> bool:
        return False  # it has ended


def new_session() -> AppSession:
    files = MemoryUploadedFileManager("/upload")
    session = AppSession(ScriptData(__file__, False), files, ScriptCache(), None, {})
    session._fragment_storage.register(PART.fragment_id, lambda: None)
    return session


def sent(*requests: ClientState) -> list[str]:
    """The texts that reach the browser that asks for all of this at once."""

    async def ask() -> list[str]:
        session = new_session()
        for request in requests:
            session.request_rerun(request)
        await asyncio.sleep(0)  # what was scheduled is handled
        messages = session._browser_queue.flush()
        session.shutdown()
        return [m.delta.new_element.markdown.body for m in messages if m.HasField("delta")]

    return asyncio.run(ask())


def test_a_page_is_sent_whose_part_is_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, "ScriptRunner", Quick)
    monkeypatch.setattr(Quick, "begun", count())
    assert sent(PAGE, PART) == ["0", "1"]
    assert sent(PART, PART, PART) == ["2", "3", "4"]


def test_a_page_that_is_asked_for_anew_is_not_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, "ScriptRunner", Quick)
    monkeypatch.setattr(Quick, "begun", count())
    assert sent(PAGE, PAGE) == ["1"]


# -- the page before -------------------------------------------------------------------------------


def runner_on(page: str) -> Any:
    """A runner whose session shows `page`, and of whom nothing is asked yet."""
    manager = SimpleNamespace(current_page_script_hash=page)
    return SimpleNamespace(
        _pages_manager=manager,
        _requests=ScriptRequests(),
        _wake_parallel_join_barrier_if_waiting=lambda: None,
    )


def test_a_fragment_runs_only_on_its_own_page(settled: list[RerunData]) -> None:
    runner = runner_on("draw")
    whole = RerunData(page_script_hash="train")
    own = RerunData(page_script_hash="draw", fragment_id_queue=["part"])
    left = RerunData(page_script_hash="train", fragment_id_queue=["part"])
    for request in (whole, own, left):
        ScriptRunner._run_script(runner, request)
    assert settled == [whole, own]


def test_a_fragment_does_not_call_back_from_the_way_to_another_page() -> None:
    runner = runner_on("train")
    new: dict[str, Any] = {"page_script_hash": "draw", "page_name": "draw", "query_string": "run=1"}
    old = RerunData(page_script_hash="train", query_string="run=2", fragment_id="part")
    ScriptRunner.request_rerun(runner, RerunData(**new))
    ScriptRunner.request_rerun(runner, old)
    request = runner._requests.on_scriptrunner_ready().rerun_data
    assert {name: getattr(request, name) for name in new} == new
    assert not request.fragment_id_queue
    # on the same page, the later one knows the address better
    ScriptRunner.request_rerun(runner, RerunData(page_script_hash="train", query_string="run=1"))
    ScriptRunner.request_rerun(runner, old)
    assert runner._requests.on_scriptrunner_ready().rerun_data.query_string == "run=2"


# -- what was pressed ------------------------------------------------------------------------------


def test_a_page_knows_what_was_pressed_in_a_part_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Waiting(ScriptRunner):
        """A runner that has not got to its first request."""

        def start(self) -> None:
            pass

    def states(**values: Any) -> WidgetStates:
        return WidgetStates(widgets=[WidgetState(id=i, **value) for i, value in values.items()])

    monkeypatch.setattr(app_session, "ScriptRunner", Waiting)

    async def ask() -> tuple[ScriptRunner, ScriptRunner]:
        session = new_session()
        pressed = states(stop={"trigger_value": True}, width={"int_value": 1})
        session.request_rerun(ClientState(fragment_id="part", widget_states=pressed))
        first = session._scriptrunner
        session.request_rerun(ClientState(widget_states=states(width={"int_value": 2})))
        then = session._scriptrunner
        session._scriptrunner = None
        session.shutdown()
        assert first is not None
        assert then is not None
        return first, then

    first, then = asyncio.run(ask())
    assert first._requests.on_scriptrunner_ready().type is ScriptRequestType.STOP
    request = then._requests.on_scriptrunner_ready().rerun_data
    assert not request.fragment_id_queue
    assert request.widget_states is not None
    known = {state.id: state for state in request.widget_states.widgets}
    assert known["stop"].trigger_value
    assert known["width"].int_value == 2
