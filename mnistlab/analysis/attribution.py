"""Which pixels made the network say what it said: attributions with Captum, each as one number for each pixel.

Positive: the pixel speaks for the target; negative: against it (saliency alone has no sign).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.looking import BACKGROUND, Target, array, convolutions, network_input, twin, walk
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.models import INPUT_SHAPE

INTEGRATION_STEPS = 64
WINDOW, STRIDE = 4, 2  # of the patch that occlusion moves over the image, in pixels


@dataclass(frozen=True, eq=False)
class Attribution:
    """An explanation of one number. `value` and `baseline_value` are the target for the image and for an empty picture.

    The attributions of integrated gradients add up to the difference of the two (completeness), up to the error of
    the numerical integration; those of the others need not.
    """

    method: str
    target: Target
    pixels: np.ndarray  # (28, 28)
    value: float
    baseline_value: float
    layer: str = ""  # Grad-CAM: the convolution that was looked at

    @property
    def completeness_gap(self) -> float:
        """Sum of the attributions less what it should be for a complete method."""
        return float(self.pixels.sum(dtype=np.float64)) - (self.value - self.baseline_value)


Explained = tuple[Tensor, str]  # attributions (1, 1, 28, 28), the layer that was looked at or ""


def attribute(model: nn.Sequential, image: Tensor, config: TrainConfig, target: Target, method: str) -> Attribution:
    """Explain `target` for `image` (grey values from 0 to 255, (1, 28, 28)) by one of `METHODS`.

    Raises `NotApplicable` for an unknown method, and for Grad-CAM where no convolution has a map larger than one cell.
    """
    if method not in METHODS:
        raise NotApplicable(f"There is no attribution method called {method!r}.", f"The methods are: {', '.join(METHODS)}.")
    model = twin(model)  # Captum's hooks live on the twin and die with it
    x, blank = (network_input(picture, config, model) for picture in (image, BACKGROUND))

    def score(images: Tensor) -> Tensor:
        return target.of(model(images))  # (N,)

    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):  # cuDNN's recurrent layers have no gradient in evaluation mode
        pixels, layer = METHODS[method](model, score, x, blank)
        value, baseline_value = score(torch.cat([x, blank])).tolist()
    return Attribution(method, target, array(pixels).reshape(INPUT_SHAPE[1:]), value, baseline_value, layer)


def grad_cam_layer(model: nn.Sequential) -> str:
    """The last convolution whose maps are larger than one cell. Raises `NotApplicable` if there is none."""
    model = twin(model)
    found = convolutions(model)
    with torch.inference_mode():
        outputs = walk(model, torch.zeros(1, *INPUT_SHAPE, device=next(model.parameters()).device))
        fitting = [name for name, _, seen in outputs if name in found and seen.shape[2:].numel() > 1]
    if not fitting:
        raise NotApplicable(
            "Grad-CAM needs a convolution with a map of more than one cell, and this network has none.", "Choose another method."
        )
    return fitting[-1]


# Captum is imported where it is used: it takes a second, and most pages never need it.


def _saliency(model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor) -> Explained:
    from captum.attr import Saliency

    return Saliency(score).attribute(x.requires_grad_()), ""


def _integrated_gradients(model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor) -> Explained:
    from captum.attr import IntegratedGradients

    return IntegratedGradients(score).attribute(x, baselines=blank, n_steps=INTEGRATION_STEPS), ""


def _grad_cam(model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor) -> Explained:
    from captum.attr import LayerAttribution, LayerGradCam

    name = grad_cam_layer(model)
    coarse = LayerGradCam(score, getattr(model, name)).attribute(x.requires_grad_(), relu_attributions=True)  # (1, 1, H, W)
    return LayerAttribution.interpolate(coarse, INPUT_SHAPE[1:], interpolate_mode="bilinear"), name


def _occlusion(model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor) -> Explained:
    from captum.attr import Occlusion

    with torch.no_grad():
        found = Occlusion(score).attribute(x, (1, WINDOW, WINDOW), strides=(1, STRIDE, STRIDE), baselines=blank, perturbations_per_eval=64)
    return found, ""


METHODS: dict[str, Callable[[nn.Sequential, Callable[[Tensor], Tensor], Tensor, Tensor], Explained]] = {
    "saliency": _saliency,
    "integrated-gradients": _integrated_gradients,
    "grad-cam": _grad_cam,
    "occlusion": _occlusion,
}
