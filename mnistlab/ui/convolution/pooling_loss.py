"""What max pooling throws away, below the window that slides over the digit."""

import numpy as np
import streamlit as st

from mnistlab.analysis.convolution import Walk
from mnistlab.analysis.pooling_loss import pooling_loss, winner
from mnistlab.figures.convolution import small_pictures
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _

SIDE = 86  # CSS pixels


def what_is_lost(walk: Walk, row: int, column: int) -> None:
    """The digit with and without what max pooling keeps; and the window of output (row, column)."""
    st.markdown(f"**{_('What max pooling throws away')}**")
    loss = pooling_loss(walk)
    st.html(
        small_pictures(
            [loss.image, np.where(loss.kept, loss.image, 0), loss.dropped],
            [_("input"), _("kept: the largest of a window"), _("thrown away")],
            SIDE,
        )
    )
    st.markdown(
        _(
            "**{share}** of the sum of all pixels is thrown away: the pixels that are the largest "
            "of no window."
        ).format(share=words.percent(loss.share))
    )
    best = winner(walk, row, column)
    st.markdown(
        _(
            "In the window of output row {row}, column {column}: **{value:.3g}** wins, in row "
            "{inner_row}, column {inner_column} of the window. Thrown away: {others}. The "
            "output no longer says where in its window the largest value stood."
        ).format(
            row=row,
            column=column,
            value=best.value,
            inner_row=best.row,
            inner_column=best.column,
            others=" · ".join(f"{value:.3g}" for value in best.others) or "–",
        )
    )
