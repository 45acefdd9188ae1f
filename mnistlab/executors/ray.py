"""Training on a Ray cluster that is there already.

The page server never talks to Ray: it neither dies nor hangs with the cluster. A process of its
machine does, the link (see `link`). It submits a task for each run that waits; the task opens the
store itself, on whichever node it is, claims the run whose turn it is, and records as a worker on
this machine does. So the store stays the truth, and whatever dies leaves runs that can go on.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

from mnistlab.config import TrainConfig
from mnistlab.errors import DeviceUnavailable, ExecutorError
from mnistlab.executors.base import check_network
from mnistlab.executors.detached import REFUSED, DetachedExecutor
from mnistlab.executors.folder import Role
from mnistlab.i18n import N_, Text, message
from mnistlab.store import Store

LINK = Role("link", "mnistlab.executors.link", N_("The link to the Ray cluster"))
CONNECT_SECONDS = 20.0  # an address that does not answer for so long has no cluster
# kind of device -> what a task asks of its node. It sees only the GPU that it was given: number 0
RESOURCES: dict[str, dict[str, int]] = {"cpu": {"CPU": 1}, "cuda": {"CPU": 1, "GPU": 1}}
DEVICES = ("cpu", "cuda", "cuda:0")


class RayExecutor(DetachedExecutor):
    """Trains on the nodes of the Ray cluster at `RAY_ADDRESS`, or else of the one that this machine
    belongs to; each run with one thread, and one GPU if it asks for it.
    """

    role = LINK

    def __init__(self, store: Store) -> None:
        if find_spec("ray") is None:
            raise ExecutorError(
                message(
                    "Training on a Ray cluster needs the package ray, which is not installed here."
                ),
                message('Install it: pip install "mnistlab[ray]".'),
            )
        super().__init__(store)

    def check(self, config: TrainConfig) -> None:
        check_network(config)
        if config.device not in DEVICES:
            raise DeviceUnavailable(
                message(
                    "{device} is not available on the Ray cluster: a run there gets one "
                    "core (cpu) or one GPU (cuda).",
                    device=config.device,
                ),
                message("Choose cpu or cuda."),
            )


class Cluster:
    """A Ray cluster, and the tasks that this process has submitted to it."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._task = ray.remote(max_retries=0)(train_next)
        self._tasks: dict[Any, str] = {}  # what Ray knows a task by -> kind of its device

    def hosts(self) -> set[str]:
        """The names of the machines in it."""
        return {node["NodeManagerHostname"] for node in self._ray.nodes() if node["Alive"]}

    def room(self, device_kind: str) -> int:
        """How many tasks for this kind of device the cluster can run at once, other work aside."""
        has = self._ray.cluster_resources()
        return min(int(has.get(name, 0)) // count for name, count in RESOURCES[device_kind].items())

    def tasks(self, device_kind: str | None = None) -> int:
        """How many of our tasks wait or run: for this kind of device, or in all."""
        return sum(device_kind in (None, kind) for kind in self._tasks.values())

    def submit(self, device_kind: str) -> None:
        """Have one more run for this kind of device trained."""
        needs = RESOURCES[device_kind]
        task = self._task.options(num_cpus=needs["CPU"], num_gpus=needs.get("GPU", 0))
        self._tasks[task.remote(device_kind)] = device_kind

    def wait(self, seconds: float) -> tuple[int, str]:
        """Wait for tasks to end. Returns how many did, and why one of them could not train, or "".

        Of those that were lost with their process or node there is nothing to say here: the store
        knows by their heartbeats.
        """
        errors = self._ray.exceptions
        why, all_tasks = "", list(self._tasks)
        ended, _ = self._ray.wait(all_tasks, num_returns=len(all_tasks), timeout=seconds)
        for task in ended:
            del self._tasks[task]
            try:
                self._ray.get(task)
            except (errors.RayTaskError, errors.RuntimeEnvSetupError) as error:
                why = _in_words(getattr(error, "cause", None) or error)
            except errors.RayError:
                continue
        return len(ended), why


@contextmanager
def connected(store: Store) -> Iterator[Cluster]:
    """The cluster at `RAY_ADDRESS`, whose tasks work for `store`. At the end those that still run
    are ended. Raises `ExecutorError` if there is none.
    """
    import ray

    # where nothing answers, Ray ends this process in its own time, without a word of Python
    timer = Timer(CONNECT_SECONDS, _give_up)
    timer.start()
    try:
        ray.init(
            os.environ.get("RAY_ADDRESS") or "auto",
            runtime_env={"env_vars": environment(store)},
            log_to_driver=False,
            logging_level=logging.WARNING,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(_in_words(error)) from error
    finally:
        timer.cancel()
    try:
        yield Cluster(ray)
    finally:
        ray.shutdown()


def environment(store: Store) -> dict[str, str]:
    """What a task has to know, as environment variables: the same for all, so that Ray gives them
    the processes of those that have ended, warm.
    """
    passed = ("MNISTLAB_KEEP", "MNISTLAB_MAX_SECONDS")
    variables = {name: os.environ[name] for name in passed if name in os.environ}
    if folder := os.environ.get("MNISTLAB_DATA"):
        variables["MNISTLAB_DATA"] = str(Path(folder).absolute())
    url = store.url if store.file is None else f"sqlite:///{store.file.absolute()}"
    return variables | {"MNISTLAB_EXECUTOR": "ray", "MNISTLAB_STORE": url}


def train_next(device_kind: str) -> None:
    """The task: train the run whose turn it is among those for this kind of device, if there is
    one.
    """
    # with torch, so before the run is ours
    from mnistlab.executors.process import interruption_by
    from mnistlab.executors.worker import train_claim
    from mnistlab.executors.writer import patiently

    store = patiently(Store)
    reason = message("The cluster asked the training process to end.")
    with interruption_by({signal.SIGTERM: reason}) as interruption:
        attempt = patiently(lambda: store.attempt_next(device_kind))
        if attempt is None:
            return
        claim, note = attempt
        fit = train_claim(store, claim, interruption, note)
    if not fit or interruption():
        sys.exit()  # Ray starts another process for the next task


def check_reach(store: Store, cluster: Cluster) -> None:
    """Raises `ExecutorError` if not every machine of the cluster can open the store."""
    others = cluster.hosts() - {socket.gethostname()}
    if store.file is not None and others:
        raise ExecutorError(
            message(
                "The store is a file on this machine, and the Ray cluster has other "
                "machines too ({machines}).",
                machines=tuple(sorted(others)[:3]),
            ),
            message("Let MNISTLAB_STORE name a PostgreSQL database that all of them reach."),
        )


def _no_cluster(cause: Text) -> ExecutorError:
    address = os.environ.get("RAY_ADDRESS")
    return ExecutorError(
        message(
            "There is no Ray cluster at {address} (RAY_ADDRESS): {cause}.",
            address=address,
            cause=cause,
        )
        if address
        else message("There is no Ray cluster on this machine: {cause}.", cause=cause),
        message("Start it with `ray start`, or correct RAY_ADDRESS."),
    )


def _give_up() -> None:
    print(_no_cluster(message("nothing answers")), file=sys.stderr, flush=True)
    os._exit(REFUSED)


def _in_words(error: BaseException) -> str:
    """The first sentence of what `error` says, without its full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(". ")[0].rstrip(".")
