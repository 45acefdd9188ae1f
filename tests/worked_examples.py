"""The worked examples of CONTRIBUTING.md. An example is all code blocks of one name,
"```python NAME", one after another; the first enters something into its table. A block whose name
is a path, "```python pages/about.py", is that file.
"""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
NAMES = list(dict.fromkeys(name for _, name, _ in BLOCKS if "/" not in name))


def blocks(name: str, language: str = "python") -> list[str]:
    """The blocks of the example `name` in `language`."""
    return [text for kind, block, text in BLOCKS if (kind, block) == (language, name)]


def entry(name: str, table: dict[str, Any], key: str) -> Any:
    """What the first block of the example `name` enters into `table` as `key`, which is taken out
    again. The block is a module, so that its entry can refer to it.
    """
    module = ModuleType(f"worked_example_{name}")
    sys.modules[module.__name__] = module
    exec(compile(blocks(name)[0], f"CONTRIBUTING.md, {name}", "exec"), vars(module))
    return table.pop(key)
