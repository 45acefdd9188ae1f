"""Top-activating images: those in which a feature map or unit has its highest activations."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.inspection import array, check_index, eval_copy, network_input, stage_named
from mnistlab.analysis.receptive_field import receptive_fields
from mnistlab.config import TrainConfig
from mnistlab.i18n import message
from mnistlab.models import INPUT_SHAPE, output_of

BATCH = 250  # images at a time: as in evaluation


@dataclass(frozen=True, eq=False)
class TopActivations:
    """The images in which one channel or unit is most active, the highest first. M images.

    `rows`, `cols`: its most active cell in the stage's map; -1 where the stage has no such axis.
    For a recurrent stage, `rows` is the image row that had just been read.
    """

    stage: str
    channel: int
    indices: np.ndarray  # (M,) int64, indices into `images`
    values: np.ndarray  # (M,) float32
    rows: np.ndarray  # (M,) int64
    cols: np.ndarray  # (M,) int64
    # (M, 4) int64: the cell's receptive field as (top, left, bottom, right), the last two exclusive
    boxes: np.ndarray


def top_activations(
    model: nn.Sequential,
    images: Tensor,
    config: TrainConfig,
    stage: str,
    channel: int,
    count: int = 9,
    batch: int = BATCH,
) -> TopActivations:
    """The `count` of `images` (uint8, (N, 1, 28, 28)) with the highest activation in this channel
    or unit.

    Never holds more than one batch's activations; ties go to the first image and the first cell.
    Raises `NotApplicable` for a stage or channel that the network does not have.
    """
    model = eval_copy(model)
    stage_named(model, stage)
    names = [name for name, _ in model.named_children()]
    values, indices, places = (
        torch.empty(0),
        torch.empty(0, dtype=torch.long),
        torch.empty(0, dtype=torch.long),
    )
    shape: torch.Size | None = None
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            output = output_up_to(
                model[: names.index(stage) + 1],
                network_input(images[start : start + batch], config, model),
            )
            maps = _channel(output, channel).cpu()  # (N, H, W), (N, T) or (N,)
            shape, flat = maps.shape[1:], maps.reshape(len(maps), -1)
            highest, place = flat.max(1)
            values = torch.cat([values, highest])
            indices = torch.cat([indices, torch.arange(start, start + len(flat))])
            places = torch.cat([places, place])
            kept = values.argsort(descending=True, stable=True)[:count]
            values, indices, places = values[kept], indices[kept], places[kept]
    rows, cols = _cells(places.numpy(), shape)
    return TopActivations(
        stage, channel, indices.numpy(), array(values), rows, cols, _boxes(model, stage, rows, cols)
    )


def peaks(output: Tensor) -> Tensor:
    """How strongly each channel or unit is activated, (N, C): the highest value of its map, or of a
    recurrent unit after any row. `output`: (N, C, H, W), (N, T, C) or (N, C).
    """
    if output.dim() == 4:
        return output.flatten(2).amax(2)
    return output.amax(1) if output.dim() == 3 else output


def output_up_to(part: nn.Sequential, x: Tensor) -> Tensor:
    """What the last stage of `part` makes of its input `x`."""
    value = output = x
    for module in part:
        output, value = output_of(module, value)
    return output


def _channel(output: Tensor, channel: int) -> Tensor:
    """One channel of maps (N, C, H, W), or one unit of (N, T, H) or (N, K)."""
    axis = 1 if output.dim() in (2, 4) else 2
    what = message("unit") if output.dim() < 4 else message("channel")
    check_index(what, channel, output.shape[axis])
    return output.select(axis, channel)


def _cells(places: np.ndarray, shape: torch.Size | None) -> tuple[np.ndarray, np.ndarray]:
    none = np.full_like(places, -1)
    if not shape:
        return none, none
    return (places // shape[1], places % shape[1]) if len(shape) == 2 else (places, none)


def _boxes(model: nn.Sequential, stage: str, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    _, height, width = INPUT_SHAPE
    boxes = np.tile(np.array([0, 0, height, width]), (len(rows), 1))
    if len(cols) and cols[0] >= 0:
        fields = receptive_fields(model, stage)
        boxes[:] = [fields.at(int(row), int(col)).box for row, col in zip(rows, cols, strict=True)]
    return boxes
