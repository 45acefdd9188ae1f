"""A run's network as an ONNX file, which browsers, phones and other programs can compute with."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.i18n import _
from mnistlab.store import RunRecord, Store

INPUT, OUTPUT = "images", "logits"


def onnx_of(store: Store, run: RunRecord) -> bytes:
    """The last network of `run`: float32 `images` (N, 1, 28, 28) -> `logits` (N, 10), for any N.
    Raises `RunNotFound`.

    What the pixels have to be is in the file's metadata: in [0, 1], and z-scored if the network was
    trained so.
    """
    import torch

    from mnistlab.train import model_from

    model = model_from(run.config, store.weights(run.id))
    images = torch.zeros(2, 1, 28, 28)  # a batch of one would be taken for a fixed size
    with _quietly():
        program = torch.onnx.export(
            model,
            (images,),
            dynamo=True,
            verbose=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("N")},),
        )
    assert program is not None  # with dynamo, which gives the program instead of writing a file
    made = program.model_proto
    for key, value in {
        "run": run.id,
        "config": run.config.canonical,
        INPUT: pixels_in_words(run.config),
    }.items():
        entry = made.metadata_props.add()
        entry.key, entry.value = key, value
    return made.SerializeToString()


def pixels_in_words(config: TrainConfig) -> str:
    """What the network of `config` is to be given."""
    if config.normalize == "none":
        return _("white digit on black, pixels from 0 (black) to 1 (white)")
    dataset = DATASETS[config.dataset]
    return _(
        "white digit on black, (pixels from 0 (black) to 1 (white) - {mean}) / {deviation}"
    ).format(mean=dataset.mean, deviation=dataset.deviation)


@contextmanager
def _quietly() -> Iterator[None]:
    """Within, the exporter's own remarks are kept from the reader: what goes wrong is raised."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
