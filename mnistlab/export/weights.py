"""A run as a safetensors file: its last weights, and in the metadata all that makes it a run again
(see `importing`).
"""

import json

from mnistlab.events import Evaluated, Finished, to_record
from mnistlab.store import RunRecord, Store


def weights_safetensors(store: Store, run: RunRecord) -> bytes:
    """The last weights kept. The metadata are texts: `run` (id), `step`, and as JSON `config`
    (canonical), `history` (evaluations up to that step), `final` and `environment` (null where they
    are not known). Raises `RunNotFound`.
    """
    from safetensors.torch import save

    weights, step = store.weights(run.id), store.snapshot_steps(run.id)[-1]
    history = [
        to_record(event) for _, event in store.events(run.id, [Evaluated]) if event.step <= step
    ]
    final = None
    if run.final is not None and run.step == step:
        final = to_record(Finished(**run.final))
    records = {"history": history, "final": final, "environment": run.environment}
    texts = {name: json.dumps(value, separators=(",", ":")) for name, value in records.items()}
    content = save(
        weights,
        metadata={"run": run.id, "config": run.config.canonical, "step": str(step), **texts},
    )
    return _in_order(content)


def _in_order(content: bytes) -> bytes:
    """The same file with its metadata sorted: safetensors writes them in another order each time,
    and equal runs should give equal bytes.
    """
    end = 8 + int.from_bytes(content[:8], "little")  # of the header, after its length
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight bytes
    return len(text).to_bytes(8, "little") + text + content[end:]
