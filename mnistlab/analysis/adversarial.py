"""Adversarial examples: the smallest change of a picture, within its range, that changes what a
network answers.

FGSM (Goodfellow, Shlens and Szegedy, 2015) takes one step, PGD (Madry et al., 2018) many, each
followed by a projection onto the changes that are small enough. Both climb the margin of another
class over the present answer, in steps of equal length: along the signs of the gradient where the
largest change of a pixel counts (L∞), along the gradient where the length of the whole change does
(L2). The smallest size that is enough is found by trying many at once, in ever finer steps.

B pictures at once: one for each class and size that is tried. Pixels: 0 (black) to 1 (white).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.inspection import array, check_index, eval_copy, network_input
from mnistlab.config import TrainConfig
from mnistlab.errors import AnalysisError, NotApplicable
from mnistlab.i18n import N_, message
from mnistlab.models import CLASSES, INPUT_SHAPE

STEPS = 20  # of PGD
OVERSHOOT = 2.5  # PGD's steps together are so many times as long as the change may be
TRIED = 8  # sizes at a time
ROUNDS = 4  # each divides the interval that is left by `TRIED`
METHODS = {"pgd": N_("PGD, many small steps"), "fgsm": N_("FGSM, one step")}


@dataclass(frozen=True)
class Norm:
    """How the size of a change is measured: its `label`, marked for translation, the `largest` size
    that a change can have, and, for changes and gradients (B, 1, 28, 28), the steepest change of
    size 1, and the nearest change of at most a size (B, 1, 1, 1).
    """

    label: str
    largest: float
    steepest: Callable[[Tensor], Tensor]
    nearest: Callable[[Tensor, Tensor], Tensor]


def _length(change: Tensor) -> Tensor:
    return change.square().sum((1, 2, 3), keepdim=True).sqrt().clamp_min(1e-30)


NORMS = {
    "linf": Norm(
        N_("Largest pixel (L∞)"),
        1.0,
        torch.sign,
        lambda change, size: torch.minimum(torch.maximum(change, -size), size),
    ),
    "l2": Norm(
        N_("Euclidean length (L2)"),
        float(np.sqrt(np.prod(INPUT_SHAPE))),
        lambda gradient: gradient / _length(gradient),
        lambda change, size: change * (size / _length(change)).clamp_max(1),
    ),
}


@dataclass(frozen=True, eq=False)
class Adversarial:
    """The smallest change that was found. Pictures are (28, 28) float32 from 0 to 1."""

    method: str
    norm: str
    epsilon: float  # the size that was enough, in the norm; a pixel goes from 0 to 1
    resolution: float  # a size smaller by this was not enough
    original: np.ndarray
    changed: np.ndarray
    before: np.ndarray  # (10,) probabilities
    after: np.ndarray

    @property
    def change(self) -> np.ndarray:
        """(28, 28), from -1 to 1."""
        return self.changed - self.original

    @property
    def answers(self) -> tuple[int, int]:
        """The class before and after."""
        return int(self.before.argmax()), int(self.after.argmax())


class Attack:
    """One method against the answer of one network to one picture."""

    def __init__(
        self, model: nn.Sequential, image: Tensor, config: TrainConfig, method: str, norm: str
    ) -> None:
        """`image`: grey values from 0 to 255, (1, 28, 28). Raises `AnalysisError` where the
        network's outputs are NaN or infinite.
        """
        self._model, self._config = eval_copy(model), config
        self._steps, self.norm = (STEPS if method == "pgd" else 1), NORMS[norm]
        device = next(model.parameters()).device
        self.original = image.to(device).reshape(1, *INPUT_SHAPE) / 255
        logits = self.logits(self.original)
        if not logits.isfinite().all():
            raise AnalysisError(
                message("This network's outputs are NaN or infinite: its weights have blown up."),
                message("Choose an earlier step."),
            )
        self.answer = int(logits.argmax())

    @torch.no_grad()
    def logits(self, pictures: Tensor) -> Tensor:
        """(B, 10)."""
        return self._logits(pictures)

    def _logits(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self._model(network_input(pictures * 255, self._config, self._model))
        return logits

    def changed(self, classes: Tensor, sizes: Tensor) -> Tensor:
        """Pictures (B, 1, 28, 28) changed by at most `sizes` (B,) towards `classes` (B,)."""
        most = sizes.to(self.original)[:, None, None, None]
        stride = most if self._steps == 1 else most * (OVERSHOOT / self._steps)
        pictures = self.original.expand(len(classes), -1, -1, -1)
        for _ in range(self._steps):
            moved = pictures + stride * self.norm.steepest(self._slope(pictures, classes))
            change = self.norm.nearest(moved - self.original, most)
            pictures = (self.original + change).clamp(0, 1)
        return pictures

    def _slope(self, pictures: Tensor, classes: Tensor) -> Tensor:
        """The gradient of the margin of `classes` over the answer, as `pictures`."""
        # cuDNN's recurrent layers have no gradient in evaluation mode
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            pictures = pictures.detach().clone().requires_grad_()
            logits = self._logits(pictures)
            wanted = logits[torch.arange(len(classes)), classes]
            (slope,) = torch.autograd.grad((wanted - logits[:, self.answer]).sum(), pictures)
        return slope

    def classes(self, towards: int | None) -> Tensor:
        """Those whose margin over the answer is to be raised: `towards`, or all others. Raises
        `NotApplicable` if `towards` is the answer already.
        """
        if towards is None:
            return torch.tensor([number for number in range(CLASSES) if number != self.answer])
        check_index(message("class"), towards, CLASSES)
        if towards == self.answer:
            raise NotApplicable(
                message("The network gives this answer already."),
                message("Choose another class to change it to."),
            )
        return torch.tensor([towards])

    def fools(self, pictures: Tensor, towards: int | None) -> Tensor:
        """(B,) bool: whether the answer is `towards` or, if that is None, no longer the same."""
        said = self.logits(pictures).argmax(1)
        return said != self.answer if towards is None else said == towards


def smallest_change(
    model: nn.Sequential,
    image: Tensor,
    config: TrainConfig,
    method: str = "pgd",
    norm: str = "linf",
    towards: int | None = None,
    report_progress: Callable[[float], None] = lambda share: None,
) -> Adversarial | None:
    """The smallest change of `image` (grey values from 0 to 255, (1, 28, 28)) after which the
    network says something else, or the class `towards`; None if no change was found that does it.

    `method` is a key of `METHODS`, `norm` of `NORMS`. `report_progress` is called with the share
    done so far. Raises `NotApplicable` where `towards` is the answer already, and `AnalysisError`
    where the network's outputs are NaN or infinite.
    """
    attack = Attack(model, image, config, method, norm)
    classes = attack.classes(towards)
    low, step, changed = 0.0, attack.norm.largest / TRIED, None
    for done in range(1, ROUNDS + 1):
        sizes = low + step * torch.arange(1, TRIED + 1)
        pictures = attack.changed(classes.repeat_interleave(TRIED), sizes.repeat(len(classes)))
        fooled = attack.fools(pictures, towards).reshape(len(classes), TRIED)
        report_progress(done / ROUNDS)
        if not fooled.any():
            break
        first = int(fooled.any(0).int().argmax())
        changed = pictures.reshape(len(classes), TRIED, *INPUT_SHAPE)[fooled[:, first], first][0]
        epsilon, resolution = float(sizes[first]), step
        classes, low, step = classes[fooled[:, first]], float(sizes[first]) - step, step / TRIED
    if changed is None:
        return None
    return Adversarial(
        method,
        norm,
        epsilon,
        resolution,
        array(attack.original[0, 0]),
        array(changed[0]),
        probabilities(model, array(attack.original[0, 0]), config),
        probabilities(model, array(changed[0]), config),
    )


def probabilities(model: nn.Sequential, picture: np.ndarray, config: TrainConfig) -> np.ndarray:
    """Of the ten classes, (10,), for a picture (28, 28) from 0 to 1."""
    model = eval_copy(model)
    with torch.inference_mode():
        x = network_input(torch.from_numpy(picture) * 255, config, model)
        return array(model(x).softmax(1)[0])
