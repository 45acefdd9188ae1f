"""The views of the page `embeddings` as code."""

from collections.abc import Sequence
from dataclasses import replace

from mnistlab.export.view_notebook import Code
from mnistlab.models import describe
from mnistlab.ui.embeddings.controls import MappedRun, before_output, frame_steps
from mnistlab.ui.embeddings.jobs import PERPLEXITIES, SEEDS, MapSettings

FIGURES = "from mnistlab.figures import embedding as figures"
PREDICTED = "predictions = predict(model, images, config).argmax(1).numpy()"


def settings_of(mapped: MappedRun) -> MapSettings:
    """The settings that the URL names."""
    given, query = MapSettings(before_output(describe(mapped.run.config))), mapped.page.query
    return MapSettings(
        query.get("layer", given.layer),
        min(query.get("count", given.count), len(mapped.dataset.test_images)),
        query.get("method", given.method),
        query.get("dimensions", given.dimensions),
        float(query.get("perplexity", given.perplexity)),
        query.get("iterations", given.iterations),
        query.get("seed", given.seed),
    )


def _code(
    settings: MapSettings,
    methods: str,
    lines: Sequence[str],
    more: Sequence[Sequence[str]] = (),
    imports: Sequence[str] = (),
) -> Code:
    """With the `images` of the map and their `labels`."""
    return Code(
        (
            "from mnistlab import predict",
            "from mnistlab.analysis.embedding import features",
            f"from mnistlab.analysis.projection import {methods}",
            *imports,
            FIGURES,
        ),
        (
            f"images = data.test_images[:{settings.count}]",
            f"labels = data.test_labels[:{settings.count}].numpy()",
            *lines,
        ),
        more,
    )


def _features(layer: str) -> str:
    return f"vectors = features(model, images, config, {layer!r})  # (N, D)"


def _points(settings: MapSettings) -> str:
    """The call that maps the `vectors`."""
    if settings.method == "pca":
        return f"pca(vectors, {settings.dimensions})"
    start = "random" if settings.seed else "pca"
    how = f"{settings.perplexity}, {settings.iterations}, {settings.seed}, {start!r}"
    return f"tsne(vectors, {settings.dimensions}, {how})"


def one_map(mapped: MappedRun) -> Code:
    """The map of one layer at one step."""
    settings = settings_of(mapped)
    if settings.method == "pca":
        points = f"points, shares = {_points(settings)}"
        axes = 'axes = [f"component {n}: {share:.1%}" for n, share in enumerate(shares, 1)]'
    else:
        points = f"points = {_points(settings)}"
        axes = f'axes = [f"t-SNE {{n}}" for n in range(1, {settings.dimensions + 1})]'
    return _code(
        settings,
        settings.method,
        (
            PREDICTED,
            _features(settings.layer),
            points,
            axes,
            f"title = {f'{settings.layer} at step {mapped.step:,}'!r}",
            "figures.embedding_figure(",
            "    points, labels, predictions, title, axes, classes=data.classes",
            ")",
        ),
    )


def beside_output(mapped: MappedRun) -> Code:
    """The map of a layer, and that of the output."""
    settings = replace(settings_of(mapped), dimensions=2)
    last = describe(mapped.run.config)[-1].name
    first, *others = [
        (
            _features(layer),
            f"points = {_points(settings)}{'[0]' * (settings.method == 'pca')}",
            f"figures.small_figure(points, labels, predictions, {layer!r}, data.classes)",
        )
        for layer in dict.fromkeys((settings.layer, last))
    ]
    return _code(settings, settings.method, (PREDICTED, *first), others)


def over_training(mapped: MappedRun) -> Code:
    """The maps of one layer at several steps, each from the one before."""
    settings = replace(settings_of(mapped), method="tsne", seed=0)
    steps = frame_steps(mapped.page.store.snapshot_steps(mapped.run.id))
    at = min(range(len(steps)), key=lambda place: abs(steps[place] - mapped.step))
    how = {name: getattr(settings, name) for name in ("dimensions", "perplexity", "iterations")}
    return _code(
        settings,
        "animate",
        (
            f"steps = {steps!r}",
            "events = train(config, data)",
            "weights = {each.step: each.weights for each in events if isinstance(each, Snapshot)}",
            "models = {step: model_from(config, weights[step]) for step in steps}",
            "predictions = [",
            "    predict(model, images, config).argmax(1).numpy() for model in models.values()",
            "]",
            "by_step = (",
            f"    (step, features(model, images, config, {settings.layer!r}))",
            "    for step, model in models.items()",
            ")",
            f"how = {how!r}",
            "frames = list(animate(by_step, **how))",
            f'axes = [f"t-SNE {{n}}" for n in range(1, {settings.dimensions + 1})]',
            "figures.animation_figure(",
            f"    frames, labels, predictions, {settings.layer!r}, axes,",
            f"    at={at}, classes=data.classes,",
            ")",
        ),
    )


def other_settings(mapped: MappedRun) -> Code:
    """One layer by PCA, and by t-SNE with several perplexities and starts."""
    settings = settings_of(mapped)
    return _code(
        settings,
        "pca, tsne",
        (
            PREDICTED,
            _features(settings.layer),
            'maps = {"PCA": pca(vectors)[0]}',
            f'maps["t-SNE"] = tsne(vectors, iterations={settings.iterations})',
            f"for seed in {SEEDS!r}:",
            f"    for perplexity in {PERPLEXITIES!r}:",
            '        name = f"perplexity {perplexity:g}, seed {seed}"',
            f"        how = perplexity, {settings.iterations}, seed, 'random'",
            "        maps[name] = tsne(vectors, 2, *how)",
            "pd.DataFrame({",
            "    name: vars(projection_quality(vectors, points, labels))",
            "    for name, points in maps.items()",
            "}).T",
        ),
        (
            (
                "for name, points in maps.items():",
                "    figure = figures.small_figure(",
                "        points, labels, predictions, name, data.classes",
                "    )",
                "    display(figure)",
            ),
        ),
        (
            "import pandas as pd",
            "from mnistlab.analysis.projection_quality import projection_quality",
        ),
    )
