"""Which pixels of the input a cell of a feature map can see.

Rows and columns are independent of each other, so the field is (set of rows) x (set of columns). With a stride larger than
the kernel it has holes, which is why sets are kept and not only a first and a last one.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import nn

from mnistlab.analysis.looking import check_index, stage_named, twin
from mnistlab.errors import NotApplicable
from mnistlab.models import INPUT_SHAPE, Stage, layers, stages
from mnistlab.models.stages import KINDS

Pixels = frozenset[int]


@dataclass(frozen=True)
class ReceptiveField:
    """The rows and columns of the input that a cell sees; what falls on the padding is left out. Both are empty if it sees nothing."""

    rows: tuple[int, ...]
    cols: tuple[int, ...]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) in pixels, bottom and right excluded; all 0 if the cell sees nothing but padding."""
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
        check_index("row", row, len(self.rows))
        check_index("column", col, len(self.cols))
        rows, cols = self.rows[row], self.cols[col]
        return ReceptiveField(rows, cols) if rows and cols else ReceptiveField((), ())


def receptive_fields(model: nn.Sequential, stage: str) -> FieldTable:
    """The fields of all cells of a stage with maps (C, H, W).

    Raises `NotApplicable` for a stage without maps: it sees the whole image, or (recurrent) whole rows.
    """
    names = ["input", *(name for name, _ in model.named_children())]
    if stage != "input":
        stage_named(model, stage)
    known = stages(twin(model))[: names.index(stage) + 1]
    if len(known[-1].shape) != len(INPUT_SHAPE):
        raise NotApplicable(
            f"The units of {stage} have no place on the image.", "Choose a convolution, an activation after it, or a pooling."
        )
    modules = [getattr(model, known_stage.name) for known_stage in known[1:]]
    return FieldTable(_along(known, modules, axis=0), _along(known, modules, axis=1))


def geometry(module: nn.Module, axis: int) -> tuple[int, int, int]:
    """(kernel, stride, padding) of a convolution or pooling along an axis (0 rows, 1 columns); (1, 1, 0) if it acts on each cell alone."""
    if isinstance(module, layers.Subsample):
        return 2, 2, 0
    if isinstance(module, layers.StochasticPool2d):
        return module.kernel_size, module.kernel_size, 0
    if KINDS[type(module)] not in ("conv", "pool"):
        return 1, 1, 0
    parts: tuple[Any, Any, Any] = module.kernel_size, module.stride, module.padding
    kernel, stride, padding = (part[axis] if isinstance(part, tuple) else part for part in parts)
    return kernel, stride, padding


def _along(known: list[Stage], modules: list[nn.Module], axis: int) -> tuple[tuple[int, ...], ...]:
    """For each position along an axis of the last stage: the positions of the input that it sees."""
    fields: list[Pixels] = [frozenset({i}) for i in range(known[0].shape[1 + axis])]
    for module, (_, after) in zip(modules, pairwise(known), strict=True):
        kernel, stride, padding = geometry(module, axis)
        starts = [i * stride - padding for i in range(after.shape[1 + axis])]
        fields = [frozenset().union(*fields[max(0, start) : max(0, start + kernel)]) for start in starts]
    return tuple(tuple(sorted(field)) for field in fields)
