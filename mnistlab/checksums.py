"""The MD5 of files that rarely change: read once, and again only when the size or the modification
time has changed.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

# path -> what `_fingerprint` was, and the MD5 then; kept in a file of the user's cache folder too
_known: dict[str, list] = {}


def md5_of(path: Path) -> str:
    """The MD5 of a file, read only if it is not remembered for this path, size
    and time of change.
    """
    key, fingerprint = str(path.absolute()), _fingerprint(path)
    if _known.get(key, [None])[0] != fingerprint:
        _known.update(_remembered())
    if _known.get(key, [None])[0] != fingerprint:
        _known[key] = [fingerprint, digest(path)]
        _remember()
    return _known[key][1]


def digest(path: Path) -> str:
    """The MD5 of a file, read now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _fingerprint(path: Path) -> list[int]:
    status = path.stat()
    # ctime: the time of change that no program can set back
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _memory() -> Path:
    return user_cache_path("mnistlab") / "md5.json"


def _remembered() -> dict[str, list]:
    try:
        entries = json.loads(_memory().read_text("utf-8"))
        return {key: [list(fingerprint), str(md5)] for key, (fingerprint, md5) in entries.items()}
    # none yet, or not ours: then the files are simply read again
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember() -> None:
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=_memory().parent, delete=False) as file:
            json.dump({**_remembered(), **_known}, file)
        os.replace(file.name, _memory())
    # a cache folder that cannot be written costs a tenth of a second at the next start, nothing
    # else
    except OSError:
        return
