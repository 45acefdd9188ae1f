"""Update rules written as text, such as "m = β1 * m + (1 - β1) * g": one text, from which come the
number and, in `mnistlab.figures.formula`, the formula to read.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True)
class Formula:
    """An assignment: +, -, *, /, ** and sqrt of names and numbers. Raises `ValueError` for any
    other text.
    """

    text: str

    def __post_init__(self) -> None:
        _check(self.expression)

    @cached_property
    def _assignment(self) -> tuple[str, ast.expr]:
        try:
            (line,) = ast.parse(self.text).body
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"{self.text!r} is not a formula.") from error
        match line:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                return target, value
        raise ValueError(f"{self.text!r} does not say which number it computes.")

    @property
    def target(self) -> str:
        """The name of what it computes."""
        return self._assignment[0]

    @property
    def expression(self) -> ast.expr:
        return self._assignment[1]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names that it reads, each once, from the left."""
        names = [node.id for node in ast.walk(self.expression) if isinstance(node, ast.Name)]
        return tuple(name for name in dict.fromkeys(names) if name != "sqrt")

    def value(self, values: Mapping[str, float]) -> float:
        """The result, where `values` has a number for each of `names`. Division by zero and what
        is too large for a float are infinite, or NaN.
        """
        try:
            return _value(self.expression, values)
        except OverflowError:
            return math.inf
        except ZeroDivisionError:
            return math.nan


def _check(node: ast.expr) -> None:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            _check(left)
            _check(right)
        case ast.Call(func=ast.Name(id="sqrt"), args=[inside], keywords=[]):
            _check(inside)
        case ast.Name() | ast.Constant(value=int() | float()):
            pass
        case _:
            raise ValueError(f"{ast.unparse(node)!r} is none of +, -, *, /, ** and sqrt.")


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.Call(args=[inside]):
            return math.sqrt(_value(inside, values))
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as number):
            return number
    raise ValueError(ast.unparse(node))
