"""A blank page that computes networks with the libraries, and what it is given to compare."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from strategies import possible
from torch import Tensor, nn

from mnistlab.analysis.feature_maps import feature_maps
from mnistlab.analysis.recurrent import trace
from mnistlab.choices import DATASETS
from mnistlab.config import FIELDS, TrainConfig, option, value_type
from mnistlab.models import build
from mnistlab.models.operators import operators
from mnistlab.ui.kit.component import needed

CLOSE = 1e-4  # of a number, or of 1 where that is larger
LARGEST = {"channels": 12, "kernel": 9, "stride": 3, "padding": 4, "hidden": 24, "layers": 3}
COMPARING = """
// the files, each for its [start, end] of what was handed over
const bytes = ([start, end]) =>
  document.querySelector("input").files[0].slice(start, end).arrayBuffer();
const networkOf = async ({ operators, weights }) =>
  new Network(operators, readSafetensors(await bytes(weights)));

const renamed = ({ hidden, cell }) => ({ "new hidden": hidden, ...(cell && { "new cell": cell }) });

// [name, kind, shape, largest distance] of each stage; of what is beside the stages, only the first
// and the last
async function compared(given) {
  const wanted = new Float32Array(await bytes(given.expected));
  let place = 0;
  const distance = (data) => {
    let largest = 0;
    for (const x of data) {
      const y = wanted[place++];
      const apart = Object.is(x, y) ? 0 : Math.abs(x - y) / Math.max(1, Math.abs(y));
      if (!(apart <= largest)) largest = apart;
    }
    return Number.isNaN(largest) ? Infinity : largest;
  };
  const network = await networkOf(given);
  const stages = network.run(new Uint8Array(await bytes(given.pixels)));
  const rows = network.afterEachRow(stages); // first: it has to leave the stages as they are
  const result = stages.map(({ name, kind, shape, data }) => [name, kind, shape, distance(data)]);
  if (rows && place < wanted.length) {
    result.push(["rows", distance(rows)]);
    for (const { layer, direction, gates, ...states } of stages.find((s) => s.layers).layers)
      for (const [name, data] of Object.entries({ ...gates, ...renamed(states) }))
        result.push([`${layer} ${direction} ${name}`, distance(data)]);
  }
  if (place !== wanted.length) result.push(["numbers left over", Infinity]);
  return result;
}

async function each(all, compute) {
  const results = [];
  for (const given of all) results.push(await compute(given));
  return results;
}
"""


def blank_page(browser: Any) -> Any:
    """A page with the libraries and with what compares."""
    page = browser.new_context().new_page()
    page.set_content('<input type="file">')
    for file in needed("safetensors", "operators", "ink"):
        page.add_script_tag(path=file)
    page.add_script_tag(content=COMPARING)
    return page


class Handed:
    """Bytes for the page, in one file: what Playwright tells it in words takes far longer."""

    def __init__(self) -> None:
        self.data = bytearray()

    def add(self, data: bytes) -> tuple[int, int]:
        """(start, end) of `data` in the file."""
        self.data += data
        return len(self.data) - len(data), len(self.data)

    def to(self, page: Any, folder: Path) -> None:
        """Hand the file over; it is written to `folder`."""
        file = folder / "handed"
        file.write_bytes(self.data)
        page.set_input_files("input", file)


def drawn(arch: str, dice: Random) -> TrainConfig:
    """A configuration of `arch` from the table of fields, whose network can be built."""
    names = [name for name in FIELDS if option(name).group == "model" or name == "normalize"]
    while True:
        values = {name: _value(name, dice) for name in names} | {"arch": arch}
        if values["kernel"] % 2 == 0 and values["padding"] is None:
            values["padding"] = 1
        config = TrainConfig(dataset=dice.choice(list(DATASETS)), **values)
        if possible(config):
            return config


def _value(name: str, dice: Random) -> Any:
    known, kind = option(name), value_type(name)
    if known.choices:
        return dice.choice(list(known.choices))
    if kind is bool:
        return dice.random() < 0.5
    if known.none and dice.random() < 0.3:
        return None
    if kind is float:
        return dice.uniform(known.low, known.high)
    sizes = [dice.randint(int(known.low), LARGEST.get(name, int(known.high))) for _ in range(2)]
    return tuple(sizes) if kind is tuple else sizes[0]


def randomised(config: TrainConfig, seed: int) -> nn.Sequential:
    """The network of `config`, with weights and statistics that let no stage fade away."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        network = build(config).eval()
        for name, tensor in network.state_dict().items():
            if not tensor.is_floating_point():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.2, 2)
            elif tensor.ndim > 1:
                tensor.normal_(0, math.sqrt(2 / tensor[0].numel()))
            else:
                tensor.normal_(0.3, 0.3)
    return network


@dataclass(frozen=True)
class Comparison:
    """A network, and an image that it looks at."""

    config: TrainConfig
    network: nn.Sequential
    image: Tensor  # uint8 (1, 28, 28)

    def given(self, files: Handed) -> dict[str, Any]:
        """What the browser is given, the expected numbers among it."""
        maps = feature_maps(self.network, self.image, self.config)
        numbers = [stage.array for stage in maps.stages]
        if self.reads_rows:
            read = trace(self.network, self.image, self.config)
            numbers.append(read.probabilities)
            for layer in read.layers:
                numbers += [*layer.gates.values(), layer.hidden]
                numbers += [] if layer.cell is None else [layer.cell]
        expected = np.concatenate([part.ravel() for part in numbers]).astype("<f4")
        return {
            "operators": json.loads(json.dumps(operators(self.config))),
            "weights": files.add(save(self.network.state_dict())),
            "pixels": files.add(self.image.numpy().tobytes()),
            "expected": files.add(expected.tobytes()),
        }

    @property
    def reads_rows(self) -> bool:
        return len(self.network) > 1 and isinstance(self.network[1], nn.RNNBase)

    def stages(self) -> list[list[Any]]:
        """[name, kind, shape] of each."""
        maps = feature_maps(self.network, self.image, self.config)
        return [[stage.name, stage.kind, list(stage.shape)] for stage in maps.stages]


def compare(page: Any, folder: Path, comparisons: list[Comparison]) -> None:
    """Fail unless the browser has the same stages, and each number is close to torch's."""
    files = Handed()
    given = [comparison.given(files) for comparison in comparisons]
    files.to(page, folder)
    results = page.evaluate("(all) => each(all, compared)", given)
    for comparison, result in zip(comparisons, results, strict=True):
        stages = [part[:3] for part in result if len(part) == 4]
        assert stages == comparison.stages(), comparison.config
        far = [part for part in result if part[-1] is None or part[-1] > CLOSE]
        assert not far, (comparison.config, far)
