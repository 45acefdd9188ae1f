"""Training without PyTorch's compiler, which its optimisers otherwise import at their first call.

That import (`torch._dynamo`) takes about two seconds of every process that trains, only so that the
compiler can be told to leave the optimiser alone; and nothing is compiled here.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch.optim import Optimizer


def leave_out_compiler() -> None:
    """Let PyTorch's optimisers do without the compiler in this process. Their results are the same
    bits, and `differentiable=True` works as before; only who compiles a whole training step gets
    other graphs.
    """
    for method in vars(Optimizer).values():  # among them what `torch._disable_dynamo` decorates
        function = getattr(method, "__wrapped__", None)
        if function is not None:
            vars(function).setdefault("__dynamo_disable", function)
    for kind in Optimizer.__subclasses__():
        own = kind.__module__.startswith("torch.optim.") and "step" in vars(kind)
        # one that was used before has its hooks already, and the compiler is there
        if own and not hasattr(kind.step, "hooked"):
            kind.step = _eager(kind.step)  # type: ignore[method-assign]


def _eager(step: Callable[..., Any]) -> Callable[..., Any]:
    plain = torch.no_grad()(inspect.unwrap(step))

    @wraps(step)
    def chosen(self: Optimizer, *arguments: Any, **named: Any) -> Any:
        differentiable = self.defaults.get("differentiable", False)
        return (step if differentiable else plain)(self, *arguments, **named)

    return chosen
