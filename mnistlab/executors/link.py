"""The link between a store and a Ray cluster: `python -m mnistlab.executors.link`.

It looks at the queue and submits tasks to the cluster, queues the runs again that lost tasks left
behind, and goes when nobody looks at the queue and nothing is under way. Its tasks end with it: the
next link has their runs resumed.
"""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable

from filelock import FileLock

from mnistlab.errors import ExecutorError, MnistlabError, StoreBusy
from mnistlab.executors.detached import REFUSED, RETRY_SECONDS, sweep
from mnistlab.executors.folder import IDLE_SECONDS, WorkerFolder, settings
from mnistlab.executors.ray import LINK, RESOURCES, Cluster, check_reach, connected
from mnistlab.i18n import message
from mnistlab.machine import asked_workers
from mnistlab.store import BEGAN, Status, Store

POLL_SECONDS = 0.1  # how often it looks whether somebody asks for a run, or a task has ended
LOOK_SECONDS = 1.0  # how often it looks at the queue in any case
AHEAD = 2  # tasks beyond what the cluster can run at once, so that no core waits for the next
LOST_SECONDS = 600.0  # what was interrupted longer ago is left to people
AWAY_SECONDS = 600.0  # without a node that has a GPU: from then on, none is expected any more


def main() -> None:
    """Link the store and the cluster, unless another process does."""
    mine = settings()
    try:
        store = Store()
        folder = WorkerFolder(store, LINK)
        lock = folder.take(LINK.lock, patience=1.0)
        if lock is not None:
            with connected(store) as cluster:
                Link(store, folder, lock, cluster, mine).work()
    except MnistlabError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)


class Link:
    """Sees to the queue of `store` for as long as that is wanted with the settings `mine`. `clock`
    gives seconds that only go up.
    """

    def __init__(
        self,
        store: Store,
        folder: WorkerFolder,
        lock: FileLock,
        cluster: Cluster,
        mine: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.folder, self.lock, self.cluster = store, folder, lock, cluster
        self.mine, self._clock = mine, clock
        self._not_before = -math.inf  # no task is submitted sooner
        self._had = dict.fromkeys(RESOURCES, clock())  # kind of device -> when the cluster had one

    def work(self) -> None:
        """Raises `ExecutorError` if no node can train, and `ExecutorError` or `StoreError` if
        something stands in the way of further tasks until those that there are have ended.
        """
        looked, heard, asked, wanted = -math.inf, self._clock(), 0, True
        obstacle: MnistlabError | None = None
        while (wanted and obstacle is None) or self.cluster.tasks():
            now, before, asked = self._clock(), asked, self.folder.asked()
            if now - looked > LOOK_SECONDS or (asked != before and wanted):
                looked = now
                try:
                    wanted = self._is_wanted()
                    if wanted:
                        self.look()
                    heard, obstacle = now, None
                except StoreBusy:
                    pass  # look again
                except MnistlabError as error:
                    if self.cluster.tasks() and str(error) != str(obstacle):
                        print(error, file=sys.stderr, flush=True)
                    obstacle = error
            if now - heard > IDLE_SECONDS:  # the store is away
                wanted = False
            if self._has_ended():
                looked = -math.inf
        if obstacle is not None:
            raise obstacle

    def _is_wanted(self) -> bool:
        """Whether the queue should be seen to, by this process. Where other settings are wanted, it
        leaves that to the next one at once, though its own tasks may take long.
        """
        if not self.lock.is_locked:
            return False
        wanted = self.folder.wanted_settings()
        if wanted not in ("", self.mine):
            self.lock.release()
        return wanted == self.mine and self.folder.is_needed(self.store, self.mine)

    def look(self) -> None:
        """Queue lost runs again, and have those that wait trained. Raises `ExecutorError`,
        `StoreError`.
        """
        check_reach(self.store, self.cluster)
        sweep(self.store, self.folder)
        self.store.resume_lost(LOST_SECONDS)
        room = {kind: self.cluster.room(kind) for kind in RESOURCES}
        self._had.update((kind, self._clock()) for kind, tasks in room.items() if tasks)
        waiting = self.store.waiting_kinds()
        if not waiting or self._clock() < self._not_before:
            return
        training = Counter(
            run.config.device_kind
            for run in self.store.runs(Status.RUNNING)
            if BEGAN in (run.environment or {})
        )
        for kind, count in waiting.items():
            if not room.get(kind) and kind != "cpu":  # a cluster without cores is about to get some
                self._refuse(kind)
                continue
            most = min(count + training[kind], room[kind] + AHEAD, asked_workers() or math.inf)
            for _ in range(int(most) - self.cluster.tasks(kind)):
                self.cluster.submit(kind)

    def _refuse(self, kind: str) -> None:
        """Fail the runs for a kind of device that the cluster will not get again."""
        if self._clock() - self._had.get(kind, -math.inf) < AWAY_SECONDS:
            return
        reason = (
            message("No node of the Ray cluster has a GPU. Choose cpu.")
            if kind == "cuda"
            else message("No node of the Ray cluster has the device {name}. Choose cpu.", name=kind)
        )
        while (claim := self.store.claim_next([kind])) is not None:
            self.store.end(claim, Status.FAILED, reason)

    def _has_ended(self) -> bool:
        """Wait a moment, and return whether a task has ended. Raises `ExecutorError` if it could
        not train, and no other one is left that might.
        """
        if not self.cluster.tasks():
            time.sleep(POLL_SECONDS)
            return False
        ended, why = self.cluster.wait(POLL_SECONDS)
        if why:
            print(f"A node of the Ray cluster cannot train: {why}", file=sys.stderr, flush=True)
            self._not_before = self._clock() + RETRY_SECONDS
            if not self.cluster.tasks():
                raise ExecutorError(
                    message("The Ray cluster cannot train: {why}.", why=why),
                    message(
                        "See that mnistlab is installed on each of its machines, and "
                        "that all of them reach the store."
                    ),
                )
        return ended > 0


if __name__ == "__main__":
    main()
