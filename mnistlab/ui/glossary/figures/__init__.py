"""A small figure for each term of the glossary of which a picture says something: term -> SVG."""

from mnistlab.ui.glossary.figures import (
    convolution,
    data,
    layers_and_numbers,
    learning,
    pytorch,
    quality,
    sequences,
)

FIGURES: dict[str, str] = {
    **data.FIGURES,
    **convolution.FIGURES,
    **layers_and_numbers.FIGURES,
    **sequences.FIGURES,
    **learning.FIGURES,
    **quality.FIGURES,
    **pytorch.FIGURES,
}
