"""The views of the page `ablation` as code."""

from mnistlab.export.view_notebook import Code
from mnistlab.ui.ablation.lab import Lab, chosen_stage, part, with_choices

ABLATION = "from mnistlab.analysis.ablation import Activations, Silence, Silenced"
JUDGE = "from mnistlab.analysis.evaluation import"


def silence(lab: Lab) -> Code:
    """The network with its parts silent, on all test images."""
    silent = with_choices(lab, say=False).silence
    return Code(
        (
            f"{ABLATION}, silenced_judgement",
            f"{JUDGE} compare, judge",
            "from mnistlab.figures.confusion import confusion_figure",
        ),
        (
            "whole = judge(model, data.test_images, data.test_labels, config)",
            f"silenced = Silenced(model, config, Silence({silent.parts!r}, {silent.box!r}))",
            "before = Activations(model, data.test_images, config, silenced.start)",
            "now = silenced_judgement(silenced, before, data.test_labels)",
            "print(compare(whole, now).in_words())",
            "print(whole.accuracy.share, now.accuracy.share)",
            "confusion_figure(now.confusion(), errors_only=True, classes=data.classes)",
        ),
    )


def ranking(lab: Lab) -> Code:
    """Each map or unit of a stage silent alone."""
    name = chosen_stage(lab, with_input=False)
    return Code(
        (
            "from mnistlab.analysis.ablation import Activations",
            "from mnistlab.analysis.ablation_ranking import ranking",
            f"{JUDGE} judge",
            "from mnistlab.figures.ablation import ranking_figure",
        ),
        (
            "whole = judge(model, data.test_images, data.test_labels, config)",
            "before = lambda place: Activations(model, data.test_images, config, place)",
            f"ranked = ranking(model, config, {name!r}, before, whole)",
            f"ranking_figure(ranked, {part(lab.stages[name])!r})",
        ),
    )
