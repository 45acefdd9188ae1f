"""What a fine-tuned run began with, as a file that its code reads: the weights of its parent, and
the drawings.
"""

import io
from typing import Any

from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.store import RunRecord, Store
from mnistlab.store.origins import drawing_set, first_weights


def has_start(config: TrainConfig) -> bool:
    """Whether a training of `config` needs more than its data set and its seed."""
    return config.parent is not None or config.drawings is not None


def start_name(config: TrainConfig) -> str:
    """What the file is called."""
    return f"mnistlab-{config.run_id}-start.pt"


def start_command(config: TrainConfig) -> str:
    """How the file is made."""
    return f"mnistlab export {config.run_id} --format start --out {start_name(config)}"


def start_pt(store: Store, run: RunRecord) -> bytes:
    """A dictionary for `torch.load(..., weights_only=True)`: `weights`, a list in the order of the
    network's `state_dict()`; `images`, uint8 (N, 1, 28, 28), and `labels` (N,) of the drawings to
    learn from; `held_out_images` and `held_out_labels`. Raises `NotApplicable` if the run has
    neither parent nor drawings, and `ConfigError` where these are not in the store.
    """
    import torch

    if not has_start(run.config):
        raise NotApplicable(
            message(
                "Run {id} began with random weights, and learned from its data set alone.",
                id=run.id,
            ),
            message("Its script needs no such file."),
        )
    parts: dict[str, Any] = {}
    if run.config.parent is not None:
        parts["weights"] = _weights(store, run)
    if run.config.drawings is not None:
        found = drawing_set(store, run.config.drawings)
        images, labels = torch.from_numpy(found.images)[:, None], torch.tensor(found.labels)
        held_out = torch.tensor(found.held_out)
        parts |= {"images": images[~held_out], "labels": labels[~held_out]}
        parts |= {"held_out_images": images[held_out], "held_out_labels": labels[held_out]}
    file = io.BytesIO()
    torch.save(parts, file)
    return file.getvalue()


def _weights(store: Store, run: RunRecord) -> list[Any]:
    """Those of step 0, which are the parent's and stay here when that is deleted."""
    from mnistlab.models import without_weights

    has_begun = 0 in store.snapshot_steps(run.id)
    weights = store.weights(run.id, 0) if has_begun else first_weights(store, run.config)
    assert weights is not None
    return [weights[name] for name in without_weights(run.config).state_dict()]
