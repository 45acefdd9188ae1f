"""Pictures that were made for a network: to excite one of its units, or to fool it."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.adversarial import Adversarial
from mnistlab.analysis.feature_visualisation import Visualisation
from mnistlab.figures.colors import DIVERGING, GRAY, scale
from mnistlab.figures.grids import Shades, grid, shaped, titled
from mnistlab.i18n import N_, _, listed

LEVELS = 255  # grey levels from black to white
TITLES = {  # of a "map" or "unit", and of several
    "map": (
        N_("Made to excite {stage}, map {first}"),
        N_("Made to excite {stage}, maps {first} to {last}"),
    ),
    "unit": (
        N_("Made to excite {stage}, unit {first}"),
        N_("Made to excite {stage}, units {first} to {last}"),
    ),
}


def visualisation_figure(made: Visualisation, what: str, columns: int | None = None) -> go.Figure:
    """Each picture of `made` under the number of its "map" or "unit" and how much it excites it."""
    labels = [
        f"{unit}: {value:.3g}" for unit, value in zip(made.units, made.excitement, strict=True)
    ]
    pictures, shades = made.pictures.astype(np.float32), Shades.of(0, LEVELS, gray=True)
    hover = _("row %{customdata[1]}, column %{customdata[2]}") + ": %{customdata[3]}"
    figure = grid(pictures, labels, shades, hover, columns=columns)
    first, last = int(made.units[0]), int(made.units[-1])
    one, many = TITLES[what]
    title = _(one if first == last else many).format(stage=made.stage, first=first, last=last)
    alt = _("{title}: pictures with what they reach ({values}).").format(
        title=title, values=listed(labels)
    )
    return titled(figure, title, alt)


def adversarial_figure(found: Adversarial, classes: Sequence[str]) -> go.Figure:
    """The picture, the change in grey levels (red: brighter, blue: darker), and the changed
    picture.
    """
    before, after = (classes[answer] for answer in found.answers)
    titles = [
        _("before: {answer}").format(answer=before),
        _("the change"),
        _("after: {answer}").format(answer=after),
    ]
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
            name=titles[place - 1],
            hovertemplate=_("row %{y}, column %{x}") + f": <b>%{{z:{signed}}}</b><extra></extra>",
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
    shaped(figure, 1, 3.06)
    alt = _(
        "Three pictures: the original, which the network takes for {before}; the change, of at "
        "most {limit:.1f} grey levels for a pixel; and the changed picture, which it takes for "
        "{after}."
    ).format(before=before, limit=limit, after=after)
    return titled(figure, _("The smallest change that fools it"), alt)
