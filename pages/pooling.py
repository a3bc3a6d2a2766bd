"""Pooling (slides 37-40): step by step, after a convolution, backward, and on films."""

from functools import partial
from typing import Any

from cnn.errors import UserError
from cnn.layers import sizes
from cnn.ops import pooling, toy_inputs
from ui.lecture import pooled_film, pooled_numbers, size_rules
from ui.lecture.pooled_numbers import Settings, Worked
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Flag, Matrix, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.shell.text import sentence_of
from ui.widgets import cross_links, quiz
from ui.widgets.grid import GridOptions, View, edit_fields, show_grid

KINDS: dict[str, pooling.PoolKind] = {"max": "max", "average": "average", "Lp": "lp"}
NUMBERS, CONVOLVED, FILM = "Numbers", "Output of a convolution", "A film"
GLOBAL, ADAPTIVE = "global", "adaptive"
PART = Choice("part", "Input", NUMBERS, options=(NUMBERS, CONVOLVED, FILM))
X = Matrix("x", "Input, rows separated by /", toy_inputs.POOL_INPUT, most=16)
W = Matrix("w", "Filter of the convolution", toy_inputs.CROSS, most=7)
KIND = Choice("kind", "Pooling type", "max", options=tuple(KINDS))
SHAPE = Choice("windows", "Windows", "sliding", options=("sliding", GLOBAL, ADAPTIVE))
F = Whole("F", "Window F", 2, low=1, high=8)
S = Whole("S", "Stride S", 2, low=1, high=8)
P = Whole("P", "Padding P", 0, low=0, high=4)
RULE = Choice("rule", "Rounding", "floor", options=("floor", "ceil"))
NORM = Whole("p", "p of Lp", 2, low=1, high=8)
OUT = Whole("out", "Output size", 3, low=1, high=8)
WINDOWS = (KIND, SHAPE, F, S, P, RULE, NORM, OUT)
GRADIENT = Flag("gradient", "Show the gradient at the input", False)
SHIFT = Whole("shift", "Shift the input to the right by", 1, low=0, high=4)
STEP = Whole("step", "Step", 0, low=0, high=999)
SLIDE: dict[Field[Any], Any] = {
    PART: NUMBERS,
    X: X.default,
    KIND: "max",
    SHAPE: "sliding",
    F: 2,
    S: 2,
    P: 0,
    RULE: "floor",
    GRADIENT: False,
}
EXAMPLES = {
    "Max pooling": SLIDE,
    "Convolution, then pooling": SLIDE | {PART: CONVOLVED, X: toy_inputs.BINARY_IMAGE, W: W.default, S: 1},
    "Overlapping: F 3, S 2": SLIDE | {X: tuple(map(tuple, toy_inputs.counting(7, 7))), F: 3},
    "Gradient": SLIDE | {X: ((3, 3, 0, 1), (1, 3, 1, 1)), GRADIENT: True},
    "Global average": SLIDE | {KIND: "average", SHAPE: GLOBAL},
    "A film": SLIDE | {PART: FILM},
}

frame.header(
    "Pooling",
    "Each window becomes one number, its maximum or its average. With a stride of 2 or more, width and height shrink; "
    "the depth stays, and there are no parameters.",
)
asked = (PREDICT, STEP, quiz.QUESTION, cross_links.CARRIED)
state = State.open("pooling", PART, X, W, *WINDOWS, GRADIENT, SHIFT, *pooled_film.FIELDS, *asked)


def read_settings() -> Settings:
    """Show the controls, and return what they say."""
    x = state.text(X)
    w = state.text(W) if state[PART] == CONVOLVED else None
    kind = KINDS[state.choice(KIND)]
    f, s = state.boxes(F, S)
    with stage.more("input, gradient, windows, padding"):
        state.choice(PART)
        state.flag(GRADIENT)
        shape, p, rule = state.choice(SHAPE), state.number(P), state.choice(RULE)
        norm = state.number(NORM) if kind == "lp" else NORM.default
        out = {"sliding": 0, GLOBAL: 1}.get(shape) if shape != ADAPTIVE else state.number(OUT)
    return Settings(x, w, kind, sizes.Window(f, s, p), rule, norm, out or 0)  # type: ignore[arg-type]


def options(worked: Worked) -> GridOptions:
    """Return how the example is shown."""
    step, names = state[STEP], ("Input", "Filter", "Convolution", "After pooling")
    if worked.convolution:
        editing = edit_fields(state, input=X, kernel=W)
        return GridOptions("Convolution, then pooling", names, step=step, pool=worked.pooling, editing=editing)
    views: tuple[View, ...] = ("gradient",) if state[GRADIENT] else ()
    editing = edit_fields(state, input=X)
    return GridOptions("Pooling step by step", ("Input", "", "Output"), step=step, views=views, editing=editing)


def step_by_step(view: stage.View) -> None:
    """Show slides 38 to 40."""
    with view.panel:
        settings = read_settings()
    worked = view.compute(settings.work_out, name="numbers")
    if worked is None:
        return
    hidden = quiz.dock(view, worked.ask(state[quiz.QUESTION]), state)
    asked = worked.ask(state[quiz.QUESTION]).cell if hidden else None
    with view.stage:
        show_grid(worked.shown, options(worked), key=str(worked.convolution is None), hide=asked)
    if hidden:
        view.tabs(state)
        return
    with view.panel:
        pooled_numbers.show_links(state, settings, worked)
        if not settings.adaptive and not state.invalid:
            size_rules.show_cards(worked.pooling.columns.size, settings.window)
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        pooled_numbers.explain(settings, partial(state.slider, SHIFT))
    with code:
        pooled_numbers.show_code(settings, worked)


def on_a_film(view: stage.View) -> None:
    """Show slide 37."""
    with view.panel:
        state.choice(PART)
    try:
        pooled_film.show_pooling(view, state)
    except UserError as error:
        view.panel.error(sentence_of(error))
    (why,) = view.tabs(state, stage.WHY)
    with why:
        pooled_film.explain(state)


view = stage.open_view(state, EXAMPLES)
if state[PART] == FILM:
    on_a_film(view)
else:
    step_by_step(view)
state.remember()
frame.footer(
    "pooling",
    "Pooling shrinks width and height and keeps the depth. Max pooling keeps the strongest response, and only its cell "
    "gets the gradient. Small shifts are tolerated only partly: a maximum that crosses into the next window counts.",
)
