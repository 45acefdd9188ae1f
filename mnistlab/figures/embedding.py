"""Maps of a layer: each image is a point coloured by its class; one map, over training, or small
multiples.

N images, d = 2 or 3 dimensions. The customdata of every point are (index of the image, its class,
its prediction).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.projection import Frame
from mnistlab.figures.colors import BAD, CLASS_COLORS, DIGITS, ink
from mnistlab.figures.data_table import HELPER, columns_of
from mnistlab.figures.grids import shaped, titled
from mnistlab.i18n import N_, _, listed, ngettext

STYLES = {"digits": N_("labels"), "dots": N_("dots")}  # what a point looks like -> its label
SVG_POINTS = 2_000  # beyond that, points are drawn with WebGL, which is not available everywhere
FRAME_MS, MOVE_MS = 900, 600  # milliseconds: a frame is shown for, and its points move for
# pale points have a dark outline, for contrast on white
HALOS = {"#000000": "rgba(0,0,0,.6)", "#ffffff": "rgba(255,255,255,.6)"}
MARGIN = 1.06  # of the largest coordinate
PANEL = 220  # pixels: height of a small map
NEAR = {"x": 1.2, "y": 1.2, "z": 0.9}  # the camera of a 3-D map
# above: a phone is narrow
LEGEND = {"itemsizing": "constant", "orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
TITLE = {"y": 0.98, "yanchor": "top"}
MARGINS = {"l": 40, "r": 10, "t": 100, "b": 40}


def embedding_figure(
    points: np.ndarray,
    labels: np.ndarray,
    predictions: np.ndarray,
    title: str,
    axes: Sequence[str],
    style: str = "dots",
    classes: Sequence[str] = DIGITS,
) -> go.Figure:
    """`points` (N, d) as dots or as their digits in the colours of their classes `labels` (N,);
    those where `predictions` (N,) differ are circled. `axes`: a title for each dimension; t-SNE's
    axes have no numbers.
    """
    figure = go.Figure(_traces(points, labels, predictions, style, classes))
    _axes(figure, points, axes, numbers=not axes[0].startswith("t-SNE"))
    figure.update_layout(legend=_legend(style, classes), height=580, margin=MARGINS)
    alt = _alt(title, labels, predictions)
    if points.shape[1] == 3:  # which no arrow keys walk
        alt = _("{map} It has three dimensions; its table lists every point.").format(map=alt)
    return titled(figure, title, alt).update_layout(title=TITLE)


def animation_figure(
    frames: Sequence[Frame],
    labels: np.ndarray,
    predictions: Sequence[np.ndarray],
    title: str,
    axes: Sequence[str],
    style: str = "dots",
    at: int = 0,
    classes: Sequence[str] = DIGITS,
) -> go.Figure:
    """The same points at each of `frames`, with play, pause and a slider; the axes stay fixed.
    `predictions`: (N,) for each frame.

    `at`: index of the frame shown first.
    """
    drawn = [
        _traces(frame.points, labels, guess, style, classes, svg=True)
        for frame, guess in zip(frames, predictions, strict=True)
    ]
    names = [f"{frame.step:,}" for frame in frames]
    figure = go.Figure(
        drawn[at],
        frames=[go.Frame(data=data, name=name) for data, name in zip(drawn, names, strict=True)],
    )
    _axes(figure, np.concatenate([frame.points for frame in frames]), axes, numbers=False)
    flat = frames[0].points.shape[1] == 2  # in 3-D, Plotly can only redraw
    figure.update_layout(
        height=680,
        legend=_legend(style, classes),
        margin=MARGINS | {"b": 190},
        **_player(names, at, redraw=not flat),
    )
    wrong = listed(
        _("{n} at step {step}").format(n=int((guess != labels).sum()), step=name)
        for guess, name in zip(predictions, names, strict=True)
    )
    alt = _(
        "{title}: an animation of {n} points over {steps} steps of training. Misclassified: "
        "{mistakes}."
    ).format(title=title, n=len(labels), steps=len(frames), mistakes=wrong)
    return titled(figure, title, alt).update_layout(title=TITLE)


def _player(names: Sequence[str], at: int, redraw: bool) -> dict[str, Any]:
    """Play, pause and a slider for the frames `names`, as settings of the layout. With `redraw`
    points jump instead of moving.
    """
    how = {
        "frame": {"duration": FRAME_MS, "redraw": redraw},
        "transition": {"duration": 0 if redraw else MOVE_MS, "easing": "cubic-in-out"},
        "mode": "immediate",
    }
    at_once = how | {"frame": {"duration": 0, "redraw": redraw}}
    still = at_once | {"transition": {"duration": 0}}
    buttons = {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "buttons": [
            {"label": f"▶ {_('Play')}", "method": "animate", "args": [None, how]},
            {"label": f"❚❚ {_('Pause')}", "method": "animate", "args": [[None], still]},
        ],
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 135},
    }
    slider = {
        "active": at,
        "currentvalue": {"prefix": _("step {n}").format(n=""), "xanchor": "right"},
        "steps": [
            {"label": name, "method": "animate", "args": [[name], at_once]} for name in names
        ],
        "pad": {"t": 40},
    }
    return {"sliders": [slider], "updatemenus": [buttons]}


def small_figure(
    points: np.ndarray,
    labels: np.ndarray,
    predictions: np.ndarray,
    title: str,
    classes: Sequence[str] = DIGITS,
) -> go.Figure:
    """`points` (N, 2) as a small map, to compare with others of the same images."""
    figure = go.Figure(_traces(points, labels, predictions, "dots", classes)[:-1])
    figure.update_traces(marker_size=4)
    _axes(figure, points, ["", ""], numbers=False)
    figure.update_layout(
        showlegend=False, height=PANEL, margin={"l": 5, "r": 5, "t": 40, "b": 5}, title_font_size=14
    )
    alt = _("{title}: a small map of {n} images as points, coloured by class.")
    return titled(figure, title, alt.format(title=title, n=len(labels)))


def _traces(
    points: np.ndarray,
    labels: np.ndarray,
    predictions: np.ndarray,
    style: str,
    classes: Sequence[str],
    svg: bool = False,
) -> list[go.Scatter | go.Scattergl | go.Scatter3d]:
    """One trace for each class, and one of circles around the mistakes (NaN where an answer is
    right, so that its length stays the same).
    """
    flat = points.shape[1] == 2
    size = (7 if len(points) <= SVG_POINTS else 4) if flat else 3.5
    kind = go.Scatter3d if not flat else go.Scatter if svg else _kind(points)
    data = np.stack([np.arange(len(points)), labels, predictions], 1)
    names = np.array(classes, dtype=object)
    mistaken = [
        _("{label}, predicted {answer}").format(label=label, answer=answer)
        for label, answer in zip(names[labels], names[predictions], strict=True)
    ]
    texts = np.where(labels == predictions, names[labels], mistaken)
    hover = "%{hovertext}<br>" + _("image %{customdata[0]}") + "<extra></extra>"
    about = columns_of(_("image"), None, (_("prediction"), tuple(classes)))
    traces = []
    for digit, (name, color) in enumerate(zip(classes, CLASS_COLORS, strict=True)):
        mine = labels == digit
        traces.append(
            kind(
                **_coordinates(points[mine]),
                **_marks(style, color, size, kind),
                text=[name] * int(mine.sum()),
                hovertext=texts[mine],
                customdata=data[mine],
                hovertemplate=hover,
                name=name,
                meta=about,
            )
        )
    ringed = np.where((labels != predictions)[:, None], points, np.nan).astype(np.float32)
    ring = {
        "symbol": "circle-open",
        "size": size + 6 if flat else 6,
        "color": BAD,
        "line": {"width": 1.5},
    }
    traces.append(
        kind(
            **_coordinates(ringed),
            mode="markers",
            marker=ring,
            customdata=data,
            hovertext=texts,
            hovertemplate=hover,
            name=_("mistakes"),
            meta=HELPER,
        )
    )
    return traces


def _marks(style: str, color: str, size: float, kind: type) -> dict[str, Any]:
    """How the points of one class are drawn: as dots of `size`, or as their digit."""
    if style != "digits":
        line = {"color": HALOS[ink(color)], "width": 0.7}
        return {"mode": "markers", "marker": {"color": color, "size": size, "line": line}}
    font = {"color": color, "size": 10 if kind is go.Scatter3d else 13, "weight": 600}
    if kind is go.Scatter:
        font["shadow"] = f"0 0 1px {HALOS[ink(color)]}"
    return {"mode": "text", "textfont": font, "showlegend": False}


def _legend(style: str, classes: Sequence[str]) -> dict[str, Any]:
    return LEGEND | ({"entrywidth": 18} if style == "dots" and max(map(len, classes)) == 1 else {})


def _kind(points: np.ndarray) -> type:
    return go.Scatter if len(points) <= SVG_POINTS else go.Scattergl


def _coordinates(points: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip("xyz", np.ascontiguousarray(points.T, dtype=np.float32), strict=False))


def _axes(figure: go.Figure, points: np.ndarray, axes: Sequence[str], numbers: bool) -> None:
    """The same unit on all axes, and the same range for all frames."""
    middle, reach = (points.max(0) + points.min(0)) / 2, np.ptp(points, 0) / 2 * MARGIN
    if len(axes) == 3:
        reach = np.full(3, reach.max())
    reach = np.maximum(reach, reach.max() / 4) if reach.any() else np.ones_like(reach)
    settings = [
        {
            "title": title,
            "range": [float(m - r), float(m + r)],
            "showticklabels": numbers,
            "zeroline": False,
        }
        for title, m, r in zip(axes, middle, reach, strict=True)
    ]
    if len(settings) == 3:
        figure.update_layout(
            scene=dict(zip(("xaxis", "yaxis", "zaxis"), settings, strict=True))
            | {"aspectmode": "cube", "camera": {"eye": NEAR}}
        )
    else:
        figure.update_xaxes(constrain="domain", **settings[0])
        figure.update_yaxes(
            scaleanchor="x", constrain="domain", constraintoward="top", **settings[1]
        )
        shaped(figure, float(reach[1]), float(reach[0]))


def _alt(title: str, labels: np.ndarray, predictions: np.ndarray) -> str:
    wrong = int((labels != predictions).sum())
    return ngettext(
        "{title}: a map of {count} images as points, coloured by class. {n} of them is "
        "misclassified and circled.",
        "{title}: a map of {count} images as points, coloured by class. {n} of them are "
        "misclassified and circled.",
        wrong,
    ).format(title=title, count=len(labels), n=wrong)
