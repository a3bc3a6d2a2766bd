"""Figures of the timeline as SVG, in the colours of the style sheet: layers to scale, two ideas, errors by year."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from cnn.layers.layer import Shape, Vector
from cnn.lecture.timeline import ErrorRate, Milestone
from cnn.text import typeset_shape

SLOT, TALL, DEEP = 62, 130, 46
"""Width of a layer's place, height of the largest image, and width of the deepest volume, in units of the drawing."""
_SLANT = 0.16  # how far the width runs to the back, as a share of its length
_NAMES = {"conv": "CONV", "max": "POOL", "avg": "POOL", "fc": "FC"}


def draw_figure(milestone: Milestone) -> str:
    """Return the figure of ``milestone`` as SVG, or nothing."""
    if milestone.sketch == "recurrence":
        return _draw_recurrence()
    if milestone.sketch == "residual":
        return _draw_residual_block()
    volumes = milestone.volumes()
    return _draw_volumes(volumes) if volumes else ""


def _draw_volumes(volumes: Sequence[tuple[str, Shape]]) -> str:
    """Draw each volume with its height to scale; rows of numbers have a scale of their own."""
    layers = [
        (name, shape, len(list(equal)))
        for (name, shape), equal in groupby(volumes)
        if name != "adaptive"  # of a size that the image has already
    ]
    side = max((shape.height for _, shape, _ in layers if not isinstance(shape, Vector)), default=1)
    depth = max((shape.depth for _, shape, _ in layers if not isinstance(shape, Vector)), default=1)
    row = max((shape.features for _, shape, _ in layers if isinstance(shape, Vector)), default=1)
    base, parts = TALL + SLOT * _SLANT + 22, []
    for place, (name, shape, times) in enumerate(layers):
        middle = SLOT * (place + 0.5)
        if isinstance(shape, Vector):
            size, height, width = f"{shape.features}", max(4.0, TALL * shape.features / row), 7.0
        else:
            size = typeset_shape(shape)
            height, width = max(3.0, TALL * shape.height / side), max(3.0, DEEP * shape.depth / depth)
        slant = 0.0 if isinstance(shape, Vector) else _SLANT * height
        parts.append(_cuboid(middle - (width + slant) / 2, base, (width, height, slant), place == 0))
        label = base + (18 if place % 2 == 0 else 52)
        title = f"{_NAMES.get(name, name)}{f' ×{times}' if times > 1 else ''}"
        parts.append(f'<path class="guide" d="M{middle:.0f} {base + 3:.0f}V{label - 12:.0f}"/>')
        parts.append(_text(middle, label, title, "name") + _text(middle, label + 14, size))
    words = ", ".join(f"{name} {shape}{f' {times} times' if times > 1 else ''}" for name, shape, times in layers)
    return _svg(SLOT * len(layers), base + 70, f"Layers to scale: {words}", parts)


def _cuboid(left: float, base: float, size: tuple[float, float, float], first: bool) -> str:
    width, height, slant = size
    role = "input" if first else "output"
    front = f'<rect class="{role}" x="{left:.1f}" y="{base - height:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
    if slant < 1:
        return front
    top, right = base - height, left + width
    back = f"M{left:.1f} {top:.1f}l{slant:.1f} {-slant:.1f}h{width:.1f}v{height:.1f}l{-slant:.1f} {slant:.1f}"
    edge = f"M{right:.1f} {top:.1f}l{slant:.1f} {-slant:.1f}"
    return f'<path class="{role}" d="{back}V{top:.1f}Z"/>{front}<path class="edge" d="{edge}"/>'


def _draw_recurrence() -> str:
    parts = []
    for step in range(4):
        x = 70 + 150 * step
        parts += [
            _box(x, 70, "state", "kernel"),
            _text(x, 176, f"input {step + 1}"),
            _arrow(f"M{x} 160V96"),
            _text(x, 24, f"output {step + 1}"),
            _arrow(f"M{x} 60V32"),
        ]
        parts.append(_arrow(f"M{x + 42} 78H{x + 106}") if step < 3 else "")
    return _svg(590, 190, "Four steps of a recurrent network, each with an input, a state and an output", parts)


def _draw_residual_block() -> str:
    boxes = [(70, "input", "input"), (220, "CONV", "kernel"), (340, "ReLU", "output"), (460, "CONV", "kernel")]
    parts = [_box(x, 100, name, role) for x, name, role in boxes]
    parts += [_arrow(f"M{x} 108H{x + 34}") for x in (262, 382)] + [_arrow("M112 108H176"), _arrow("M502 108H556")]
    parts += [
        '<circle class="output" cx="574" cy="108" r="15"/>',
        _text(574, 114, "+", "name"),
        _arrow("M140 108V40H574V90"),
        _text(350, 32, "the input, unchanged"),
        _arrow("M590 108H620"),
        _box(664, 100, "output", "output"),
    ]
    return _svg(730, 150, "A residual block: convolution, ReLU, convolution, plus the input", parts)


def draw_errors(rates: Sequence[ErrorRate]) -> str:
    """Return the errors by year as a bar chart in SVG; networks with convolutions have the colour of outputs."""
    most, base, parts = max(rate.percent for rate in rates), 210.0, []
    for place, rate in enumerate(rates):
        middle, height = 26 + 56 * place, 170 * rate.percent / most
        role = "output" if rate.cnn else "other"
        parts += [
            f'<rect class="{role}" x="{middle - 18}" y="{base - height:.1f}" width="36" height="{height:.1f}"/>',
            _text(middle, base - height - 6, f"{rate.percent:g} %", "name"),
            _text(middle, base + 17, f"{rate.year}"),
            _text(middle, base + (34 if place % 2 == 0 else 50), rate.name),
        ]
    words = ", ".join(f"{rate.year} {rate.name} {rate.percent:g} %" for rate in rates)
    return _svg(56 * len(rates) - 4, base + 56, f"Top-5 error by year: {words}", parts)


def _box(x: float, y: float, name: str, role: str) -> str:
    return f'<rect class="{role}" x="{x - 42}" y="{y - 10}" width="84" height="36" rx="4"/>{_text(x, y + 13, name)}'


def _arrow(path: str) -> str:
    return f'<path class="arrow" d="{path}" marker-end="url(#tip)"/>'


def _text(x: float, y: float, text: str, css_class: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{css_class}">{escape(text)}</text>'


def _svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(label)}">'
        f'<defs>{tip}<path class="tip" d="M0 0L8 4L0 8Z"/></marker></defs>{"".join(parts)}</svg>'
    )
