"""The views of the page `evaluation` as code."""

from mnistlab.config import TrainConfig
from mnistlab.export.view_notebook import Code, run_lines
from mnistlab.ui.evaluation.confusion import SHARES
from mnistlab.ui.evaluation.judged_run import JudgedRun

JUDGED = "judged = judge(model, data.test_images, data.test_labels, config)"


def _code(names: str, figures: str, *lines: str) -> Code:
    imports = (
        f"from mnistlab.analysis.evaluation import judge{names}",
        f"from mnistlab.figures import {figures} as figures",
    )
    return Code(imports, lines)


def matrix(judged: JudgedRun) -> Code:
    """The confusion matrix."""
    share = SHARES[judged.page.query.get("share", "counts")]
    only_mistakes = judged.page.query.get("color", "mistakes") == "mistakes"
    return _code(
        "",
        "confusion",
        JUDGED,
        f"shown = judged.confusion({share!r})",
        f"figures.confusion_figure(shown, {share!r}, {only_mistakes}, None, data.classes)",
    )


def by_class(judged: JudgedRun) -> Code:
    """Precision, recall and F1 of each class."""
    figure = "figures.per_class_figure(per_class(judged), data.classes)"
    return _code(", per_class", "evaluation", JUDGED, figure)


def mistakes(judged: JudgedRun) -> Code:
    """The most confident mistakes, as a table."""
    return Code(
        ("import pandas as pd", "from mnistlab.analysis.evaluation import judge"),
        (
            JUDGED,
            "wrong = judged.mistakes()  # test images, the most confident mistake first",
            "pd.DataFrame({",
            '    "image": wrong,',
            '    "label": [data.classes[each] for each in judged.labels[wrong]],',
            '    "prediction": [data.classes[each] for each in judged.predictions[wrong]],',
            '    "confidence": judged.confidence[wrong],',
            "})",
        ),
    )


def calibration(judged: JudgedRun) -> Code:
    """Confidence and accuracy."""
    figure = "figures.reliability_figure(reliability(judged))"
    return _code(", reliability", "evaluation", JUDGED, figure)


def two_runs(judged: JudgedRun, other: TrainConfig, step: int) -> Code:
    """This network and another one."""
    return _code(
        ", compare",
        "confusion",
        *run_lines("b", other, step),
        JUDGED,
        "judged_b = judge(model_b, data.test_images, data.test_labels, config_b)",
        "difference = compare(judged, judged_b)",
        "print(difference.in_words())",
        "figures.difference_figure(difference, classes=data.classes)",
    )
