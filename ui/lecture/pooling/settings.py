"""Settings of a pooling of numbers, alone or after a convolution (slides 38-40), and the example that they give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnn.layers.sizes import Rule, Window
from cnn.lecture.questions.output_cells import ask_cell, ask_pooled_cell
from cnn.lecture.questions.question import Question
from cnn.ops import toy_inputs
from cnn.ops.convolution import Convolution, conv2d
from cnn.ops.pooling import Pooling, PoolKind, adaptive_pool2d, pool2d
from ui.shell import stage
from ui.shell.fields import Choice, Flag, Matrix, Rows, Whole
from ui.shell.page_state import State

KINDS: dict[str, PoolKind] = {"max": "max", "average": "average", "Lp": "lp"}
NUMBERS, CONVOLVED, FILM = "Numbers", "Output of a convolution", "A film"
SLIDING, GLOBAL, ADAPTIVE = "sliding", "global", "adaptive"
PART = Choice("part", "Input", NUMBERS, options=(NUMBERS, CONVOLVED, FILM))
X = Matrix("x", "Input, rows separated by /", toy_inputs.POOL_INPUT, most=16)
W = Matrix("w", "Filter of the convolution", toy_inputs.CROSS, most=7)
KIND = Choice("kind", "Pooling type", "max", options=tuple(KINDS))
SHAPE = Choice("windows", "Windows", SLIDING, options=(SLIDING, GLOBAL, ADAPTIVE))
F = Whole("F", "Window F", 2, low=1, high=8)
S = Whole("S", "Stride S", 2, low=1, high=8)
P = Whole("P", "Padding P", 0, low=0, high=4)
RULE: Choice[Rule] = Choice("rule", "Rounding", "floor", options=("floor", "ceil"))
NORM = Whole("p", "p of Lp", 2, low=1, high=8)
OUT = Whole("out", "Output size", 3, low=1, high=8)
GRADIENT = Flag("gradient", "Show the gradient at the input", False)
FIELDS = (PART, X, W, KIND, SHAPE, F, S, P, RULE, NORM, OUT, GRADIENT)


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


def read(state: State) -> Settings:
    """Show the controls, and return what they say."""
    x = state.text(X)
    w = state.text(W) if state[PART] == CONVOLVED else None
    kind = KINDS[state.choice(KIND)]
    sliding = state[SHAPE] == SLIDING
    f, s = state.boxes(F, S, disabled=() if sliding else (F, S))
    with stage.more("input, gradient, windows, padding"):
        state.choice(PART)
        state.flag(GRADIENT)
        shape, p = state.choice(SHAPE), state.number(P, disabled=not sliding)
        rule = state.choice(RULE) if sliding else RULE.default
        norm = state.number(NORM) if kind == "lp" else NORM.default
        out = state.number(OUT) if shape == ADAPTIVE else int(shape == GLOBAL)
    return Settings(x, w, kind, Window(f, s, p), rule, norm, out)
