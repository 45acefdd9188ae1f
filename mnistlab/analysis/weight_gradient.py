"""The gradient of one weight as the sum that it is: over images and places, the gradient that
arrives times what the weight was multiplied by.

N images.
"""

from dataclasses import dataclass

import numpy as np
import torch

from mnistlab.analysis.backward import Backward
from mnistlab.analysis.gradient_factors import FACTORS, Place, Window, view_shape
from mnistlab.analysis.inspection import check_index
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message


@dataclass(frozen=True, eq=False)
class GradientSum:
    """d loss / d weight = the sum of `products` over images and places. The places are the rows and
    columns of a map, the time steps of a recurrent layer, or none: one product for each image.
    """

    layer: str
    parameter: str
    place: Place  # of `view_shape`
    index: Place  # of torch's parameter
    weight: float
    arriving: np.ndarray  # (N, *places): the gradient at what the weight adds to
    factor: np.ndarray  # (N, *places): what the weight is multiplied by; 1 for a bias
    window: Window | None = None

    @property
    def products(self) -> np.ndarray:
        """(N, *places), float64."""
        return self.arriving.astype(np.float64) * self.factor

    @property
    def of_images(self) -> np.ndarray:
        """What each image adds, (N,)."""
        return self.products.reshape(len(self.arriving), -1).sum(1)

    @property
    def total(self) -> float:
        return float(self.products.sum())

    @property
    def is_bias(self) -> bool:
        """Whether the weight is only added, so that its factor is 1 everywhere."""
        return self.parameter.startswith("bias")

    def largest_place(self, image: int) -> Place:
        """The place of the product of largest magnitude."""
        products = np.abs(self.products[image])
        return tuple(int(i) for i in np.unravel_index(int(products.argmax()), products.shape))


def gradient_sum(passed: Backward, layer: str, parameter: str, place: Place) -> GradientSum:
    """The sum for the weight at `place` of `view_shape`. Raises `NotApplicable` for a layer,
    parameter or place that the network does not have.
    """
    if parameter not in passed.layers.get(layer, ()):
        learned = ", ".join(f"{name}.{each}" for name, all in passed.layers.items() for each in all)
        raise NotApplicable(
            message(
                "This network learns no {layer}.{parameter}.", layer=layer, parameter=parameter
            ),
            message("What it learns: {learned}.", learned=learned),
        )
    shape, kind = view_shape(passed, layer, parameter), passed.kind(layer)
    if len(place) != len(shape):
        raise NotApplicable(
            message(
                "A weight of {layer}.{parameter} has {dimensions} numbers.",
                layer=layer,
                parameter=parameter,
                dimensions=len(shape),
            )
        )
    for axis, (number, count) in enumerate(zip(place, shape, strict=True), start=1):
        what = message(
            "number along axis {axis} of {layer}.{parameter}:",
            axis=axis,
            layer=layer,
            parameter=parameter,
        )
        check_index(what, number, count)
    if kind not in FACTORS:
        raise NotApplicable(
            message("How the gradients of {layer} are summed is not known here.", layer=layer),
            message("Choose another layer."),
        )
    index = _index(passed, layer, parameter, place)
    arriving, factor, window = FACTORS[kind](passed, layer, parameter, index)
    return GradientSum(
        layer,
        parameter,
        place,
        index,
        float(getattr(getattr(passed.model, layer), parameter)[index]),
        arriving.cpu().numpy(),
        torch.ones_like(arriving).cpu().numpy() if factor is None else factor.cpu().numpy(),
        window,
    )


def torchs_gradient(passed: Backward, chosen: GradientSum) -> float:
    """The same gradient as autograd computes it, for all weights of a layer at once."""
    return float(passed.weights[f"{chosen.layer}.{chosen.parameter}"][chosen.index])


def _index(passed: Backward, layer: str, parameter: str, place: Place) -> Place:
    """The `place` of `view_shape` as an index of the parameter."""
    flat = int(np.ravel_multi_index(place, view_shape(passed, layer, parameter)))
    shape = getattr(getattr(passed.model, layer), parameter).shape
    return tuple(int(i) for i in np.unravel_index(flat, tuple(shape)))
