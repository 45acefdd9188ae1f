"""What a first layer or a convolution multiplies by."""

import numpy as np
from plotly import graph_objects as go

from mnistlab.figures.grids import VALUE, Shades, grid, titled
from mnistlab.i18n import _


def kernel_figure(kernels: np.ndarray, stage: str, channel: int | None = None) -> go.Figure:
    """The kernels (out, in, kh, kw) of a convolution, all in one colour range, white at zero.

    With `channel`, only those of this output channel, one for each input channel. Otherwise all: a
    row for each output channel or, with only one input channel, a plain grid.
    """
    out, into, height, width = kernels.shape
    shades = Shades.of(-1.0 * float(np.abs(kernels).max()), float(np.abs(kernels).max()))
    hover, size = _("row %{customdata[1]}, column %{customdata[2]}") + VALUE, f"{height}×{width}"
    if channel is not None:
        labels, columns = [_("input {n}").format(n=i) for i in range(into)], None
        shown = kernels[channel]
        title = _("{stage}: the {n} kernels of channel {channel}, {size}").format(
            stage=stage, n=into, channel=channel, size=size
        )
    elif into == 1:
        shown, labels, columns = kernels[:, 0], [str(o) for o in range(out)], None
        title = _("{stage}: {n} kernels of {size}").format(stage=stage, n=out, size=size)
    else:
        shown, labels, columns = (
            kernels.reshape(-1, height, width),
            [f"{i} → {o}" for o in range(out) for i in range(into)],
            into,
        )
        title = _(
            "{stage}: {n} × {inputs} kernels of {size}, a row for each output channel"
        ).format(stage=stage, n=out, inputs=into, size=size)
    figure = grid(shown, labels, shades, hover, columns=columns, bar={"title": _("weight")})
    return titled(figure, title, _weights(title, kernels))


def _weights(title: str, weights: np.ndarray) -> str:
    return _("{title}. The weights range from {low:.4g} to {high:.4g}.").format(
        title=title, low=float(weights.min()), high=float(weights.max())
    )


def weight_image_figure(images: np.ndarray, stage: str) -> go.Figure:
    """The weights (K, 28, 28) of an MLP's first layer, one image for each hidden unit."""
    title = _("{stage}: what each of the {n} units multiplies the image by").format(
        stage=stage, n=len(images)
    )
    limit = float(np.abs(images).max())
    hover = _("unit %{customdata[0]}, row %{customdata[1]}, column %{customdata[2]}") + VALUE
    figure = grid(
        images,
        [str(unit) for unit in range(len(images))],
        Shades.of(-limit, limit),
        hover,
        bar={"title": _("weight")},
    )
    return titled(figure, title, _weights(title, images))
