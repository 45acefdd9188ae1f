"""The colours: one scale for each quantity, the same on every page, readable in light and dark
themes and for colour-blind readers.
"""

# of the ten classes, in order. Petroff (2021), "Accessible color sequences for data visualization",
# ten colours
CLASS_COLORS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
DIGITS = tuple("0123456789")  # what these classes are called where nobody says otherwise
DIVERGING = (
    "#2166ac",
    "#67a9cf",
    "#d1e5f0",
    "#f7f7f7",
    "#fddbc7",
    "#ef8a62",
    "#b2182b",
)  # signed values, centred on zero: blue below, red above
# values from zero up (viridis)
SEQUENTIAL = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725")
GRAY = ("#000000", "#ffffff")  # pixels: black background, white ink

CURVE_COLORS = {  # of a run's own curves, wherever they are drawn
    "train_loss": "#d97a1f",
    "test_loss": "#3f90da",
    "test_accuracy": "#873df5",
    "validation_accuracy": "#e90c64",
}
TRAIN, TEST = "#8d99a6", "#3f90da"  # what is compared with, and what is compared
GOOD, BAD = "#2a9d8f", "#d1495b"
WARM = "#f0a020"  # what stands out in an emblem
RUN_COLORS = CLASS_COLORS  # curves of several runs
# curves that race side by side differ by these, too, in Vega-Lite's and in Plotly's words
STROKES: tuple[list[int], ...] = ([], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4])
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
STATUS_COLORS = {  # Streamlit's colour words, for badges
    "queued": "gray",
    "running": "blue",
    "paused": "orange",
    "finished": "green",
    "stopped": "gray",
    "failed": "red",
    "interrupted": "orange",
}
STAGE_COLORS = {  # kind of stage -> colour in the drawing of a network
    "input": "#717581",
    "conv": "#3f90da",
    "norm": "#92dadd",
    "activation": "#ffa90e",
    "pool": "#832db6",
    "dropout": "#b9ac70",
    "flatten": "#94a4a2",
    "linear": "#e76300",
    "rows": "#94a4a2",
    "recurrent": "#3f90da",
    "last-step": "#94a4a2",
}


def ink(ground: str) -> str:
    """Black or white, whichever is easier to read on `ground` ("#3f90da")."""
    shares = [int(ground[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    light = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    ]
    luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
    # the luminance with the same contrast to both, by WCAG's formula
    return "#000000" if luminance > 0.179 else "#ffffff"


def scale(colors: tuple[str, ...]) -> list[tuple[float, str]]:
    """`colors` at equal distances from 0 to 1, as a Plotly colour scale."""
    return [(index / (len(colors) - 1), color) for index, color in enumerate(colors)]
