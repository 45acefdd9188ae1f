"""The process that trains: its threads and memory, what the numbers depend on here, and the signals
that end it.
"""

import ctypes
import platform
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch

import mnistlab
from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.i18n import Text
from mnistlab.machine import threads

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them


@contextmanager
def interruption_by(reasons: Mapping[int, Text]) -> Iterator[Callable[[], Text]]:
    """Within, the first of these signals (number -> reason) only sets what the function given
    returns, "" before.

    From then on all of them act as ever. Only the main thread may handle signals: in other threads
    nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: ""
        return
    caught: list[Text] = []
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in reasons}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, _: object) -> None:
        caught.append(reasons[number])
        restore()

    for number in reasons:
        signal.signal(number, handle)
    try:
        yield lambda: caught[0] if caught else ""
    finally:
        restore()


def prepare_process() -> None:
    """Give this process the threads of a training, and let it keep freed memory for the next step
    instead of returning it.

    The C library of Linux returns large blocks to the system at once; getting them back, page by
    page, takes up to half of the time of an evaluation (`benchmarks/training.py`). The blocks
    themselves stay as large as they were.
    """
    torch.set_num_threads(threads())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)
        mallopt(_M_TRIM_THRESHOLD, 512 * 2**20)


def environment(config: TrainConfig) -> dict[str, Any]:
    """What the numbers of a run depend on besides its configuration, JSON-safe."""
    device = torch.device(config.device)
    return {
        "mnistlab": mnistlab.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "parameters": sum(stage.parameters for stage in models.describe(config)),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else config.device,
    }


@cache
def _processor() -> str:
    """The processor's name, as well as the system tells it."""
    known = Path("/proc/cpuinfo")
    names = (
        [
            line.partition(":")[2].strip()
            for line in known.read_text().splitlines()
            if line.startswith("model name")
        ]
        if known.is_file()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()
