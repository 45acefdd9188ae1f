"""Attribution with Captum: which pixels made the network say what it said, one number per pixel.

A positive number counts towards the target, a negative one against it (saliency has no sign).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.inspection import (
    BACKGROUND,
    Target,
    array,
    convolutions,
    eval_copy,
    network_input,
    walk,
)
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import N_, message
from mnistlab.models import INPUT_SHAPE

INTEGRATION_STEPS = 64
WINDOW, STRIDE = 4, 2  # pixels: the patch that occlusion moves over the image


@dataclass(frozen=True, eq=False)
class Attribution:
    """An explanation of one number. `value` and `baseline_value` are the target for the image and
    for a blank one.

    The attributions of integrated gradients add up to the difference between the two
    (completeness), within the error of the numerical integration; those of other methods need not.
    """

    method: str
    target: Target
    pixels: np.ndarray  # (28, 28)
    value: float
    baseline_value: float
    layer: str = ""  # Grad-CAM: the convolution it used

    @property
    def completeness_gap(self) -> float:
        """Sum of the attributions minus what a complete method would give."""
        return float(self.pixels.sum(dtype=np.float64)) - (self.value - self.baseline_value)


Explained = tuple[Tensor, str]  # attributions (1, 1, 28, 28), the layer that was used or ""


def attribute(
    model: nn.Sequential, image: Tensor, config: TrainConfig, target: Target, method: str
) -> Attribution:
    """Explain `target` for `image` (grey values from 0 to 255, (1, 28, 28)) by one of `METHODS`.

    Raises `NotApplicable` for an unknown method, and for Grad-CAM where no convolution has a map
    larger than one cell.
    """
    if method not in METHODS:
        raise NotApplicable(
            message("There is no attribution method called {method}.", method=repr(method)),
            message("The methods are: {methods}.", methods=tuple(METHODS)),
        )
    model = eval_copy(model)  # Captum's hooks live on the copy and die with it
    x, blank = (network_input(picture, config, model) for picture in (image, BACKGROUND))

    def score(images: Tensor) -> Tensor:
        return target.of(model(images))  # (N,)

    # cuDNN's recurrent layers have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        pixels, layer = METHODS[method].attribute(model, score, x, blank)
        value, baseline_value = score(torch.cat([x, blank])).tolist()
    return Attribution(
        method, target, array(pixels).reshape(INPUT_SHAPE[1:]), value, baseline_value, layer
    )


def grad_cam_layer(model: nn.Sequential) -> str:
    """The last convolution whose maps are larger than one cell. Raises `NotApplicable` if there is
    none.
    """
    model = eval_copy(model)
    names = convolutions(model)
    with torch.inference_mode():
        outputs = walk(model, torch.zeros(1, *INPUT_SHAPE, device=next(model.parameters()).device))
        fitting = [
            name for name, _, maps in outputs if name in names and maps.shape[2:].numel() > 1
        ]
    if not fitting:
        raise NotApplicable(
            message(
                "Grad-CAM needs a convolution whose map is larger than one cell, and "
                "this network has none."
            ),
            message("Choose another method."),
        )
    return fitting[-1]


# Captum is imported where it is used: it takes a second, and most pages never need it.


def _saliency(
    model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor
) -> Explained:
    from captum.attr import Saliency

    return Saliency(score).attribute(x.requires_grad_()), ""


def _integrated_gradients(
    model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor
) -> Explained:
    from captum.attr import IntegratedGradients

    return IntegratedGradients(score).attribute(x, baselines=blank, n_steps=INTEGRATION_STEPS), ""


def _grad_cam(
    model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor
) -> Explained:
    from captum.attr import LayerAttribution, LayerGradCam

    name = grad_cam_layer(model)
    # (1, 1, H, W)
    coarse = LayerGradCam(score, getattr(model, name)).attribute(
        x.requires_grad_(), relu_attributions=True
    )
    return LayerAttribution.interpolate(coarse, INPUT_SHAPE[1:], interpolate_mode="bilinear"), name


def _occlusion(
    model: nn.Sequential, score: Callable[[Tensor], Tensor], x: Tensor, blank: Tensor
) -> Explained:
    from captum.attr import Occlusion

    with torch.no_grad():
        attributions = Occlusion(score).attribute(
            x,
            (1, WINDOW, WINDOW),
            strides=(1, STRIDE, STRIDE),
            baselines=blank,
            perturbations_per_eval=64,
        )
    return attributions, ""


def _has_feature_maps(model: nn.Sequential) -> bool:
    """Whether Grad-CAM has feature maps to look at."""
    try:
        grad_cam_layer(model)
    except NotApplicable:
        return False
    return True


def _always(model: nn.Sequential) -> bool:
    return True


@dataclass(frozen=True)
class Method:
    """An attribution method: what it is called and what it measures, both marked for translation,
    the function that computes it, and which networks it suits.
    """

    label: str
    explanation: str
    attribute: Callable[[nn.Sequential, Callable[[Tensor], Tensor], Tensor, Tensor], Explained]
    applies: Callable[[nn.Sequential], bool] = _always


METHODS: dict[str, Method] = {
    "integrated-gradients": Method(
        N_("Integrated gradients"),
        N_(
            "The image is faded in from black, and each pixel's contribution along the way is "
            "added up. Together, the contributions make up the whole change in the logit."
        ),
        _integrated_gradients,
    ),
    "saliency": Method(
        N_("Saliency"),
        N_("How strongly the logit reacts to a small change in each pixel, in either direction."),
        _saliency,
    ),
    "grad-cam": Method(
        N_("Grad-CAM"),
        N_(
            "Which regions of the last feature maps count towards the class, at their coarse "
            "resolution."
        ),
        _grad_cam,
        _has_feature_maps,
    ),
    "occlusion": Method(
        N_("Occlusion"),
        N_(
            "A black patch of 4×4 pixels slides across the image: where the logit drops, the patch "
            "hides something that counts."
        ),
        _occlusion,
    ),
}
