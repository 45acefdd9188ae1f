"""The files of the downloaded data sets: where they lie, whether they are whole, and how to fetch them.

The layout is torchvision's: `MNIST/raw/train-images-idx3-ubyte` and so on below the data root. An idx file is a magic number, the
size of each dimension (all big-endian 32-bit numbers), and then bytes.
"""

import hashlib
import http.client
import json
import os
import queue
import shutil
import struct
import tempfile
import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from platformdirs import user_cache_path, user_data_path

from mnistlab.config import DATASET_SIZES
from mnistlab.errors import DataCorrupt, DataError, DataMissing, DownloadFailed

TORCHVISION_CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}  # and their folders' names
PUBLISHED_MD5 = {  # of the raw files; for the other two only the archives' are published, which torchvision checks
    "mnist": {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
}
MD5SUMS = "MD5SUMS"  # beside the raw files: what they were right after their download, in the format of the command md5sum
TEMPORARY = ".download-"  # how the folders of downloads under way are called
STALLED = 60.0  # seconds without a byte after which a download is given up

Progress = Callable[[str, int, int], None]  # (file, bytes done, bytes in all; 0 where the server does not tell)


def data_root() -> Path:
    """The folder of the downloaded data sets: `MNISTLAB_DATA`, or one in the user's data folder."""
    return Path(os.environ.get("MNISTLAB_DATA") or user_data_path("mnistlab") / "data")


def raw_folder(name: str, root: Path) -> Path:
    """Where the four files of the data set `name` lie."""
    return root / TORCHVISION_CLASSES[name] / "raw"


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """File -> the dimensions that it must have: (N, 28, 28) for images, (N,) for labels."""
    training, test = DATASET_SIZES[name]
    return {
        "train-images-idx3-ubyte": (training, 28, 28),
        "train-labels-idx1-ubyte": (training,),
        "t10k-images-idx3-ubyte": (test, 28, 28),
        "t10k-labels-idx1-ubyte": (test,),
    }


def read(name: str, root: Path) -> dict[str, np.ndarray]:
    """File -> its bytes, uint8, in the shape of `shapes`. Raises `DataMissing`, `DataCorrupt` or `DataError`."""
    error = problem(name, root)
    if error is not None:
        raise error
    folder = raw_folder(name, root)
    try:
        return {
            file: np.fromfile(folder / file, dtype=np.uint8, offset=_header_size(shape)).reshape(shape)
            for file, shape in shapes(name).items()
        }
    except (OSError, ValueError) as reason:  # it was there a moment ago
        raise DataError(f"{name} cannot be read from {folder}: {reason}.", _again(name)) from reason


def problem(name: str, root: Path) -> DataError | None:
    """What is wrong with the files of `name`, or None. Cheap: a file that was found good is read again only after it changed."""
    folder = raw_folder(name, root)
    try:
        missing = [file for file in shapes(name) if not (folder / file).is_file()]
        if len(missing) == len(shapes(name)):
            return DataMissing(f"{name} is not in {folder}.", _at_first(name))
        if missing:
            return DataMissing(
                f"{' and '.join(missing)} of {name} {'is' if len(missing) == 1 else 'are'} not in {folder}.", _at_first(name)
            )
        expected = PUBLISHED_MD5.get(name) or _recorded(folder)
        damages = ((file, _damage(folder / file, shape, expected.get(file))) for file, shape in shapes(name).items())
        return next((DataCorrupt(f"{folder / file} {damage}.", _again(name)) for file, damage in damages if damage), None)
    except OSError as reason:
        return DataError(
            f"{reason.filename or folder} cannot be read: {reason.strerror or reason}.",
            "Allow reading it, or set MNISTLAB_DATA to a folder that can be read.",
        )


def _again(name: str) -> str:
    return f"`python -m mnistlab data --dataset {name}` downloads it again."


def _at_first(name: str) -> str:
    return f"`python -m mnistlab data --dataset {name}` downloads it; or set MNISTLAB_DATA to a folder that has it."


def _header_size(shape: tuple[int, ...]) -> int:
    return 4 * (1 + len(shape))


def _damage(path: Path, shape: tuple[int, ...], md5: str | None) -> str:
    """What is wrong with one idx file, as the end of a sentence; "" if nothing is. Raises `OSError`."""
    size, expected_size = path.stat().st_size, _header_size(shape) + prod(shape)
    if size != expected_size:
        return f"is {'truncated' if size < expected_size else 'too long'}: {expected_size:,} bytes expected, {size:,} found"
    with path.open("rb") as file:
        magic, *dimensions = struct.unpack(f">{1 + len(shape)}I", file.read(_header_size(shape)))
    expected_magic = 0x800 + len(shape)  # 8: unsigned bytes, then the number of dimensions
    if magic != expected_magic:
        return f"is no such idx file: its magic number is {magic}, not {expected_magic}"
    if tuple(dimensions) != shape:
        return f"holds {' × '.join(map(str, dimensions))} values, not {' × '.join(map(str, shape))}"
    if md5 is not None and _md5(path) != md5:
        return f"has changed since it was published: its MD5 is {_md5(path)}, not {md5}"
    if md5 is None and len(shape) == 1 and np.fromfile(path, dtype=np.uint8, offset=_header_size(shape)).max() > 9:
        return "holds a label above 9"
    return ""


# -- checksums -----------------------------------------------------------------------------------------------------------------

_known: dict[str, list] = {}  # path -> what `_fingerprint` was, and the MD5 then; kept in a file of the user's cache folder too


def _md5(path: Path) -> str:
    """The MD5 of a file, read only if it is not remembered for this path, size and time of change."""
    key, fingerprint = str(path.absolute()), _fingerprint(path)
    if _known.get(key, [None])[0] != fingerprint:
        _known.update(_remembered())
    if _known.get(key, [None])[0] != fingerprint:
        _known[key] = [fingerprint, _digest(path)]
        _remember()
    return _known[key][1]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _fingerprint(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]  # ctime: the time of change that no program can set back


def _memory() -> Path:
    return user_cache_path("mnistlab") / "md5.json"


def _remembered() -> dict[str, list]:
    try:
        found = json.loads(_memory().read_text("utf-8"))
        return {key: [list(fingerprint), str(md5)] for key, (fingerprint, md5) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):  # none yet, or not ours: then the files are simply read again
        return {}


def _remember() -> None:
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=_memory().parent, delete=False) as file:
            json.dump({**_remembered(), **_known}, file)
        os.replace(file.name, _memory())
    except OSError:  # a cache folder that cannot be written costs a tenth of a second at the next start, nothing else
        return


def _recorded(folder: Path) -> dict[str, str]:
    """File -> its MD5 right after its download; empty for files that came another way."""
    if not (folder / MD5SUMS).exists():
        return {}
    lines = (line.split() for line in (folder / MD5SUMS).read_text("utf-8", "replace").splitlines())
    return {parts[1]: parts[0] for parts in lines if len(parts) == 2}


# -- download ------------------------------------------------------------------------------------------------------------------

_downloading = threading.Lock()  # torchvision's progress bar is replaced meanwhile, which concerns the whole process


def download(name: str, root: Path, on_progress: Progress | None = None) -> None:
    """Fetch what is missing or broken of `name`, with torchvision's mirrors and checksums; what is good is left as it is.

    `on_progress` is called in the caller's own thread. Raises `DownloadFailed`; then what was there before is still there.
    """
    folder = raw_folder(name, root)
    if problem(name, root) is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _downloading, FileLock(folder / ".download.lock"):
            for left in folder.glob(f"{TEMPORARY}*"):  # of a download that was killed
                shutil.rmtree(left, ignore_errors=True)
            expected = PUBLISHED_MD5.get(name) or _recorded(folder)
            for file, shape in shapes(name).items():
                path = folder / file
                if not path.is_file() or _damage(path, shape, expected.get(file)):
                    _fetch(name, file, folder, on_progress)
    except (OSError, RuntimeError, EOFError, http.client.HTTPException) as reason:
        raise _failed(name, folder, reason) from reason
    error = problem(name, root)
    if error is not None:
        raise _failed(name, folder, error)


def _failed(name: str, folder: Path, reason: Exception) -> DownloadFailed:
    words = " ".join(str(reason).split()).rstrip(".") or type(reason).__name__
    return DownloadFailed(
        f"{name} could not be downloaded to {folder}: {words}.",
        f"Check the network and that the folder can be written; or copy {', '.join(shapes(name))} there; or set MNISTLAB_DATA to a "
        "folder that has them; or choose the data set digits, which needs no network.",
    )


def _fetch(name: str, file: str, folder: Path, on_progress: Progress | None) -> None:
    """Download one file into a folder of its own, check it, and move it into its place."""
    from torchvision import datasets  # takes seconds to import, and is not needed where the files are

    source = getattr(datasets, TORCHVISION_CLASSES[name])
    archive, md5 = f"{file}.gz", dict(source.resources)[f"{file}.gz"]
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder))
    try:
        extracted = _from_mirrors(source.mirrors, archive, md5, temporary, on_progress)
        damage = _damage(extracted, shapes(name)[file], None)
        if damage:
            raise RuntimeError(f"{file} {damage}")
        sums = _recorded(folder) | {file: _digest(extracted)}
        (temporary / MD5SUMS).write_text("".join(f"{digest}  {each}\n" for each, digest in sorted(sums.items())), "utf-8")
        os.replace(extracted, folder / file)
        os.replace(temporary / MD5SUMS, folder / MD5SUMS)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _from_mirrors(mirrors: list[str], archive: str, md5: str, temporary: Path, on_progress: Progress | None) -> Path:
    """The extracted file, from the first mirror that has it. Raises `RuntimeError` with what each of them said."""
    from torchvision.datasets.utils import download_and_extract_archive

    failures = []
    for number, mirror in enumerate(mirrors):
        target = temporary / str(number)  # its own: the thread of a stalled mirror may wake up again
        try:
            _report(archive, on_progress, lambda: download_and_extract_archive(mirror + archive, target, filename=archive, md5=md5))  # noqa: B023
        except (OSError, RuntimeError, http.client.HTTPException) as reason:
            words = reason.reason if type(reason) is urllib.error.URLError else reason  # its own words are "<urlopen error ...>"
            failures.append(f"{mirror}{archive}: {words}".rstrip(".\n"))
        else:
            return target / archive.removesuffix(".gz")
    raise RuntimeError("; ".join(failures))


def _report(archive: str, on_progress: Progress | None, fetch: Callable[[], None]) -> None:
    """Run `fetch` in a thread and tell `on_progress` of every piece. Raises what `fetch` raises, and `TimeoutError` if it stalls."""
    news: queue.Queue[tuple[int, int] | Exception | None] = queue.Queue()

    def work() -> None:
        try:
            fetch()
        except Exception as error:  # handed to the caller's thread, which raises it
            news.put(error)
        else:
            news.put(None)

    with _bars_to(lambda done, total: news.put((done, total))):
        threading.Thread(target=work, name=f"download {archive}", daemon=True).start()
        while True:
            try:
                found = news.get(timeout=STALLED)
            except queue.Empty:
                raise TimeoutError(f"no byte came for {STALLED:g} seconds") from None
            if found is None:
                return
            if isinstance(found, Exception):
                raise found
            if on_progress is not None:
                on_progress(archive, *found)


@contextmanager
def _bars_to(report: Callable[[int, int], None]) -> Iterator[None]:
    """Within, torchvision's downloads report (bytes done, bytes in all) instead of drawing a bar on stderr."""
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
