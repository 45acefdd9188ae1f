"""The numbers behind a figure as a table: to read, to hear and to download.

A Plotly figure is asked for what it draws, packed arrays included. What only helps to draw or to
click is left out: traces with the meta `HELPER`. `columns_of` names the customdata that a table
has to show, `with_table` gives a figure a table of its own.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mnistlab.i18n import N_, _

HELPER = {"helper": True}  # the meta of a trace that shows nothing which another does not show
FIELDS = {"series": N_("curve"), "who": N_("name"), "name": N_("name")}  # of Vega-Lite, untitled
_TAG = re.compile(r"<[^>]+>")


def columns_of(*names: str | tuple[str, Sequence[str]] | None) -> dict[str, Any]:
    """The meta of a trace whose customdata belong into its table: a name for each of their columns,
    None for one that does not; (name, classes) where it holds indices of classes. In a heat map
    with a single number for each cell, that number is what its colour stands for.
    """
    return {"columns": list(names)}


def with_table(figure: go.Figure, columns: Mapping[str, Any]) -> go.Figure:
    """`figure` with `columns` (name -> values) as its table, where its traces would not tell."""
    own = {name: np.asarray(values).tolist() for name, values in columns.items()}
    return figure.update_layout(meta=(figure.layout.meta or {}) | {"table": own})


def table(figure: Any, data: pd.DataFrame | None = None) -> pd.DataFrame:
    """What `figure` shows, in the reader's language: a Plotly figure (as object or JSON), or a
    Vega-Lite specification with its `data`.

    Points, lines and bars have a row each: the trace's name if there are several, x, y, the ends of
    intervals, and customdata that mean something. A heat map is rows × columns, several on top of
    one another; of different sizes, they have a row for each cell.
    """
    plain = figure.to_plotly_json() if hasattr(figure, "to_plotly_json") else figure
    if "layout" not in plain:
        return _of_specification(plain, data)
    layout = plain["layout"]
    meta = layout.get("meta") or {}
    if "table" in meta:
        return pd.DataFrame(meta["table"])
    parts = list(_pictures(plain) if "tiles" in meta else _parts(plain))
    if not parts:
        return pd.DataFrame()
    if len({tuple(part.columns) for _name, part, wide in parts if wide}) > 1 or not all(
        wide for _name, _part, wide in parts
    ):
        parts = [(name, _melted(part) if wide else part, False) for name, part, wide in parts]
    if len(parts) > 1:
        parts = [(name, _led(part, _("series"), name), wide) for name, part, wide in parts]
    found = pd.concat([part for _name, part, _wide in parts], ignore_index=True)
    return found.set_axis([str(column) for column in found.columns], axis="columns")


def _parts(figure: Mapping[str, Any]) -> Iterator[tuple[str, pd.DataFrame, bool]]:
    """(name, table, whether it is rows × columns) of each trace; of each frame of an animation."""
    layout = figure["layout"]
    frames = figure.get("frames") or [{"data": figure.get("data") or []}]
    for frame in frames:
        for number, trace in enumerate(frame["data"], start=1):
            if (trace.get("meta") or {}).get("helper"):
                continue
            name = _text(trace.get("name")) or str(number)
            if trace["type"] in ("heatmap", "contour"):
                yield from _heat_map(trace, name, layout)
            else:
                part = _points(trace, layout)
                if "name" in frame:
                    part = _led(part, _("step"), frame["name"])
                yield name, part, False


def _heat_map(
    trace: Mapping[str, Any], name: str, layout: Mapping[str, Any]
) -> Iterator[tuple[str, pd.DataFrame, bool]]:
    values, given = array(trace["z"]), array(trace.get("customdata"))
    if (trace.get("meta") or {}).get("columns") and given.shape == values.shape:
        values = given
    across, down = (_axis(trace, axis, layout) for axis in "xy")
    rows = _labels(array(trace.get("y")), values.shape[0], down)
    columns = _labels(array(trace.get("x")), values.shape[1], across)
    title = _title(down) or _meta_title(layout, "y") or _("row")
    matrix = pd.DataFrame(values, columns=list(columns))
    matrix.columns.name = _title(across) or _meta_title(layout, "x") or _("column")
    matrix.insert(0, title, rows)
    yield name, matrix, True


def _pictures(figure: Mapping[str, Any]) -> Iterator[tuple[str, pd.DataFrame, bool]]:
    """The pictures of a grid, each under its label."""
    tiles, values = figure["layout"]["meta"]["tiles"], _exact(figure["data"])
    height, width = tiles["height"], tiles["width"]
    for label, top, left in zip(tiles["labels"], tiles["tops"], tiles["lefts"], strict=True):
        picture = values[top : top + height, left : left + width]
        matrix = pd.DataFrame(picture, columns=[str(column) for column in range(width)])
        matrix.columns.name = _("column")
        matrix.insert(0, _("row"), np.arange(height))
        yield _text(label), matrix, True


def _exact(traces: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """The values of all cells of a grid, which may be coloured by others."""
    cells, marks = traces[0], traces[-1]  # the last ones take clicks, if the grid does
    if cells.get("customdata") is not None:
        return array(cells["customdata"])[..., 3]
    values = np.full(array(cells["z"]).shape, np.nan)
    values[array(marks["y"]), array(marks["x"])] = array(marks["customdata"])[:, 3]
    return values


def _points(trace: Mapping[str, Any], layout: Mapping[str, Any]) -> pd.DataFrame:
    """A row for each point or bar."""
    columns: dict[str, Any] = {}
    count = max(len(array(trace.get(axis))) for axis in "xyz")
    for axis in "xyz" if "z" in trace else "xy":
        settings = _axis(trace, axis, layout)
        name = _title(settings) or _meta_title(layout, axis) or axis
        columns[_free(name, columns)] = _labels(array(trace.get(axis)), count, settings)
    for axis in "xy":
        if error := trace.get(f"error_{axis}"):
            at = array(trace[axis])
            columns[_("95 % interval from")] = at - array(error["arrayminus"])
            columns[_("to")] = at + array(error["array"])
    columns |= _customdata(trace, count)
    return pd.DataFrame(columns)


def _customdata(trace: Mapping[str, Any], count: int) -> dict[str, Any]:
    named = (trace.get("meta") or {}).get("columns", ())
    given = array(trace.get("customdata")).reshape(count, -1)
    columns: dict[str, Any] = {}
    for place, name in enumerate(named):
        if isinstance(name, (list, tuple)):
            name, classes = name
            columns[name] = [classes[int(index)] for index in given[:, place]]
        elif name is not None:
            columns[name] = given[:, place]
    return columns


def array(values: Any) -> np.ndarray:
    """Values of a trace, as Plotly keeps or sends them, unpacked; () for None."""
    if values is None:
        return np.array(())
    if not isinstance(values, Mapping):
        return np.asarray(values)
    flat = np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"]))
    shape = values.get("shape", len(flat))
    return flat.reshape([int(size) for size in str(shape).split(",")])


def _axis(trace: Mapping[str, Any], axis: str, layout: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the axis "x", "y" or "z" that `trace` lies on."""
    if trace["type"] == "scatter3d":
        return (layout.get("scene") or {}).get(f"{axis}axis") or {}
    return layout.get(trace.get(f"{axis}axis", axis).replace(axis, f"{axis}axis", 1)) or {}


def _title(axis: Mapping[str, Any]) -> str:
    return _text((axis.get("title") or {}).get("text"))


def _meta_title(layout: Mapping[str, Any], axis: str) -> str:
    """What an axis without a title of its own counts, as `layout.meta` says it."""
    return ((layout.get("meta") or {}).get("axes") or {}).get(axis, "")


def _labels(places: np.ndarray, count: int, axis: Mapping[str, Any]) -> Any:
    """What stands at `places` (0 to `count` without any): the nearest tick's text where the axis
    has names, otherwise the places themselves.
    """
    places = places if len(places) else np.arange(count)
    if axis.get("type") == "log" or axis.get("ticktext") is None or places.dtype.kind in "OSU":
        return [_text(place) for place in places] if places.dtype.kind in "OSU" else places
    ticks, names = array(axis["tickvals"]), [_text(name) for name in array(axis["ticktext"])]
    return [names[int(np.abs(ticks - place).argmin())] for place in places]


def _melted(matrix: pd.DataFrame) -> pd.DataFrame:
    """Rows × columns with a row for each cell."""
    row, column = matrix.columns[0], matrix.columns.name
    value = _free(_("value"), [row, column])
    cells = matrix.melt(id_vars=row, var_name=_free(column, [row]), value_name=value)
    return cells.infer_objects()


def _led(part: pd.DataFrame, name: str, value: str) -> pd.DataFrame:
    """`part` after a first column that has `value` everywhere."""
    led = part.copy()
    led.insert(0, _free(name, part.columns), value)
    return led


def _free(name: str, taken: Any) -> str:
    return name if name not in taken else _free(f"{name}′", taken)


def _text(text: Any) -> str:
    """What Plotly's HTML says."""
    plain = "" if text is None else str(text).replace("<br>", " ")
    return _TAG.sub("", plain).replace("&lt;", "<")


def _of_specification(spec: Mapping[str, Any], data: pd.DataFrame | None) -> pd.DataFrame:
    """The columns that `spec` draws, under its titles: those of its tooltips first."""
    frame = pd.DataFrame(_values(spec)) if data is None else data
    titles: dict[str, str] = {}
    fields = sorted(_fields(spec), key=lambda field: not field[0])
    for _in_tooltip, encoding in fields:
        field, title = encoding["field"], encoding.get("title") or ""
        if title.strip() or field in FIELDS:
            titles.setdefault(field, title if title.strip() else _(FIELDS[field]))
    shown = [field for field in frame.columns if field in titles]
    return frame[shown].rename(columns=titles).reset_index(drop=True)


def _values(spec: Mapping[str, Any]) -> Any:
    own = spec.get("data")
    return own.get("values", []) if isinstance(own, Mapping) else own


def _fields(part: Any, in_tooltip: bool = False) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    """Each encoding of a field in `part`, and whether it stands in a tooltip."""
    if isinstance(part, Mapping):
        if "field" in part and "title" in part:
            yield in_tooltip, part
        for key, value in part.items():
            if key != "data":
                yield from _fields(value, in_tooltip or key == "tooltip")
    elif isinstance(part, list):
        for value in part:
            yield from _fields(value, in_tooltip)
