"""Update rules of optimisers as LaTeX: in symbols, and with the numbers put in."""

import ast
import re
from collections.abc import Callable, Sequence
from functools import partial

from mnistlab.analysis.optimizer_step import Line

GREEK = {
    "α": r"\alpha",
    "β": r"\beta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "ρ": r"\rho",
}
STRENGTH = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2, ast.Pow: 3}  # how tightly it binds


def symbol(name: str) -> str:
    """A name of a formula as LaTeX: "β1" with its index, "m_hat" with its hat, a word upright."""
    if name.endswith("_hat"):
        return rf"\hat{{{symbol(name.removesuffix('_hat'))}}}"
    if match := re.fullmatch(r"(.)(\d+)", name):
        return f"{symbol(match[1])}_{{{match[2]}}}"
    if len(name) == 1:
        return GREEK.get(name, name)
    return r"\mathrm{" + name.replace("_", r"\,") + "}"


def number(value: float, digits: int = 4) -> str:
    """A number as LaTeX, with a power of ten where it is very small or large."""
    text = f"{value:.{digits}g}"
    if text in ("nan", "inf", "-inf"):
        return {"nan": r"\mathrm{NaN}", "inf": r"\infty", "-inf": r"-\infty"}[text]
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def lines(steps: Sequence[Line]) -> str:
    """Each line in symbols and, below it, with its numbers and its result."""
    rows = []
    for line in steps:
        target = symbol(line.formula.target)
        rows.append(rf"{target} &\leftarrow {_written(line.formula.expression, symbol)}")
        numbers = _written(line.formula.expression, partial(_put, line))
        rows.append(rf"&= {numbers} = \mathbf{{{number(line.value, 5)}}}")
    # more room after each result than before it
    pairs = zip(rows[::2], rows[1::2], strict=True)
    body = r" \\[10pt] ".join(rf"{first} \\ {second}" for first, second in pairs)
    return rf"\begin{{aligned}} {body} \end{{aligned}}"


def _put(line: Line, name: str) -> str:
    value = line.reads[name]
    text = number(value)
    return f"({text})" if value < 0 or r"\cdot" in text else text


def _written(node: ast.expr, name: Callable[[str], str]) -> str:
    match node:
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{_written(left, name)}}}{{{_written(right, name)}}}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return rf"{_inside(left, 4, name)}^{{{_written(right, name)}}}"
        case ast.BinOp(left=left, op=op, right=right):
            strength = STRENGTH[type(op)]
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: r"\cdot"}[type(op)]
            # a - (b + c)
            stricter = strength + isinstance(op, ast.Sub)
            return f"{_inside(left, strength, name)} {sign} {_inside(right, stricter, name)}"
        case ast.Call(args=[inside]):
            return rf"\sqrt{{{_written(inside, name)}}}"
        case ast.Name(id=own):
            return name(own)
        case ast.Constant(value=int() | float() as value):
            return number(value)
    raise ValueError(ast.unparse(node))


def _inside(node: ast.expr, strength: int, name: Callable[[str], str]) -> str:
    """`node` as part of what binds with `strength`: in parentheses if it binds less tightly."""
    text = _written(node, name)
    looser = isinstance(node, ast.BinOp) and STRENGTH[type(node.op)] < strength
    is_fraction = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    return rf"\left({text}\right)" if looser and not (is_fraction and strength < 3) else text
