"""The background jobs of the page `feature_maps`: pictures made for the units of a stage, and
adversarial examples.

Nothing here imports Streamlit.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mnistlab.analysis.adversarial import Adversarial, smallest_change
from mnistlab.analysis.feature_visualisation import Visualisation, strongest_real, visualise
from mnistlab.data import load_dataset
from mnistlab.models import INPUT_SHAPE
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from
from mnistlab.ui.kit.compute.background import Job, ReportProgress, worker

AT_ONCE = 64  # units whose pictures are made together
SEARCHING = 0.2  # of the work: searching the test images


@dataclass(frozen=True, eq=False)
class MadePictures:
    """Pictures made for some units of a stage, and the highest value of each for any test image."""

    made: Visualisation
    real: np.ndarray  # (M,) float32

    @property
    def live(self) -> np.ndarray:
        """(M,) bool: units that any test image, or the made one, excites at all."""
        return np.maximum(self.real, self.made.excitement) != 0

    @property
    def beaten(self) -> np.ndarray:
        """(M,) bool: live units that the made picture excites more than every test image."""
        return self.live & (self.made.excitement > self.real)


@dataclass(frozen=True)
class PictureJobs:
    """The jobs that make pictures for one run's network at one step."""

    store: Store
    run: RunRecord
    step: int

    def visualise(self, session: str, stage: str, units: range) -> Job:
        """Start a job whose result are `MadePictures` for `units` of `stage`."""

        def work(report_progress: ReportProgress) -> MadePictures:
            model, config = self._model(), self.run.config
            made = visualise(
                model,
                config,
                stage,
                units,
                report_progress=lambda share: report_progress(share * (1 - SEARCHING)),
            )
            images = load_dataset(config.dataset).test_images
            real = strongest_real(model, images, config, stage)
            report_progress(1.0)
            return MadePictures(made, real[made.units])

        return worker.job(self._key("visualise", stage, units), work, session)

    def fool(self, session: str, pixels: bytes, method: str, norm: str, towards: int | None) -> Job:
        """Start a job whose result is an `Adversarial` or None, for a picture of 784 bytes."""

        def work(report_progress: ReportProgress) -> Adversarial | None:
            image = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(INPUT_SHAPE)
            return smallest_change(
                self._model(), image, self.run.config, method, norm, towards, report_progress
            )

        return worker.job(self._key("fool", pixels, method, norm, towards), work, session)

    def _model(self) -> nn.Sequential:
        return model_from(self.run.config, self.store.weights(self.run.id, self.step))

    def _key(self, *what: object) -> tuple[object, ...]:
        return self.store.url, self.run.id, self.run.started, self.step, *what
