"""Pictures on their way to the browser and back."""

import base64
import binascii
from typing import Any

import numpy as np

from mnistlab.models import INPUT_SHAPE


def packed(picture: np.ndarray) -> str:
    """uint8 (28, 28), row by row, as base64."""
    return base64.b64encode(np.ascontiguousarray(picture, np.uint8).tobytes()).decode("ascii")


def unpacked(text: Any) -> np.ndarray | None:
    """What `packed` made, uint8 (28, 28); None for anything else that a browser may send."""
    try:
        pixels = np.frombuffer(base64.b64decode(str(text), validate=True), np.uint8)
        return pixels.reshape(INPUT_SHAPE[1:])
    except (binascii.Error, ValueError):
        return None
