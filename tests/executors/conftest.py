"""Real stores, real processes, real signals. Trainings are tiny, and with one thread each."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest
from left_out import leave_out
from postgresql import Server
from waiting import eventually

from executors.bench import Bench, occupied, one_at_a_time
from executors.nodes import Nodes
from mnistlab.executors import LocalExecutor, RayExecutor
from mnistlab.executors.ray import LINK
from mnistlab.machine import workers
from mnistlab.store import ACTIVE, Store


@pytest.fixture
def one_worker(store: Store) -> Iterator[None]:
    """One training at a time."""
    with one_at_a_time(store):
        yield


@pytest.fixture
def no_room(store: Store) -> Iterator[None]:
    """No training at all: who waits for a slot does not warm up, which takes seconds."""
    with occupied(store, workers()):
        yield


# What is shared lasts no longer than these tests: a worker and the processes of a cluster have
# something to do even while nothing is trained.


@pytest.fixture(scope="package")
def shared_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One local executor for all tests that do not harm it: its worker is warm."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('local') / 'runs.db'}")
    with one_at_a_time(store):
        yield Bench(store, "local")
    LocalExecutor(store).close()


@pytest.fixture(scope="package")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workers of a PostgreSQL database have their folder."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="package")
def _postgresql_store(postgresql: Server, _cache: Path) -> Iterator[Store]:
    store = Store(postgresql.fresh())
    with ExitStack() as alone:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_CACHE_HOME", str(_cache))
            alone.enter_context(one_at_a_time(store))
        yield store
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(_cache))
        LocalExecutor(store).close()


@pytest.fixture
def shared_postgresql(
    _postgresql_store: Store, _cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """The same, over PostgreSQL."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_cache))
    return Bench(_postgresql_store, "local")


@pytest.fixture(scope="package")
def nodes() -> Iterator[Nodes]:
    """A Ray cluster of two nodes with one core each."""
    if find_spec("ray") is None:
        leave_out("the package ray is not installed. See requirements-ray.txt.")
    with Nodes() as cluster:
        yield cluster


@pytest.fixture(scope="package")
def package_ray(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('ray') / 'runs.db'}")
    yield Bench(store, "ray")
    executor = RayExecutor(store)
    executor.close()
    for run in store.runs(*ACTIVE):
        store.stop(run.id)
    eventually("the link's end", lambda: executor.folder.is_free(LINK.lock))


@pytest.fixture
def shared_ray(package_ray: Bench, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """One store and one link to the cluster for all tests: the nodes' processes stay warm."""
    monkeypatch.setenv("RAY_ADDRESS", nodes.address)
    return package_ray


@pytest.fixture(params=["inline", "local", "ray"])
def bench(request: pytest.FixtureRequest, store: Store) -> Bench:
    """Each test of the contract runs with each executor; those in which the database matters, also
    over "postgresql".
    """
    return (
        Bench(store, "inline")
        if request.param == "inline"
        else request.getfixturevalue(f"shared_{request.param}")
    )


@pytest.fixture
def local(store: Store) -> Iterator[LocalExecutor]:
    """A local executor of its own."""
    executor = LocalExecutor(store)
    yield executor
    executor.close()
