"""Functions of one tensor that give it another shape."""

import math
from collections.abc import Callable
from typing import Any

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import Dims, Effect, Reach, Role, check_dims
from cnn.layers.operations import effects
from cnn.layers.operations.effects import axis, describe, keep_sides, whole
from cnn.layers.operations.layer_table import LAYERS, pad, upsample
from cnn.layers.sizes import Window


def number_list(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return numbers that are given one by one or as one list."""
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], tuple | list) else values


def named(table: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return a table with each function under all of its names, which are separated by spaces."""
    return {name: function for names, function in table.items() for name in names.split()}


def _view(dims: Dims, *shape: Any, **_: Any) -> Effect:
    target = number_list(shape or tuple(_.values()))
    after = effects.reshape(dims, target)
    return Effect(after, reach=keep_sides(dims, after))


def _flatten(dims: Dims, start_dim: Any = 0, end_dim: Any = -1) -> Effect:
    after = effects.flatten(dims, start_dim, end_dim)
    return Effect(after, reach=keep_sides(dims, after))


def _unflatten(dims: Dims, dim: Any, sizes: Any = None, unflattened_size: Any = None) -> Effect:
    return LAYERS["Unflatten"].effect({"dim": dim, "unflattened_size": sizes or unflattened_size}, dims)


def _permute(dims: Dims, *order: Any, **_: Any) -> Effect:
    places = [axis(number, len(dims)) for number in number_list(order or tuple(_.values()))]
    if sorted(places) != list(range(len(dims))):
        raise DoesNotFit(f"permute must name each of {len(dims)} axes once.")
    after = tuple(dims[place] for place in places)
    return Effect(after, reach="cell" if places[2:] == list(range(2, len(dims))) else "lost")


def _transpose(dims: Dims, dim0: Any, dim1: Any) -> Effect:
    order = list(range(len(dims)))
    first, second = axis(dim0, len(dims)), axis(dim1, len(dims))
    order[first], order[second] = order[second], order[first]
    after = tuple(dims[place] for place in order)
    return Effect(after, reach=keep_sides(dims, after))


def _movedim(dims: Dims, source: Any, destination: Any) -> Effect:
    order = list(range(len(dims)))
    order.insert(axis(destination, len(dims)), order.pop(axis(source, len(dims))))
    return _permute(dims, *order)


def _squeeze(dims: Dims, dim: Any = None) -> Effect:
    chosen = range(len(dims)) if dim is None else [axis(number, len(dims)) for number in number_list((dim,))]
    after = tuple(side for place, side in enumerate(dims) if not (place in chosen and side == 1))
    return Effect(after, reach="cell" if math.prod(dims[2:]) == 1 else keep_sides(dims, after))


def unsqueeze(dims: Dims, dim: Any) -> Effect:
    """Return a shape with one more side of 1."""
    place = axis(dim, len(dims) + 1)
    after = (*dims[:place], 1, *dims[place:])
    return Effect(after, reach=keep_sides(dims, after))


def reduce(dims: Dims, dim: Any = None, keepdim: bool = False, axis: Any = None, **options: Any) -> Effect:
    """Return a shape without the sides that are summed up, all of them if none is named."""
    options.pop("dtype", None)
    keep = keepdim or options.get("keepdims", False)
    chosen = dim if axis is None else axis
    numbers = range(len(dims)) if chosen is None else number_list((chosen,))
    places = {effects.axis(number, len(dims)) for number in numbers}
    after = tuple(1 if place in places else side for place, side in enumerate(dims) if keep or place not in places)
    sides = range(2, len(dims))
    reach: Reach = "cell"
    if places & set(sides):
        windows = tuple(Window(dims[i], dims[i]) if i in places else Window(1) for i in sides if dims[i] <= 10_000)
        reach = windows if len(windows) == len(sides) else "all"
    return Effect(after, reach=reach)


def _expand(dims: Dims, *shape: Any) -> Effect:
    wanted = number_list(shape)
    before = (1,) * (len(wanted) - len(dims)) + dims
    if len(wanted) < len(dims) or any(w not in (-1, b) and b != 1 for w, b in zip(wanted, before, strict=False)):
        raise DoesNotFit(f"a shape of {effects.show(dims)} cannot be expanded to {describe(str(wanted))}.")
    after = tuple(b if w == -1 else w for w, b in zip(wanted, before, strict=True))
    return Effect(check_dims(after), reach=keep_sides(dims, after))


def _repeat(dims: Dims, *times: Any) -> Effect:
    numbers = number_list(times)
    before = (1,) * (len(numbers) - len(dims)) + dims
    if len(numbers) < len(dims):
        raise DoesNotFit(f"repeat needs {len(dims)} numbers, not {len(numbers)}.")
    after = tuple(b * whole({"repeat": n}, "repeat") for n, b in zip(numbers, before, strict=True))
    return Effect(check_dims(after), reach=keep_sides(dims, after))


def _interpolate(dims: Dims, size: Any = None, scale_factor: Any = None, *_: Any, **__: Any) -> Effect:
    return upsample({"size": size, "scale_factor": scale_factor}, dims)


def _pad(dims: Dims, pad_: Any = None, *_: Any, **options: Any) -> Effect:
    ends = options.get("pad", pad_)
    if not isinstance(ends, tuple | list):
        raise UserError(f"pad needs several numbers, not {describe(ends)}.")
    return pad(dims, [whole({"pad": end}, "pad", -10_000) for end in ends])


def _window_view(dims: Dims, *values: Any, **keywords: Any) -> Effect:
    """Return the shape of ``F.unfold(x, kernel_size)``, or of ``x.unfold(dimension, size, step)``."""
    if len(values) == 3 and not keywords:
        place, size, step = axis(values[0], len(dims)), *(whole({"size": value}, "size") for value in values[1:])
        count, _ = effects.window_size(dims[place], Window(size, step))
        return Effect((*dims[:place], count, *dims[place + 1 :], size), reach="lost")
    return LAYERS["Unfold"].effect(LAYERS["Unfold"].bind("unfold", values, keywords), dims)


def _narrow(dims: Dims, dim: Any, _: Any, length: Any) -> Effect:
    place = axis(dim, len(dims))
    after = (*dims[:place], whole({"length": length}, "length"), *dims[place + 1 :])
    return Effect(after, reach="cell" if place < 2 else "lost")


def _one_hot(dims: Dims, num_classes: Any) -> Effect:
    return Effect((*dims, whole({"num_classes": num_classes}, "num_classes")), reach="lost")


SHAPED = named(
    {
        "view reshape": _view,
        "flatten ravel": _flatten,
        "unflatten": _unflatten,
        "permute": _permute,
        "transpose swapaxes swapdims": _transpose,
        "t": lambda dims: _transpose(dims, 0, 1),
        "movedim moveaxis": _movedim,
        "squeeze": _squeeze,
        "unsqueeze": unsqueeze,
        "expand": _expand,
        "repeat tile": _repeat,
        "interpolate upsample": _interpolate,
        "pad": _pad,
        "unfold": _window_view,
        "narrow": _narrow,
        "one_hot": _one_hot,
    }
)

ROLES: dict[str, Role] = {"interpolate": "resize", "upsample": "resize"}
