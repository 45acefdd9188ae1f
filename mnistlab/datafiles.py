"""The files of the downloaded data sets: where they lie, and whether they are whole.

The layout is torchvision's: `MNIST/raw/train-images-idx3-ubyte` and so on below the data root. An
idx file is a magic number, the size of each dimension (all big-endian 32-bit numbers), and then
bytes.
"""

import os
import struct
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

import numpy as np
from platformdirs import user_data_path

from mnistlab.checksums import md5_of
from mnistlab.choices import DATASETS, Torchvision
from mnistlab.errors import DataCorrupt, DataError, DataMissing
from mnistlab.i18n import Message, Text, message, messages

# beside the raw files: what they were right after their download, in the format of the command
# md5sum
MD5SUMS = "MD5SUMS"


def data_root() -> Path:
    """The folder of the downloaded data sets: `MNISTLAB_DATA`, or one in the user's data folder."""
    return Path(os.environ.get("MNISTLAB_DATA") or user_data_path("mnistlab") / "data")


def source(name: str) -> Torchvision:
    """Where the files of the data set `name` come from; it has to be one that has files."""
    entry = DATASETS[name].source
    assert isinstance(entry, Torchvision), name
    return entry


def raw_folder(name: str, root: Path) -> Path:
    """Where the four files of the data set `name` lie."""
    return root / source(name).name / "raw"


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """File -> the dimensions that it must have: (N, 28, 28) for images, (N,) for labels."""
    training, test = DATASETS[name].train_count, DATASETS[name].test_count
    return {
        "train-images-idx3-ubyte": (training, 28, 28),
        "train-labels-idx1-ubyte": (training,),
        "t10k-images-idx3-ubyte": (test, 28, 28),
        "t10k-labels-idx1-ubyte": (test,),
    }


def read(name: str, root: Path) -> dict[str, np.ndarray]:
    """File -> its bytes, uint8, in the shape of `shapes`. Raises `DataMissing`, `DataCorrupt` or
    `DataError`.
    """
    error = problem(name, root)
    if error is not None:
        raise error
    folder = raw_folder(name, root)
    try:
        return {
            file: np.fromfile(folder / file, dtype=np.uint8, offset=_header_size(shape)).reshape(
                shape
            )
            for file, shape in shapes(name).items()
        }
    except (OSError, ValueError) as reason:  # it was there a moment ago
        raise DataError(
            message(
                "{name} cannot be read from {folder}: {reason}.",
                name=name,
                folder=folder,
                reason=reason,
            ),
            _again(name),
        ) from reason


def problem(name: str, root: Path) -> DataError | None:
    """What is wrong with the files of `name`, or None. Cheap: a file that was found good is read
    again only after it changed.
    """
    folder = raw_folder(name, root)
    try:
        missing = [file for file in shapes(name) if not (folder / file).is_file()]
        if len(missing) == len(shapes(name)):
            return DataMissing(
                message("{name} is not in {folder}.", name=name, folder=folder), _at_first(name)
            )
        if missing:
            return DataMissing(
                messages(
                    "{files} of {name} is not in {folder}.",
                    "{files} of {name} are not in {folder}.",
                    len(missing),
                    files=_and(missing),
                    name=name,
                    folder=folder,
                ),
                _at_first(name),
            )
        expected = expected_md5(name, folder)
        damages = (
            damage(folder / file, shape, expected.get(file)) for file, shape in shapes(name).items()
        )
        return next(
            (DataCorrupt(found, _again(name)) for found in damages if found is not None),
            None,
        )
    except OSError as reason:
        return DataError(
            message(
                "{file} cannot be read: {reason}.",
                file=reason.filename or folder,
                reason=reason.strerror or reason,
            ),
            message("Make it readable, or set MNISTLAB_DATA to a folder that is."),
        )


def _and(names: Sequence[str]) -> Text:
    first: Text = names[0]
    for name in names[1:]:
        first = message("{first} and {second}", first=first, second=name)
    return first


def _again(name: str) -> Message:
    return message("`python -m mnistlab data --dataset {name}` downloads it again.", name=name)


def _at_first(name: str) -> Message:
    return message(
        "`python -m mnistlab data --dataset {name}` downloads it; or set MNISTLAB_DATA to a "
        "folder that has it.",
        name=name,
    )


def _header_size(shape: tuple[int, ...]) -> int:
    return 4 * (1 + len(shape))


def damage(path: Path, shape: tuple[int, ...], md5: str | None) -> Message | None:
    """What is wrong with one idx file, in a sentence; None if nothing is. Raises `OSError`."""
    size, expected_size = path.stat().st_size, _header_size(shape) + prod(shape)
    if size != expected_size:
        sizes = {"file": path, "expected": expected_size, "found": size}
        if size < expected_size:
            return message(
                "{file} is truncated: {expected:,} bytes expected, {found:,} found.", **sizes
            )
        return message("{file} is too long: {expected:,} bytes expected, {found:,} found.", **sizes)
    with path.open("rb") as file:
        magic, *dimensions = struct.unpack(f">{1 + len(shape)}I", file.read(_header_size(shape)))
    expected_magic = 0x800 + len(shape)  # 8: unsigned bytes, then the number of dimensions
    if magic != expected_magic:
        return message(
            "{file} is not the expected idx file: its magic number is {found}, not {expected}.",
            file=path,
            found=magic,
            expected=expected_magic,
        )
    if tuple(dimensions) != shape:
        return message(
            "{file} holds {found} values, not {expected}.",
            file=path,
            found=" × ".join(map(str, dimensions)),
            expected=" × ".join(map(str, shape)),
        )
    if md5 is not None and md5_of(path) != md5:
        return message(
            "{file} has changed since it was published: its MD5 is {found}, not {expected}.",
            file=path,
            found=md5_of(path),
            expected=md5,
        )
    if (
        md5 is None
        and len(shape) == 1
        and np.fromfile(path, dtype=np.uint8, offset=_header_size(shape)).max() > 9
    ):
        return message("{file} holds a label above 9.", file=path)
    return None


def expected_md5(name: str, folder: Path) -> Mapping[str, str]:
    """File -> the MD5 that it must have, as far as that is known."""
    return source(name).md5 or recorded(folder)


def recorded(folder: Path) -> dict[str, str]:
    """File -> its MD5 right after its download; empty for files that came another way."""
    if not (folder / MD5SUMS).exists():
        return {}
    lines = (line.split() for line in (folder / MD5SUMS).read_text("utf-8", "replace").splitlines())
    return {parts[1]: parts[0] for parts in lines if len(parts) == 2}
