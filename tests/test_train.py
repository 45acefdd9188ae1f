import dataclasses
import itertools
import json
import math
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import configs, networks
from torch.nn import functional as F
from torch.optim import lr_scheduler
from trainings import COMBINATIONS, RECURRENT_TINY, TINY, all_told, of, run, told

from mnistlab import models
from mnistlab.choices import ARCHITECTURES, OPTIMIZERS, SCHEDULES
from mnistlab.config import TrainConfig, option
from mnistlab.data import Dataset, to_input
from mnistlab.errors import CheckpointMismatch, ConfigError, DeviceUnavailable
from mnistlab.events import (
    Checkpoint,
    Diverged,
    Evaluated,
    Finished,
    Paused,
    Predicted,
    Progress,
    Snapshot,
    from_record,
    to_record,
)
from mnistlab.presets import PRESETS
from mnistlab.train import evaluate, model_from, predict, score, snapshot_steps, train
from mnistlab.train.eager import leave_out_compiler


def through_a_store(checkpoint):
    """As a checkpoint comes back from a store: the tensors as bytes, the rest as JSON."""
    from safetensors.torch import load, save

    return dataclasses.replace(
        checkpoint,
        tensors=load(save(checkpoint.tensors)),
        state=json.loads(json.dumps(checkpoint.state, allow_nan=False)),
    )


# -- the same every time ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_run_resumed_from_any_of_its_checkpoints_goes_on_bit_for_bit(name, digits):
    config = COMBINATIONS[name]
    whole = run(config, digits)
    assert isinstance(whole[-1], Finished)
    assert all_told(run(config, digits)) == all_told(whole)
    places = [place for place, event in enumerate(whole) if isinstance(event, Checkpoint)]
    assert len(places) >= 4
    for place in places:
        torch.manual_seed(place)  # whatever else the process has drawn
        resumed = run(config, digits, resume=through_a_store(whole[place]))
        assert all_told(resumed) == all_told(whole[place + 1 :]), (
            f"resumed from step {whole[place].step}"
        )


@pytest.mark.parametrize("name", ["cnn, everything", "gru, dropout between layers"])
def test_a_run_paused_after_any_step_goes_on_bit_for_bit(name, digits):
    config = COMBINATIONS[name]
    whole = run(config, digits)
    for steps in (1, 2, 4, 5, 6, 9, 14):  # within an epoch, at its end, at a snapshot and between
        asked = iter(range(steps))
        first = run(config, digits, stop=lambda asked=asked, steps=steps: next(asked) == steps - 1)
        *first, checkpoint, paused = first
        assert isinstance(paused, Paused)
        assert paused.step == checkpoint.step == steps
        rest = run(config, digits, resume=through_a_store(checkpoint))
        assert all_told(first + rest) == all_told(whole)


def test_another_seed_is_another_training(digits):
    assert told(of(Snapshot, run(TINY, digits))[-1]) != told(
        of(Snapshot, run(TINY.replace(seed=2), digits))[-1]
    )


@pytest.mark.parametrize("inside", ["cnn, everything", "lstm, adam"])
def test_the_callers_random_numbers_are_left_alone(inside, digits):
    torch.manual_seed(5)
    expected = [torch.rand(3).tolist() for _ in range(1000)]
    torch.manual_seed(5)
    drawn = [torch.rand(3).tolist() for _ in train(COMBINATIONS[inside], digits)]
    drawn.append(torch.rand(3).tolist())
    assert drawn == expected[: len(drawn)]


@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_a_generator_closed_in_the_middle_leaves_the_callers_random_numbers_alone(count, digits):
    torch.manual_seed(5)
    expected = [torch.rand(3).tolist() for _ in range(count + 1)]
    torch.manual_seed(5)
    events = train(COMBINATIONS["cnn, everything"], digits)
    drawn = [(next(events), torch.rand(3).tolist())[1] for _ in range(count)]
    events.close()
    assert [*drawn, torch.rand(3).tolist()] == expected


def test_what_the_caller_draws_or_trains_meanwhile_does_not_change_the_training(digits):
    configs_ = COMBINATIONS["cnn, everything"], COMBINATIONS["gru, dropout between layers"]
    alone = [all_told(run(config, digits)) for config in configs_]
    together = [[], []]
    for pair in itertools.zip_longest(*(train(config, digits) for config in configs_)):
        torch.manual_seed(0)
        for events, event in zip(together, pair, strict=True):
            if event is not None:
                events.append(told(event))
    assert together == alone


def test_what_the_caller_does_to_a_snapshot_does_not_change_the_training(digits):
    whole = all_told(run(TINY, digits))
    spoiled = []
    for event in train(TINY, digits):
        spoiled.append(told(event))
        for tensor in (
            event.weights
            if isinstance(event, Snapshot)
            else event.tensors
            if isinstance(event, Checkpoint)
            else {}
        ).values():
            tensor.zero_()
    assert spoiled == whole


def test_training_leaves_the_data_as_they_are(digits):
    before = [
        getattr(digits, field).clone()
        for field in ("train_images", "train_labels", "test_images", "test_labels")
    ]
    run(COMBINATIONS["cnn, everything"], digits)
    assert all(
        torch.equal(getattr(digits, field), tensor)
        for field, tensor in zip(
            ("train_images", "train_labels", "test_images", "test_labels"), before, strict=True
        )
    )


# -- against plain PyTorch -------------------------------------------------------------------------


def plain_loop(config, data, make_optimizer, make_schedule):
    """Training as a student writes it. Gives the network, and for each step the loss, the learning
    rate after it and the gradients.
    """
    torch.manual_seed(config.seed)
    model = models.build(config).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(model.parameters())
    schedule = make_schedule(optimizer)
    x_train, y_train = (
        data.train_images[: config.train_count] / 255,
        data.train_labels[: config.train_count],
    )
    history = []
    for _ in range(config.epochs):
        for batch in torch.randperm(len(x_train)).split(config.batch_size):
            loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            norms = {
                name: [p.grad.double().square().sum().item() for p in layer.parameters()]
                for name, layer in model.named_children()
            }
            history.append(
                (
                    loss.item(),
                    schedule.get_last_lr()[0],
                    {name: math.sqrt(sum(parts)) for name, parts in norms.items() if parts},
                )
            )
    return model, history


def constant(optimizer):
    return lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)


@pytest.mark.parametrize(
    ("config", "make_optimizer", "make_schedule"),
    [
        (TINY, lambda p: torch.optim.Adam(p, 0.001, fused=True), constant),
        (
            TINY.replace(optimizer="sgd", lr=0.1),
            lambda p: torch.optim.SGD(p, 0.1, fused=True),
            constant,
        ),
        (
            TINY.replace(
                optimizer="nesterov", lr=0.1, momentum=0.8, weight_decay=0.01, schedule="cosine"
            ),
            lambda p: torch.optim.SGD(
                p, 0.1, momentum=0.8, weight_decay=0.01, nesterov=True, fused=True
            ),
            lambda o: lr_scheduler.CosineAnnealingLR(o, 15),
        ),
        (
            TINY.replace(optimizer="adamw", lr=0.01, weight_decay=0.1, schedule="one-cycle"),
            lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1, fused=True),
            lambda o: lr_scheduler.OneCycleLR(
                o, 0.01, epochs=3, steps_per_epoch=5, cycle_momentum=False
            ),
        ),
        (TINY.replace(optimizer="rmsprop"), lambda p: torch.optim.RMSprop(p, 0.001), constant),
        (
            TINY.replace(optimizer="adagrad", lr=0.01),
            lambda p: torch.optim.Adagrad(p, 0.01),
            constant,
        ),
        (
            TINY.replace(optimizer="adadelta", lr=1.0, schedule="step", schedule_gamma=0.7),
            lambda p: torch.optim.Adadelta(p, 1.0),
            lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.7 ** (step // 5)),
        ),
        (
            RECURRENT_TINY.replace(optimizer="momentum", lr=0.1, momentum=0.5),
            lambda p: torch.optim.SGD(p, 0.1, momentum=0.5, fused=True),
            constant,
        ),
    ],
    ids=lambda value: value.optimizer if isinstance(value, TrainConfig) else "",
)
def test_training_is_the_textbooks_loop_bit_for_bit(config, make_optimizer, make_schedule, digits):
    model, history = plain_loop(config, digits, make_optimizer, make_schedule)
    events = run(config, digits)
    ours = of(Snapshot, events)[-1].weights
    assert all(torch.equal(ours[name], tensor) for name, tensor in model.state_dict().items())
    progress = of(Progress, events)[1:]
    assert [event.loss for event in progress] == [loss for loss, _, _ in history]
    assert [event.lr for event in progress] == pytest.approx([lr for _, lr, _ in history], rel=1e-9)
    for event, (_, _, norms) in zip(progress, history, strict=True):
        assert event.gradient_norms == pytest.approx(norms, rel=1e-5)


def test_the_compiler_is_imported_by_no_optimiser_and_no_description():
    """It takes seconds of each process that trains, or shows a network. That the steps are the
    same bits as PyTorch's own, the twins in their own processes show.
    """
    program = """
import sys
from mnistlab.choices import ARCHITECTURES, OPTIMIZERS
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.models import describe
from mnistlab.train import train

for arch in ARCHITECTURES:
    describe(TrainConfig(dataset="digits", arch=arch))
assert "torch._dynamo" not in sys.modules
for name in OPTIMIZERS:
    config = TrainConfig(dataset="digits", channels=(2, 2), optimizer=name, max_steps=2)
    assert list(train(config, load_dataset("digits")))
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_optimiser_of_somebody_else_is_left_alone():
    class Theirs(torch.optim.Optimizer):
        def step(self, closure=None):
            return torch.is_grad_enabled()

    before = Theirs.step
    leave_out_compiler()
    assert Theirs.step is before


def test_label_smoothing_and_normalisation_reach_the_loss(digits):
    config = TINY.replace(label_smoothing=0.2, normalize="zscore", max_steps=1)
    torch.manual_seed(config.seed)
    model = models.build(config)
    batch = torch.randperm(70)[:16]
    x = to_input(digits.train_images[batch], config)
    logs = model(x).log_softmax(1)
    expected = -(0.8 * logs[range(16), digits.train_labels[batch]] + 0.2 * logs.mean(1)).mean()
    assert of(Progress, run(config, digits))[1].loss == pytest.approx(expected.item(), rel=1e-5)


def test_each_epoch_sees_every_image_once_in_a_new_order(digits, monkeypatch):
    seen = []
    marked = Dataset(
        "digits",
        torch.arange(1297.0)[:, None, None, None].expand(-1, 1, 28, 28),
        digits.train_labels,
        digits.test_images,
        digits.test_labels,
        digits.classes,
    )
    monkeypatch.setattr(
        "mnistlab.train.run.augment",
        lambda images, config: (
            seen.append(images[:, 0, 0, 0].int().tolist()) or images.to(torch.float32) * 0
        ),
    )
    run(TINY.replace(lr=1e-8), marked)
    assert [len(batch) for batch in seen] == [16, 16, 16, 16, 6] * 3
    epochs = [list(itertools.chain(*seen[start : start + 5])) for start in (0, 5, 10)]
    assert all(sorted(epoch) == list(range(70)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


# -- which events, when ----------------------------------------------------------------------------


@given(configs(dataset=st.just("digits")))
def test_snapshot_steps_are_the_first_the_last_the_powers_of_two_and_few_epoch_ends(config):
    steps, total = snapshot_steps(config), config.total_steps
    assert {0, total} <= steps
    assert all(0 <= step <= total for step in steps)
    assert all(2**power in steps for power in range(30) if 2**power <= total)
    others = [step for step in steps if step.bit_count() > 1 and step != total]
    assert all(step % config.steps_per_epoch == 0 for step in others)
    assert len(others) <= 40
    if config.epochs <= 40:
        assert set(range(config.steps_per_epoch, total, config.steps_per_epoch)) <= steps


@pytest.mark.parametrize(
    "config",
    [
        TINY,
        TINY.replace(eval_every=None),
        TINY.replace(log_every=4, eval_every=7),
        TINY.replace(max_steps=7),
        TINY.replace(max_steps=5),
    ],
)
def test_events_come_at_the_steps_that_the_configuration_asks_for(config, digits):
    events, total = run(config, digits), config.total_steps
    ends = {step for step in range(1, total + 1) if step % 5 == 0}
    evaluated = (
        {0, total}
        | ends
        | (set(range(0, total, config.eval_every)) if config.eval_every else set())
    )
    assert [event.step for event in of(Evaluated, events)] == sorted(evaluated)
    assert {event.step for event in of(Progress, events)} == {0, 1} | set(
        range(0, total + 1, config.log_every)
    ) | evaluated | snapshot_steps(config)
    for kind in (Snapshot, Checkpoint):
        assert [event.step for event in of(kind, events)] == sorted(snapshot_steps(config))
    assert [event.step for event in events] == sorted(event.step for event in events)
    assert all(event.epoch == max(0, event.step - 1) // 5 for event in events)
    assert len(of(Finished, events)) == 1
    assert events[-1].step == total
    assert events[-1].reason == (
        "steps" if config.max_steps == 7 or config.max_steps == 5 else "epochs"
    )


def test_nothing_of_a_step_is_told_after_its_checkpoint_but_the_end(digits):
    """So that a run that is resumed from it tells everything exactly once."""
    latest = -1
    for event in run(TINY, digits):
        assert isinstance(event, (Predicted, Finished)) or event.step > latest
        if isinstance(event, Checkpoint):
            latest = event.step


def test_events_without_tensors_are_json(digits):
    for event in run(TINY, digits):
        record = json.loads(json.dumps(to_record(event), allow_nan=False))
        if isinstance(event, (Snapshot, Checkpoint, Predicted)):
            assert set(record) == {"kind", "v", "step", "epoch"}
        else:
            assert from_record(record) == event


def test_the_first_progress_is_the_loss_of_the_untrained_network(digits):
    first = next(train(TINY, digits))
    assert (first.step, first.gradient_norms) == (0, {})
    assert first.loss == pytest.approx(math.log(10), abs=0.1)


def test_the_target_accuracy_ends_the_run_and_its_network_is_kept(digits):
    events = run(TINY.replace(target_accuracy=0.2, lr=0.01, epochs=20), digits)
    assert events[-1].reason == "target accuracy"
    *before, last = of(Evaluated, events)
    assert last.test_accuracy >= 0.2
    assert all(event.test_accuracy < 0.2 for event in before)
    assert (
        last.step
        == of(Snapshot, events)[-1].step
        == of(Checkpoint, events)[-1].step
        == events[-1].step
    )


def test_with_a_validation_set_the_target_is_measured_on_it_and_not_on_the_test_set(digits):
    events = run(TINY.replace(target_accuracy=0.3, lr=0.01, epochs=20, validation_size=100), digits)
    *before, last = of(Evaluated, events)
    assert last.validation_accuracy >= 0.3
    assert all(event.validation_accuracy < 0.3 for event in before)


def test_a_target_of_zero_ends_the_run_before_any_update(digits):
    events = run(TINY.replace(target_accuracy=0.0), digits)
    assert (events[-1].step, events[-1].reason) == (0, "target accuracy")
    assert [event.step for event in of(Snapshot, events)] == [0]
    assert isinstance(
        run(TINY.replace(target_accuracy=0.0), digits, resume=of(Checkpoint, events)[0])[-1],
        Finished,
    )


def test_validation_images_are_neither_trained_on_nor_tested(digits):
    config = TINY.replace(validation_size=100)
    events = run(config, digits)
    # the same 70 images were trained on
    assert told(of(Snapshot, events)[-1]) == told(of(Snapshot, run(TINY, digits))[-1])
    model = model_from(config, of(Snapshot, events)[-1].weights)
    guesses = predict(model, digits.train_images[-100:], config).argmax(1)
    assert (
        of(Evaluated, events)[-1].validation_accuracy
        == (guesses == digits.train_labels[-100:]).double().mean()
    )


@pytest.mark.parametrize("eval_size", [50, None])
def test_the_end_is_measured_on_all_test_images(eval_size, digits):
    config = TINY.replace(eval_size=eval_size)
    events = run(config, digits)
    model = model_from(config, of(Snapshot, events)[-1].weights)
    logits = model(digits.test_images / 255)
    last, finished = of(Evaluated, events)[-1], events[-1]
    assert finished.count == 500
    assert finished.correct == int((logits.argmax(1) == digits.test_labels).sum())
    assert finished.test_accuracy == finished.correct / 500
    assert finished.test_loss == pytest.approx(
        F.cross_entropy(logits, digits.test_labels).item(), rel=1e-5
    )
    assert finished.predictions == logits[:10].argmax(1).tolist()
    assert finished.labels == digits.test_labels[:10].tolist()
    assert last.count == (eval_size or 500)
    assert last.correct == int((logits.argmax(1) == digits.test_labels)[: last.count].sum())
    assert {"total", "train", "eval"} == set(finished.seconds)
    assert finished.seconds["train"] + finished.seconds["eval"] <= finished.seconds["total"]


@pytest.mark.parametrize("name", COMBINATIONS)
@pytest.mark.parametrize("eval_size", [50, None])
def test_the_predictions_are_those_that_the_end_counts_and_the_kept_weights_make(
    name, eval_size, digits
):
    config = COMBINATIONS[name].replace(eval_size=eval_size)
    events = run(config, digits)
    *_, predicted, finished = events
    assert isinstance(predicted, Predicted)
    assert (predicted.step, predicted.epoch) == (finished.step, finished.epoch)
    assert predicted.logits.shape == (500, models.CLASSES)
    assert score(predicted.logits, digits.test_labels) == (finished.test_loss, finished.correct)
    assert predicted.logits[:10].argmax(1).tolist() == finished.predictions
    model = model_from(config, of(Snapshot, events)[-1].weights)
    again = predict(model, digits.test_images, config)
    assert torch.equal(predicted.logits.argmax(1), again.argmax(1))
    torch.testing.assert_close(predicted.logits, again)


@pytest.mark.parametrize(("eval_size", "images"), [(50, 50 + 500), (None, 500)])
def test_no_image_is_tested_twice_by_the_same_evaluation(eval_size, images, digits, monkeypatch):
    seen = []

    def counting(model, images, config):
        seen.append(len(images))
        return predict(model, images, config)

    monkeypatch.setattr("mnistlab.train.run.predict", counting)
    run(TINY.replace(eval_every=None, epochs=1, eval_size=eval_size), digits)
    assert sum(seen[1:]) == images  # the first is that of the untrained network


# -- divergence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        TINY.replace(optimizer="sgd", lr=1e4),
        TINY.replace(optimizer="momentum", lr=1e4, log_every=100, eval_every=None),
        TINY.replace(arch="mlp", hidden=20, layers=3, optimizer="sgd", lr=1e4, epochs=10),
        TINY.replace(arch="lenet", optimizer="sgd", lr=100.0),
    ],
)
def test_divergence_ends_the_run_with_an_explanation_and_keeps_only_finite_weights(config, digits):
    events = run(config, digits)
    assert len(of(Diverged, events)) == 1
    last = events[-1]
    assert isinstance(last, Diverged)
    assert "learning rate" in last.explanation
    assert "\n" not in last.explanation
    assert last.loss is None or math.isfinite(last.loss)
    assert json.dumps(to_record(last), allow_nan=False)
    assert of(Snapshot, events)
    for event in of(Snapshot, events):
        assert all(tensor.isfinite().all() for tensor in event.weights.values())
    for event in of(Progress, events):
        assert math.isfinite(event.loss)
    assert not of(Finished, events)
    assert not of(Predicted, events)


def test_a_loss_that_is_not_a_number_is_divergence(digits, monkeypatch):
    calls = itertools.count(1)
    real = F.cross_entropy
    monkeypatch.setattr(
        "mnistlab.train.F.cross_entropy",
        lambda *of, **known: real(*of, **known) * (float("nan") if next(calls) == 8 else 1),
    )
    events = run(TINY, digits)
    assert events[-1].loss is None
    assert "NaN or infinite" in events[-1].explanation


def test_a_few_high_losses_in_a_row_are_divergence_but_one_is_not(digits, monkeypatch):
    def with_high_losses(which):
        calls, real = itertools.count(), F.cross_entropy

        def loss(logits, *rest, **known):
            return real(logits, *rest, **known) + (
                1000 if logits.requires_grad and next(calls) in which else 0
            )

        monkeypatch.setattr("mnistlab.train.F.cross_entropy", loss)
        try:
            return run(TINY, digits)[-1]
        finally:
            monkeypatch.undo()

    assert isinstance(with_high_losses({3, 4, 6, 9}), Finished)
    diverged = with_high_losses({3, 4, 5})
    assert isinstance(diverged, Diverged)
    assert diverged.step == 6


# -- every option runs -----------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_runs_for_any_number_of_steps(schedule, steps, digits):
    events = run(TINY.replace(schedule=schedule, max_steps=steps), digits)
    assert isinstance(events[-1], Finished)
    assert all(
        math.isfinite(event.lr) and 0 <= event.lr <= 0.001 + 1e-12 for event in of(Progress, events)
    )


@pytest.mark.parametrize("steps", [1, 2, 9])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_runs_with_every_kind_of_number(optimizer, steps, digits):
    for momentum, weight_decay in ((0.0, 0.0), (0.9, 0.1)):
        config = TINY.replace(
            optimizer=optimizer, momentum=momentum, weight_decay=weight_decay, max_steps=steps
        )
        assert isinstance(run(config, digits)[-1], Finished)


@pytest.mark.parametrize("precision", option("precision").choices)
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_kind_of_network_trains_in_every_precision_with_every_pooling(
    arch, precision, digits
):
    for pooling in option("pooling").choices if arch == "cnn" else ["max"]:
        config = TINY.replace(
            arch=arch,
            hidden=5,
            pooling=pooling,
            batch_norm=True,
            precision=precision,
            max_steps=2,
            train_size=32,
        )
        events = run(config, digits)
        assert isinstance(events[-1], Finished)
        assert all(
            tensor.dtype in (torch.float32, torch.int64)
            for tensor in of(Snapshot, events)[-1].weights.values()
        )


@pytest.mark.filterwarnings("error")
def test_an_lstm_in_bfloat16_trains_and_leaves_onednn_as_it_was(digits):
    config = TINY.replace(arch="lstm", hidden=5, precision="bfloat16", max_steps=2, train_size=32)
    training = train(config, digits)
    for event in training:
        assert torch.backends.mkldnn.enabled, event
    assert isinstance(event, Finished)


@given(
    networks(
        train_size=st.integers(10, 40),
        validation_size=st.integers(0, 20),
        batch_size=st.integers(1, 50),
        epochs=st.integers(1, 2),
        max_steps=st.integers(1, 6),
        eval_size=st.integers(1, 60),
        lr=st.floats(1e-8, 1e4),
    )
)
@settings(max_examples=40, deadline=None)
def test_any_valid_configuration_trains_to_an_end(digits, config):
    events = run(config, digits)
    assert isinstance(events[-1], (Finished, Diverged))
    assert sum(isinstance(event, (Finished, Diverged)) for event in events) == 1
    assert len(json.dumps([to_record(event) for event in events], allow_nan=False)) > 0


@pytest.mark.parametrize("arch", [name for name, entry in ARCHITECTURES.items() if entry.settings])
def test_networks_learn_the_digits(arch, digits):
    events = run(
        TrainConfig(
            dataset="digits",
            arch=arch,
            hidden=32,
            lr=0.01,
            batch_size=32,
            epochs=4,
            eval_every=None,
        ),
        digits,
    )
    # by chance: 0.1; how fast a plain RNN learns depends on the CPU
    assert events[-1].test_accuracy > (0.4 if arch == "rnn" else 0.6)


def test_the_quick_preset_is_good_enough_to_look_into(digits):
    assert run(PRESETS["quick-digits"], digits)[-1].test_accuracy > 0.93


# -- errors ----------------------------------------------------------------------------------------


def test_a_device_that_is_not_there_is_told_before_training(digits):
    with pytest.raises(DeviceUnavailable, match="cuda:99") as caught:
        next(train(TINY.replace(device="cuda:99"), digits))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has an Apple GPU")
def test_an_apple_gpu_that_is_not_there_is_told(digits):
    with pytest.raises(DeviceUnavailable, match="mps"):
        next(train(TINY.replace(device="mps"), digits))


def test_another_data_set_than_the_configured_one_is_refused(digits):
    with pytest.raises(ConfigError):
        next(train(TINY.replace(dataset="mnist"), digits))


@pytest.mark.parametrize(
    "other",
    [
        TINY.replace(channels=(2, 4)),
        RECURRENT_TINY,
        TINY.replace(batch_norm=True),
        TINY.replace(epochs=1, max_steps=4),
    ],
)
def test_a_checkpoint_of_another_configuration_is_refused(other, digits):
    checkpoint = of(Checkpoint, run(TINY, digits))[-1]
    with pytest.raises(CheckpointMismatch) as caught:
        next(train(other, digits, resume=checkpoint))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "spoil", [lambda t: t.clear(), lambda t: t.pop("random.0"), lambda t: t.pop("model.out.bias")]
)
def test_a_checkpoint_in_which_something_is_missing_is_refused(spoil, digits):
    checkpoint = of(Checkpoint, run(TINY, digits))[-2]
    spoil(checkpoint.tensors)
    with pytest.raises(CheckpointMismatch):
        run(TINY, digits, resume=checkpoint)


# -- evaluation ------------------------------------------------------------------------------------


@given(networks(), st.sampled_from([1, 2, 249, 250, 251, 500]), st.booleans())
@settings(max_examples=12, deadline=None)
def test_evaluation_in_batches_is_one_forward_pass_and_leaves_the_mode(
    digits, config, count, training
):
    model = models.build(config)
    images, labels = digits.test_images[:count], digits.test_labels[:count]
    with torch.no_grad():
        expected = model.eval()(to_input(images, config))
    model.train(training)
    logits = predict(model, images, config)
    loss, correct = evaluate(model, images, labels, config)
    assert model.training is training
    assert all(module.training is training for module in model.modules())
    assert torch.allclose(logits, expected, atol=1e-5)
    assert loss == pytest.approx(F.cross_entropy(expected, labels).item(), rel=1e-4, abs=1e-6)
    assert correct == int((logits.argmax(1) == labels).sum())
    assert not logits.requires_grad
    assert all(p.grad is None for p in model.parameters())


def test_no_images_give_no_logits():
    assert predict(
        models.build(TINY), torch.empty(0, 1, 28, 28, dtype=torch.uint8), TINY
    ).shape == (0, 10)


def test_a_model_made_from_a_snapshot_is_ready_to_look_into_and_disturbs_no_random_numbers(digits):
    weights = of(Snapshot, run(TINY, digits))[-1].weights
    state = torch.get_rng_state()
    model = model_from(TINY, weights)
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.training
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())


# -- the tutorials' figures ------------------------------------------------------------------------


def test_the_tutorials_network_learns_mnist_as_published_on_a_tenth_of_the_images(mnist):
    events = run(PRESETS["tutorial-cnn"].replace(train_size=6_000), mnist)
    assert events[-1].test_accuracy > 0.90
    assert events[-1].labels == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
