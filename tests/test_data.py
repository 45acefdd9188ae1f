import contextlib
import dataclasses
import functools
import gzip
import hashlib
import http.server
import os
import re
import shutil
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision import datasets
from torchvision.datasets import utils as torchvision_utils

from mnistlab import checksums, datafiles, downloads
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.data import (
    augment,
    download,
    load_dataset,
    needs_files,
    problem,
    split,
    to_input,
)
from mnistlab.errors import ConfigError, DataCorrupt, DataError, DataMissing, DownloadFailed

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
RAW = Path("MNIST", "raw")


@pytest.fixture(autouse=True)
def own_memory_of_checksums(tmp_path, monkeypatch):
    """Neither the user's cache folder nor what an earlier test remembered."""
    monkeypatch.setattr(checksums, "user_cache_path", lambda _: tmp_path / "cache")
    monkeypatch.setattr(checksums, "_known", {})


# -- what a data set is ----------------------------------------------------------------------------


def assert_is_whole(dataset, name):
    for images, labels, count in zip(
        (dataset.train_images, dataset.test_images),
        (dataset.train_labels, dataset.test_labels),
        (DATASETS[name].train_count, DATASETS[name].test_count),
        strict=True,
    ):
        assert images.dtype == torch.uint8
        assert images.shape == (count, 1, 28, 28)
        assert labels.dtype == torch.int64
        assert labels.shape == (count,)
        assert labels.unique().tolist() == list(range(10))
    assert len(dataset.classes) == 10


BUNDLED = [name for name in DATASETS if not needs_files(name)]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_data_set_is_bytes_and_classes_of_the_sizes_told(name):
    assert_is_whole(load_dataset(name), name)


def test_mnist_is_what_torchvision_reads(mnist, mnist_root):
    assert_is_whole(mnist, "mnist")
    for train, images, labels in (
        (True, mnist.train_images, mnist.train_labels),
        (False, mnist.test_images, mnist.test_labels),
    ):
        oracle = datasets.MNIST(mnist_root, train=train)
        assert torch.equal(images[:, 0], oracle.data)
        assert torch.equal(labels, oracle.targets)


@pytest.mark.parametrize("name", ["mnist", *BUNDLED])
def test_pixel_stats_are_those_of_the_training_images(name, request):
    data = request.getfixturevalue("mnist") if name == "mnist" else load_dataset(name)
    counts = np.bincount(data.train_images.numpy().ravel(), minlength=256)
    values = np.arange(256) / 255
    mean = np.average(values, weights=counts)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=counts))
    told = DATASETS[name].mean, DATASETS[name].deviation
    assert told == (round(mean, 4), round(deviation, 4))


@pytest.mark.parametrize("name", list(filter(needs_files, DATASETS)))
def test_class_names_and_files_are_torchvisions(name):
    oracle = getattr(datasets, DATASETS[name].source.name)
    assert DATASETS[name].classes == tuple(text.split(" - ")[0] for text in oracle.classes)
    assert [f"{file}.gz" for file in datafiles.shapes(name)] == [
        file for file, _ in oracle.resources
    ]


def test_digits_are_set_into_the_middle_as_mnists_are(digits):
    images = torch.cat([digits.train_images, digits.test_images])
    frame = images.clone()
    frame[:, :, 4:24, 4:24] = 0
    assert not frame.any()
    assert images.max() == 255


def test_digits_are_scikit_learns_each_once_enlarged_as_pillow_does_it(digits):
    from sklearn.datasets import load_digits

    known = load_digits()
    large = [
        Image.fromarray(small.astype(np.float32) * (255 / 16)).resize(
            (20, 20), Image.Resampling.BICUBIC
        )
        for small in known.images
    ]
    oracle = torch.from_numpy(np.stack(large)).clamp(0, 255).flatten(1)
    images = (
        torch.cat([digits.train_images, digits.test_images])[:, 0, 4:24, 4:24].flatten(1).float()
    )
    nearest = torch.cdist(images, oracle).argmin(1)
    assert torch.allclose(images, oracle[nearest], atol=0.51, rtol=0)
    assert nearest.sort().values.tolist() == list(range(1797))
    labels = torch.cat([digits.train_labels, digits.test_labels])
    assert labels.tolist() == known.target[nearest].tolist()
    # each class alike
    assert torch.allclose(
        digits.test_labels.bincount() / labels.bincount(), torch.tensor(500 / 1797), atol=0.005
    )


def test_a_data_set_is_one_tensor_for_everyone(mnist, mnist_root, monkeypatch):
    monkeypatch.setenv("MNISTLAB_DATA", str(mnist_root))
    assert load_dataset("mnist") is mnist
    assert load_dataset("mnist", str(mnist_root)) is mnist
    assert load_dataset("digits") is load_dataset("digits", "elsewhere")


def test_an_unknown_data_set_is_a_config_error():
    for function in (load_dataset, problem, download):
        with pytest.raises(ConfigError, match="'emnist'") as caught:
            function("emnist")
        assert caught.value.field == "dataset"


def test_splits_are_disjoint_views_of_the_training_images(digits):
    parts = split(digits, TrainConfig(dataset="digits", train_size=100, validation_size=200))
    assert torch.equal(parts.train_images, digits.train_images[:100])
    assert torch.equal(parts.validation_labels, digits.train_labels[-200:])
    assert parts.test_images is digits.test_images
    assert parts.train_images.data_ptr() == digits.train_images.data_ptr()
    every = split(digits, TrainConfig(dataset="digits", validation_size=297))
    assert (len(every.train_images), len(every.validation_images)) == (1000, 297)
    assert len(split(digits, TrainConfig(dataset="digits")).validation_images) == 0


def test_a_data_set_that_is_not_the_configured_one_is_refused(digits):
    with pytest.raises(ConfigError, match=r"mnist.*digits"):
        split(digits, TrainConfig(dataset="mnist"))


# -- small files in the place of the real ones -----------------------------------------------------


def idx(array):
    return struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def write_fake(folder, name, training=30, test=20):
    """Four small idx files, as `name` has them."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for file, count in zip(FILES, (training, training, test, test), strict=True):
        shape = (count, 28, 28) if "images" in file else (count,)
        (folder / file).write_bytes(
            idx(random.integers(0, 256 if "images" in file else 10, shape, dtype=np.uint8))
        )


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A data root with a small kmnist; small files count as the whole data set."""
    small = dataclasses.replace(DATASETS["kmnist"], train_count=30, test_count=20)
    monkeypatch.setitem(DATASETS, "kmnist", small)
    write_fake(tmp_path / "KMNIST" / "raw", "kmnist")
    return tmp_path


def test_files_without_published_checksums_load(fake):
    dataset = load_dataset("kmnist", fake)
    raw = (fake / "KMNIST" / "raw" / FILES[0]).read_bytes()
    assert dataset.train_images.numpy().tobytes() == raw[16:]
    assert dataset.classes[1] == "ki"


def test_two_threads_that_ask_at_once_load_once(fake, monkeypatch):
    calls, both_ask, read = [], threading.Barrier(2), datafiles.read
    monkeypatch.setattr(datafiles, "read", lambda *of: calls.append(of) or read(*of))
    found = []

    def ask():
        both_ask.wait()
        found.append(load_dataset("kmnist", fake))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is found[1]
    assert len(calls) == 1


def test_a_failed_load_is_not_remembered(fake, tmp_path):
    file = fake / "KMNIST" / "raw" / FILES[3]
    good = file.read_bytes()
    file.unlink()
    with pytest.raises(DataMissing):
        load_dataset("kmnist", fake)
    file.write_bytes(good)
    assert len(load_dataset("kmnist", fake).test_labels) == 20


# -- damage ----------------------------------------------------------------------------------------


def assert_says(error, *parts, dataset="mnist"):
    """One line; what, and what to do."""
    text = str(error)
    assert "\n" not in text
    for part in parts:
        assert str(part) in text
    assert f"python -m mnistlab data --dataset {dataset}" in text


@pytest.fixture
def own_mnist(mnist_root, tmp_path):
    """A data root of our own with links to the good files. `own(file)` makes one a copy that can be
    damaged, and gives its path.
    """
    raw = tmp_path / RAW
    raw.mkdir(parents=True)
    for file in FILES:
        (raw / file).symlink_to((mnist_root / RAW / file).absolute())

    def own(file):
        path = raw / file
        path.unlink()
        shutil.copyfile(mnist_root / RAW / file, path)
        return path

    return own


def test_a_missing_folder_is_one_sentence(tmp_path):
    for make in (lambda: None, (tmp_path / RAW).mkdir):
        with contextlib.suppress(FileNotFoundError):
            make()
        (tmp_path / RAW).parent.mkdir(exist_ok=True)
        with pytest.raises(DataMissing) as caught:
            load_dataset("mnist", tmp_path)
        assert_says(caught.value, "mnist is not in", tmp_path / RAW, "MNISTLAB_DATA")


def test_missing_files_are_named(own_mnist, tmp_path):
    (tmp_path / RAW / FILES[1]).unlink()
    with pytest.raises(DataMissing) as caught:
        load_dataset("mnist", tmp_path)
    assert_says(caught.value, f"{FILES[1]} of mnist is not in")
    (tmp_path / RAW / FILES[2]).unlink()
    assert_says(problem("mnist", tmp_path), f"{FILES[1]} and {FILES[2]} of mnist are not in")


def test_a_truncated_file_is_told_with_the_bytes_expected_and_found(own_mnist, tmp_path):
    os.truncate(own_mnist(FILES[2]), 1_000_000)
    with pytest.raises(DataCorrupt) as caught:
        load_dataset("mnist", tmp_path)
    assert_says(caught.value, tmp_path / RAW / FILES[2], "truncated", "7,840,016", "1,000,000")


@pytest.mark.parametrize("length", [0, 3])
def test_a_file_cut_within_its_header_is_truncated(own_mnist, tmp_path, length):
    os.truncate(own_mnist(FILES[3]), length)
    assert_says(problem("mnist", tmp_path), "truncated", "10,008", f"{length} found")


def test_a_file_that_is_too_long_is_corrupt(own_mnist, tmp_path):
    with own_mnist(FILES[3]).open("ab") as file:
        file.write(b"\0")
    assert_says(problem("mnist", tmp_path), "too long")


def flip(path, place):
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


@settings(max_examples=10, deadline=None)
@given(place=st.integers(0, 60_007))
def test_any_flipped_byte_is_noticed_and_the_file_named(mnist_root, tmp_path_factory, place):
    root = tmp_path_factory.mktemp("flipped")
    (root / RAW).mkdir(parents=True)
    for file in FILES:
        (root / RAW / file).symlink_to((mnist_root / RAW / file).absolute())
    (root / RAW / FILES[1]).unlink()
    shutil.copyfile(mnist_root / RAW / FILES[1], root / RAW / FILES[1])
    flip(root / RAW / FILES[1], place)
    error = problem("mnist", root)
    assert isinstance(error, DataCorrupt)
    assert_says(error, root / RAW / FILES[1])
    flip(root / RAW / FILES[1], place)
    assert problem("mnist", root) is None


def test_a_wrong_magic_number_is_told(fake):
    flip(fake / "KMNIST" / "raw" / FILES[0], 3)
    assert_says(problem("kmnist", fake), "magic number is 2050, not 2051", dataset="kmnist")


def test_wrong_dimensions_are_told(fake):
    flip(fake / "KMNIST" / "raw" / FILES[0], 11)
    assert_says(problem("kmnist", fake), "30 × 29 × 28 values, not 30 × 28 × 28", dataset="kmnist")


def test_a_label_that_is_no_class_is_told(fake):
    path = fake / "KMNIST" / "raw" / FILES[1]
    path.write_bytes(path.read_bytes()[:-1] + b"\x0a")
    assert_says(problem("kmnist", fake), FILES[1], "label above 9", dataset="kmnist")


def test_a_file_that_must_not_be_read_is_told_and_does_not_crash(fake, monkeypatch):
    def refuse(self, *_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=rf"{FILES[0]} cannot be read: Permission denied") as caught:
        load_dataset("kmnist", fake)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_a_file_is_a_missing_file(fake):
    path = fake / "KMNIST" / "raw" / FILES[1]
    path.unlink()
    path.mkdir()
    assert isinstance(problem("kmnist", fake), DataMissing)


# -- checked once ----------------------------------------------------------------------------------


@pytest.fixture
def digests(monkeypatch):
    """The names of the files whose checksum was computed."""
    computed, digest = [], checksums.digest
    monkeypatch.setattr(
        checksums, "digest", lambda path: computed.append(path.name) or digest(path)
    )
    return computed


def forget(monkeypatch):
    """As in a new process."""
    monkeypatch.setattr(checksums, "_known", {})


def test_checksums_are_checked_once_and_remembered_by_the_next_process(
    own_mnist, tmp_path, digests, monkeypatch
):
    assert problem("mnist", tmp_path) is None
    assert sorted(digests) == sorted(FILES)
    assert problem("mnist", tmp_path) is None
    forget(monkeypatch)
    assert problem("mnist", tmp_path) is None
    assert len(digests) == 4
    # nothing was written there
    assert sorted(path.name for path in (tmp_path / RAW).iterdir()) == sorted(FILES)


def test_a_change_that_keeps_size_and_time_is_noticed(own_mnist, tmp_path, digests):
    path = own_mnist(FILES[3])
    assert problem("mnist", tmp_path) is None
    before = path.stat()
    flip(path, 500)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert isinstance(problem("mnist", tmp_path), DataCorrupt)
    assert digests[4:] == [FILES[3]]


@pytest.mark.parametrize("content", [None, "not json", "[1, 2]", '{"a": 3}', "\x00"])
def test_a_broken_or_unwritable_cache_folder_only_means_checking_again(
    own_mnist, tmp_path, digests, monkeypatch, content
):
    if content is None:
        (tmp_path / "cache").write_text("a file in the place of the folder")
    else:
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache" / "md5.json").write_text(content)
    assert problem("mnist", tmp_path) is None
    forget(monkeypatch)
    assert problem("mnist", tmp_path) is None
    assert len(digests) == (8 if content is None else 4)


# -- download --------------------------------------------------------------------------------------


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder, and remembers what it was asked for."""

    def __init__(self, folder):
        self.asked = []
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=folder))


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path.rsplit("/", 1)[-1])
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """torchvision's only mirror of kmnist: a local server with small files, in
    the folder `.files`.
    """
    small = dataclasses.replace(DATASETS["kmnist"], train_count=30, test_count=20)
    monkeypatch.setitem(DATASETS, "kmnist", small)
    files = tmp_path / "server"
    write_fake(files, "kmnist")
    for file in FILES:
        (files / f"{file}.gz").write_bytes(gzip.compress((files / file).read_bytes()))
    resources = [
        (f"{file}.gz", hashlib.md5((files / f"{file}.gz").read_bytes()).hexdigest())
        for file in FILES
    ]
    with Server(files) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(
            datasets.KMNIST, "mirrors", [f"http://127.0.0.1:{running.server_port}/"]
        )
        monkeypatch.setattr(datasets.KMNIST, "resources", resources)
        running.files, running.raw, running.root = (
            files,
            tmp_path / "root" / "KMNIST" / "raw",
            tmp_path / "root",
        )
        yield running
        running.shutdown()
        thread.join()


def left_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".download.lock")


def test_a_download_brings_all_files_and_tells_its_progress(server, capfd):
    told, here = [], threading.get_ident()
    download("kmnist", server.root, lambda *news: told.append((*news, threading.get_ident())))
    assert problem("kmnist", server.root) is None
    for file in FILES:
        assert (server.raw / file).read_bytes() == (server.files / file).read_bytes()
        size = (server.files / f"{file}.gz").stat().st_size
        assert [done for name, done, *_ in told if name == f"{file}.gz"][-1] == size
    assert {total for name, _, total, _ in told if name == f"{FILES[0]}.gz"} == {
        (server.files / f"{FILES[0]}.gz").stat().st_size
    }
    # a page's or a terminal's own thread draws the bar
    assert {thread for *_, thread in told} == {here}
    assert left_in(server.raw) == sorted([*FILES, "MD5SUMS"])
    assert capfd.readouterr() == ("", "")


def test_what_is_good_is_not_fetched_again(server):
    download("kmnist", server.root)
    server.asked.clear()
    download("kmnist", server.root)
    assert server.asked == []
    flip(server.raw / FILES[0], 20)
    os.truncate(server.raw / FILES[3], 9)
    untouched = (server.raw / FILES[2]).stat()
    download("kmnist", server.root)
    assert set(server.asked) == {f"{FILES[0]}.gz", f"{FILES[3]}.gz"}
    assert problem("kmnist", server.root) is None
    assert (server.raw / FILES[2]).stat() == untouched


def test_later_damage_is_noticed_by_the_checksums_kept_beside_the_files(server):
    download("kmnist", server.root)
    flip(server.raw / FILES[0], 5_000)
    assert_says(problem("kmnist", server.root), server.raw / FILES[0], "MD5", dataset="kmnist")


def assert_download_fails(server, *parts):
    before = (
        {name: (server.raw / name).read_bytes() for name in left_in(server.raw)}
        if server.raw.is_dir()
        else {}
    )
    with pytest.raises(DownloadFailed) as caught:
        download("kmnist", server.root)
    text = str(caught.value)
    assert "\n" not in text
    for part in (*parts, *FILES, str(server.raw), "MNISTLAB_DATA", "digits"):
        assert part in text
    assert {
        name: (server.raw / name).read_bytes() for name in left_in(server.raw) if name in before
    } == before
    assert not list(server.raw.glob(".download-*"))


def test_a_download_cut_short_or_changed_on_its_way_is_refused_and_leaves_nothing_behind(server):
    archive = server.files / f"{FILES[0]}.gz"
    good = archive.read_bytes()
    for bad in (
        good[: len(good) // 2],
        good[:-1] + bytes([good[-1] ^ 1]),
        b"<html>Please log in</html>",
    ):
        archive.write_bytes(bad)
        assert_download_fails(server, "corrupted", archive.name)
        assert FILES[0] not in left_in(server.raw)
        assert isinstance(problem("kmnist", server.root), DataMissing)
    archive.write_bytes(good)
    download("kmnist", server.root)
    assert problem("kmnist", server.root) is None


def test_a_connection_that_ends_too_soon_is_refused(server, monkeypatch):
    monkeypatch.setattr(
        Handler, "copyfile", lambda self, source, output: output.write(source.read()[:100])
    )
    assert_download_fails(server, "corrupted")


def test_a_failed_download_keeps_the_good_files(server):
    download("kmnist", server.root)
    flip(server.raw / FILES[0], 5_000)
    (server.files / f"{FILES[0]}.gz").unlink()
    assert_download_fails(server, "404")
    assert isinstance(problem("kmnist", server.root), DataCorrupt)


def test_the_second_mirror_is_asked_where_the_first_fails(server, monkeypatch):
    mirror = datasets.KMNIST.mirrors[0]
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [f"{mirror}not-here/", mirror])
    download("kmnist", server.root)
    assert problem("kmnist", server.root) is None


def test_without_a_network_one_sentence_says_what_to_do(server, monkeypatch):
    monkeypatch.setattr(datasets.KMNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert_download_fails(server, "refused")


def test_a_server_that_falls_silent_is_given_up(server, monkeypatch):
    monkeypatch.setattr(downloads, "STALLED", 0.2)
    wake = threading.Event()
    monkeypatch.setattr(Handler, "copyfile", lambda *_: wake.wait(30))
    assert_download_fails(server, "no data arrived for 0.2 seconds")
    wake.set()


def test_a_folder_that_cannot_be_made_is_one_sentence(server):
    server.root.write_text("a file in the place of the folder")
    with pytest.raises(DownloadFailed, match=re.escape(str(server.raw))) as caught:
        download("kmnist", server.root)
    assert "\n" not in str(caught.value)


def test_two_downloads_at_once_fetch_each_file_once(server):
    threads = [threading.Thread(target=download, args=("kmnist", server.root)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problem("kmnist", server.root) is None
    # torchvision asks once for redirections, once for the file
    assert sorted(server.asked) == sorted(2 * [f"{file}.gz" for file in FILES])


def test_torchvisions_own_bar_is_put_back_also_after_a_failure(server, monkeypatch):
    bar = torchvision_utils.tqdm
    monkeypatch.setattr(datasets.KMNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert_download_fails(server)
    assert torchvision_utils.tqdm is bar


def test_what_a_killed_download_left_is_cleared_away(server):
    (server.raw / ".download-abc").mkdir(parents=True)
    (server.raw / ".download-abc" / f"{FILES[0]}.gz").write_bytes(b"half")
    (server.raw / f"{FILES[1]}.gz").write_bytes(b"half")  # of torchvision's own making
    download("kmnist", server.root)
    assert problem("kmnist", server.root) is None
    assert not list(server.raw.glob(".download-*"))


def test_digits_need_no_download(tmp_path):
    download("digits", tmp_path / "nowhere")
    assert problem("digits", tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()


# -- input and augmentation ------------------------------------------------------------------------


def test_input_is_pixels_from_0_to_1_or_z_scored(digits):
    images = digits.train_images
    plain = to_input(images, TrainConfig(dataset="digits"))
    assert plain.dtype == torch.float32
    assert torch.equal(plain, images.float() / 255)
    scored = to_input(images, TrainConfig(dataset="digits", normalize="zscore"))
    assert abs(scored.mean()) < 1e-3
    assert abs(scored.std() - 1) < 1e-3
    assert images.dtype == torch.uint8  # and left alone


AUGMENTED = st.fixed_dictionaries(
    {
        "augment_shift": st.integers(0, 14),
        "augment_rotation": st.floats(0, 180),
        "augment_crop": st.integers(0, 10),
    }
)


@given(options=AUGMENTED, seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_augmented_images_are_bytes_of_the_same_shape_and_decided_by_the_seed(
    digits, options, seed
):
    images, config = digits.train_images[:16], TrainConfig(dataset="digits", **options)
    before = images.clone()
    torch.manual_seed(seed)
    first = augment(images, config)
    torch.manual_seed(seed)
    assert torch.equal(augment(images, config), first)
    assert first.dtype == torch.uint8
    assert first.shape == images.shape
    assert torch.equal(images, before)


def test_without_augmentation_images_and_random_state_are_left_alone(digits):
    images, state = digits.train_images[:16], torch.get_rng_state()
    assert augment(images, TrainConfig(dataset="digits")) is images
    assert torch.equal(torch.get_rng_state(), state)


def moved(image, rows, columns):
    """A naive shift with black coming in."""
    out = torch.zeros_like(image)
    for y in range(28):
        for x in range(28):
            if 0 <= y - rows < 28 and 0 <= x - columns < 28:
                out[0, y, x] = image[0, y - rows, x - columns]
    return out


def test_a_shift_moves_every_pixel_by_whole_pixels_and_each_image_by_its_own():
    torch.manual_seed(0)
    images = torch.randint(0, 256, (1, 1, 28, 28), dtype=torch.uint8).repeat(200, 1, 1, 1)
    shifts = {(r, c): moved(images[0], r, c) for r in range(-2, 3) for c in range(-2, 3)}
    found = [
        [shift for shift, image in shifts.items() if torch.equal(image, out)]
        for out in augment(images, TrainConfig(augment_shift=2))
    ]
    assert all(len(candidates) == 1 for candidates in found)
    assert {candidates[0] for candidates in found} == set(shifts)


def spread(images):
    """Root mean square distance of the ink from the middle of the image, in pixels, (N,)."""
    ink = images[:, 0].double()
    place = torch.arange(28, dtype=torch.float64) - 13.5
    squared = place[:, None] ** 2 + place**2
    return ((ink * squared).sum((1, 2)) / ink.sum((1, 2))).sqrt()


def blob():
    """A soft horizontal stroke in the middle."""
    place = torch.arange(28) - 13.5
    return (
        (255 * torch.exp(-(place[:, None] ** 2) / 8 - place**2 / 32))
        .to(torch.uint8)
        .expand(200, 1, 28, 28)
    )


def test_a_rotation_turns_about_the_middle_by_at_most_the_given_angle():
    torch.manual_seed(0)
    images = augment(blob(), TrainConfig(augment_rotation=30.0))
    place = torch.arange(28, dtype=torch.float64) - 13.5
    ink = images[:, 0].double()
    xx, yy, xy = (
        (ink * place**2).sum((1, 2)),
        (ink * place[:, None] ** 2).sum((1, 2)),
        (ink * place[:, None] * place).sum((1, 2)),
    )
    angles = torch.rad2deg(torch.atan2(2 * xy, xx - yy) / 2)
    assert angles.abs().max() <= 31
    assert angles.min() < -25
    assert angles.max() > 25
    assert torch.allclose(spread(images), spread(blob()), rtol=0.02)


def test_a_crop_enlarges_up_to_the_given_number_of_pixels_from_each_side():
    torch.manual_seed(0)
    ratio = spread(augment(blob(), TrainConfig(augment_crop=4))) / spread(blob())
    assert ratio.min() > 0.99
    assert 1.3 < ratio.max() <= 28 / 20 * 1.01


def test_augmentation_keeps_the_random_draws_of_each_image_apart_from_the_others():
    torch.manual_seed(0)
    images = augment(blob(), TrainConfig(augment_shift=3, augment_rotation=20.0, augment_crop=3))
    assert len({image.numpy().tobytes() for image in images}) > 190
