"""A run's weights as a safetensors file."""

from mnistlab.store import RunRecord, Store


def weights_safetensors(store: Store, run: RunRecord) -> bytes:
    """The last weights kept, with the run's id and canonical configuration as the file's metadata. Raises `RunNotFound`."""
    from safetensors.torch import save

    return save(store.weights(run.id), metadata={"run": run.id, "config": run.config.canonical})
