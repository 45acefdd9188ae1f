"""Where to train: the devices that this machine has."""

import torch

from mnistlab.errors import DeviceUnavailable


def find_device(name: str) -> torch.device:
    """The device called `name`. Raises `DeviceUnavailable` if this machine does not have it."""
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailable(f"This machine has no device {name}: PyTorch sees {torch.cuda.device_count()} CUDA devices.", "Choose cpu.")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceUnavailable("This machine has no device mps: PyTorch sees no Apple GPU.", "Choose cpu.")
    return device


def devices() -> dict[str, str]:
    """The devices of this machine: name as in `TrainConfig.device` -> what it is, in words."""
    found = {"cpu": "the processor"}
    for index in range(torch.cuda.device_count()):
        known = torch.cuda.get_device_properties(index)
        found[f"cuda:{index}"] = f"{known.name}, {known.total_memory / 2**30:.0f} GiB"
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    return found
