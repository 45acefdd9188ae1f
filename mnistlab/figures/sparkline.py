"""A word-sized curve."""

from collections.abc import Sequence

from mnistlab.figures.colors import CURVE_COLORS

MARGIN = 3  # pixels, so that the dot at the end is not cut off


def sparkline(
    values: Sequence[float],
    low: float = 0.0,
    high: float = 1.0,
    width: int = 240,
    height: int = 44,
    color: str = CURVE_COLORS["test_accuracy"],
) -> str:
    """An SVG picture of `values` (at least one), drawn from left to right between `low` and `high`,
    with a dot at the last one.
    """
    across = (width - 2 * MARGIN) / max(1, len(values) - 1)
    points = [
        (
            MARGIN + index * across,
            height
            - MARGIN
            - (height - 2 * MARGIN) * (min(max(value, low), high) - low) / (high - low),
        )
        for index, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 '
        f'{width} {height}"><polyline points="{line}" fill="none" stroke="{color}" '
        f'stroke-width="2" stroke-linejoin="round"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
        f'fill="{color}"/></svg>'
    )
