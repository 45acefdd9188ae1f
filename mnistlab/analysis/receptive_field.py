"""Which pixels of the input a cell of a feature map can see.

Rows and columns are independent, so the field is (set of rows) x (set of columns). With a stride
larger than the kernel it has holes, which is why sets are kept and not just the first and last.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import nn

from mnistlab.analysis.inspection import check_index, eval_copy, stage_named
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models import INPUT_SHAPE, Stage, stages
from mnistlab.models.layer_types import kind_of

Pixels = frozenset[int]


@dataclass(frozen=True)
class ReceptiveField:
    """The rows and columns of the input that a cell sees, without the padding. Both are empty if it
    sees nothing.
    """

    rows: tuple[int, ...]
    cols: tuple[int, ...]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) in pixels, bottom and right exclusive; all 0 if the cell sees
        nothing but padding.
        """
        if not self.rows or not self.cols:
            return 0, 0, 0, 0
        return self.rows[0], self.cols[0], self.rows[-1] + 1, self.cols[-1] + 1


@dataclass(frozen=True)
class FieldTable:
    """The receptive fields of all cells of a stage: cell (r, c) sees `rows[r]` x `cols[c]`."""

    rows: tuple[tuple[int, ...], ...]
    cols: tuple[tuple[int, ...], ...]

    def at(self, row: int, col: int) -> ReceptiveField:
        """The field of one cell. Raises `NotApplicable` outside the map."""
        check_index(message("row"), row, len(self.rows))
        check_index(message("column"), col, len(self.cols))
        rows, cols = self.rows[row], self.cols[col]
        return ReceptiveField(rows, cols) if rows and cols else ReceptiveField((), ())


def receptive_fields(model: nn.Sequential, stage: str) -> FieldTable:
    """The fields of all cells of a stage with maps (C, H, W).

    Raises `NotApplicable` for a stage without maps: it sees the whole image, or (recurrent) whole
    rows.
    """
    names = ["input", *(name for name, _ in model.named_children())]
    if stage != "input":
        stage_named(model, stage)
    path = stages(eval_copy(model))[: names.index(stage) + 1]
    if len(path[-1].shape) != len(INPUT_SHAPE):
        raise NotApplicable(
            message("The units of {stage} have no position in the image.", stage=stage),
            message("Choose a convolution, an activation after it, or a pooling."),
        )
    modules = [getattr(model, stage.name) for stage in path[1:]]
    return FieldTable(_along(path, modules, axis=0), _along(path, modules, axis=1))


def geometry(module: nn.Module, axis: int) -> tuple[int, int, int]:
    """(kernel, stride, padding) of a convolution or pooling along an axis (0 rows, 1 columns); (1,
    1, 0) if it acts on each cell alone.
    """
    if kind_of(module) not in ("conv", "pool"):
        return 1, 1, 0
    parts: tuple[Any, Any, Any] = module.kernel_size, module.stride, module.padding
    kernel, stride, padding = (part[axis] if isinstance(part, tuple) else part for part in parts)
    return kernel, stride, padding


def _along(path: list[Stage], modules: list[nn.Module], axis: int) -> tuple[tuple[int, ...], ...]:
    """For each position along an axis of the last stage, the positions of the input it sees."""
    fields: list[Pixels] = [frozenset({i}) for i in range(path[0].shape[1 + axis])]
    for module, (_, after) in zip(modules, pairwise(path), strict=True):
        kernel, stride, padding = geometry(module, axis)
        starts = [i * stride - padding for i in range(after.shape[1 + axis])]
        fields = [
            frozenset().union(*fields[max(0, start) : max(0, start + kernel)]) for start in starts
        ]
    return tuple(tuple(sorted(field)) for field in fields)
