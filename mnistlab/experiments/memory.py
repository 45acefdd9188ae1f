"""The peak memory of an evaluation, with and without gradients, each in a fresh process.

python -m mnistlab.experiments.memory gradients|batches
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import torch
from torch import Tensor

import mnistlab
from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.experiments.loop import Outcome

IMAGES, BATCH = 2_000, 250  # as many as the tutorials evaluate, and how many we evaluate at a time
WAYS = ("gradients", "batches")


def of_evaluation(way: str) -> Outcome:
    """Bytes used to evaluate 2,000 images in a process of its own: "memory" at the peak, "kept" for
    a backward pass.
    """
    path = os.pathsep.join(
        filter(None, [str(Path(mnistlab.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    )
    command = [sys.executable, "-P", "-m", "mnistlab.experiments.memory", way]
    output = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return Outcome(json.loads(output))


def measure(way: str) -> dict[str, float]:
    """As `of_evaluation`, in this process, which must not have peaked yet."""
    torch.manual_seed(1)
    model, images = models.build(TrainConfig()).eval(), torch.rand(IMAGES, *models.INPUT_SHAPE)
    with torch.inference_mode():
        model(images[:8])  # warm-up: what torch allocates on its first call does not count
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    before = psutil.Process().memory_info().rss
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()} | {
        images.untyped_storage().data_ptr()
    }
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        if way == "gradients":
            answers = model(images)
        else:
            with torch.inference_mode():
                answers = torch.cat([model(batch) for batch in images.split(BATCH)])
    assert answers.shape == (IMAGES, models.CLASSES)
    return {
        "memory": max(0, peak() - before),
        "kept": sum(size for address, size in kept.items() if address not in weights),
    }


def peak() -> int:
    """The peak memory of this process so far, in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    status = Path("/proc/self/status")
    # Linux: getrusage may report the peak of the parent process
    if status.exists():
        return (
            int(
                next(
                    line for line in status.read_text().splitlines() if line.startswith("VmHWM:")
                ).split()[1]
            )
            * 1024
        )
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: in bytes


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
