"""The image of the mini-batch that is opened: its card is the chosen one."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mnistlab.figures.thumbnails import data_url
from mnistlab.ui.backpropagation.contributions import Card, choose_card
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.url import Parameter, whole
from mnistlab.ui.kit.words import signed

PARAMETERS: dict[str, Parameter] = {"image": whole(0, 49)}


def choose_image(look: Look) -> int:
    """The cards of all images, the largest contribution first, and the one that is opened: by
    default the first.
    """
    return look.page.choose(
        "image",
        _("Images of the mini-batch"),
        _order(look),
        widget=partial(_cards, look=look, added=look.weight.of_images),
    )


def shown_image(look: Look) -> int:
    """The one that is opened once the cards are drawn: its place in the mini-batch."""
    image: int = look.page.query.get("image", _order(look)[0])
    return image


def _order(look: Look) -> list[int]:
    order: list[int] = np.argsort(-np.abs(look.weight.of_images), kind="stable").tolist()
    return order


def _cards(
    label: str, order: Sequence[int], key: str, look: Look, added: np.ndarray, **locked: Any
) -> int:
    longest = float(np.abs(added).max()) or 1.0
    cards = [
        Card(
            image,
            data_url(look.images[image]),
            _("{label}, training image {index}").format(
                label=look.classes[look.labels[image]], index=look.indices[image]
            ),
            short(float(added[image]), longest),
            float(added[image]) / longest,
            _("loss {loss}").format(loss=f"{look.passed.losses[image]:.2g}"),
        )
        for image in order
    ]
    return choose_card(cards, label, key, **locked)


def short(value: float, longest: float) -> str:
    """`value` for a small card: no powers of ten where others are far larger."""
    if abs(value) >= 1e-4 or longest < 1e-3:
        return signed(value, "+.2g")
    return signed(value, "+.4f") if abs(value) >= 0.5e-4 else "≈ 0"
