"""Pictures that were made for a network: to excite one of its units, or to fool it."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.adversarial import Adversarial
from mnistlab.analysis.feature_visualisation import Visualisation
from mnistlab.figures.colors import DIVERGING, GRAY, scale
from mnistlab.figures.grids import Shades, grid, titled

LEVELS = 255  # grey levels from black to white
HOVER = "row %{customdata[1]}, column %{customdata[2]}: %{customdata[3]}"


def visualisation_figure(made: Visualisation, what: str, columns: int | None = None) -> go.Figure:
    """Each picture of `made` under the number of its "map" or "unit" and how much it excites it."""
    labels = [
        f"{unit}: {value:.3g}" for unit, value in zip(made.units, made.excitement, strict=True)
    ]
    pictures, shades = made.pictures.astype(np.float32), Shades.of(0, LEVELS, gray=True)
    figure = grid(pictures, labels, shades, HOVER, columns=columns)
    first, last = int(made.units[0]), int(made.units[-1])
    numbers = f"{what} {first}" if first == last else f"{what}s {first} to {last}"
    title = f"Made to excite {made.stage}, {numbers}"
    return titled(figure, title, f"{title}: pictures with what they reach ({', '.join(labels)}).")


def adversarial_figure(found: Adversarial, classes: Sequence[str]) -> go.Figure:
    """The picture, the change in grey levels (red: brighter, blue: darker), and the changed
    picture.
    """
    before, after = (classes[answer] for answer in found.answers)
    titles = [f"before: {before}", "the change", f"after: {after}"]
    figure = make_subplots(rows=1, cols=3, horizontal_spacing=0.03, subplot_titles=titles)
    limit = float(np.abs(found.change).max()) * LEVELS or 1.0
    panels = (
        (found.original, GRAY, 0.0, float(LEVELS)),
        (found.change, DIVERGING, -limit, limit),
        (found.changed, GRAY, 0.0, float(LEVELS)),
    )
    for place, (pixels, colors, low, high) in enumerate(panels, 1):
        signed = "+.1f" if low < 0 else ".1f"
        figure.add_heatmap(
            z=pixels * LEVELS,
            zmin=low,
            zmax=high,
            colorscale=scale(colors),
            showscale=False,
            hovertemplate=f"row %{{y}}, column %{{x}}: <b>%{{z:{signed}}}</b><extra></extra>",
            row=1,
            col=place,
        )
        figure.update_xaxes(visible=False, constrain="domain", row=1, col=place)
        figure.update_yaxes(
            visible=False,
            autorange="reversed",
            scaleanchor=f"x{place}" if place > 1 else "x",
            constrain="domain",
            row=1,
            col=place,
        )
    figure.update_layout(height=280, margin={"l": 5, "r": 5, "t": 80, "b": 5})
    alt = (
        f"Three pictures: the original, which the network takes for {before}; the change, of at "
        f"most {limit:.1f} grey levels for a pixel; and the changed picture, which it takes for "
        f"{after}."
    )
    return titled(figure, "The smallest change that fools it", alt)
