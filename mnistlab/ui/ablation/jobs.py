"""The background jobs of the page `ablation`: all test images through a network with silent parts,
and each channel or unit of a stage silent alone.

Nothing here imports Streamlit. The activations that lie before what is silent are kept from one job
to the next.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from torch import nn

from mnistlab.analysis.ablation import (
    Activations,
    Silence,
    Silenced,
    silenced_judgement,
)
from mnistlab.analysis.ablation_ranking import Ranking, ranking
from mnistlab.analysis.evaluation import Judgement
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from
from mnistlab.ui.kit.compute.background import Job, ReportProgress, worker

KEPT = 2  # places of networks whose activations are kept: the latest ones
_kept: OrderedDict[Hashable, Activations] = OrderedDict()  # touched by the worker's thread only


@dataclass(frozen=True)
class AblationJobs:
    """The jobs that silence parts of one run's network at one step."""

    store: Store
    run: RunRecord
    step: int

    def silence(self, session: str, silence: Silence) -> Job:
        """Start a job whose result is a `Judgement` of all test images."""

        def work(report_progress: ReportProgress) -> Judgement:
            silenced = Silenced(model := self._model(), self.run.config, silence)
            labels = load_dataset(self.run.config.dataset).test_labels
            before = self._activations(model, silenced.start)
            return silenced_judgement(silenced, before, labels, report_progress)

        return worker.job(self._key(silence), work, session)

    def ranking(self, session: str, stage: str, intact: Judgement) -> Job:
        """Start a job whose result is a `Ranking` of the channels or units of `stage`; `intact` is
        what the whole network says of all test images.
        """

        def work(report_progress: ReportProgress) -> Ranking:
            model = self._model()
            return ranking(
                model,
                self.run.config,
                stage,
                lambda place: self._activations(model, place),
                intact,
                report_progress,
            )

        return worker.job(self._key("ranking", stage), work, session)

    def _model(self) -> nn.Sequential:
        return model_from(self.run.config, self.store.weights(self.run.id, self.step))

    def _activations(self, model: nn.Sequential, place: int) -> Activations:
        """Those of all test images."""
        key = self._key(place)
        if key not in _kept:
            images = load_dataset(self.run.config.dataset).test_images
            _kept[key] = Activations(model, images, self.run.config, place)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return _kept[key]

    def _key(self, *what: object) -> tuple[object, ...]:
        return "ablation", self.store.url, self.run.id, self.run.started, self.step, *what
