"""The training of a configuration as Python code: optimiser, schedule, the loop, and the
evaluation.
"""

import math
from inspect import signature
from textwrap import indent

from mnistlab.choices import OPTIMIZERS, SCHEDULES
from mnistlab.config import TrainConfig
from mnistlab.export.data_code import augments
from mnistlab.i18n import _, listed, ngettext

BATCH = 250  # images in a batch of an evaluation, as in mnistlab.train


def training_code(config: TrainConfig, in_notebook: bool, broken_off: int | None = None) -> str:
    """Python that defines `train`, which changes `model`. `broken_off`: the step at which the run
    diverged, if it did.
    """
    lines = [f"optimizer = {_optimizer(config)}"]
    if schedule := SCHEDULES[config.schedule].code(config):
        lines.append(f"schedule = torch.optim.lr_scheduler.{schedule}")
    return "\n".join(
        [
            *lines,
            "",
            "",
            _log(config),
            "",
            "",
            "def train():",
            indent(_loop(config, in_notebook, broken_off), "    "),
        ]
    )


def _optimizer(config: TrainConfig) -> str:
    """The learning rate, and the arguments that are not as torch has them by default."""
    entry = OPTIMIZERS[config.optimizer]
    defaults = signature(entry.torch_class).parameters
    arguments = [
        f"{name}={value}"
        for name, value in entry.arguments(config).items()
        if name == "lr" or value != defaults[name].default
    ]
    return f"torch.optim.{entry.class_name}(model.parameters(), {', '.join(arguments)})"


def _log(config: TrainConfig) -> str:
    epoch = f"step // {config.steps_per_epoch}"
    return f'''def log(step, loss):
    """{_log_in_words(config)}"""
    share = accuracy({_eval_images(config)})
    epoch = {epoch}
    print(f"Epoch:  {{epoch}} | train loss: {{loss:.4f}} | test accuracy: {{share:.2f}}")'''


def _loop(config: TrainConfig, in_notebook: bool, broken_off: int | None) -> str:
    last, per_epoch = (
        config.total_steps if broken_off is None else broken_off,
        config.steps_per_epoch,
    )
    epochs = math.ceil(last / per_epoch)
    cut = f"[:{last}]" if epochs == 1 and last < per_epoch else ""
    order = "torch.randperm(len(x_train))" + ("" if config.device == "cpu" else ".to(device)")
    anew = _("in a new random order")
    body = [*_before_step(config, in_notebook), *_step(config), "step += 1"]
    if last < epochs * per_epoch and not cut:
        body += [f"if step == {last}:", "    return"]
    return "\n".join(
        [
            (
                f"step, loss = 0, F.cross_entropy(predict(x_train[:{config.batch_size}]), "
                f"y_train[:{config.batch_size}])  # {_('before any step')}"
            ),
            f"for epoch in range({epochs}):",
            f"    for batch in {order}.split({config.batch_size}){cut}:  # {anew}",
            *(f"        {line}" for line in body),
            *(["    schedule.step()"] if SCHEDULES[config.schedule].code_steps == "epoch" else []),
        ]
    )


def _before_step(config: TrainConfig, in_notebook: bool) -> list[str]:
    """What is told, or decided, of the steps so far."""
    when = _evaluated(config)
    asked = "" if in_notebook else 'args.log == "tutorial" and '
    inner = f"({when})" if " or " in when else when
    lines = [f"if {asked}{inner if asked else when}:", "    log(step, loss)"]
    if config.target_accuracy is not None:
        images = "x_valid, y_valid" if config.validation_size else _eval_images(config)
        lines += [f"if {inner} and accuracy({images}) >= {config.target_accuracy}:", "    return"]
    return lines


def _step(config: TrainConfig) -> list[str]:
    from mnistlab.models import has_lstm

    x = "to_input(augment(x_train[batch]))" if augments(config) else "to_input(x_train[batch])"
    smoothing = f", label_smoothing={config.label_smoothing}" if config.label_smoothing else ""
    if config.precision == "bfloat16":  # the images themselves are made in full precision
        kind = "device.type" if config.device != "cpu" else '"cpu"'
        loss = f"loss = F.cross_entropy(model(x), y_train[batch]{smoothing})"
        forward = [f"x = {x}", f"with torch.autocast({kind}, torch.bfloat16):", f"    {loss}"]
        if config.device == "cpu" and has_lstm(config):
            forward = [
                f"torch.backends.mkldnn.enabled = False  # {_('not every processor has its LSTM')}",
                *forward,
                "torch.backends.mkldnn.enabled = True",
            ]
    else:
        forward = [f"loss = F.cross_entropy(model({x}), y_train[batch]{smoothing})"]
    after = ["schedule.step()"] if SCHEDULES[config.schedule].code_steps == "batch" else []
    return [*forward, "optimizer.zero_grad()", "loss.backward()", "optimizer.step()", *after]


def evaluation_code(config: TrainConfig) -> str:
    """Python that defines `predict` and `accuracy`."""
    from mnistlab.models import uses_modes

    logits = f"torch.cat([model(to_input(batch)) for batch in images.split({BATCH})])"
    if uses_modes(config):
        body = (
            f"    model.eval()\n    logits = {logits}\n    model.train()\n    return logits  # "
            "(N, 10)"
        )
    else:
        body = f"    return {logits}  # (N, 10)"
    return f"""@torch.inference_mode()
def predict(images):
{body}


def accuracy(images, labels):
    return (predict(images).argmax(1) == labels).sum().item() / len(labels)"""


def run_code(config: TrainConfig, in_notebook: bool) -> str:
    """Python that trains, and tells the accuracy."""
    save = (
        ""
        if in_notebook
        else "\nif args.weights:\n    torch.save(model.state_dict(), args.weights)"
    )
    told = [(_("Test accuracy"), "x_test, y_test")]
    if config.drawings is not None:
        moved = "" if config.device == "cpu" else ".to(device)"
        parts = [f"start['held_out_{part}']{moved}" for part in ("images", "labels")]
        told.append((_("Held-out drawings"), listed(parts)))
    lines = [f'print(f"{what}: {{accuracy({images})}}")' for what, images in told]
    return "\n".join(["train()", *lines]) + save


# -- when ------------------------------------------------------------------------------------------


def steps_in_words(config: TrainConfig, broken_off: int | None = None) -> str:
    """How long the training is."""
    if broken_off is not None:
        return _("{count:,} steps, at which it diverged").format(count=broken_off)
    epochs = math.ceil(config.total_steps / config.steps_per_epoch)  # that are begun
    steps = (
        _("{count:,} steps").format(count=config.total_steps)
        if config.total_steps < epochs * config.steps_per_epoch
        else ngettext("one pass over the images", "{n} passes over the images", epochs).format(
            n=epochs
        )
    )
    if config.target_accuracy is None:
        return steps
    return _("{steps}, or until {share:g} of the images are recognised").format(
        steps=steps, share=config.target_accuracy
    )


def _evaluated(config: TrainConfig) -> str:
    """The condition under which the network is evaluated after `step` steps."""
    per_epoch, every = config.steps_per_epoch, config.eval_every
    if every is None:
        return f"step % {per_epoch} == 0"
    if per_epoch % every == 0 or per_epoch >= config.total_steps:
        return f"step % {every} == 0"
    return f"step % {every} == 0 or step % {per_epoch} == 0"


def _eval_images(config: TrainConfig) -> str:
    return (
        "x_test, y_test"
        if config.eval_size is None
        else f"x_test[:{config.eval_size}], y_test[:{config.eval_size}]"
    )


def _log_in_words(config: TrainConfig) -> str:
    if config.eval_size is None:
        return _("Prints the loss of the latest mini-batch, and the accuracy on all test images.")
    return _(
        "Prints the loss of the latest mini-batch, and the accuracy on the first {count:,} test "
        "images."
    ).format(count=config.eval_size)
