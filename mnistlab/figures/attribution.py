"""Which pixels of the input an answer depends on."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from mnistlab.analysis.attribution import Attribution
from mnistlab.figures.colors import DIGITS, DIVERGING
from mnistlab.figures.grids import BAR, titled
from mnistlab.figures.receptive_fields import input_figure
from mnistlab.i18n import _


def attribution_figure(
    image: np.ndarray, attribution: Attribution, classes: Sequence[str] = DIGITS
) -> go.Figure:
    """The input (28, 28) in grey under the attributions: red pixels count towards the target, blue
    ones against it, transparent ones do not matter.
    """
    pixels, target = attribution.pixels, attribution.target
    limit = float(np.abs(pixels).max()) or 1.0
    figure = input_figure(image).update_traces(hoverinfo="skip")
    figure.add_heatmap(
        z=pixels,
        zmin=-limit,
        zmax=limit,
        colorscale=_see_through(DIVERGING),
        colorbar=BAR | {"title": _("attribution")},
        name=_("attribution"),
        customdata=image,
        hovertemplate=_(
            "row %{y}, column %{x}<br>attribution <b>%{z:.4g}</b><br>pixel %{customdata:.3g}"
        )
        + "<extra></extra>",
    )
    row, col = (int(i) for i in np.unravel_index(np.abs(pixels).argmax(), pixels.shape))
    title = _effect(attribution).format(
        answer=classes[target.digit],
        other="" if target.against is None else classes[target.against],
    )
    alt = _(
        "{title}: the image under its attributions. The most important pixel is at row {row}, "
        "column {column}: {value:.4g}."
    ).format(title=title, row=row, column=col, value=pixels[row, col])
    return titled(figure, title, alt)


def _effect(attribution: Attribution) -> str:
    """What the coloured pixels do, with places for the target's classes."""
    target = attribution.target
    if target.loss:
        return _("Pixels that raise the loss if the answer is {answer}")
    if attribution.method == "saliency":  # has no sign
        if target.against is None:
            return _("Pixels that matter for {answer}")
        return _("Pixels that matter for {answer} rather than {other}")
    if target.against is None:
        return _("Pixels that count towards {answer}")
    return _("Pixels that count towards {answer} rather than {other}")


def _see_through(colors: tuple[str, ...]) -> list[tuple[float, str]]:
    """A diverging scale that is transparent in the middle and opaque at both ends."""
    places = np.linspace(0, 1, 21)
    solid = sample_colorscale(list(colors), list(places))
    return [
        (float(p), color.replace("rgb(", "rgba(").replace(")", f", {abs(2 * p - 1) ** 0.5:.3f})"))
        for p, color in zip(places, solid, strict=True)
    ]
