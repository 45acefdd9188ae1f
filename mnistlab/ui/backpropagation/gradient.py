"""The gradient of one weight: forward, the loss, image by image, one image's products, the sum."""

import html

import numpy as np
import streamlit as st

from mnistlab.analysis.gradient_factors import source_of
from mnistlab.analysis.intervals import probability
from mnistlab.analysis.weight_gradient import torchs_gradient
from mnistlab.figures.backpropagation import terms_figure
from mnistlab.figures.pictures import picture, probability_bars
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.backpropagation.opened import choose_image
from mnistlab.ui.backpropagation.terms import SYMBOLS, formula, names_of
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.words import signed


def gradient(look: Look) -> None:
    """The sum that the gradient is, from the forward pass on."""
    _forward(look)
    st.markdown(
        _(
            "**2 · Backward, to this weight.** What each image adds to the gradient of "
            "`{weight}`, the largest first:"
        ).format(weight=look.weight_name)
    )
    image = choose_image(look)
    st.caption(
        _(
            "Blue: a larger weight would lower the loss of this image. Red: it would raise it. "
            "Click on an image to open it."
        )
    )
    _one_image(look, image)
    _sum(look)


def _forward(look: Look) -> None:
    passed, count = look.passed, len(look.labels)
    correct = int((passed.probabilities.argmax(1) == np.array(look.labels)).sum())
    message = ngettext(
        "**1 · Forward.** {n} image goes through the network, which gets {correct} right. Its loss "
        "is **L = {loss}**.",
        "**1 · Forward.** {n} images go through the network, which gets {correct} right. The mean "
        "of their losses is **L = {loss}**.",
        count,
    )
    st.markdown(message.format(n=count, correct=correct, loss=f"{passed.loss:.5g}"))


def _one_image(look: Look, image: int) -> None:
    st.markdown(_("**3 · One image.** {said}").format(said=_its_loss(look, image)))
    left, right = st.columns([1, 3])
    label = look.classes[look.labels[image]]
    alt = _("Training image {index}: {label}").format(index=look.indices[image], label=label)
    probabilities = look.passed.probabilities[image]
    with left:
        st.html(picture(look.images[image], alt, 128))
        bars_alt = _("Probability of {label}: {share}").format(
            label=label, share=probability(float(probabilities[look.labels[image]]))
        )
        st.html(probability_bars(probabilities, look.classes, bars_alt))
    names = names_of(look)
    is_image = source_of(look.passed, look.weight.layer) == "input"
    figure = terms_figure(look.weight, image, names, gray=is_image)
    with right:
        if figure is not None:
            chart(figure, f"terms.{look.weight_name}")
        st.html(_largest_term(look, image, names))


def _its_loss(look: Look, image: int) -> str:
    share = float(look.passed.probabilities[image, look.labels[image]])
    values = {
        "label": look.classes[look.labels[image]],
        "share": probability(share),
        "loss": f"{look.passed.losses[image]:.4g}",
    }
    if look.run.config.label_smoothing:
        message = _(
            "The right class, {label}, gets a probability of {share}: with label smoothing, a loss "
            "of **{loss}**."
        )
    else:
        message = _(
            "The right class, {label}, gets a probability of {share}: a loss of −ln of that, "
            "**{loss}**."
        )
    return message.format(**values)


def _largest_term(look: Look, image: int, names: tuple[str, str]) -> str:
    """The largest product of the image, and how many there are."""
    chosen = look.weight
    place = chosen.largest_place(image)
    arriving, factor = float(chosen.arriving[(image, *place)]), chosen.factor[(image, *place)]
    product = (
        f"{signed(arriving, '.4g')}"
        if chosen.is_bias
        else f"{signed(float(factor), '.4g')} × {signed(arriving, '.4g')}"
        f" = {signed(arriving * float(factor), '.4g')}"
    )
    added = signed(float(chosen.of_images[image]), ".4g")
    count = chosen.products[image].size
    if count == 1:
        first, second = map(html.escape, names)
        said = second if chosen.is_bias else f"{first} × {second}"
        return f"<div>{said}: <b>{product}</b></div>"
    where = (
        _("row {row}, column {col}").format(row=place[0], col=place[1])
        if len(place) == 2
        else _("time step {step}").format(step=place[0])
    )
    message = _("The largest of {count:,} products, at {where}: {product}. All together: {added}.")
    said = message.format(
        count=count, where=where, product=f"<b>{product}</b>", added=f"<b>{added}</b>"
    )
    return f"<div>{said}</div>"


def _sum(look: Look) -> None:
    chosen = look.weight
    st.markdown(_("**4 · The sum** over all images is the gradient of the weight:"))
    parts = chosen.of_images[np.argsort(-np.abs(chosen.of_images), kind="stable")]
    shown = [signed(float(part), "+.3g") for part in parts[:4]]
    if len(parts) > 4:
        shown.append(
            _("({value} from the other {n})").format(
                value=signed(float(parts[4:].sum()), "+.3g"), n=len(parts) - 4
            )
        )
    st.latex(formula(look))
    st.caption(_(SYMBOLS[look.passed.kind(chosen.layer)]))
    st.markdown(
        _("{terms} = **{total}**").format(
            terms=" ".join(shown).lstrip("+"), total=signed(chosen.total, ".5g")
        )
    )
    own = torchs_gradient(look.passed, chosen)
    st.caption(
        _(
            "PyTorch's own `loss.backward()` says {own}. Each part already has the 1/{n} of the "
            "mean loss in it."
        ).format(own=signed(own, ".5g"), n=len(parts))
    )
