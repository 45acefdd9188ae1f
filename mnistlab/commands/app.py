"""The command `app`: the dashboard, from a checkout as from an installed package."""

import runpy
import socket
import sys
from argparse import Namespace
from contextvars import Context
from pathlib import Path

import mnistlab
from mnistlab.errors import AddressUnavailable
from mnistlab.i18n import Text, message


def app(arguments: Namespace) -> int:
    """Serve the dashboard until Ctrl-C, as `streamlit run app.py` does. Raises
    `AddressUnavailable`.
    """
    check_address(arguments.address, arguments.port)
    options = {
        "server.address": arguments.address,
        "server.port": arguments.port,
        "server.headless": "true" if arguments.no_browser else None,
    }
    flags = [f"--{name}={value}" for name, value in options.items() if value is not None]
    sys.argv = ["streamlit", "run", str(dashboard() / "app.py"), *flags]
    # ends this process; its pages do not speak the terminal's language
    Context().run(runpy.run_module, "streamlit", run_name="__main__")
    return 0


def dashboard() -> Path:
    """The folder of `app.py`, `pages/` and `.streamlit/`: part of an installed package, beside it
    in a checkout. Streamlit reads the configuration that lies beside the script it runs.
    """
    package = Path(mnistlab.__file__).parent
    installed = package / "dashboard"
    return installed if installed.exists() else package.parent


def check_address(address: str | None, port: int | None) -> None:
    """See that a server can listen there: on every address without `address`, on any port without
    `port`. Raises `AddressUnavailable`.
    """
    try:
        family, *__, place = socket.getaddrinfo(
            address, port or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        socket.create_server(place[:2], family=family).close()
    except (OSError, UnicodeError) as error:
        why = str(getattr(error, "strerror", None) or error).partition(" (")[0]
        raise AddressUnavailable(
            message(
                "The dashboard cannot be served at {where}: {why}.",
                where=_place(address, port),
                why=why,
            ),
            (
                message("Choose another --port.")
                if address is None
                else message("Choose another --address or --port.")
            ),
        ) from error


def _place(address: str | None, port: int | None) -> Text:
    if not port:
        return address or ""
    if address is None:
        return message("port {port}", port=port)
    return message("{address}, port {port}", address=address, port=port)
