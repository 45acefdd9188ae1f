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
    return save(
        weights,
        metadata={"run": run.id, "config": run.config.canonical, "step": str(step), **texts},
    )
