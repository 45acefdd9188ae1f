"""What max pooling drops, against the indices that torch's own layer returns."""

import pytest
import torch
from torch.nn import functional as F

from mnistlab.analysis.convolution import Geometry, pooling
from mnistlab.analysis.pooling_loss import pooling_loss, winner

GEOMETRIES = [
    Geometry(2, 2),
    Geometry(3, 2),
    Geometry(3, 1, 1),
    Geometry(2, 4),
    Geometry(4, 3, 2, ceil_mode=True),
]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_what_is_kept_is_what_torch_says_won(geometry: Geometry) -> None:
    x = torch.rand(28, 28, generator=torch.Generator().manual_seed(1))
    size, stride, padding = geometry.size, geometry.stride, geometry.padding
    _, won = F.max_pool2d(
        x[None], size, stride, padding, ceil_mode=geometry.ceil_mode, return_indices=True
    )
    walk = pooling(x, "max", geometry)
    loss = pooling_loss(walk)
    assert set(loss.kept.ravel().nonzero()[0]) == set(won.unique().tolist())
    kept = x.flatten()[won.unique()].sum()
    assert loss.share == pytest.approx(float(1 - kept / x.sum()), abs=1e-5)
    for row, column in ((0, 0), (won.shape[1] // 2, 1), (won.shape[1] - 1, won.shape[2] - 1)):
        best, at = winner(walk, row, column), int(won[0, row, column])
        top, left = row * stride - padding + best.row, column * stride - padding + best.column
        assert (top, left) == divmod(at, 28)
        window = x[
            max(0, row * stride - padding) : row * stride - padding + size,
            max(0, column * stride - padding) : column * stride - padding + size,
        ]
        assert [best.value, *best.others] == pytest.approx(
            sorted(window.flatten().tolist(), reverse=True)
        )


def test_nothing_of_a_blank_image_is_dropped() -> None:
    assert pooling_loss(pooling(torch.zeros(28, 28), "max")).share == 0


def test_all_but_one_in_four_of_an_even_image_is_dropped() -> None:
    assert pooling_loss(pooling(torch.ones(28, 28), "max")).share == 0.75
