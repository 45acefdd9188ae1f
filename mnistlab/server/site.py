"""The application: Streamlit's pages, routes of our own, and what happens before the first visitor
comes and after the last one has left.
"""

import asyncio
import gc
import logging
import pkgutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.cli_util import open_browser
from streamlit.web.server.server_util import get_display_address, get_url

from mnistlab import ui
from mnistlab.choices import DATASETS
from mnistlab.cost import work
from mnistlab.data import load_dataset, problem
from mnistlab.errors import MnistlabError
from mnistlab.executors import Executor, get_executor
from mnistlab.export.script import script
from mnistlab.i18n import LANGUAGES, speaking
from mnistlab.presets import PRESETS
from mnistlab.server.access import OwnPages
from mnistlab.server.compressed import CompressedFiles
from mnistlab.server.preview import LinkPreview, Previews
from mnistlab.server.races import settle_races
from mnistlab.server.routes import API, routes
from mnistlab.server.spoken import BrowserLanguage
from mnistlab.server.turns import take_turns
from mnistlab.server.visitors import UploadLimit, forget_sessions
from mnistlab.store import Store
from mnistlab.ui.kit.frame import in_words
from mnistlab.ui.kit.server import announce_live_routes

LOOK_SECONDS = 1.0  # how often the server looks whether somebody works on the queue

log = logging.getLogger(__name__)


def site(script: Path, store: Store) -> st.App:
    """The dashboard for a class, which `script` (`app.py`) begins, over `store`: warm before the
    first visitor comes. When it stops, it leaves trainings to be resumed.
    """
    return st.App(script, **_around(store, for_class))


def personal() -> dict[str, Any]:
    """What `st.App` needs besides `app.py` to be the dashboard of one person, over the store of
    the environment. Without a store there are only the pages, which say why.
    """
    # one person's terminal shows where the dashboard is, and what goes wrong
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        return _around(Store(), for_one)
    except MnistlabError:
        return {"on_script_error": in_words}


Lifespan = Callable[[Executor], AbstractAsyncContextManager[None]]


def _around(store: Store, lifespan: Lifespan) -> dict[str, Any]:
    """The arguments of `st.App` besides its script."""
    executor = get_executor(store)

    @asynccontextmanager
    async def life(app: st.App) -> AsyncIterator[None]:
        # Streamlit sets it to INFO, whatever uvicorn was told: a line for each request
        logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
        announce_live_routes(f"{base_path()}{API}")
        settle_races()
        take_turns()
        async with lifespan(executor):
            over = asyncio.Event()
            looking = asyncio.create_task(look_after(executor, over))
            yield
            over.set()
            await looking

    return {
        "routes": routes(store, base_path()),
        "lifespan": life,
        "middleware": [
            Middleware(CompressedFiles, base=base_path()),
            Middleware(BrowserLanguage),
            Middleware(OwnPages),
            Middleware(UploadLimit),
            Middleware(LinkPreview, previews=Previews(store, base_path())),
        ],
        "on_script_error": in_words,
    }


@asynccontextmanager
async def for_class(executor: Executor) -> AsyncIterator[None]:
    """Warm up before the first visitor comes; at the end, trainings stop, to be resumed."""
    await asyncio.to_thread(warm_up)
    yield
    executor.close()


@asynccontextmanager
async def for_one(executor: Executor) -> AsyncIterator[None]:
    """Open the browser, and warm up meanwhile; at the end, trainings go on."""
    asyncio.get_running_loop().call_soon(show)
    warming = asyncio.create_task(asyncio.to_thread(warm_up))
    yield
    with suppress(MnistlabError):  # the pages have said so
        await warming


def show() -> None:
    """Open the browser of whoever started the dashboard, as Streamlit does where it has no routes:
    by a command that does not wait until a browser in the terminal is closed.
    """
    if not st.get_option("server.headless"):
        address = st.get_option("server.address")
        open_browser(get_url(get_display_address(address) if address else "localhost"))


def base_path() -> str:
    """Below which path the pages are: "" or "/lab"."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""


async def look_after(executor: Executor, over: asyncio.Event) -> None:
    """See to it that somebody works on the queue, and that visitors are forgotten, also while
    nobody looks at a page.
    """
    last_warning = ""
    while not over.is_set():
        try:
            await asyncio.to_thread(executor.ensure)
            forget_sessions()
            last_warning = ""
        except MnistlabError as error:  # the pages say so too, and everything else works
            if str(error) != last_warning:
                log.warning(str(error))
            last_warning = str(error)
        except Exception:
            log.exception("Looking after the queue failed; it is tried again.")
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), LOOK_SECONDS)


def warm_up() -> None:
    """Do what the first visitors would wait for: import everything, describe the networks of the
    presets, which PyTorch imports still more for, and read the data sets that are here.
    """
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        import_module(module.name)
    for config in PRESETS.values():
        for code in LANGUAGES:
            with speaking(code):
                script(config)
        work(config)
    for name in DATASETS:
        if problem(name) is None:
            load_dataset(name)
    gc.freeze()  # what is here stays: to look through it for garbage would stop all for 0.3 s
