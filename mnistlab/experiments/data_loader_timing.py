"""When `num_workers` and `pin_memory` pay off: timed on this machine, in a process of its own.

    python -m mnistlab.experiments.data_loader_timing   # prints one line of JSON per timing

Workers are started by a process that does nothing else: forking a server with many threads would be
unsafe, and where processes are spawned, each would run the server's script again.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

import mnistlab
from mnistlab.data import load_dataset
from mnistlab.errors import MeasurementFailed
from mnistlab.experiments.loop import ReportProgress, ignore_progress
from mnistlab.i18n import message

IMAGES, BATCH = 2_000, 50
WORKERS = tuple(count for count in (0, 1, 2, 4) if count <= max(2, os.cpu_count() or 1))
# how often a sample is rotated before use: stands in for decoding and augmenting large photos
WORK = {"light": 0, "heavy": 12}
COPIES, COPY_BATCH = 200, 5_000  # batches copied to a GPU, and images in each


@dataclass(frozen=True)
class Timing:
    """One timing. `kind`: "light" or "heavy" samples with `workers` workers; "tensor": no loader at
    all; "pageable" or "pinned": copies to the GPU.
    """

    kind: str
    workers: int
    seconds: float


class Samples(Dataset):
    """Samples prepared one by one when they are fetched, as in the tutorials."""

    def __init__(self, images: Tensor, labels: Tensor, turns: int) -> None:
        self.images, self.labels, self.turns = images, labels, turns

    def __len__(self) -> int:
        return IMAGES

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        from torchvision.transforms.functional import (
            InterpolationMode,
            pil_to_tensor,
            rotate,
            to_pil_image,
        )

        picture = to_pil_image(self.images[place % len(self.images)])
        for _ in range(self.turns):
            picture = rotate(picture, 7.0, InterpolationMode.BICUBIC)
        return pil_to_tensor(picture) / 255, self.labels[place % len(self.images)]


def measure() -> Iterator[Timing]:
    """Yields each `Timing` as soon as it is taken."""
    torch.set_num_threads(1)
    data = load_dataset("digits")
    # warm-up, not counted
    Samples(data.train_images, data.train_labels, turns=1)[0]
    for kind, turns in WORK.items():
        for workers in WORKERS:
            loader = DataLoader(
                Samples(data.train_images, data.train_labels, turns),
                BATCH,
                shuffle=True,
                num_workers=workers,
            )
            begin = time.perf_counter()
            count = sum(len(y) for _, y in loader)
            yield Timing(kind, workers, time.perf_counter() - begin)
            assert count == IMAGES
    images = data.train_images.repeat(2, 1, 1, 1)[:IMAGES]
    begin = time.perf_counter()
    for chosen in torch.randperm(IMAGES).split(BATCH):
        images[chosen] / 255
    yield Timing("tensor", 0, time.perf_counter() - begin)
    if torch.cuda.is_available():
        yield from _copies()


def _copies() -> Iterator[Timing]:
    """How long copies to the GPU take from ordinary and from page-locked memory."""
    for kind in ("pageable", "pinned"):
        batch = torch.rand(COPY_BATCH, 1, 28, 28)
        batch = batch.pin_memory() if kind == "pinned" else batch
        batch.to("cuda")
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(COPIES):
            batch.to("cuda", non_blocking=True)
        torch.cuda.synchronize()
        yield Timing(kind, 0, time.perf_counter() - begin)


def measure_in_subprocess(report_progress: ReportProgress = ignore_progress) -> list[Timing]:
    """All that `measure` yields, in a fresh process, whose stderr is this one's. Raises
    `MeasurementFailed`.
    """
    path = os.pathsep.join(
        filter(None, [str(Path(mnistlab.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    )
    command = [sys.executable, "-P", "-m", "mnistlab.experiments.data_loader_timing"]
    timings: list[Timing] = []
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            timings.append(Timing(**json.loads(line)))
            report_progress(len(timings) / (len(WORK) * len(WORKERS) + 1))
    if process.returncode:
        raise MeasurementFailed(
            message(
                "The process that times the epochs ended with exit status {returncode}.",
                returncode=process.returncode,
            ),
            message("The server's log says why."),
        )
    return timings


if __name__ == "__main__":
    for timing in measure():
        print(json.dumps(asdict(timing)), flush=True)
