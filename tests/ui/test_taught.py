"""What fine-tuning changed, in words."""

import pytest

from mnistlab.figures.fine_tuning import Change
from mnistlab.ui.kit.taught import in_words


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (10, 10, "It read all of these drawings correctly before, and still does."),
        (4, 4, "It reads no more of these drawings correctly than before."),
        (4, 5, "**1 more** of these drawings correctly, but with so few drawings that may be"),
        (1, 10, "**9 more** of these drawings correctly: more than chance explains."),
        (10, 1, "**9 fewer** of these drawings correctly: more than chance explains."),
    ],
)
def test_what_was_learned(before: int, after: int, said: str) -> None:
    assert said in in_words(Change("Drawings", 10, before, after), Change("images", 99, 9, 9))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (9_800, "It has forgotten nothing of the test images."),
        (9_790, "it now gets 10 fewer right, which is too few to speak of forgetting."),
        (8_500, "it now gets 1,300 fewer right: it has forgotten some of what it knew."),
    ],
)
def test_what_was_forgotten(after: int, said: str) -> None:
    drawings, images = Change("Drawings", 10, 4, 9), Change("test images", 10_000, 9_800, after)
    assert said in in_words(drawings, images)
