"""The views of the page `convolution` as code."""

from collections.abc import Sequence

from torch import Tensor

from mnistlab.analysis.convolution import Geometry
from mnistlab.analysis.kernels import KERNELS
from mnistlab.data import load_dataset
from mnistlab.export.view_notebook import Code
from mnistlab.ui.convolution import invariance, pooling
from mnistlab.ui.convolution.inputs import KERNEL, default_dataset, shown_kernel
from mnistlab.ui.convolution.kernel import shown_settings
from mnistlab.ui.kit.inputs.pictures import linked_index
from mnistlab.ui.kit.page import Page

LOADING = "from mnistlab import load_dataset"
EXPRESS = "import plotly.express as px"


def _digit(page: Page) -> tuple[str, ...]:
    """The lines that make the chosen image, (28, 28) from 0 to 1."""
    name = page.query.get("dataset", default_dataset(page))
    index = linked_index(page, load_dataset(name))
    return (
        f"data = load_dataset({name!r})",
        f"image = data.test_images[{index}, 0].float() / 255  # (28, 28)",
    )


def _geometry(geometry: Geometry) -> str:
    parts = (geometry.size, geometry.stride, geometry.padding, geometry.dilation)
    names = ("size", "stride", "padding", "dilation")
    given = [f"{name}={part}" for name, part in zip(names, parts, strict=True)]
    return f"Geometry({', '.join(given + ['ceil_mode=True'] * geometry.ceil_mode)})"


def _tensor(numbers: Tensor) -> Sequence[str]:
    rows = [f"    {[float(f'{value:.9g}') for value in row]}," for row in numbers.tolist()]
    return ("kernel = torch.tensor([", *rows, "])")


def _one_window(page: Page, geometry: Geometry, weights: str) -> Sequence[str]:
    """The lines that print the window at the chosen row and column of the output, by default those
    of its largest number; `weights` is what it is multiplied by.
    """
    last = geometry.output_size(28) - 1
    chosen = {"row": page.query.get("row"), "column": page.query.get("col")}
    return (
        "row, column = np.unravel_index(walk.output.argmax(), walk.output.shape)",
        *(f"{axis} = {min(at, last)}" for axis, at in chosen.items() if at is not None),
        f'print({weights}, walk.products[row, column], sep="\\n")',
        "print(walk.products[row, column].sum() + walk.bias, walk.output[row, column])",
    )


def convolution(page: Page) -> Code:
    """A kernel slides over a digit."""
    kernel = shown_kernel(page)
    settings = shown_settings(page, len(kernel.numbers))
    name, size = page.query.get("kernel", KERNEL), len(kernel.numbers)
    made: Sequence[str] = (f"kernel = KERNELS[{name!r}]({size})",)
    if name not in KERNELS:
        made = _tensor(kernel.numbers)
    weight = f"weight_of(kernel, {settings.channels}, {settings.groups})"
    weight = f"flipped({weight})" if settings.flip else weight
    return Code(
        (
            "import numpy as np",
            EXPRESS,
            "import torch",
            LOADING,
            "from mnistlab.analysis.convolution import Geometry, convolution",
            "from mnistlab.analysis.kernels import KERNELS, as_channels, flipped, weight_of",
        ),
        (
            *_digit(page),
            f"x = as_channels(image, {settings.channels})  # (C, 28, 28)",
            *made,
            f"weight = {weight}  # (O, C / groups, k, k)",
            f"bias = torch.full(({settings.channels},), {kernel.bias!r})",
            f"geometry = {_geometry(settings.geometry)}",
            f"walk = convolution(x, weight, bias, geometry, {settings.groups}, {settings.output})",
            *_one_window(page, settings.geometry, "walk.weights"),
            'px.imshow(walk.output, color_continuous_scale="RdBu", color_continuous_midpoint=0)',
        ),
    )


def pooled(page: Page) -> Code:
    """A pooling window slides over a digit, and a shift changes what it makes."""
    kind = page.query.get("pool", next(iter(pooling.POOLINGS)))
    geometry, count_pad = pooling.shown_geometry(page, kind)
    walked = Geometry(1) if kind == "none" else geometry
    distance = page.query.get("shift", 1)
    return Code(
        (
            "import numpy as np",
            EXPRESS,
            LOADING,
            "from mnistlab.analysis.convolution import Geometry, pooling, shift_change",
            "from mnistlab.figures.convolution import shift_change_figure",
        ),
        (
            *_digit(page),
            f"walk = pooling(image, {kind!r}, {_geometry(geometry)}, {count_pad})",
            *_one_window(page, walked, "walk.weights[row, column]"),
            'px.imshow(walk.output, color_continuous_scale="gray")',
        ),
        (
            (
                f"shifts = range({len(pooling.SHIFTS)})  # pixels to the right",
                f"images = data.test_images[:{pooling.IMAGES}, 0].float() / 255",
                f"changes = shift_change(images, shifts, {geometry.size})",
                "names = {kind: kind for kind in changes}",
                f"shift_change_figure(shifts, changes, names, {distance})",
            ),
        ),
    )


def invariant(page: Page) -> Code:
    """Six networks and changed digits."""
    change = page.query.get("change", next(iter(invariance.CHANGES)))
    name = page.query.get("dataset", default_dataset(page))
    return Code(
        (
            "from mnistlab import load_dataset, model_from, train",
            "from mnistlab.analysis.invariance import robustness",
            "from mnistlab.events import Snapshot",
            "from mnistlab.experiments.race import invariance_networks",
            "from mnistlab.figures.convolution import robustness_figure",
        ),
        (
            f"data = load_dataset({name!r})",
            f"images = data.test_images[:{invariance.IMAGES}]",
            "labels = data.test_labels[: len(images)]",
            "measured = {}",
            f"for name, config in invariance_networks({name!r}).items():",
            "    events = train(config, data)",
            "    *_, last = (event for event in events if isinstance(event, Snapshot))",
            "    model = model_from(config, last.weights)",
            f"    measured[name] = robustness(model, images, labels, config, {change!r})",
            "names = {name: name for name in measured}",
            f"robustness_figure(measured, names, {change!r})",
        ),
    )
