"""The URL parameters of the page `draw`."""

from mnistlab.ui.draw.predictions import SPACES
from mnistlab.ui.draw.preprocessing import SWITCHES
from mnistlab.ui.kit.inputs.attribution import PARAMETER as METHOD
from mnistlab.ui.kit.url import one_of, text, whole

PARAMETERS = {
    "from": one_of("canvas", "file"),
    "compare": text(),
    "pen": whole(1, 100),
    "class": whole(0, 9),
    "method": METHOD,
    "space": one_of(*SPACES),
    **{name: whole(0, 1) for name in SWITCHES},
}
