"""What a network made of a few pictures at the steps of its training whose weights were kept.

S steps, K = 10 classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mnistlab.analysis.feature_maps import FeatureMaps, feature_maps
from mnistlab.figures.sprites import Sprite, sprite
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from

# of stages that show nothing that the one before does not
UNCHANGED = frozenset({"flatten", "dropout", "rows", "last-step", "softmax"})


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to look at, uint8 (28, 28), and what it is, in words."""

    title: str
    pixels: np.ndarray


@dataclass(frozen=True, eq=False)
class Maps:
    """One picture inside the network: name of each stage -> all steps of it, and the probabilities
    (S, K).
    """

    picture: Picture
    stages: dict[str, Sprite]
    probabilities: np.ndarray


def chosen_steps(kept: Sequence[int], most: int) -> list[int]:
    """At most `most` (at least 2) of the steps `kept`, in order: the first, the last, and those
    between them evenly.
    """
    if len(kept) <= most:
        return list(kept)
    places = np.linspace(0, len(kept) - 1, most).round().astype(int)
    return [kept[place] for place in places]


def maps_of(
    store: Store, run: RunRecord, pictures: Sequence[Picture], steps: Sequence[int]
) -> list[Maps]:
    """Each of `pictures` at each of `steps`. Raises `StoreError` if the weights are damaged."""
    seen: list[list[FeatureMaps]] = [[] for _ in pictures]
    for step in steps:
        model = model_from(run.config, store.weights(run.id, step))
        for picture, at_steps in zip(pictures, seen, strict=True):
            image = torch.from_numpy(picture.pixels.copy())
            at_steps.append(feature_maps(model, image, run.config))
    return [_maps(picture, each) for picture, each in zip(pictures, seen, strict=True)]


def _maps(picture: Picture, at_steps: Sequence[FeatureMaps]) -> Maps:
    stages = [stage for stage in at_steps[0].stages if stage.kind not in UNCHANGED]
    sprites = {stage.name: sprite([maps[stage.name] for maps in at_steps]) for stage in stages}
    return Maps(picture, sprites, np.stack([maps.stages[-1].array for maps in at_steps]))
