"""A race as code: trainings from the same start that differ in one thing, and their curves."""

from collections.abc import Sequence

from mnistlab.export.view_notebook import Code

TRAINING = (  # name -> all that happened in its training
    "data = load_dataset(next(iter(configs.values())).dataset)",
    "events = {name: list(train(config, data)) for name, config in configs.items()}",
)
EVALUATED = (
    "evaluated = {",
    "    name: [event for event in each if isinstance(event, Evaluated)]",
    "    for name, each in events.items()",
    "}",
)
COLORS = "colors = dict(zip(events, CLASS_COLORS))"
ACCURACIES = ('interval_spec(colors, "step", "accuracy")', "interval_table(evaluated)")
LOSSES = (
    'curves.spec(colors, "step", "loss", "log")',
    "curves.table({name: curves.losses([], each)[1] for name, each in evaluated.items()})",
)


def race_code(
    configs: Sequence[str],
    imports: Sequence[str],
    charts: Sequence[tuple[str, str]],
    more: Sequence[Sequence[str]] = (),
) -> Code:
    """The lines `configs`, which make the configurations (name -> configuration) and need
    `imports`; then a training of each, `charts` (specification and table, see `figures.curves`)
    and the cells `more`.
    """
    first, *others = [_chart(*each) for each in charts]
    return Code(
        (
            "import altair as alt",
            *imports,
            "from mnistlab import load_dataset, train",
            "from mnistlab.events import Evaluated",
            "from mnistlab.figures import curves",
            "from mnistlab.figures.colors import CLASS_COLORS",
            "from mnistlab.figures.intervals import interval_spec, interval_table",
        ),
        (*configs, *TRAINING, *EVALUATED, COLORS, *first),
        (*others, *more),
    )


def _chart(specification: str, table: str) -> tuple[str, ...]:
    drawn = f'{specification} | {{"data": {{"values": table.to_dict("records")}}}}'
    return (f"table = {table}", f"alt.Chart.from_dict({drawn})")
