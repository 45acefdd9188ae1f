"""Messages to the page server as no browser would send them: by hand, over the websocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from browser.site import Server
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Answer:
    """What the server said to one message: the page that it drew, the page's link where that was
    changed, and its titles, buttons (label -> id), and parts that are drawn by themselves.
    """

    page: str = ""
    query: dict[str, str] | None = None
    titles: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)  # ids of segmented controls
    fragments: set[str] = field(default_factory=set)
    elements: int = 0


class ByHand:
    """An open websocket. `hashes`: of each page, by its name in the address."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.hashes: dict[str, str] = {}

    def rerun(
        self, trigger: str = "", choose: tuple[str, str] | None = None, **state: Any
    ) -> Answer:
        """Ask for a run of a script: with this `state`, the button `trigger` pressed, and in one
        segmented control (its id) this option chosen.
        """
        message = BackMsg()
        for name, value in state.items():
            setattr(message.rerun_script, name, value)
        message.rerun_script.widget_states.SetInParent()
        if trigger:
            message.rerun_script.widget_states.widgets.add(id=trigger, trigger_value=True)
        if choose is not None:
            group, option = choose
            widget = message.rerun_script.widget_states.widgets.add(id=group)
            widget.string_array_value.data.append(option)
        self._connection.send(message.SerializeToString())
        answer = Answer()
        while not self._heard(ForwardMsg.FromString(self._received()), answer):
            pass
        return answer

    def _received(self) -> bytes:
        data = self._connection.recv(timeout=200)
        assert isinstance(data, bytes)
        return data

    def _heard(self, message: ForwardMsg, answer: Answer) -> bool:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            pages = {page.page_script_hash: page for page in message.navigation.app_pages}
            self.hashes |= {page.url_pathname: each for each, page in pages.items()}
            answer.page = pages[message.navigation.page_script_hash].url_pathname
        elif kind == "page_info_changed":
            answer.query = dict(parse_qsl(message.page_info_changed.query_string))
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._seen(message, answer)
        return kind == "script_finished" and message.script_finished in ENDS

    def _seen(self, message: ForwardMsg, answer: Answer) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        answer.elements += 1
        if message.delta.fragment_id:
            answer.fragments.add(message.delta.fragment_id)
        if kind == "heading":
            answer.titles.append(element.heading.body)
        elif kind == "button":
            answer.buttons[element.button.label] = element.button.id
        elif kind == "button_group":
            answer.groups.append(element.button_group.id)
        elif kind == "exception":
            raise AssertionError(element.exception.message)


@contextmanager
def by_hand(server: Server, person: Person) -> Iterator[ByHand]:
    """The websocket of somebody in a class."""
    with connect(
        server.url.replace("http", "ws") + "_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"Cookie": f"{COOKIE}={cookie_of(server.store, person)}"},
        max_size=None,
    ) as connection:
        yield ByHand(connection)
