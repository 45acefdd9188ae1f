"""The devices of this machine."""

import torch

from mnistlab.config import TrainConfig
from mnistlab.errors import DeviceUnavailable
from mnistlab.i18n import _, message

# of a processor that computes in bfloat16 itself, as `torch.cpu.get_capabilities` names them
_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")


def find_device(name: str) -> torch.device:
    """The device called `name`. Raises `DeviceUnavailable` if this machine does not have it."""
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailable(
            message(
                "This machine has no device {name}. Number of CUDA devices that PyTorch "
                "sees: {count}.",
                name=name,
                count=torch.cuda.device_count(),
            ),
            message("Choose cpu."),
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceUnavailable(
            message("This machine has no device mps: PyTorch sees no Apple GPU."),
            message("Choose cpu."),
        )
    return device


def devices() -> dict[str, str]:
    """The devices of this machine: name as in `TrainConfig.device` -> its description."""
    names = {"cpu": _("the processor")}
    for index in range(torch.cuda.device_count()):
        device = torch.cuda.get_device_properties(index)
        names[f"cuda:{index}"] = f"{device.name}, {device.total_memory / 2**30:.0f} GiB"
    if torch.backends.mps.is_available():
        names["mps"] = _("Apple GPU")
    return names


def device_kinds() -> set[str]:
    """The kinds of the `devices`. Unlike these, it does not wake a GPU."""
    has = {"cuda": torch.cuda.device_count() > 0, "mps": torch.backends.mps.is_available()}
    return {"cpu", *(kind for kind, is_here in has.items() if is_here)}


def emulates_bfloat16(config: TrainConfig) -> bool:
    """Whether `config` asks a processor for bfloat16 that has no instructions for it: torch then
    emulates them, and a training takes many times as long as in float32.
    """
    can = torch.cpu.get_capabilities()
    return (
        config.precision == "bfloat16"
        and config.device == "cpu"
        and not any(can.get(name) for name in _BFLOAT16)
    )
