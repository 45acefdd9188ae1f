"""The code twin as a notebook: the sections of the script as cells, each with a sentence."""

from mnistlab.choices import DATASETS, Bundled
from mnistlab.config import TrainConfig
from mnistlab.export.cells import notebook_of_cells
from mnistlab.export.script import diverged_at, imports, sections, threads_line, threads_of
from mnistlab.export.start import has_start, start_command, start_name
from mnistlab.i18n import _, sentence, sentences
from mnistlab.machine import threads as configured_threads
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord, Store


def notebook(config: TrainConfig, threads: int | None = None, broken_off: int | None = None) -> str:
    """The twin of `config` as the JSON of a Jupyter notebook; `broken_off` and what is raised as of
    `script`.
    """
    about = _(
        "A mnistlab run in plain PyTorch: on a CPU it ends with the same weights, bit for bit."
    )
    needs = _("It needs a file that this makes: {command}") if has_start(config) else ""
    if needs:
        needs = needs.format(command=f"`{start_command(config)}`")
    intro = f"# {run_name(config)}\n\n{sentences(about, needs)}"
    has = _("has the images, or gets them")
    where = (
        ""
        if isinstance(DATASETS[config.dataset].source, Bundled)
        else f'data_dir = os.environ.get("MNISTLAB_DATA", "data")  # {has}\n'
    )
    threads_set = threads_line(threads or configured_threads())
    start = f'start_file = "{start_name(config)}"\n' if has_start(config) else ""
    setting = f"{imports(config, in_notebook=True)}\n\n{where}{start}{threads_set}"
    cells = [("markdown", intro), ("code", setting)]
    for part in sections(config, in_notebook=True, broken_off=broken_off):
        cells.append(("markdown", f"## {part.title}\n\n{sentence(part.sentence)}"))
        cells.append(("code", part.code))
    return notebook_of_cells(cells)


def notebook_of(store: Store, run: RunRecord) -> bytes:
    """The notebook of `run`: with the number of threads that it was trained with, and stopping
    where it diverged.
    """
    return notebook(run.config, threads_of(run), diverged_at(store, run)).encode()
