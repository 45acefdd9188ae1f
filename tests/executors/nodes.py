"""A real Ray cluster on this machine: its nodes are processes, with one core each."""

import os
from tempfile import TemporaryDirectory
from typing import Any

SIZE = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 75 * 2**20, "include_dashboard": False}


class Nodes:
    """A cluster of some nodes, which goes with the process that started it."""

    def __init__(self, count: int = 2) -> None:
        self.count = count

    def __enter__(self) -> "Nodes":
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        # of 15, with which they wait for minutes where other programs have work for every core
        os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
        from ray.cluster_utils import Cluster

        # of a short name: sockets lie in it. So does Ray's note of the latest cluster, else where
        # that of the user's own is, in a folder that may not be there
        self._folder = TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
        os.environ["RAY_TMPDIR"] = self._folder.name
        self._cluster = Cluster(initialize_head=True, head_node_args=SIZE)
        self._more: list[Any] = []
        for _ in range(self.count - 1):
            self.add_one()
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.shutdown()
        del os.environ["RAY_TMPDIR"]
        self._folder.cleanup()

    @property
    def address(self) -> str:
        return self._cluster.address

    def add_one(self) -> None:
        self._more.append(self._cluster.add_node(**SIZE))

    def lose_one(self) -> None:
        """Kill the latest node, with all its processes, at once."""
        self._cluster.remove_node(self._more.pop(), allow_graceful=False)
