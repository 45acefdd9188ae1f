"""The ONNX file computes what torch computes."""

import onnxruntime
import pytest
import torch

from mnistlab import models
from mnistlab.choices import ARCHITECTURES, POOLINGS
from mnistlab.config import TrainConfig
from mnistlab.events import Snapshot
from mnistlab.export.onnx_file import onnx_of
from mnistlab.models.stages import CLASSES
from mnistlab.store import RunRecord, Store

CNN = TrainConfig(dataset="digits", channels=(3, 4), batch_norm=True, dropout=0.2)
NETWORKS = {
    **{arch: TrainConfig(dataset="digits", arch=arch, hidden=6) for arch in ARCHITECTURES},
    **{f"cnn, pooling {pooling}": CNN.replace(pooling=pooling) for pooling in POOLINGS},
    "cnn, separable": CNN.replace(convolutions=2, kernel=3, separable=True, class_maps=True),
    "gru, both ways": TrainConfig(
        dataset="digits",
        arch="gru",
        hidden=4,
        layers=2,
        bidirectional=True,
        dropout=0.2,
        normalize="zscore",
    ),
}


def kept(store: Store, config: TrainConfig) -> RunRecord:
    """A run of `config` with random weights."""
    torch.manual_seed(0)
    run = store.request(config)
    claim = store.claim(run.id)
    assert claim is not None
    store.record(claim, [Snapshot(0, 0, models.build(config).state_dict())])
    return store.get(run.id)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnxruntime_computes_what_torch_computes_for_batches_of_any_size(
    name: str, store: Store
) -> None:
    config = NETWORKS[name]
    run = kept(store, config)
    session = onnxruntime.InferenceSession(onnx_of(store, run))
    model = models.build(config)
    models.load_weights(model, store.weights(run.id))
    model.eval()
    for count in (1, 5):
        images = torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(count))
        (logits,) = session.run(["logits"], {"images": images.numpy()})
        with torch.inference_mode():
            expected = model(images)
        assert logits.shape == (count, CLASSES)
        assert (torch.from_numpy(logits) - expected).abs().max() < 1e-4
    said = session.get_modelmeta().custom_metadata_map
    assert (said["run"], said["config"]) == (run.id, config.canonical)
    assert ("0.1576" in said["images"]) == (config.normalize == "zscore")
