"""What the page server needs besides what `streamlit run` gives it."""

import os
import socket
from contextlib import suppress

import psutil
import streamlit as st


@st.cache_resource(show_spinner=False)
def answer_at_once() -> None:
    """Send every message to the browsers at once; needed once in a server's life, as new connections take after its socket.

    Streamlit leaves Nagle's algorithm on. Under it the second small message of an answer waits until the browser has acknowledged the
    first, which a browser puts off for 40 ms: most of what a click takes. Where the system does not tell a process its sockets
    (Windows), all stays as it is.
    """
    connections = psutil.Process().net_connections(kind="tcp")
    ours = {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}
    for connection in connections:
        if connection.fd >= 0 and connection.laddr and connection.laddr.port in ours:
            with suppress(OSError):  # closed meanwhile
                without_delay(connection.fd)


def without_delay(descriptor: int) -> None:
    """Switch Nagle's algorithm off for the socket `descriptor`. Raises `OSError` if it is none."""
    with socket.socket(fileno=os.dup(descriptor)) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
