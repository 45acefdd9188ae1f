import pytest
import torch
from trainings import COMBINATIONS, of, run, told

from mnistlab import models
from mnistlab.analysis.gradient_flow import gradient_flow
from mnistlab.choices import ARCHITECTURES
from mnistlab.config import TrainConfig
from mnistlab.events import Checkpoint, Finished, Snapshot

pytestmark = pytest.mark.cuda


@pytest.mark.parametrize(
    "name", ["cnn, adam", "cnn, everything", "lenet, momentum", "lstm, adam", "mlp, adadelta"]
)
def test_a_training_on_the_gpu_is_the_same_every_time_and_when_resumed(name, digits):
    config = COMBINATIONS[name].replace(device="cuda")
    whole = run(config, digits)
    assert isinstance(whole[-1], Finished)
    assert [told(event) for event in run(config, digits)] == [told(event) for event in whole]
    place = next(
        place
        for place, event in enumerate(whole)
        if isinstance(event, Checkpoint) and event.step >= 4
    )
    assert [told(event) for event in run(config, digits, resume=whole[place])] == [
        told(event) for event in whole[place + 1 :]
    ]


def test_the_gpu_starts_from_the_weights_that_the_processor_starts_from(digits):
    config = COMBINATIONS["cnn, adam"]
    on_cpu, on_gpu = (
        of(Snapshot, run(config.replace(device=device), digits)) for device in ("cpu", "cuda")
    )
    assert told(on_cpu[0]) == told(on_gpu[0])
    for name, tensor in on_cpu[-1].weights.items():
        assert torch.allclose(tensor, on_gpu[-1].weights[name], atol=1e-3)


def test_the_callers_random_numbers_on_the_gpu_are_left_alone(digits):
    torch.cuda.manual_seed(5)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed(5)
    run(COMBINATIONS["cnn, everything"].replace(device="cuda"), digits)
    assert torch.equal(torch.rand(3, device="cuda"), expected)


@pytest.mark.parametrize(
    "arch",
    [
        arch
        for arch in ARCHITECTURES
        if "recurrent" in [stage.kind for stage in models.describe(TrainConfig(arch=arch))]
    ],
)
def test_gradients_flow_back_through_a_recurrent_network_on_the_gpu_as_on_the_processor(
    arch, digits
):
    config = TrainConfig(dataset="digits", arch=arch, hidden=8)
    torch.manual_seed(1)
    model = models.build(config)
    images, labels = digits.train_images[:20], digits.train_labels[:20]
    expected = gradient_flow(model, images, labels, config).hidden
    assert gradient_flow(model.cuda(), images, labels, config).hidden == pytest.approx(
        expected, rel=1e-3
    )
