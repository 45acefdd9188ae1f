"""The mini-batch that a training takes next, told without training."""

import pytest
import torch

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, to_input
from mnistlab.errors import NotApplicable
from mnistlab.train import RandomState
from mnistlab.train.order import next_batch, order_is_known
from mnistlab.train.run import Run

SMALL = TrainConfig(
    dataset="digits", arch="mlp", hidden=3, train_size=45, batch_size=10, epochs=3, seed=4
)


@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        SMALL.replace(arch="cnn", channels=(1, 2), batch_norm=True),
        SMALL.replace(dropout=0.5, epochs=1),
        SMALL.replace(augment_shift=2, epochs=1, train_size=40),
    ],
)
def test_the_next_mini_batch_is_the_one_that_training_takes(
    config: TrainConfig, digits: Dataset
) -> None:
    random = RandomState(torch.device("cpu"))
    with random.ours():
        run = Run(config, digits, random)
        for x, y in run.batches():
            run.model.train()(x)  # draws numbers, where there is dropout
            chosen = next_batch(config, run.step)
            assert torch.equal(digits.train_labels[chosen], y)
            if not config.augment_shift:
                assert torch.equal(to_input(digits.train_images[chosen], config), x)
            run.step += 1
            if run.step == config.total_steps:
                break


def test_the_random_numbers_of_others_neither_change_it_nor_are_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config, build = SMALL.replace(arch="cnn", channels=(1, 2)), models.build

    def disturbed(config: TrainConfig) -> torch.nn.Sequential:
        network = build(config)
        torch.rand(7)  # of another thread, say
        return network

    wanted, before = next_batch(config, 7), torch.get_rng_state()
    monkeypatch.setattr(models, "build", disturbed)
    assert torch.equal(next_batch(config, 7), wanted)
    monkeypatch.undo()
    torch.set_rng_state(before)
    next_batch(config, 7)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_order_that_depends_on_training_is_one_clear_sentence() -> None:
    config = SMALL.replace(dropout=0.5)
    assert [order_is_known(config, step) for step in (0, 4, 5)] == [True, True, False]
    with pytest.raises(NotApplicable, match="Which images came next is not known"):
        next_batch(config, 5)
    assert not order_is_known(SMALL.replace(augment_shift=1), 5)
    assert order_is_known(SMALL.replace(arch="cnn", channels=(1, 2), batch_norm=True), 14)
