"""The map of embeddings as code."""

from mnistlab.export.view_notebook import Code
from mnistlab.models import describe
from mnistlab.ui.embeddings.controls import MappedRun, before_output
from mnistlab.ui.embeddings.jobs import MapSettings


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


def one_map(mapped: MappedRun) -> Code:
    """The map of one layer at one step."""
    settings = settings_of(mapped)
    if settings.method == "pca":
        points = f"points, shares = pca(found, {settings.dimensions})"
        axes = 'axes = [f"component {n}: {share:.1%}" for n, share in enumerate(shares, 1)]'
    else:
        start = "random" if settings.seed else "pca"
        how = f"{settings.perplexity}, {settings.iterations}, {settings.seed}, {start!r}"
        points = f"points = tsne(found, {settings.dimensions}, {how})"
        axes = f'axes = [f"t-SNE {{n}}" for n in range(1, {settings.dimensions + 1})]'
    return Code(
        (
            "from mnistlab import predict",
            "from mnistlab.analysis.embedding import features",
            f"from mnistlab.analysis.projection import {settings.method}",
            "from mnistlab.figures.embedding import embedding_figure",
        ),
        (
            f"images = data.test_images[:{settings.count}]",
            f"labels = data.test_labels[:{settings.count}].numpy()",
            "predictions = predict(model, images, config).argmax(1).numpy()",
            f"found = features(model, images, config, {settings.layer!r})",
            points,
            axes,
            f"title = {f'{settings.layer} at step {mapped.step:,}'!r}",
            "embedding_figure(points, labels, predictions, title, axes, classes=data.classes)",
        ),
    )
