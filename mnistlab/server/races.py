"""What a browser asks for while a page is being drawn neither loses nor undoes anything.

A script runs in a thread of its own, and the server's thread sends what it draws. On a busy server
the next request often comes in between. Streamlit 1.67 then

- ignores what a script has drawn that has ended, if a fragment's own comes next: the rest of the
  page never arrives;
- runs a fragment that was asked for on the page before: the browser believes to be there again, and
  what it shows is gone (an empty page, "Bad delta path" in its console);
- forgets what was pressed if the whole page is asked for before a runner has come to it, and breaks
  off the callback of a button that way, or has it called after the next page was drawn.

It has no setting for any of it: this wraps the methods of its sessions and runners in which it
happens, and gives each runner `Requests` of our own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from threading import Lock, RLock
from typing import Any, cast
from urllib.parse import urlencode
from weakref import WeakKeyDictionary, WeakSet

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import (
    RerunData,
    ScriptRunner,
    ScriptRunnerEvent,
    get_script_run_ctx,
    script_runner,
)
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.runtime.scriptrunner_utils.script_requests import (
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
    _coalesce_widget_states,
    _has_active_trigger_value,
)
from streamlit.runtime.state.safe_session_state import SafeSessionState


class Requests(ScriptRequests):
    """What is asked of a runner. Also knows what the runner was given that it has not come to yet:
    the states of its widgets are not taken in.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock: Any = RLock()  # held while one of its own methods is called, too
        self._ahead: RerunData | None = None
        self._is_taking_in = False

    def on_scriptrunner_ready(self) -> ScriptRequest:
        """What the runner does next."""
        with self._lock:
            return self._given(super().on_scriptrunner_ready())

    def on_scriptrunner_yield(self) -> ScriptRequest | None:
        """What the runner breaks off its script for."""
        with self._lock:
            if self._is_taking_in:
                return None
            request = super().on_scriptrunner_yield()
            return None if request is None else self._given(request)

    def _given(self, request: ScriptRequest) -> ScriptRequest:
        if request.type is ScriptRequestType.RERUN:
            self._ahead = request.rerun_data
        return request

    def _request_rerun_locked(self, new_data: RerunData) -> bool:
        """With a whole page that waits, `new_data` becomes one request, which is not for the page
        that is being left.
        """
        waiting = self._rerun_data if self._state is ScriptRequestType.RERUN else None
        if (
            waiting is not None
            and not waiting.fragment_id_queue
            and waiting.page_script_hash != new_data.page_script_hash
        ):
            new_data = replace(
                new_data,
                page_script_hash=waiting.page_script_hash,
                page_name=waiting.page_name,
                query_string=waiting.query_string,
            )
        return super()._request_rerun_locked(new_data)

    @property
    def is_withdrawn(self) -> bool:
        """Whether the runner is to stop before it comes to what it was given."""
        with self._lock:
            return self._state is ScriptRequestType.STOP and self._ahead is not None

    def withdraw(self) -> WidgetStates | None:
        """Take back from a runner that is about to be stopped what it has not come to: the states
        of the widgets.
        """
        with self._lock:
            withdrawn = [] if self._ahead is None else [self._ahead]
            if self._state is ScriptRequestType.RERUN:
                withdrawn.append(self._rerun_data)
            if not withdrawn:
                return None
            self._state = ScriptRequestType.STOP
        return reduce(_coalesce_widget_states, [each.widget_states for each in withdrawn], None)

    @contextmanager
    def taking_in(self) -> Iterator[None]:
        """Within, the runner takes in what it was given, and nothing breaks that off. Raises
        `StopException` where it is to stop before.
        """
        with self._lock:
            if self._state is ScriptRequestType.STOP:
                raise StopException
            self._ahead, self._is_taking_in = None, True
        try:
            yield
        finally:
            self._is_taking_in = False


# of each session, held while one of its runners takes in what was pressed
_taking_in: WeakKeyDictionary[PagesManager, Lock] = WeakKeyDictionary()


def settle_races() -> None:
    """See to all of it from now on. One call for each process, before `take_turns`: whether a
    script is still wanted is asked when it has its turn.
    """
    script_runner.ScriptRequests = Requests  # type: ignore[misc]
    _send_all_that_was_drawn()
    _run_only_what_is_wanted()
    _take_in_what_was_pressed()
    _keep_what_was_pressed()


def _send_all_that_was_drawn() -> None:
    """Send what a runner has drawn that has ended, before what the next one draws."""
    create = AppSession._create_scriptrunner
    handle = AppSession._handle_scriptrunner_event_on_event_loop
    ended: WeakSet[ScriptRunner] = WeakSet()

    def creates(self: AppSession, initial_rerun_data: RerunData) -> None:
        if self._scriptrunner is not None:  # one that was not told to stop, but takes no more
            ended.add(self._scriptrunner)
        create(self, initial_rerun_data)

    def handles(
        self: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, *what: Any
    ) -> None:
        latest = self._scriptrunner
        if sender not in ended or sender is latest or event is ScriptRunnerEvent.SHUTDOWN:
            handle(self, sender, event, *what)
            return
        self._scriptrunner = sender
        try:
            handle(self, sender, event, *what)
        finally:
            self._scriptrunner = latest

    AppSession._create_scriptrunner = creates  # type: ignore[method-assign]
    AppSession._handle_scriptrunner_event_on_event_loop = handles  # type: ignore[assignment, method-assign]


def _run_only_what_is_wanted() -> None:
    """Run no script that was withdrawn, none before the callbacks of the one before have ended, and
    no fragment of a page that the session has left: if something was pressed there, the page that
    it shows now is told.
    """
    run = ScriptRunner._run_script

    def runs(self: ScriptRunner, rerun_data: RerunData) -> None:
        with _taking_in.setdefault(self._pages_manager, Lock()):
            pass  # the runner before has come to the end of its callbacks
        if _requests_of(self).is_withdrawn:
            return
        shown = self._pages_manager.current_page_script_hash
        if not rerun_data.fragment_id_queue or rerun_data.page_script_hash == shown:
            run(self, rerun_data)
        elif _is_pressed(rerun_data):
            whole = replace(rerun_data, fragment_id_queue=[], is_auto_rerun=False, page_name="")
            run(self, replace(whole, page_script_hash=shown, query_string=_address(self)))

    ScriptRunner._run_script = runs  # type: ignore[method-assign]


def _take_in_what_was_pressed() -> None:
    """Let all callbacks come to their end, and before the next page of their session is drawn."""
    take_in = SafeSessionState.on_script_will_rerun

    def takes_in(self: SafeSessionState, *states: Any, **how: Any) -> None:
        context = get_script_run_ctx()
        assert context is not None  # it is a runner that calls this
        assert context.pages_manager is not None
        requests = cast(Requests, context.script_requests)
        with _taking_in[context.pages_manager], requests.taking_in():
            take_in(self, *states, **how)

    SafeSessionState.on_script_will_rerun = takes_in  # type: ignore[method-assign]


def _keep_what_was_pressed() -> None:
    """Where a page is asked for while something waits its turn, let it know what was pressed."""
    request = AppSession.request_rerun

    def requests(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and not client_state.fragment_id and self._scriptrunner:
            before, now = _requests_of(self._scriptrunner).withdraw(), client_state.widget_states
            both = _coalesce_widget_states(before, now)
            if both is not None and before is not None:
                known = {state.id for state in now.widgets}
                # what was pressed first is done first: callbacks are called in this order
                in_order = sorted(both.widgets, key=lambda state: state.id in known)
                client_state.widget_states.CopyFrom(WidgetStates(widgets=in_order))
        request(self, client_state)

    AppSession.request_rerun = requests  # type: ignore[method-assign]


def _requests_of(runner: ScriptRunner) -> Requests:
    return cast(Requests, runner._requests)


def _address(runner: ScriptRunner) -> str:
    """The parameters of the page that the session of `runner` shows."""
    with runner._session_state.query_params() as parameters:
        return urlencode({name: parameters.get_all(name) for name in parameters}, doseq=True)


def _is_pressed(request: RerunData) -> bool:
    """Whether a button was pressed, and not only a value changed, or time went by."""
    states = request.widget_states
    return states is not None and any(map(_has_active_trigger_value, states.widgets))
