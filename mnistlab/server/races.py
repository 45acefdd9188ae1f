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
happens.
"""

from contextvars import ContextVar
from dataclasses import replace
from functools import reduce
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.script_requests import (
    ScriptRequestType,
    _coalesce_widget_states,
)
from streamlit.runtime.state.safe_session_state import SafeSessionState

# what was asked of a runner that it has not come to: its widgets' states are not taken in yet
_ahead: WeakKeyDictionary[ScriptRunner, RerunData] = WeakKeyDictionary()
# of each session, held while one of its runners takes in what was pressed
_taking_in: WeakKeyDictionary[PagesManager, Lock] = WeakKeyDictionary()
_runner: ContextVar[ScriptRunner] = ContextVar("runner")  # of this thread
_is_whole: ContextVar[bool] = ContextVar("whole", default=False)  # whether nothing breaks it off


def settle_races() -> None:
    """See to all of it from now on. One call for each process."""
    _send_all_that_was_drawn()
    _take_in_what_was_pressed()
    _ask_nothing_of_the_page_before()
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


def _ask_nothing_of_the_page_before() -> None:
    """Run no fragment of a page that the session has left."""
    run, request = ScriptRunner._run_script, ScriptRunner.request_rerun

    def runs(self: ScriptRunner, rerun_data: RerunData) -> None:
        shown = self._pages_manager.current_page_script_hash
        if not rerun_data.fragment_id_queue or rerun_data.page_script_hash == shown:
            run(self, rerun_data)

    def requests(self: ScriptRunner, rerun_data: RerunData) -> bool:
        waiting, page = _waiting(self), rerun_data.page_script_hash
        if waiting and not waiting.fragment_id_queue and waiting.page_script_hash != page:
            # both become one request for a whole page: not for the one that is being left
            rerun_data = replace(
                rerun_data,
                page_script_hash=waiting.page_script_hash,
                page_name=waiting.page_name,
                query_string=waiting.query_string,
            )
        return request(self, rerun_data)

    ScriptRunner._run_script = runs  # type: ignore[method-assign]
    ScriptRunner.request_rerun = requests  # type: ignore[method-assign]


def _take_in_what_was_pressed() -> None:
    """Let all callbacks come to their end, and before the next page of their session is drawn."""
    run, heed = ScriptRunner._run_script, ScriptRunner._maybe_handle_execution_control_request
    take_in = SafeSessionState.on_script_will_rerun

    def runs(self: ScriptRunner, rerun_data: RerunData) -> None:
        _ahead[self] = rerun_data
        with _taking_in.setdefault(self._pages_manager, Lock()):
            pass  # the runner before has come to the end of its callbacks
        token = _runner.set(self)
        try:
            run(self, rerun_data)
        finally:
            _runner.reset(token)
            _ahead.pop(self, None)

    def takes_in(self: SafeSessionState, *states: Any, **how: Any) -> None:
        runner = _runner.get()
        with _taking_in[runner._pages_manager]:
            if not _comes_to_it(runner):
                heed(runner)  # breaks off
            token = _is_whole.set(True)
            try:
                take_in(self, *states, **how)
            finally:
                _is_whole.reset(token)

    def heeds(self: ScriptRunner) -> None:
        if not _is_whole.get():
            heed(self)

    ScriptRunner._run_script = runs  # type: ignore[method-assign]
    ScriptRunner._maybe_handle_execution_control_request = heeds  # type: ignore[method-assign]
    SafeSessionState.on_script_will_rerun = takes_in  # type: ignore[method-assign]


def _keep_what_was_pressed() -> None:
    """Where a page is asked for while something waits its turn, let it know what was pressed."""
    request = AppSession.request_rerun

    def requests(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and not client_state.fragment_id and self._scriptrunner:
            before, now = _withdraw(self._scriptrunner), client_state.widget_states
            both = _coalesce_widget_states(before, now)
            if both is not None and before is not None:
                known = {state.id for state in now.widgets}
                # what was pressed first is done first: callbacks are called in this order
                in_order = sorted(both.widgets, key=lambda state: state.id in known)
                client_state.widget_states.CopyFrom(WidgetStates(widgets=in_order))
        request(self, client_state)

    AppSession.request_rerun = requests  # type: ignore[method-assign]


def _waiting(runner: ScriptRunner) -> RerunData | None:
    """What is asked of `runner` while it still runs another script."""
    requests = runner._requests
    with requests._lock:
        return requests._rerun_data if requests._state is ScriptRequestType.RERUN else None


def _comes_to_it(runner: ScriptRunner) -> bool:
    """Whether `runner` now does what was asked of it, and cannot be stopped before."""
    requests = runner._requests
    with requests._lock:
        if requests._state is not ScriptRequestType.STOP:
            _ahead.pop(runner, None)
        return runner not in _ahead


def _withdraw(runner: ScriptRunner) -> WidgetStates | None:
    """Take back what is asked of a runner that is about to be stopped, and that it has not come to:
    the states of its widgets.
    """
    requests = runner._requests
    with requests._lock:
        ahead = _ahead.get(runner)
        withdrawn = [] if ahead is None else [ahead]
        if requests._state is ScriptRequestType.RERUN:
            withdrawn.append(requests._rerun_data)
        if not withdrawn:
            return None
        requests._state = ScriptRequestType.STOP
    return reduce(_coalesce_widget_states, [each.widget_states for each in withdrawn], None)
