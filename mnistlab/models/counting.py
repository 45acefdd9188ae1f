"""How many numbers a layer learns, and how that count comes about."""

from torch import nn

from mnistlab.models import layers


def parameter_count(module: nn.Module) -> int:
    """How many numbers `module` can learn."""
    return sum(
        part.parameter_count
        if isinstance(part, layers.TableConv2d)
        else sum(p.numel() for p in part.parameters(recurse=False))
        for part in module.modules()
    )


def parameter_terms(module: nn.Module) -> str:
    """The `parameter_count` of a layer as the arithmetic of its tensors' sizes, weights before
    biases: "16 × 1 × 5 × 5 + 16" of a convolution from 1 to 16 channels. "" where it learns
    nothing.
    """
    if isinstance(module, nn.RNNBase):
        return _recurrent(module)
    sizes = [tuple(parameter.shape) for parameter in module.parameters()]
    if isinstance(module, layers.TableConv2d):
        sizes[0] = (module.connections, *module.kernel_size)  # the other weights are held at zero
    return " + ".join(" × ".join(map(str, size)) for size in sizes)


def _recurrent(module: nn.RNNBase) -> str:
    """For each layer: directions and gates, times what one of them has. A gate has weights for the
    input and for the hidden state, and torch gives it two biases.
    """
    hidden, directions = module.hidden_size, 2 if module.bidirectional else 1
    gates = module.all_weights[0][1].shape[0] // hidden  # of its weight_hh
    factors = [str(factor) for factor in (directions, gates) if factor > 1]
    terms = []
    for layer in range(module.num_layers):
        inputs = hidden * directions if layer else module.input_size
        gate = f"{hidden} × {inputs} + {hidden} × {hidden} + {hidden} + {hidden}"
        terms.append(" × ".join([*factors, f"({gate})"]) if factors else gate)
    return " + ".join(terms)
