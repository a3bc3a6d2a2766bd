"""Take a part of a tensor, known by its shape."""

from typing import Any

from cnn.layers.graph import Effect
from cnn.layers.operations.effects import axis, keep_sides


def is_plain_key(key: Any) -> bool:
    """Return whether a key is a number, ``None``, ``...`` or a slice of known numbers."""
    ends = (key.start, key.stop, key.step) if isinstance(key, slice) else (key if key is not ... else None,)
    return all(isinstance(end, int | None) for end in ends) and not (isinstance(key, slice) and key.step == 0)


def slice_code(key: Any) -> str:
    """Return a key as Python code."""
    if isinstance(key, slice):
        ends = ["" if end is None else repr(end) for end in (key.start, key.stop, key.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return "..." if key is ... else repr(key)


def index_effect(dims: tuple[int, ...], keys: tuple[Any, ...]) -> Effect:
    """Return what indexing with numbers, slices, ``None`` and ``...`` makes of a shape."""
    given = sum(key is not None and key is not ... for key in keys)
    expanded: list[Any] = []
    for key in keys:
        expanded += [slice(None)] * (len(dims) - given) if key is ... else [key]
    after: list[int] = []
    place = 0
    for key in expanded:
        if key is None:
            after.append(1)
            continue
        axis(place, len(dims))
        if isinstance(key, slice):
            after.append(len(range(dims[place])[key]))
        else:
            axis(key, dims[place])
        place += 1
    result = (*after, *dims[place:])
    return Effect(result, reach=keep_sides(dims, result))
