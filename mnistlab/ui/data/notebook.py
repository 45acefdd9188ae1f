"""The views of the page `data` as code."""

from mnistlab.export.view_notebook import Code
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
