"""The views of the page `data` as code."""

from dataclasses import replace

from mnistlab.export.view_notebook import Code
from mnistlab.ui.data.images import AMOUNTS, AT_ONCE
from mnistlab.ui.data.loader import COUNT, shown_options
from mnistlab.ui.data.selection import DataSelection, linked_index

FIGURES = "from mnistlab.figures import data as figures"
LOADING = "from mnistlab import load_dataset"


def _code(selection: DataSelection, imports: tuple[str, ...], *lines: str) -> Code:
    part = selection.part
    opening = (
        f"data = load_dataset({selection.dataset.name!r})",
        f"images, labels = data.{part}_images, data.{part}_labels",
    )
    return Code((LOADING, *imports), (*opening, *lines))


def browse(selection: DataSelection) -> Code:
    """One image."""
    return _code(
        selection,
        (FIGURES, "from mnistlab.figures.grids import Shades"),
        f"at = {linked_index(selection)}",
        "image, label = images[at, 0].numpy(), data.classes[labels[at]]",
        "figures.image_figure(image, label, Shades.of(0, 255, gray=True))",
    )


def classes(selection: DataSelection) -> Code:
    """The mean image of each class."""
    return _code(
        selection,
        ("from mnistlab.analysis.dataset import class_counts, mean_images", FIGURES),
        "print(dict(zip(data.classes, class_counts(labels))))",
        "figures.mean_figure(mean_images(images, labels), data.classes)",
    )


def pixels(selection: DataSelection) -> Code:
    """The histogram of all training pixels."""
    return _code(
        selection,
        ("from mnistlab.analysis.dataset import pixel_statistics", FIGURES),
        "statistics = pixel_statistics(data.train_images)",
        "print(statistics.mean, statistics.deviation)",
        "figures.histogram_figure(statistics)",
    )


def values(selection: DataSelection) -> Code:
    """One image as bytes, in [0, 1] and as z-scores."""
    opening = _code(
        selection,
        (
            "from mnistlab import TrainConfig",
            "from mnistlab.data import normalisation, to_input",
            FIGURES,
            "from mnistlab.figures.grids import Shades",
        ),
        f"image = images[{linked_index(selection)}][None]  # uint8 (1, 1, 28, 28)",
        'figures.image_figure(image[0, 0].numpy(), "bytes", Shades.of(0, 255, gray=True))',
    )
    return replace(
        opening,
        more=(
            (
                "shades = Shades.of(0, 1, gray=True)",
                'figures.image_figure(image[0, 0].numpy() / 255, "0 to 1", shades, digits=3)',
            ),
            (
                'config = TrainConfig(dataset=data.name, normalize="zscore")',
                "scores = to_input(image, config)[0, 0].numpy()",
                "mean, deviation = normalisation(config)",
                "shades = Shades.of(-mean / deviation, (1 - mean) / deviation)",
                'figures.image_figure(scores, "z-scores", shades, digits=3)',
            ),
        ),
    )


def augmented(selection: DataSelection) -> Code:
    """One image as training sees it, epoch after epoch."""
    query = selection.page.query
    chosen = {name: query.get(name, default) for name, (_offered, default) in AMOUNTS.items()}
    settings = ", ".join(f"{name}={value}" for name, value in chosen.items())
    return _code(
        selection,
        (
            "from mnistlab import TrainConfig",
            "from mnistlab.data import augment",
            "import plotly.express as px",
            "import torch",
        ),
        f"image = images[{linked_index(selection)}][None]  # uint8 (1, 1, 28, 28)",
        f"config = TrainConfig(dataset=data.name, {settings})",
        f"torch.manual_seed({query.get('seed', 1)})",
        f"seen = augment(image.expand({AT_ONCE - 1}, -1, -1, -1), config)",
        "px.imshow(seen[:, 0].numpy(), facet_col=0, facet_col_wrap=6, "
        'color_continuous_scale="gray")',
    )


def batches(selection: DataSelection) -> Code:
    """What a DataLoader makes of a few images."""
    return _code(
        selection,
        ("from mnistlab.analysis.data_loader import LoaderOptions, batches",),
        f"options = {shown_options(selection.page)!r}",
        f"batches(images[:{COUNT}], labels[:{COUNT}], options)",
    )
