"""The command `serve`: the dashboard for a class."""

import os
from argparse import Namespace
from contextvars import Context

from mnistlab.commands.app import check_address, dashboard
from mnistlab.machine import cores, max_seconds, niceness, on_ray
from mnistlab.store import Store

NICENESS = 5  # of trainings, unless MNISTLAB_NICE says so: thirty pages come first
RUN_SECONDS = 600  # how long one run of a class may train, unless MNISTLAB_MAX_SECONDS says so


def serve(arguments: Namespace) -> int:
    """Serve the dashboard until SIGTERM or Ctrl-C, warm before the first visitor comes. Each
    training has one thread and ten minutes, and as many run at once as there are cores, here or in
    the Ray cluster. Raises `AddressUnavailable`, `ExecutorError`, `StoreError`.
    """
    import uvicorn

    port = arguments.port or 8501
    check_address(arguments.address, port)
    if not on_ray():  # whose cluster says how many
        os.environ.setdefault("MNISTLAB_WORKERS", str(cores()))
    os.environ.setdefault("MNISTLAB_MAX_SECONDS", str(RUN_SECONDS))
    os.environ.setdefault("MNISTLAB_NICE", str(NICENESS))
    max_seconds(), niceness()

    from mnistlab.server import site

    Context().run(  # its pages do not speak the terminal's language
        uvicorn.run,
        site(dashboard() / "app.py", Store()),
        host=arguments.address or "0.0.0.0",
        port=port,
        # both as where Streamlit starts uvicorn itself; compressing what goes to thirty pages would
        # take a tenth of the server's time
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,  # pages stay connected for as long as they are open
    )
    return 0
