"""Pooling of numbers, alone or after a convolution (slides 38-40): settings, the worked example, what it teaches."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from cnn.errors import UserError
from cnn.layers.layer import Volume
from cnn.layers.layers import Pool
from cnn.layers.sizes import Rule, Window
from cnn.lecture import torch_snippets
from cnn.lecture.questions.output_cells import ask_cell, ask_pooled_cell
from cnn.lecture.questions.question import Question
from cnn.ops import toy_inputs
from cnn.ops.convolution import Convolution, conv2d
from cnn.ops.pooling import Pooling, PoolKind, adaptive_pool2d, pool2d
from ui.lecture import filtered_film, pooled_film
from ui.shell import glossary_popover
from ui.shell.fields import Rows
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import cross_links, torch_code


@dataclass(frozen=True)
class Worked:
    """A pooling, and the convolution before it if there is one."""

    pooling: Pooling
    convolution: Convolution | None = None

    @property
    def shown(self) -> Convolution | Pooling:
        """What is stepped through."""
        return self.convolution or self.pooling

    def ask(self, seed: int) -> Question:
        """Ask for one number of the output, of the convolution if there is one."""
        return ask_cell(self.convolution, seed) if self.convolution else ask_pooled_cell(self.pooling, seed)


@dataclass(frozen=True)
class Settings:
    """Input, filter if a convolution comes first, and the windows; ``adaptive`` is an output size, or 0."""

    x: Rows
    w: Rows | None
    kind: PoolKind
    window: Window
    rule: Rule
    norm: int
    adaptive: int

    def pool(self, image: ArrayLike) -> Pooling:
        """Pool ``image`` (H, W) or (C, H, W). Raises ``UserError``."""
        if self.adaptive:
            return adaptive_pool2d(image, self.adaptive, self.kind)  # type: ignore[arg-type]
        return pool2d(image, self.window, self.kind, self.rule, self.norm)

    def work_out(self) -> Worked:
        """Return the example. Raises ``UserError``."""
        if self.w is None:
            return Worked(self.pool(np.array(self.x)))
        convolution = conv2d(self.x, self.w)
        return Worked(self.pool(convolution.output), convolution)


def explain(settings: Settings, ask_shift: Callable[[], int]) -> None:
    """Say what pooling leaves of a volume, how the gradient flows, and what a shift by ``ask_shift`` changes."""
    pooled_film.explain_volume()
    glossary_popover.write(
        "**Backpropagation** (gradients: see the page Learn a filter). Suppose the gradient of the loss with respect "
        "to each output is 1. Max pooling passes it to the cell with the maximum only; in a tie, PyTorch picks the "
        "first, row by row. Average pooling divides it equally among the cells of the window. Lp pooling lies between "
        "the two: p = 1 adds up, and the larger p, the closer to the maximum. It computes y = (Σ x^p)^(1/p) from the "
        "inputs x of a window; the gradient at each is (x/y)^(p − 1). Where windows overlap, the gradients of all "
        "windows that contain a cell are added."
    )
    spots = toy_inputs.spots()
    size = " × ".join(map(str, spots.shape))
    windows = (
        f"output size {settings.adaptive}"
        if settings.adaptive
        else f"F = {settings.window.kernel_size}, S = {settings.window.stride}"
    )
    st.markdown(f"**A small shift.** An input of {size}, pooled with {windows}:")
    images = spots, toy_inputs.shifted(spots, ask_shift())
    try:
        filtered_film.show_shift(images, [settings.pool(image).output[0] for image in images])
    except UserError as error:
        st.info(sentence_of(error))


def show_code(settings: Settings, worked: Worked) -> None:
    """Show the pooling in PyTorch."""
    torch_code.show_snippet(torch_snippets.pooling(worked.pooling, settings.adaptive or None))


def show_links(state: State, settings: Settings, worked: Worked) -> None:
    """Show links to other pages that have this kind of pooling."""
    if settings.adaptive or settings.kind == "lp":
        return
    window = settings.window
    layer = Pool(settings.kind, window.kernel_size, window.stride, window.ends[0], ceil_mode=settings.rule == "ceil")
    _, height, width = worked.pooling.input.shape
    cross_links.show_links(state, layer, Volume(width, height, 1), ("depth",))
