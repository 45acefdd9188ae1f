"""The loss surface is the loss: at every crossing of the grid, and along the ways."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector

from mnistlab.analysis.loss_surface import fit_plane, loss_surface
from mnistlab.config import TrainConfig
from mnistlab.data import to_input
from mnistlab.errors import AnalysisError
from mnistlab.events import Snapshot
from mnistlab.train import model_from, train

CONFIG = TrainConfig(
    dataset="digits", arch="mlp", hidden=6, batch_size=50, max_steps=8, eval_every=8, lr=0.01
)
IMAGES = 60
OPTIMIZERS = ("sgd", "adam", "rmsprop")


@pytest.fixture(scope="module")
def runs(digits):
    return {
        optimizer: {
            event.step: event.weights
            for event in train(CONFIG.replace(optimizer=optimizer), digits)
            if isinstance(event, Snapshot)
        }
        for optimizer in OPTIMIZERS
    }


def direct(digits, weights):
    """The loss of a network with these weights, without any of the tools under test."""
    with torch.no_grad():
        logits = model_from(CONFIG, weights)(to_input(digits.train_images[:IMAGES], CONFIG))
        return F.cross_entropy(logits, digits.train_labels[:IMAGES]).item()


def weights_at(vector, like):
    """A vector as weights: the inverse of laying them end to end."""
    parts = vector.split([tensor.numel() for tensor in like.values()])
    return {
        name: part.reshape(tensor.shape)
        for (name, tensor), part in zip(like.items(), parts, strict=True)
    }


def vector(weights):
    return parameters_to_vector(list(weights.values()))


def surface_of(digits, runs, **how):
    first = next(iter(next(iter(runs.values())).values()))
    return loss_surface(
        model_from(CONFIG, first),
        runs,
        digits.train_images[:IMAGES],
        digits.train_labels[:IMAGES],
        CONFIG,
        **how,
    )


def test_every_crossing_of_the_grid_has_the_loss_of_the_network_there(digits, runs):
    surface = surface_of(digits, runs, grid=5)
    like = runs["sgd"][0]
    plane = fit_plane(
        torch.stack([vector(weights) for kept in runs.values() for weights in kept.values()])
    )
    wanted = [
        [direct(digits, weights_at(plane.place(float(x), float(y)), like)) for x in surface.x]
        for y in surface.y
    ]
    assert surface.loss == pytest.approx(np.array(wanted), rel=1e-4)
    for path in surface.paths.values():
        assert ((surface.x[0] < path.places[:, 0]) & (path.places[:, 0] < surface.x[-1])).all()
        assert ((surface.y[0] < path.places[:, 1]) & (path.places[:, 1] < surface.y[-1])).all()


def test_each_point_of_a_way_has_the_loss_of_that_snapshot(digits, runs):
    surface = surface_of(digits, runs, grid=2)
    for name, kept in runs.items():
        assert surface.paths[name].steps == tuple(kept)
        assert surface.paths[name].losses == pytest.approx(
            [direct(digits, weights) for weights in kept.values()], rel=1e-4
        )


def test_ways_in_the_plane_lie_on_the_surface(digits, runs):
    # three points are always in one plane
    three = {name: {8: runs[name][8]} for name in OPTIMIZERS}
    surface = surface_of(digits, three, grid=2)
    plane = fit_plane(torch.stack([vector(kept[8]) for kept in three.values()]))
    assert surface.share == pytest.approx(1)
    for name, path in surface.paths.items():
        assert path.distances == pytest.approx(0, abs=1e-4)
        there = weights_at(plane.place(*map(float, path.places[0])), runs["sgd"][0])
        assert direct(digits, there) == pytest.approx(path.losses[0], rel=1e-4), name


def test_plane_is_that_of_scikit_learns_pca(runs):
    points = torch.stack([vector(weights) for kept in runs.values() for weights in kept.values()])
    plane, pca = fit_plane(points), PCA(2).fit(points.numpy())
    assert plane.share == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-4)
    assert np.abs(plane.coordinates(points).numpy()) == pytest.approx(
        np.abs(pca.transform(points.numpy())), abs=1e-3
    )
    assert (plane.axes @ plane.axes.T).numpy() == pytest.approx(np.eye(2), abs=1e-5)


def test_looking_changes_nothing_and_tells_how_far_it_is(digits, runs):
    model, told = model_from(CONFIG, runs["sgd"][0]), []
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    loss_surface(
        model,
        runs,
        digits.train_images[:5],
        digits.train_labels[:5],
        CONFIG,
        grid=4,
        report_progress=told.append,
    )
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_points_on_one_line_are_refused():
    direction = torch.arange(5.0)
    for points in (
        torch.stack([direction, 2 * direction, 3 * direction]),
        direction[None],
        torch.stack([direction, direction]),
    ):
        with pytest.raises(AnalysisError, match="single line"):
            fit_plane(points)
