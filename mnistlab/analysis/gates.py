"""One time step of a recurrent layer. (..., H): states of H units; (..., G): the sums of all gates,
one gate after another.
"""

from collections.abc import Callable

from torch import Tensor

States = dict[str, Tensor]

GATES: dict[str, dict[str, str]] = {
    "LSTM": {"i": "input", "f": "forget", "g": "candidate", "o": "output"},
    "GRU": {"r": "reset", "z": "update", "n": "candidate"},
    "RNN": {},
}


def suffix_of(layer: int, backward: int) -> str:
    """The end of torch's names for the parameters: "l0", or "l0_reverse" for reading backwards."""
    return f"l{layer}" + ("_reverse" if backward else "")


def lstm(from_input: Tensor, from_hidden: Tensor, before: States) -> States:
    """c = f * c_before + i * g, h = o * tanh(c)."""
    i, f, g, o = (from_input + from_hidden).chunk(4, -1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * before["c"] + i * g
    return {"h": o * c.tanh(), "c": c, "i": i, "f": f, "g": g, "o": o}


def gru(from_input: Tensor, from_hidden: Tensor, before: States) -> States:
    """h = (1 - z) * n + z * h_before."""
    (input_r, input_z, input_n), (hidden_r, hidden_z, hidden_n) = (
        from_input.chunk(3, -1),
        from_hidden.chunk(3, -1),
    )
    r, z = (input_r + hidden_r).sigmoid(), (input_z + hidden_z).sigmoid()
    n = (input_n + r * hidden_n).tanh()
    return {"h": (1 - z) * n + z * before["h"], "r": r, "z": z, "n": n}


def rnn(from_input: Tensor, from_hidden: Tensor, before: States) -> States:
    """h = tanh of the sum."""
    return {"h": (from_input + from_hidden).tanh()}


# type of the layer -> a time step: (sums of the input (..., G), sums of the hidden state (..., G),
# states before) -> states and gates
CELLS: dict[str, Callable[[Tensor, Tensor, States], States]] = {
    "LSTM": lstm,
    "GRU": gru,
    "RNN": rnn,
}
