"""Fetching the files of a data set, with torchvision's mirrors and checksums."""

import http.client
import os
import queue
import shutil
import tempfile
import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from mnistlab.checksums import digest
from mnistlab.datafiles import (
    MD5SUMS,
    damage,
    expected_md5,
    problem,
    raw_folder,
    recorded,
    shapes,
    source,
)
from mnistlab.errors import DataError, DownloadFailed
from mnistlab.i18n import Message, message

TEMPORARY = ".download-"  # how the folders of downloads under way are called
STALLED = 60.0  # seconds without a byte after which a download is given up

# (file, bytes done, bytes in all; 0 where the server does not tell)
Progress = Callable[[str, int, int], None]

# torchvision's progress bar is replaced meanwhile, which concerns the whole process
_downloading = threading.Lock()


def download(name: str, root: Path, on_progress: Progress | None = None) -> None:
    """Fetch what is missing or broken of `name`, with torchvision's mirrors and checksums; what is
    good is left as it is.

    `on_progress` is called in the caller's own thread. Raises `DownloadFailed`; then what was there
    before is still there.
    """
    folder = raw_folder(name, root)
    if problem(name, root) is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _downloading, FileLock(folder / ".download.lock"):
            for left in folder.glob(f"{TEMPORARY}*"):  # of a download that was killed
                shutil.rmtree(left, ignore_errors=True)
            expected = expected_md5(name, folder)
            for file, shape in shapes(name).items():
                path = folder / file
                if not path.is_file() or damage(path, shape, expected.get(file)):
                    _fetch(name, file, folder, on_progress)
    except (OSError, RuntimeError, EOFError, http.client.HTTPException) as reason:
        raise _failed(name, folder, reason) from reason
    error = problem(name, root)
    if error is not None:
        raise _failed(name, folder, error)


def _failed(name: str, folder: Path, reason: Exception) -> DownloadFailed:
    words = " ".join(str(reason).split()).rstrip(".") or type(reason).__name__
    ours = reason.args[0] if reason.args and isinstance(reason.args[0], Message) else None
    return DownloadFailed(
        message(
            "{name} could not be downloaded to {folder}: {reason}",
            name=name,
            folder=folder,
            reason=reason.message if isinstance(reason, DataError) else ours or f"{words}.",
        ),
        message(
            "Check the network connection, and that the folder is writable; or copy "
            "{shapes} there; or set MNISTLAB_DATA to a folder that has them; or choose "
            "the data set digits, which needs no network.",
            shapes=tuple(shapes(name)),
        ),
    )


def _fetch(name: str, file: str, folder: Path, on_progress: Progress | None) -> None:
    """Download one file into a folder of its own, check it, and move it into its place."""
    # takes seconds to import, and is not needed where the files are
    from torchvision import datasets

    published = getattr(datasets, source(name).name)
    archive, md5 = f"{file}.gz", dict(published.resources)[f"{file}.gz"]
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder))
    try:
        extracted = _from_mirrors(published.mirrors, archive, md5, temporary, on_progress)
        found = damage(extracted, shapes(name)[file], None)
        if found is not None:
            raise RuntimeError(found)
        sums = recorded(folder) | {file: digest(extracted)}
        (temporary / MD5SUMS).write_text(
            "".join(f"{digest}  {each}\n" for each, digest in sorted(sums.items())), "utf-8"
        )
        os.replace(extracted, folder / file)
        os.replace(temporary / MD5SUMS, folder / MD5SUMS)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _from_mirrors(
    mirrors: list[str], archive: str, md5: str, temporary: Path, on_progress: Progress | None
) -> Path:
    """The extracted file, from the first mirror that has it. Raises `RuntimeError` with what each
    of them said.
    """
    from torchvision.datasets.utils import download_and_extract_archive

    failures = []
    for number, mirror in enumerate(mirrors):
        # its own: the thread of a stalled mirror may wake up again
        target = temporary / str(number)
        try:
            url = mirror + archive
            _report(
                archive,
                on_progress,
                partial(download_and_extract_archive, url, target, filename=archive, md5=md5),
            )
        except (OSError, RuntimeError, http.client.HTTPException) as reason:
            # its own words are "<urlopen error ...>"
            words = reason.reason if type(reason) is urllib.error.URLError else reason
            failures.append(f"{mirror}{archive}: {words}".rstrip(".\n"))
        else:
            return target / archive.removesuffix(".gz")
    raise RuntimeError("; ".join(failures))


def _report(archive: str, on_progress: Progress | None, fetch: Callable[[], None]) -> None:
    """Run `fetch` in a thread and tell `on_progress` of every piece. Raises what `fetch` raises,
    and `TimeoutError` if it stalls.
    """
    messages: queue.Queue[tuple[int, int] | Exception | None] = queue.Queue()

    def work() -> None:
        try:
            fetch()
        except Exception as error:  # handed to the caller's thread, which raises it
            messages.put(error)
        else:
            messages.put(None)

    with _bars_to(lambda done, total: messages.put((done, total))):
        threading.Thread(target=work, name=f"download {archive}", daemon=True).start()
        while True:
            try:
                news = messages.get(timeout=STALLED)
            except queue.Empty:
                stalled = message("no data arrived for {seconds:g} seconds", seconds=STALLED)
                raise TimeoutError(stalled) from None
            if news is None:
                return
            if isinstance(news, Exception):
                raise news
            if on_progress is not None:
                on_progress(archive, *news)


@contextmanager
def _bars_to(report: Callable[[int, int], None]) -> Iterator[None]:
    """Within, torchvision's downloads report (bytes done, bytes in all) instead of drawing a bar on
    stderr.
    """
    from torchvision.datasets import utils

    class Bar:
        def __init__(self, total: int | None = None, **_: Any) -> None:
            self.done, self.total = 0, total or 0

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            self.done += count
            report(self.done, self.total)

    theirs = utils.tqdm
    utils.tqdm = Bar
    try:
        yield
    finally:
        utils.tqdm = theirs
