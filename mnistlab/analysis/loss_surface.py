"""The loss over a plane in weight space, and the paths of several trainings across it.

S snapshots of a training, D weights of a network, G grid lines each way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from mnistlab.analysis.inspection import array, eval_copy, network_input
from mnistlab.config import TrainConfig
from mnistlab.errors import AnalysisError
from mnistlab.i18n import message

GRID = 31  # lines each way
MARGIN = 0.15  # around the paths, as a share of their width and height
Weights = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through the mean of some points, along the two directions in which they vary most
    (PCA).
    """

    center: Tensor  # (D,)
    axes: Tensor  # (2, D), orthonormal
    share: float  # of the points' variance that lies in the plane, 0 to 1

    def coordinates(self, points: Tensor) -> Tensor:
        """Points (S, D) -> their projections onto the plane, (S, 2)."""
        return (points - self.center) @ self.axes.T

    def place(self, x: float, y: float) -> Tensor:
        """The weights (D,) at a point of the plane."""
        return self.center + x * self.axes[0] + y * self.axes[1]


@dataclass(frozen=True, eq=False)
class Path:
    """One training, snapshot by snapshot."""

    steps: tuple[int, ...]
    places: np.ndarray  # (S, 2), on the plane
    losses: np.ndarray  # (S,): at the weights themselves, which need not lie in the plane
    distances: np.ndarray  # (S,): from the plane


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss (nats) at the points of a grid on the plane, and the paths."""

    x: np.ndarray  # (G,)
    y: np.ndarray  # (G,)
    loss: np.ndarray  # (G, G), one row for each y
    paths: dict[str, Path]
    share: float  # see `Plane`


def fit_plane(points: Tensor) -> Plane:
    """The plane in which `points` (S, D) vary most. Raises `AnalysisError` if they all lie on one
    line.
    """
    center = points.mean(0)
    _, values, axes = torch.linalg.svd((points - center).double(), full_matrices=False)
    if len(values) < 2 or values[1] <= 1e-6 * values[0].clamp_min(1e-12):
        raise AnalysisError(
            message("These runs all moved along a single line, which does not span a plane."),
            message("Choose longer or more runs."),
        )
    share = float((values[:2] ** 2).sum() / (values**2).sum())
    return Plane(center, axes[:2].to(points.dtype), share)


def loss_surface(
    model: nn.Sequential,
    runs: Mapping[str, Mapping[int, Weights]],
    images: Tensor,
    labels: Tensor,
    config: TrainConfig,
    grid: int = GRID,
    report_progress: Callable[[float], None] = lambda share: None,
) -> Surface:
    """`runs`: name -> step -> weights, all of networks like `model`; the loss is the cross-entropy
    on `images` with `labels`.

    `report_progress` is called with the share of the work done so far. Raises `AnalysisError` as
    `fit_plane` does.
    """
    model = eval_copy(model)
    own = [
        nn.Parameter(parameter.detach().clone()) for parameter in model.parameters()
    ]  # the copy shares its weights: these are ours to change
    for (name, _), parameter in zip(list(model.named_parameters()), own, strict=True):
        module, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(module), leaf, parameter)
    names = [name for name, _ in model.named_parameters()]
    x = network_input(images, config, model)
    points = {
        run: torch.stack([_vector(weights, names) for weights in kept.values()])
        for run, kept in runs.items()
    }
    plane = fit_plane(torch.cat(list(points.values())))

    @torch.inference_mode()
    def loss_at(vector: Tensor) -> float:
        vector_to_parameters(vector, model.parameters())
        return F.cross_entropy(model(x), labels.to(x.device)).item()

    paths = {}
    for run, vectors in points.items():
        places = plane.coordinates(vectors)
        distances = (vectors - plane.center - places @ plane.axes).norm(dim=1)
        losses = np.array([loss_at(vector) for vector in vectors], np.float32)
        paths[run] = Path(tuple(runs[run]), array(places), losses, array(distances))
    xs, ys = _lines(np.concatenate([path.places for path in paths.values()]), grid)
    loss = np.empty((grid, grid), np.float32)
    for row, b in enumerate(ys.tolist()):
        loss[row] = [loss_at(plane.place(a, b)) for a in xs.tolist()]
        report_progress((row + 1) / grid)
    return Surface(xs, ys, loss, paths, plane.share)


def _vector(weights: Weights, names: list[str]) -> Tensor:
    return parameters_to_vector([weights[name].float() for name in names])


def _lines(places: np.ndarray, grid: int) -> tuple[np.ndarray, np.ndarray]:
    """The grid lines (G,) each way around `places` (S, 2)."""
    low, high = places.min(0), places.max(0)
    margin = MARGIN * (high - low).clip(1e-6)
    x, y = (
        np.linspace(low[i] - margin[i], high[i] + margin[i], grid, dtype=np.float32) for i in (0, 1)
    )
    return x, y
