"""Cells as the JSON of a Jupyter notebook."""

from collections.abc import Sequence
from typing import Any


def notebook_of_cells(cells: Sequence[tuple[str, str]]) -> str:
    """The JSON of a notebook with these cells: ("markdown" or "code", its text). The same ones give
    the same file.
    """
    from nbformat import v4, writes  # takes a while to import, which listing the formats should not

    made: list[Any] = []
    for number, (kind, text) in enumerate(cells):
        cell = v4.new_markdown_cell(text) if kind == "markdown" else v4.new_code_cell(text)
        cell["id"] = f"cell-{number}"  # not random
        made.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return str(writes(v4.new_notebook(cells=made, metadata=metadata)))
