"""The lens: a map of a real network, what each of its cells sees on the film, and the sum that made it.

What is needed of one map is sent once; the browser shows any cell of it without asking again. Two components: ``strip``
shows all layers, ``lens`` one of them.
"""

import base64
import io
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cnn.layers.receptive_field import ReceptiveField
from cnn.layers.sizes import Window
from cnn.models.inside.feature_maps import Activation, FilterTrace
from cnn.ops.pooling import pool2d
from cnn.ops.windows import Axis
from cnn.text import typeset_shape
from ui.shell.components import define_component
from ui.shell.messages import received
from ui.widgets import grid
from ui.widgets.film_viewer import FilmPicture
from ui.widgets.grid.payload import MapPayload, json_axis, json_numbers
from ui.widgets.receptive_field_lens import paint

FILM_SIDE, SHEET_SIDE, THUMBNAIL = 480, 640, 92
"""Pixels of the film's longer side; cells across an overview of all maps and across a thumbnail, at most."""
DECIMALS = 3
CELLS = 5
"""Cells in each direction that are shown with their sums; of a pooling layer ``POOLED``, which read as much."""
POOLED = 3


def show_layer_strip(
    layers: Sequence[dict[str, Any]],
    current: Sequence[str],
    *,
    key: str,
    label: str,
    on_open: Callable[[str], None] | None,
) -> None:
    """Show all ``layers``, made by :func:`layer_thumbnail`; a press calls ``on_open`` with the layer's name."""
    names = [layer["name"] for layer in layers]

    def opened() -> None:
        name = received(key, "layer", names)
        if on_open and name:
            on_open(name)

    data = {
        "layers": layers,
        "current": [*current],
        "label": label,
        "open": on_open is not None,
        "palettes": _palettes(),
    }
    _strip(key=key, data=data, on_layer_change=opened)


def layer_thumbnail(opened: Activation, title: str) -> dict[str, Any]:
    """Return a layer as the strip shows it: its first maps, as many as can be distinguished."""
    painted, _ = paint.sheet(opened.after[:25], opened.layer.signed, THUMBNAIL)
    volume = typeset_shape(opened.layer.step.output).replace(" ", "")  # a thumbnail is as narrow as that
    shared = {"name": opened.layer.name, "title": title, "volume": volume}
    return shared | {"signed": opened.layer.signed} | paint.packed(painted)


def show_lens(
    opened: Activation,
    film: FilmPicture,
    side: int,
    number: int,
    *,
    key: str,
    work: FilterTrace | None,
    step: int | None,
    step_name: str,
    on_pick: Callable[[int], None] | None,
) -> None:
    """Show map ``number``, from 0, of an opened layer of a network that reads ``side`` x ``side`` pixels.

    ``work`` is what made the map, if that is to be followed. ``step`` is the cell to open at, row by row from 0; None
    for the strongest. ``on_pick`` is called with the number, from 1, of a map that was pressed in the overview.
    """
    numbers = range(1, len(opened.after) + 1)

    def picked() -> None:  # must not hold what is opened: callbacks live as long as the session
        chosen = received(key, "pick", numbers)
        if on_pick and chosen:
            on_pick(chosen)

    data = lens_payload(opened, side, number, work, step)
    data |= {"film": _film(film), "stepName": step_name}
    data["sheet"] |= {"open": on_pick is not None}
    _lens(key=key, data=data, on_pick_change=picked)


def lens_payload(
    opened: Activation, side: int, number: int, work: FilterTrace | None, step: int | None
) -> dict[str, Any]:
    """Return what the browser needs of a layer and one of its maps."""
    stop, one = opened.layer, opened.after[number]
    assert stop.field is not None
    most = float(np.abs(one).max())
    name = f"map {number + 1} of {stop.name}"
    height, width = one.shape
    shown = paint.packed(paint.levels(one, stop.signed, most)) | {
        "values": paint.encoded(one.astype("<f4")),
        "layer": stop.name,
        "name": name,
        "signed": stop.signed,
        "title": f"{name[0].upper()}{name[1:]}: {height} × {width} cells",
        "label": f"{name}, {height} by {width} cells; the arrow keys go from cell to cell",
        "rows": _views(stop.field, height),
        "columns": _views(stop.field, width),
    }
    return {
        "map": shown,
        "before": _before(opened, number),
        "sheet": _sheet(opened, number),
        "palettes": _palettes(),
        "side": side,
        "margin": min(side // 6, max(0, -stop.field.start)),
        "decimals": DECIMALS,
        "step": _strongest(one, stop.field, side) if step is None else step,
        "scale": _scale(opened, most),
        "how": "Point at any cell of the map, or use the arrow keys on it (with Shift, ten cells at a time); click to "
        "keep a cell. Click on a map in the overview of all maps to open it.",
        "example": _example(opened, number, work),
    }


def _strongest(one: np.ndarray, field: ReceptiveField, side: int) -> int:
    """Return the index of the largest value, row by row, among the cells that see no padding if there are any."""
    inside = np.array([first >= 0 and last < side for first, last in _views(field, len(one))])
    seen = inside[:, None] & inside
    return int(np.where(seen, one, -np.inf).argmax() if seen.any() else one.argmax())


def _views(field: ReceptiveField, count: int) -> list[tuple[int, int]]:
    """Return the first and last pixel, from 0, that each of ``count`` cells along a side sees, padding included."""
    starts = [field.start + cell * field.jump for cell in range(count)]
    return [(start, start + field.size - 1) for start in starts]


def _before(opened: Activation, number: int) -> dict[str, Any] | None:
    """Return the same map before ReLU or a pool; before a pool, only the winners are painted."""
    if opened.layer.kind not in ("relu", "pool"):
        return None
    one = opened.before[number]
    signed = opened.layer.kind == "relu"
    painted = paint.levels(one, signed, float(np.abs(opened.after[number]).max()))
    if signed:
        title, said = "Before ReLU", "the same map before ReLU, negative numbers included"
    else:
        title, said = "Before the pool, only the winners painted", "the same map before the pool, the winners painted"
        painted = np.where(pool2d(one, Window(2, stride=2)).backward()[0] > 0, painted, paint.BLANK).astype(np.uint8)
    rows, columns = _axes(opened)
    windows = {"rows": _ends(rows), "columns": _ends(columns)}
    return paint.packed(painted) | windows | {"signed": signed, "title": title, "label": said}


def _axes(opened: Activation) -> tuple[Axis, Axis]:
    """Return what each cell of the output reads of the layer's input, down and across."""
    window = opened.layer.step.window
    assert window is not None
    height, width = (Axis.sliding(side, window) for side in opened.before.shape[1:])
    return height, width


def _ends(axis: Axis) -> list[tuple[int, int]]:
    return [(window[0] - axis.before, window[-1] - axis.before) for window in axis.windows]


def _sheet(opened: Activation, number: int) -> dict[str, Any]:
    painted, columns = paint.sheet(opened.after, opened.layer.signed, SHEET_SIDE)
    count = len(opened.after)
    said = f"All {count} maps of {opened.layer.name}, first to last"
    return paint.packed(painted) | {
        "columns": columns,
        "rows": -(-count // columns),
        "count": count,
        "chosen": number,
        "title": said,
        "label": said,
        "signed": opened.layer.signed,
    }


def _scale(opened: Activation, most: float) -> list[tuple[str, str]]:
    """Return colours and what they mean."""
    signed, unsigned = _palettes()[1], _palettes()[0]
    positive = (
        _css(signed[-1]),
        f"up to {most:.3g} in this map; {paint.strongest(opened.after):.3g} and more in the overview of all maps",
    )
    if opened.layer.signed:
        return [(_css(signed[0]), f"down to −{most:.3g}"), (_css(signed[127]), "0"), positive]
    return [(paint.CLEARED, "exactly 0"), (_css(unsigned[1]), "just above 0"), positive]


@cache
def _palettes() -> list[list[list[int]]]:
    return [paint.palette(signed) for signed in (False, True)]


def _css(colour: Sequence[int]) -> str:
    return f"rgb({','.join(map(str, colour))})"


def _film(film: FilmPicture) -> dict[str, Any]:
    picture = Image.fromarray(film.picture)
    picture.thumbnail((FILM_SIDE, FILM_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return {
        "picture": f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}",
        "width": film.width,
        "height": film.height,
        "label": f"The film {film.name}",
        "title": "Input film, receptive field",
    }


def _example(opened: Activation, number: int, trace: FilterTrace | None) -> MapPayload | None:
    """Return the layer's sums for one map, packed and for all cells."""
    layer = opened.layer
    if not trace and layer.kind not in ("relu", "pool"):
        return None
    before = trace.padded if trace else opened.before[number]
    rows, columns = _axes(opened)
    name = f"Map {number + 1}"
    payload: MapPayload = {
        "kind": "convolution" if trace else "relu",
        "norm": 2,
        "label": f"How the cells of map {number + 1} of {layer.name} are made",
        "names": (f"{name}, before", "", f"{name}, after"),
        "channels": [name],
        "filters": [f"filter {number + 1}"],
        "rows": json_axis(rows) | {"windows": rows.windows},
        "columns": json_axis(columns) | {"windows": columns.windows},
        "padded": paint.encoded(before.astype("<f4")),
        "kernel": None,
        "flat": False,
        "decimals": DECIMALS,
        "widest": _widest(before, opened.after[number]),
        "hidden": None,
        "editable": [],
        "stepName": None,
        "hint": "A few cells around it, and what they are made of:",
        "show": POOLED if layer.kind == "pool" else CELLS,
    }
    if layer.kind == "pool":
        payload |= {"kind": "max", "winners": paint.encoded(_ties(before))}
    if trace:
        depth = len(trace.padded)
        payload |= {
            "names": ("Film" if depth == 1 else trace.source, f"Filter {number + 1}", f"{layer.name}, {name.lower()}"),
            "hint": f"A few cells around it: each sums products with cells of {trace.source}"
            + ("." if depth == 1 else f", the layer before, over its {depth} maps."),
            "channels": ["film"] if depth == 1 else [f"map {channel + 1}" for channel in range(depth)],
            "kernel": json_numbers(trace.weight[None].astype(np.float64)),
            "given": None,
            "bias": [trace.bias],
            "sums": paint.encoded(trace.sums.astype("<f4")),
            "together": paint.encoded(trace.without_bias.astype("<f4")) if depth > POOLED else None,
            "widest": _widest(before, trace.weight, opened.after[number]),
        }
    return payload


def _ties(one: np.ndarray) -> np.ndarray:
    """Return (H2, W2) uint8: each bit tells whether that cell of the window holds its maximum."""
    winners = pool2d(one, Window(2, stride=2)).winners[0].reshape(*(side // 2 for side in one.shape), -1)
    return np.packbits(winners, axis=-1, bitorder="little")[..., 0]


def _widest(*arrays: np.ndarray) -> int:
    """Return the characters of the widest number that a cell shows."""
    ends = [float(end) for array in arrays for end in (array.min(), array.max())]
    return max(len(f"{end:.{DECIMALS}f}") for end in ends)


def can_follow_sums(opened: Activation, model_name: str) -> bool:
    """Return whether the layer's sums can be followed: those of the convolutions of a plain chain."""
    return opened.layer.kind == "conv" and model_name != "transfer"


_strip = define_component(
    "network_layers",
    __file__,
    "strip.css",
    "paint.js",
    "strip.js",
    html='<div role="figure" aria-label="All layers"><ol class="strip"></ol></div>',
)
_LENS, _GRID = (Path(__file__).parent / name for name in ("lens.html", "../grid/grid.html"))
_lens = define_component(
    "network_lens",
    __file__,
    *(f"../grid/{name}" for name in grid.FILES),
    "lens.css",
    "paint.js",
    "lens.js",
    html=_LENS.read_text(encoding="utf-8").replace("GRID", _GRID.read_text(encoding="utf-8")),
)
