"""How well one colour stands out from another (WCAG 2.2)."""

import numpy as np


def linear(color: str) -> np.ndarray:
    """Linear RGB of "#rrggbb", each from 0 to 1."""
    srgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """From 1, the same luminance, to 21, black on white."""
    dark, light = sorted(
        float(linear(color) @ np.array([0.2126, 0.7152, 0.0722])) for color in (one, other)
    )
    return (light + 0.05) / (dark + 0.05)
