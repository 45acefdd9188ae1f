"""What is multiplied with what in the gradient of a weight: in words, and as a formula."""

from mnistlab.analysis.gates import GATES
from mnistlab.analysis.gradient_factors import source_of
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.kit.i18n import N_, _

LOSS = r"\frac{\partial L}{\partial %s} = "
OVER_PLACES, OVER_STEPS = r"\sum_{n} \sum_{i,j} ", r"\sum_{n} \sum_{t} "
FORMULAS = {  # kind of layer -> the formulas of its weight and of its bias
    "conv": (
        LOSS % r"k_{o,c,u,v}"
        + OVER_PLACES
        + r"\delta_{n,o,i,j} \; x_{n,\,c,\,s i + u - p,\,s j + v - p}",
        LOSS % "b_o" + OVER_PLACES + r"\delta_{n,o,i,j}",
    ),
    "linear": (
        LOSS % r"w_{o,i}" + r"\sum_{n} \delta_{n,o} \; x_{n,i}",
        LOSS % "b_o" + r"\sum_{n} \delta_{n,o}",
    ),
    "norm": (
        LOSS % r"\gamma_c" + OVER_PLACES + r"\delta_{n,c,i,j} \; \hat x_{n,c,i,j}",
        LOSS % r"\beta_c" + OVER_PLACES + r"\delta_{n,c,i,j}",
    ),
    "pool": (
        LOSS % "w_c" + OVER_PLACES + r"\delta_{n,c,i,j} \sum_{u,v} x_{n,\,c,\,2i+u,\,2j+v}",
        LOSS % "b_c" + OVER_PLACES + r"\delta_{n,c,i,j}",
    ),
    "recurrent": (
        LOSS % r"w_{g,i}" + OVER_STEPS + r"\delta_{n,t,g} \; x_{n,t,i}",
        LOSS % "b_g" + OVER_STEPS + r"\delta_{n,t,g}",
    ),
}
SYMBOLS = {  # kind of layer -> what its formulas speak of
    "conv": N_(
        "n: images; i, j: rows and columns of output map o; δ: the gradient that arrives there; "
        "x: the input map c, at the pixel under the weight; s: stride, p: padding."
    ),
    "linear": N_("n: images; δ: the gradient that arrives at unit o; x: the value of input i."),
    "norm": N_(
        "n: images; i, j: rows and columns of map c; δ: the gradient that arrives there; x̂: the "
        "normalised map, before γ and β."
    ),
    "pool": N_(
        "n: images; i, j: rows and columns of map c; δ: the gradient that arrives there; x: the "
        "numbers of its window."
    ),
    "recurrent": N_(
        "n: images; t: time steps; δ: the gradient that arrives at the sum of gate and unit g, "
        "through all the steps that follow; x: what is read at that step; h: the state before it."
    ),
}
HIDDEN = LOSS % r"u_{g,h}" + OVER_STEPS + r"\delta_{n,t,g} \; h_{n,\,t-1,\,h}"


def formula(look: Look) -> str:
    """The sum as LaTeX: over images n and rows i, columns j, or time steps t; δ is the gradient
    that arrives.
    """
    chosen = look.weight
    weight, bias = FORMULAS[look.passed.kind(chosen.layer)]
    if chosen.is_bias:
        return bias
    return HIDDEN if chosen.parameter.startswith("weight_hh") else weight


def names_of(look: Look) -> tuple[str, str]:
    """What the weight is multiplied by, and what the gradient that arrives belongs to."""
    chosen, passed = look.weight, look.passed
    kind, source = passed.kind(chosen.layer), source_of(passed, chosen.layer)
    if kind == "recurrent":
        return _recurrent(look)
    output = chosen.index[0]
    is_map = chosen.arriving.ndim == 3
    arriving = (_("gradient at map {n}") if is_map else _("gradient at unit {n}")).format(n=output)
    if chosen.is_bias:
        return "", arriving
    if kind == "norm":
        return _("map {n}, normalised").format(n=output), arriving
    if kind == "pool":
        return _("sums of the windows of map {n}").format(n=output), arriving
    if source == "input":
        return _("the image"), arriving
    if chosen.window is None:
        return _("{source}, unit {n}").format(source=source, n=chosen.place[1]), arriving
    return _("{source}, map {n}").format(source=source, n=chosen.window.channel), arriving


def _recurrent(look: Look) -> tuple[str, str]:
    chosen, module = look.weight, getattr(look.passed.model, look.weight.layer)
    gates = list(GATES[type(module).__name__].values())
    gate, unit = divmod(chosen.index[0], module.hidden_size)
    place = _("unit {unit}").format(unit=unit)
    if gates:
        place = _("{gate} gate, unit {unit}").format(gate=gates[gate], unit=unit)
    arriving = _("gradient at {place}").format(place=place)
    if chosen.is_bias:
        return "", arriving
    if chosen.parameter.startswith("weight_hh"):
        return _("state before of unit {n}").format(n=chosen.index[1]), arriving
    if "_l0" in chosen.parameter:
        return _("pixel {n} of the row").format(n=chosen.index[1]), arriving
    return _("unit {n} of the layer below").format(n=chosen.index[1]), arriving
