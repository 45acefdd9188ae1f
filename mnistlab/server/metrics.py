"""What a monitoring system asks a running server, as Prometheus metrics."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from streamlit import runtime
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner
from streamlit.runtime.stats import GaugeStat

from mnistlab.events import Progress
from mnistlab.store import Status, Store
from mnistlab.ui.kit.compute.background import worker


def registry(store: Store) -> CollectorRegistry:
    """Everything measured of this server and of the trainings in its `store`."""
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    made.register(Trainings(store))
    made.register(Sessions())
    made.register(Background())
    time_reruns(
        Histogram(
            "mnistlab_rerun_seconds",
            "Seconds that the server took to run a page, or a part of it.",
            ["part"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=made,
        )
    )
    return made


def time_reruns(seconds: Histogram) -> None:
    """Observe in `seconds` each run of a page ("page") or of a fragment ("fragment") from now on.

    Streamlit tells nobody how long they take: this wraps the method that it calls for each.
    """
    run = ScriptRunner._run_script

    def timed(self: ScriptRunner, rerun_data: RerunData) -> None:
        with seconds.labels("fragment" if rerun_data.fragment_id_queue else "page").time():
            run(self, rerun_data)

    ScriptRunner._run_script = timed  # type: ignore[method-assign]


class Trainings(Collector):
    """The runs of the store and how fast they train, read at each scrape."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def describe(self) -> list[Metric]:
        """Nothing: the store need not be asked before the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily("mnistlab_runs", "Runs in the store.", labels=["status"])
        for status in Status:
            runs.add_metric([status.value], self.store.count(status))
        yield runs
        running = [run.id for run in self.store.runs(Status.RUNNING)]
        latest = [self.store.latest(run_id, Progress) for run_id in running]
        yield GaugeMetricFamily(
            "mnistlab_training_images_per_second",
            "Training images per second, of all running runs together.",
            sum(event.images_per_second for event in latest if event is not None),
        )


class Sessions(Collector):
    """The open pages, as Streamlit counts them."""

    def describe(self) -> list[Metric]:
        """Nothing: Streamlit counts only once it runs."""
        return []

    def collect(self) -> Iterator[Metric]:
        stats = runtime.get_instance().stats_mgr.get_stats(["active_sessions"])
        count = sum(
            stat.value for stat in stats.get("active_sessions", ()) if isinstance(stat, GaugeStat)
        )
        yield GaugeMetricFamily("mnistlab_sessions", "Open pages.", count)


class Background(Collector):
    """What is computed once for everybody, beside the pages: maps, measurements, mistakes."""

    def describe(self) -> list[Metric]:
        """Nothing: it has no labels."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "mnistlab_background_seconds",
            "Processor time that the server itself spent on maps and measurements for pages.",
            worker.seconds,
        )
