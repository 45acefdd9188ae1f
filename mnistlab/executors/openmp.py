"""How the threads of a training wait for each other.

PyTorch divides each operation among the threads of OpenMP, which meet at its end. Those that are
early spin until the last one has come: the quickest way on cores of their own, and a disaster on
cores that other programs use too, as they spin where the last one should run. GNU's OpenMP (PyTorch
for Linux) knows this, and hardly spins while a process has more OpenMP threads than cores; but it
cannot see other processes. Linux can: it counts how long threads had to wait for a core. So while
ours wait a lot, one more thread, with a team as large as the machine, makes them too many.

LLVM's and Intel's OpenMP (macOS, Windows) yield to other programs by themselves, and only have to
be told to stop sooner. Either way it changes the time, never a number. See `benchmarks.contention`.
"""

import ctypes
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

LOOK_SECONDS = 0.2  # how long it takes to notice that others need the cores, ...
CALM_SECONDS = 1.0  # ... and that they no longer do
CROWDED = 0.25  # seconds that all our threads together waited for a core, in each second
SETTINGS = {"KMP_BLOCKTIME": "1"}  # milliseconds until a thread sleeps; by default 200
# where a person says how to wait: to GNU's OpenMP, and to LLVM's and Intel's
CHOSEN_FOR_GNU = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
CHOSEN_FOR_LLVM = ("OMP_WAIT_POLICY", "KMP_BLOCKTIME")
CHOSEN = tuple(dict.fromkeys(CHOSEN_FOR_GNU + CHOSEN_FOR_LLVM))
FOLDERS = {"torch", "torch.libs"}  # where the packages of PyTorch for pip bring their libgomp
LLVM = ("libomp", "libiomp")  # the libraries that yield by themselves
_LOG = logging.getLogger(__name__)
_TASKS = Path("/proc/self/task")  # a folder for each thread of this process


def waiting(environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the `environment` of a process before it loads PyTorch; nothing where a person
    has chosen.
    """
    return {} if any(name in environment for name in CHOSEN) else SETTINGS


@contextmanager
def sharing_cores() -> Iterator[None]:
    """While this lasts, the threads of this process spin only as long as others leave it its cores.
    On Linux; not where a person has chosen how they wait.
    """
    library = None if any(name in os.environ for name in CHOSEN_FOR_GNU) else _gnu_openmp()
    if library is None:
        yield
        return
    over = Event()
    watching = Thread(target=_watch, args=(library, over), daemon=True, name="mnistlab-openmp")
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def _watch(library: ctypes.CDLL, over: Event) -> None:
    while not over.is_set():
        if _waited(LOOK_SECONDS, over) > CROWDED:
            sparing = Thread(target=_spare_the_cores, args=(library, over), daemon=True)
            sparing.start()
            sparing.join()


def _spare_the_cores(library: ctypes.CDLL, over: Event) -> None:
    """Make the threads of OpenMP more than the cores, for as long as ours have to wait. The team
    that does it has nothing to do, and ends with the thread that calls this.
    """
    nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    team = len(os.sched_getaffinity(0)) + 1  # more than the cores that OpenMP counts as ours
    library.GOMP_parallel(nothing, None, ctypes.c_uint(team), ctypes.c_uint(0))
    while _waited(CALM_SECONDS, over) > CROWDED:
        pass


def _waited(seconds: float, over: Event) -> float:
    """How long our threads wait for a core in the next `seconds`, in each second; 0 once it is
    over.
    """
    before = _waited_until_now()
    return 0.0 if over.wait(seconds) else (_waited_until_now() - before) / seconds


def _waited_until_now() -> float:
    """Seconds that the living threads of this process were ready to run, and had no core."""
    nanoseconds = 0
    for task in _TASKS.iterdir():
        try:
            nanoseconds += int((task / "schedstat").read_text().split()[1])
        except OSError:  # this thread has just ended
            continue
    return nanoseconds / 1e9


@cache
def _gnu_openmp() -> ctypes.CDLL | None:
    """The library that PyTorch's threads come from, if it is GNU's and Linux counts waiting. Says
    once (in the log) if there is no OpenMP that can be told not to spin.
    """
    from threadpoolctl import threadpool_info

    if not Path("/proc/self/schedstat").exists():
        return None
    loaded = threadpool_info()
    path = _pytorchs(loaded)
    if path is None and not any(each["prefix"] in LLVM for each in loaded):
        _LOG.warning(
            "No OpenMP library of PyTorch's was recognised. Trainings may take many times as long "
            "while other programs use the processor; OMP_WAIT_POLICY=PASSIVE may help."
        )
    return None if path is None else ctypes.CDLL(path)


def _pytorchs(loaded: Iterable[Mapping[str, Any]]) -> str | None:
    """The path of PyTorch's libgomp among the `loaded` libraries: in a folder of PyTorch's, as pip
    installs it, or else the only one, as conda does.
    """
    paths = [each["filepath"] for each in loaded if each["prefix"] == "libgomp"]
    own = [path for path in paths if FOLDERS & set(Path(path).parts)]
    return next(iter(own or (paths if len(paths) == 1 else [])), None)
