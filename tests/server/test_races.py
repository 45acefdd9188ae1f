"""What is asked for while a page is being drawn neither loses nor undoes anything."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Thread, current_thread
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner import (
    RerunData,
    RerunException,
    ScriptRunner,
    ScriptRunnerEvent,
    add_script_run_ctx,
    script_runner,
)
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.signal_util import Signal

from mnistlab.server.races import Requests, settle_races

WRAPPED = {
    AppSession: (
        *("request_rerun", "_create_scriptrunner"),
        "_handle_scriptrunner_event_on_event_loop",
    ),
    ScriptRunner: ("_run_script",),
    SafeSessionState: ("on_script_will_rerun",),
    script_runner: ("ScriptRequests",),
}
PAGE, PART = ClientState(), ClientState(fragment_id="part")


def states(**values: Any) -> WidgetStates:
    return WidgetStates(widgets=[WidgetState(id=i, **value) for i, value in values.items()])


PRESSED = states(start={"trigger_value": True}, width={"int_value": 1})
CHANGED = states(width={"int_value": 1})


class Script:
    """What stands for the scripts of pages. `does`: what a runner does who runs it."""

    def __init__(self) -> None:
        self.ran: list[RerunData] = []
        self.does: Callable[[ScriptRunner], object] = lambda runner: None

    def run(self, runner: ScriptRunner, request: RerunData) -> None:
        self.ran.append(request)
        self.does(runner)


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """The one that is run since, after `settle_races`."""
    script = Script()
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda self, data: script.run(self, data))
    for owner, names in WRAPPED.items():
        for name in names:
            monkeypatch.setattr(owner, name, getattr(owner, name))  # to be taken back afterwards
    settle_races()
    return script


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


class Session:
    """What the runners of one session share: the page that it shows."""

    main_script_hash = "home"

    def __init__(self, page: str) -> None:
        self.current_page_script_hash = page


class Runner(ScriptRunner):
    """A runner of a session, of whom nothing is asked yet."""

    def __init__(self, session: Session) -> None:
        self._pages_manager: Any = session
        self._requests, self._execing = Requests(), True
        self._session_state = SafeSessionState(
            SessionState(), self._maybe_handle_execution_control_request
        )

    def given(self) -> RerunData:
        """What it is to do next."""
        return self._requests.on_scriptrunner_ready().rerun_data

    def does(self, given: RerunData) -> None:
        """It runs its script, in a thread of its own. Raises what that raises."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._does, given).result()

    def _does(self, given: RerunData) -> None:
        context = ScriptRunContext(
            session_id="",
            _enqueue=lambda message: None,
            query_string="",
            session_state=self._session_state,
            uploaded_file_mgr=MemoryUploadedFileManager("/upload"),
            main_script_path="app.py",
            user_info={},
            fragment_storage=MemoryFragmentStorage(),
            pages_manager=self._pages_manager,
            script_requests=self._requests,
        )
        add_script_run_ctx(current_thread(), context)
        self._run_script(given)

    def _is_in_script_thread(self) -> bool:
        return True

    def _wake_parallel_join_barrier_if_waiting(self) -> None:
        pass


def runner_on(page: str) -> Runner:
    return Runner(Session(page))


def test_a_fragment_runs_only_on_its_own_page(script: Script) -> None:
    runner = runner_on("draw")
    whole = RerunData(page_script_hash="train")
    own = RerunData(page_script_hash="draw", fragment_id_queue=["part"])
    left = RerunData(page_script_hash="train", fragment_id_queue=["part"], widget_states=CHANGED)
    for request in (whole, own, left):
        runner.does(request)
    assert script.ran == [whole, own]


def test_a_page_knows_what_was_pressed_in_a_fragment_of_the_one_before(script: Script) -> None:
    runner = runner_on("draw")
    with runner._session_state.query_params() as parameters:
        parameters.populate_from_query_string("run=2&views=maps&views=gates")
    runner.does(
        RerunData(
            page_script_hash="train",
            page_name="train",
            query_string="run=1",
            fragment_id_queue=["part"],
            widget_states=PRESSED,
        )
    )
    (request,) = script.ran
    assert request == RerunData(
        page_script_hash="draw",
        query_string="run=2&views=maps&views=gates",
        widget_states=PRESSED,
    )


def test_a_fragment_does_not_call_back_from_the_way_to_another_page() -> None:
    runner = runner_on("train")
    new: dict[str, Any] = {"page_script_hash": "draw", "page_name": "draw", "query_string": "run=1"}
    old = RerunData(page_script_hash="train", query_string="run=2", fragment_id="part")
    runner.request_rerun(RerunData(**new))
    runner.request_rerun(old)
    request = runner.given()
    assert {name: getattr(request, name) for name in new} == new
    assert not request.fragment_id_queue
    # on the same page, the later one knows the address better
    runner.request_rerun(RerunData(page_script_hash="train", query_string="run=1"))
    runner.request_rerun(old)
    assert runner.given().query_string == "run=2"


# -- what was pressed ------------------------------------------------------------------------------


FIRST = pytest.mark.parametrize("part", ["", PART.fragment_id])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Runner]:
    """Ask a session for the page, or a part of it, and later for the page with a width of 2, whose
    runner this returns.

    `meanwhile` is done by the first runner, with what asks for the next page.
    """

    class Unhurried(Runner):
        """Does nothing by itself."""

        def __init__(self, **session: Any) -> None:
            super().__init__(session["pages_manager"])
            self._requests.request_rerun(session["initial_rerun_data"])
            self.on_event = Signal()

        def start(self) -> None:
            pass

    async def ask(part: str, meanwhile: Callable[..., object]) -> Runner:
        session = new_session()
        shown = session._pages_manager.current_page_script_hash
        pressed = ClientState(fragment_id=part, widget_states=PRESSED, page_script_hash=shown)
        session.request_rerun(pressed)
        first = session._scriptrunner
        now = states(width={"int_value": 2}, stop={"trigger_value": True})
        following = ClientState(widget_states=now)
        meanwhile(first, lambda: session.request_rerun(following))
        then: Any = session._scriptrunner
        session._scriptrunner = None
        session.shutdown()
        assert then not in (None, first)
        return then

    monkeypatch.setattr(app_session, "ScriptRunner", Unhurried)
    return lambda part, meanwhile: asyncio.run(ask(part, meanwhile))


def known_to(runner: Runner) -> dict[str, Any]:
    """What `runner` is told of the widgets."""
    request = runner.given()
    assert not request.fragment_id_queue
    assert request.widget_states is not None
    return {state.id: state for state in request.widget_states.widgets}


@FIRST
def test_a_page_knows_what_was_pressed_where_that_has_not_been_run(
    asked: Callable[..., Runner], part: str
) -> None:
    def meanwhile(first: Runner, ask: Callable[[], object]) -> None:
        ask()
        assert first._requests.on_scriptrunner_ready().type is ScriptRequestType.STOP

    known = known_to(asked(part, meanwhile))
    assert known["start"].trigger_value
    assert known["width"].int_value == 2
    assert list(known) == ["start", "width", "stop"]  # the order of their callbacks


@FIRST
def test_a_page_knows_what_was_pressed_where_a_script_waits_for_its_turn(
    asked: Callable[..., Runner], script: Script, part: str
) -> None:
    def meanwhile(first: Runner, ask: Callable[[], object]) -> None:
        def has_its_turn(runner: ScriptRunner) -> None:
            ask()
            with pytest.raises(StopException):  # somebody else does it
                runner._session_state.on_script_will_rerun(PRESSED)

        script.does = has_its_turn
        first.does(first.given())

    assert known_to(asked(part, meanwhile))["start"].trigger_value


@FIRST
def test_a_script_is_not_run_whose_turn_comes_when_the_next_is_asked_for(
    asked: Callable[..., Runner], script: Script, part: str
) -> None:
    def meanwhile(first: Runner, ask: Callable[[], object]) -> None:
        given = first.given()
        ask()
        first.does(given)

    assert known_to(asked(part, meanwhile))["start"].trigger_value
    assert script.ran == []


def test_a_page_knows_what_was_pressed_where_a_script_is_broken_off_for_it(
    asked: Callable[..., Runner], script: Script
) -> None:
    """As `st.rerun` does: what was pressed meanwhile in a fragment is done with it."""

    def meanwhile(first: Runner, ask: Callable[[], object]) -> None:
        def run(runner: ScriptRunner) -> None:
            runner._session_state.on_script_will_rerun(CHANGED)
            runner.request_rerun(RerunData(widget_states=PRESSED, fragment_id="part"))
            runner.request_rerun(RerunData())
            with pytest.raises(RerunException):
                runner._session_state["page"] = "drawn"
            ask()

        script.does = run
        first.does(first.given())

    assert known_to(asked("", meanwhile))["start"].trigger_value


def test_what_was_pressed_is_done_once_where_a_script_has_come_to_it(
    asked: Callable[..., Runner], script: Script
) -> None:
    """Its callback is not broken off by what is asked for meanwhile."""
    done: list[str] = []

    def meanwhile(first: Runner, ask: Callable[[], object]) -> None:
        class Pressed(SessionState):
            def on_script_will_rerun(self, *states: Any, **how: Any) -> None:
                ask()
                first._session_state["wish"] = "start"
                done.append("callback")

        first._session_state = SafeSessionState(Pressed(), first._session_state._yield_callback)

        def run(runner: ScriptRunner) -> None:
            runner._session_state.on_script_will_rerun(PRESSED)
            with pytest.raises(StopException):
                runner._session_state["page"] = "drawn"

        script.does = run
        first.does(first.given())

    assert known_to(asked("", meanwhile)).keys() == {"width", "stop"}
    assert done == ["callback"]


def test_a_page_is_drawn_after_the_callbacks_of_the_one_before(script: Script) -> None:
    done: list[str] = []
    session = Session("train")
    first, following = Runner(session), Runner(session)
    following_runs = Thread(target=following.does, args=(RerunData(),))

    class Pressed(SessionState):
        def on_script_will_rerun(self, *states: Any, **how: Any) -> None:
            script.does = lambda runner: done.append("page")
            following_runs.start()
            following_runs.join(0.2)  # as long as it likes
            done.append("callback")

    first._session_state = SafeSessionState(Pressed(), first._session_state._yield_callback)
    script.does = lambda runner: runner._session_state.on_script_will_rerun(PRESSED)
    first.does(RerunData())
    following_runs.join()
    assert done == ["callback", "page"]
