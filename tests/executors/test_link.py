"""What the link to a cluster decides, over a real store and a cluster of any size."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from waiting import eventually

from executors.bench import fresh
from mnistlab.errors import DeviceUnavailable, ExecutorError, MnistlabError, StoreFull
from mnistlab.executors import RayExecutor, get_executor
from mnistlab.executors.folder import WorkerFolder, settings
from mnistlab.executors.link import AHEAD, AWAY_SECONDS, Link
from mnistlab.executors.ray import LINK, environment
from mnistlab.machine import threads
from mnistlab.store import Status, Store


class FakeCluster:
    """Has room for as many tasks as a test wants, and runs none of them. `now` is its time, in
    seconds; `ends` are what its tasks end with when they are waited for, in the reverse order.
    """

    def __init__(self, **room: int) -> None:
        self.rooms, self._tasks, self.machines = room, Counter[str](), {socket.gethostname()}
        self.ends: list[str] = []
        self.now = 0.0

    def hosts(self) -> set[str]:
        return self.machines

    def room(self, device_kind: str) -> int:
        return self.rooms.get(device_kind, 0)

    def tasks(self, device_kind: str | None = None) -> int:
        return self._tasks.total() if device_kind is None else self._tasks[device_kind]

    def submit(self, device_kind: str) -> None:
        self._tasks[device_kind] += 1

    def wait(self, seconds: float) -> tuple[int, str]:
        ended, self._tasks = self._tasks.total(), Counter()
        return ended, self.ends.pop()


@pytest.fixture
def linked(store: Store) -> Iterator[Callable[..., tuple[Link, FakeCluster]]]:
    """Makes a link between the store and a cluster of a certain size."""
    folder = WorkerFolder(store, LINK)
    lock = folder.take(LINK.lock)
    assert lock is not None
    folder.want()

    def linked(**room: int) -> tuple[Link, FakeCluster]:
        cluster = FakeCluster(**room)
        return Link(store, folder, lock, cluster, settings(), lambda: cluster.now), cluster

    yield linked
    lock.release()


def queue(store: Store, count: int, **changes: str) -> list[str]:
    return [store.request(fresh(**changes)).id for _ in range(count)]


def test_each_run_that_waits_has_a_task_up_to_a_little_more_than_the_cluster_can_run(
    store: Store, linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MNISTLAB_WORKERS")
    link, cluster = linked(cpu=2, cuda=1)
    queue(store, 1)
    queue(store, 9, device="cuda")
    for _ in range(2):
        link.look()
        assert (cluster.tasks("cpu"), cluster.tasks("cuda")) == (1, 1 + AHEAD)
    queue(store, 9)
    link.look()
    assert cluster.tasks("cpu") == 2 + AHEAD


def test_no_more_tasks_than_a_person_allows(
    store: Store, linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_WORKERS", "3")
    link, cluster = linked(cpu=8)
    queue(store, 9)
    link.look()
    assert cluster.tasks() == 3


def test_a_run_for_a_gpu_waits_while_its_node_is_away_and_fails_once_none_is_expected(
    store: Store, linked
) -> None:
    link, cluster = linked(cuda=1)
    link.look()  # before there is a run
    cluster.now += AWAY_SECONDS
    link.look()
    del cluster.rooms["cuda"]
    [first] = queue(store, 1, device="cuda")
    cluster.now += AWAY_SECONDS - 1
    link.look()
    assert (store.get(first).status, cluster.tasks("cuda")) == (Status.QUEUED, 0)
    cluster.rooms["cuda"] = 1
    link.look()
    assert cluster.tasks("cuda") == 1, "it is back"
    del cluster.rooms["cuda"]
    cluster.now += AWAY_SECONDS
    link.look()
    run = store.get(first)
    assert (run.status, run.reason) == (
        Status.FAILED,
        "No node of the Ray cluster has a GPU. Choose cpu.",
    )


def test_runs_wait_for_cores_however_long_the_cluster_has_none(store: Store, linked) -> None:
    link, cluster = linked()
    [run_id] = queue(store, 1)
    for _ in range(2):
        link.look()
        assert (store.get(run_id).status, cluster.tasks("cpu")) == (Status.QUEUED, 1)
        cluster.now += AWAY_SECONDS


def test_a_node_that_cannot_train_is_tried_again_later_and_said_if_there_is_no_other(
    store: Store, linked
) -> None:
    link, cluster = linked(cpu=1)
    queue(store, 1)
    cluster.ends = ["No module named 'mnistlab'"]
    with pytest.raises(ExecutorError, match=r"cannot train: No module named 'mnistlab'\. See that"):
        link.work()
    link.look()
    assert cluster.tasks() == 0, "not at once"


def test_a_link_with_old_settings_leaves_the_queue_to_the_next(
    store: Store, linked, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    link, cluster = linked(cpu=1)
    queue(store, 1)
    cluster.submit("cpu")
    cluster.ends = [""]
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path))
    link.folder.want()
    link.work()
    assert link.folder.is_free(LINK.lock)
    assert (cluster.tasks(), cluster.ends) == (0, []), "its own task was waited for"


def a_machine_joins(link: Link) -> None:
    link.cluster.machines.add("node-7")


def the_disk_is_full(link: Link) -> None:
    def resume_lost(seconds: float) -> list[str]:
        raise StoreFull("The disk that holds the store is full.")

    link.store.resume_lost = resume_lost


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (a_machine_joins, "The store is a file on this machine"),
        (the_disk_is_full, "The disk that holds the store is full."),
    ],
)
def test_what_stands_in_the_way_of_new_trainings_ends_none_that_runs(
    store: Store, linked, capsys: pytest.CaptureFixture[str], happens, sentence: str
) -> None:
    link, cluster = linked(cpu=1)
    queue(store, 1)
    link.look()
    happens(link)
    queue(store, 1)
    cluster.ends = [""]
    with pytest.raises(MnistlabError, match=sentence):
        link.work()
    assert (cluster.tasks(), cluster.ends) == (0, []), "it was waited for, and no other begun"
    assert sentence in capsys.readouterr().err


def test_once_nothing_stands_in_the_way_any_more_the_queue_is_worked_on(
    store: Store, linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, cluster = linked(cpu=1)
    queue(store, 1)
    link.look()
    a_machine_joins(link)
    queue(store, 1)
    seen: list[int] = []

    def wait(seconds: float) -> tuple[int, str]:
        seen.append(cluster.tasks())
        cluster.now += 60  # time for another look
        if len(seen) == 1:
            cluster.machines.remove("node-7")
            return 0, ""
        link.folder.wanted.unlink()
        cluster.ends = [""]
        return FakeCluster.wait(cluster, seconds)

    monkeypatch.setattr(cluster, "wait", wait)
    link.work()
    assert seen == [1, 2]


def test_a_store_in_a_file_is_refused_where_the_cluster_has_other_machines(
    store: Store, linked
) -> None:
    link, cluster = linked(cpu=1)
    cluster.machines.add("node-7")
    with pytest.raises(ExecutorError, match=r"other machines too \(node-7\)\. .* PostgreSQL"):
        link.look()


def test_a_task_knows_the_store_and_the_data_wherever_it_is_and_trains_with_one_thread(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNISTLAB_DATA", "data")
    known = environment(Store("sqlite:///here.db"))
    assert known["MNISTLAB_STORE"] == f"sqlite:///{tmp_path}/here.db"
    assert known["MNISTLAB_DATA"] == f"{tmp_path}/data"
    monkeypatch.setenv("MNISTLAB_EXECUTOR", known["MNISTLAB_EXECUTOR"])
    monkeypatch.setenv("MNISTLAB_WORKERS", "1")
    assert threads() == 1


def test_a_training_on_the_cluster_may_ask_for_a_gpu_but_not_for_a_certain_one(
    store: Store,
) -> None:
    executor = get_executor(store, "ray")
    for device in ("cpu", "cuda", "cuda:0"):
        executor.check(fresh(device=device))
    for device in ("cuda:1", "mps"):
        with pytest.raises(
            DeviceUnavailable, match=f"^{device} is not available on .* Choose cpu or cuda"
        ):
            executor.check(fresh(device=device))


def test_without_the_package_ray_one_sentence_says_how_to_get_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnistlab.executors.ray.find_spec", lambda name: None)
    with pytest.raises(ExecutorError, match=r'not installed here\. .* "mnistlab\[ray\]"'):
        RayExecutor(store)


def test_where_no_cluster_answers_one_sentence_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    executor = RayExecutor(store)

    def error() -> str:
        try:
            executor.ensure()
        except ExecutorError as problem:
            return str(problem)
        return ""

    assert eventually("the error", error) == (
        "There is no Ray cluster at 127.0.0.1:1 (RAY_ADDRESS): nothing answers. "
        "Start it with `ray start`, or correct RAY_ADDRESS."
    )
    executor.close()
