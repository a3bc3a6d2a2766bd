"""Functions of several tensors, or with results other than one tensor."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import BatchSize, Effect, Reach, check_dims
from cnn.layers.operations import effects, number_tensors
from cnn.layers.operations.effects import axis, describe, whole
from cnn.layers.operations.function_call import Call
from cnn.layers.operations.layer_table import signature
from cnn.layers.operations.rearrange import named, number_list, reduce, unsqueeze
from cnn.layers.operations.values import Name, Tensor, Unknown

_REDUCTIONS = "mean sum max min amax amin std var prod logsumexp norm argmax argmin any all median"
_FILLED = ("zeros", "ones", "randn", "rand", "empty", "randint")


def _concatenate(call: Call) -> Any:
    items = call.keywords.get("tensors", call.values[0] if call.values else None)
    along = call.keywords.get("dim", call.keywords.get("axis", call.values[1] if len(call.values) > 1 else 0))
    tensors = _tensors(items, "cat")

    def effect() -> Effect:
        shapes = [tensor.dims or () for tensor in tensors]
        after = effects.concatenate(shapes, along)
        return Effect(after, reach="cell" if axis(along, len(after)) < 2 else "lost")

    return call.machine.function("cat", tensors, effect, "merge", call.code)


def _stack(call: Call) -> Any:
    along = call.keywords.get("dim", call.values[1] if len(call.values) > 1 else 0)
    tensors = _tensors(call.keywords.get("tensors", call.values[0] if call.values else None), "stack")

    def effect() -> Effect:
        shapes = [unsqueeze(tensor.dims or (), along).output or () for tensor in tensors]
        return Effect(effects.concatenate(shapes, along), reach="lost")

    return call.machine.function("stack", tensors, effect, "merge", call.code)


def _tensors(items: Any, name: str) -> list[Tensor]:
    if isinstance(items, tuple | list) and items and all(isinstance(item, Tensor) for item in items):
        return list(items)
    raise UserError(f"{name} needs a list of tensors, not {describe(items)}.")


def _chunk(call: Call) -> Any:
    tensor = call.values[0]
    count = whole({"chunks": call.keywords.get("chunks", call.values[1] if len(call.values) > 1 else None)}, "chunks")
    along = call.keywords.get("dim", call.values[2] if len(call.values) > 2 else 0)
    length = _length(tensor, along)
    size = -(-length // count)
    return _pieces(call, tensor, along, [min(size, length - i) for i in range(0, length, size)])


def _split(call: Call) -> Any:
    tensor = call.values[0]
    size = call.keywords.get(
        "split_size_or_sections", call.keywords.get("split_size", call.values[1] if len(call.values) > 1 else None)
    )
    along = call.keywords.get("dim", call.values[2] if len(call.values) > 2 else 0)
    length = _length(tensor, along)
    if isinstance(size, tuple | list):
        sizes = [whole({"size": number}, "size") for number in size]
        if sum(sizes) != length:
            raise DoesNotFit(f"split sizes add up to {sum(sizes)}, not to {length}.")
    else:
        step = whole({"split_size": size}, "split_size")
        sizes = [min(step, length - start) for start in range(0, length, step)]
    return _pieces(call, tensor, along, sizes)


def _length(tensor: Tensor, along: Any) -> int:
    if tensor.dims is None:
        raise UserError("A tensor whose shape is not known cannot be split.")
    return tensor.dims[axis(along, len(tensor.dims))]


def _pieces(call: Call, tensor: Tensor, along: Any, sizes: list[int]) -> tuple[Any, ...]:
    if len(sizes) > 256:
        raise UserError(f"A tensor is split into {len(sizes):,} parts; at most 256 can be shown.")
    dims = tensor.dims or ()
    place = axis(along, len(dims))
    reach: Reach = "cell" if place < 2 else "lost"
    return tuple(
        call.machine.function(
            "split",
            [tensor],
            partial(Effect, (*dims[:place], size, *dims[place + 1 :]), reach=reach),
            "shape",
            f"{call.code}[{number}]" if call.code else "",
        )
        for number, size in enumerate(sizes)
    )


def _unbind(call: Call) -> Any:
    tensor = call.values[0]
    along = call.keywords.get("dim", call.values[1] if len(call.values) > 1 else 0)
    length = _length(tensor, along)
    if length > 256:
        raise UserError(f"A tensor is split into {length:,} parts; at most 256 can be shown.")
    dims = tensor.dims or ()
    place = axis(along, len(dims))
    after = (*dims[:place], *dims[place + 1 :])
    return tuple(
        call.machine.function("unbind", [tensor], lambda: Effect(after, reach="lost"), "shape", f"{call.code}[{i}]")
        for i in range(length)
    )


def _size(call: Call) -> Any:
    tensor, dim = call.values[0], call.keywords.get("dim", call.values[1] if len(call.values) > 1 else None)
    if tensor.dims is None:
        return BatchSize(2) if dim == 0 else Unknown("the size of a tensor behind a layer that does not fit")
    return tensor.dims if dim is None else tensor.dims[axis(dim, len(tensor.dims))]


def _dim(call: Call) -> Any:
    dims = call.values[0].dims
    return Unknown("a shape behind a layer that does not fit") if dims is None else len(dims)


def _numel(call: Call) -> Any:
    dims = call.values[0].dims
    return Unknown("a shape behind a layer that does not fit") if dims is None else math.prod(dims)


def _matmul(call: Call) -> Any:
    tensors = [value for value in call.values if isinstance(value, Tensor)][-2:]

    def effect() -> Effect:
        first, second = (tensor.dims or () for tensor in tensors)
        if len(first) < 2 or len(second) < 2:
            return Effect(first[:-1] if len(second) < 2 else (*second[:-2], second[-1]), reach="lost")
        if first[-1] != second[-2]:
            raise DoesNotFit(f"{first[-1]} columns meet {second[-2]} rows: both must be equal.")
        return Effect((*effects.broadcast(first[:-2], second[:-2]), first[-2], second[-1]), reach="lost")

    return call.machine.function("matmul", tensors, effect, "merge", call.code)


def _reduced(kind: str) -> Callable[..., Any]:
    def run(call: Call) -> Any:
        tensors = call.tensors
        if len(tensors) > 1:
            return call.binary(kind)
        others = call.values[1:]
        if kind in ("norm", "std", "var") and others and not isinstance(others[0], tuple | list):
            others = others[1:]
        options = {
            name: value for name, value in call.keywords.items() if name not in ("p", "unbiased", "correction", "ord")
        }
        by_axis = kind in ("max", "min", "median") and (others or "dim" in options)
        code = f"{call.code}[0]" if by_axis and call.code else call.code
        first = tensors[0]
        output = call.machine.function(
            kind, [first], lambda: reduce(first.dims or (), *others, **options), "pool", code
        )
        return (output, Unknown(f"indices of {kind}")) if by_axis else output

    return run


def _created(call: Call) -> Any:
    numbers = number_list((call.keywords["size"],) if "size" in call.keywords else call.values)
    return Tensor(check_dims(tuple(whole({"size": n}, "size") for n in numbers if not isinstance(n, Name))))


def _full(call: Call) -> Any:
    return _created(
        replace(call, values=(call.keywords.get("size", call.values[0] if call.values else ()),), keywords={})
    )


def _range(call: Call) -> Any:
    numbers = [value for value in call.values if type(value) in (int, float)]
    if len(numbers) != len(call.values) or not 1 <= len(numbers) <= 3:
        return Tensor(None)
    first, last, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    count = max(1, math.ceil((last - first) / (step or 1)))
    return Tensor((count,)) if count > 10_000 else number_tensors.row([first + i * step for i in range(count)])


def _linspace(call: Call) -> Any:
    arguments = (
        {"start": 0, "end": 1, "steps": 50}
        | dict(zip(("start", "end", "steps"), call.values, strict=False))
        | call.keywords
    )
    steps, start, end = whole(arguments, "steps"), arguments["start"], arguments.get("stop", arguments["end"])
    if steps > 10_000 or not all(isinstance(number, int | float) for number in (start, end)):
        return Tensor((steps,))
    return number_tensors.row([start + (end - start) * i / max(1, steps - 1) for i in range(steps)])


def _tensor(call: Call) -> Any:
    dims, value = [], call.values[0] if call.values else None
    if isinstance(value, list | tuple) and value and all(isinstance(each, int | float) for each in value):
        return number_tensors.row(list(value))
    if isinstance(value, int | float):
        return Tensor((), values=(value,))
    while isinstance(value, list | tuple) and value:
        dims.append(len(value))
        value = value[0]
    return Tensor(tuple(dims))


def _like(call: Call) -> Any:
    return Tensor(call.values[0].dims if call.values and isinstance(call.values[0], Tensor) else None)


def _meshgrid(call: Call) -> Any:
    tensors = number_list(call.values)
    lengths = tuple(math.prod(tensor.dims or (1,)) for tensor in tensors if isinstance(tensor, Tensor))
    return tuple(Tensor(check_dims(lengths)) for _ in lengths)


def _new(call: Call) -> Any:
    return _created(replace(call, values=call.values[1:]))


def _as_shape(call: Call) -> Any:
    tensor, other = call.values[0], call.values[1]
    if other.dims is None:
        return call.machine.unknown("view_as", [tensor])
    return call.machine.function("view_as", [tensor], lambda: Effect(other.dims, reach="lost"), "shape", call.code)


def _linear(call: Call) -> Any:
    tensor, weight = call.values[0], call.keywords.get("weight", call.values[1] if len(call.values) > 1 else None)
    if not isinstance(weight, Tensor) or weight.dims is None:
        return call.machine.unknown("linear", [tensor])
    arguments = {"in_features": weight.dims[1], "out_features": weight.dims[0], "bias": False}
    return call.machine.function("linear", [tensor], lambda: effects.linear(arguments, tensor.dims or ()), "linear", "")


def _conv(count: int, transposed: bool) -> Callable[..., Any]:
    text = "input, weight, bias=None, stride=1, padding=0, "
    text += "output_padding=0, groups=1, dilation=1" if transposed else "dilation=1, groups=1"
    names = signature(text)
    kind = f"conv{'_transpose' if transposed else ''}{count}d"

    def run(call: Call) -> Any:
        arguments = names | dict(zip(names, call.values, strict=False)) | call.keywords
        tensor, weight = arguments["input"], arguments["weight"]
        if not isinstance(weight, Tensor) or weight.dims is None or len(weight.dims) != count + 2:
            return call.machine.unknown(kind, [tensor])
        groups = whole(arguments, "groups")
        first, second = weight.dims[:2]
        channels = (first, second * groups) if transposed else (second * groups, first)
        arguments |= {"in_channels": channels[0], "out_channels": channels[1], "kernel_size": weight.dims[2:]}
        effect = effects.conv_transpose if transposed else effects.conv
        return call.machine.function(
            kind, [tensor], lambda: effect(kind, arguments, tensor.dims or (), count), "conv", ""
        )

    return run


def _einsum(call: Call) -> Any:
    equation, tensors = call.values[0], _tensors(list(number_list(call.values[1:])), "einsum")
    if not isinstance(equation, str) or "->" not in equation or "." in equation:
        return call.machine.unknown("einsum", tensors)
    before, after = equation.replace(" ", "").split("->")

    def effect() -> Effect:
        sides: dict[str, int] = {}
        for letters, tensor in zip(before.split(","), tensors, strict=False):
            sides |= dict(zip(letters, tensor.dims or (), strict=False))
        if not set(after) <= sides.keys():
            raise DoesNotFit(f"einsum {describe(equation)} does not fit the shapes that arrive.")
        return Effect(check_dims(tuple(sides[letter] for letter in after)), reach="lost")

    return call.machine.function("einsum", tensors, effect, "merge", call.code)


def _attention(call: Call) -> Any:
    query, _, value = call.values[:3]
    return call.machine.function(
        "attention",
        [query, *call.values[1:3]],
        lambda: Effect((*query.dims[:-1], value.dims[-1]), reach="all"),
        "merge",
        call.code,
    )


def _distance(call: Call) -> Any:
    first, second = call.tensors[:2]
    names = signature("p=2.0, eps=1e-6, keepdim=False")
    options = names | dict(zip(names, call.values[2:], strict=False)) | call.keywords

    def effect() -> Effect:
        return reduce(effects.broadcast(first.dims or (), second.dims or ()), -1, bool(options["keepdim"]))

    return call.machine.function("pairwise_distance", [first, second], effect, "merge", call.code)


def _similarity(call: Call) -> Any:
    first, second = call.tensors[:2]
    along = call.keywords.get("dim", call.values[2] if len(call.values) > 2 else 1)

    def effect() -> Effect:
        return reduce(effects.broadcast(first.dims or (), second.dims or ()), along)

    return call.machine.function("cosine_similarity", [first, second], effect, "merge", call.code)


def _affine_grid(call: Call) -> Any:
    tensor, size = call.tensors[0], call.keywords.get("size", call.values[1] if len(call.values) > 1 else ())
    dims = tuple(whole({"size": side}, "size") for side in size)
    effect = Effect((dims[0], *dims[2:], len(dims) - 2), reach="lost")
    return call.machine.function("affine_grid", [tensor], lambda: effect, "other", call.code)


def _grid_sample(call: Call) -> Any:
    tensor, grid = call.tensors[:2]

    def effect() -> Effect:
        return Effect((*(tensor.dims or ())[:2], *(grid.dims or ())[1:-1]), reach="lost")

    return call.machine.function("grid_sample", [tensor, grid], effect, "merge", call.code)


SPECIAL = named(
    {
        "cat concat concatenate": _concatenate,
        "stack": _stack,
        "chunk tensor_split": _chunk,
        "split": _split,
        "unbind": _unbind,
        "size": _size,
        "dim ndimension": _dim,
        "numel nelement": _numel,
        "matmul mm bmm baddbmm": _matmul,
        "arange": _range,
        "linspace": _linspace,
        "tensor": _tensor,
        "full": _full,
        "zeros_like ones_like empty_like rand_like randn_like": _like,
        "new_zeros new_ones new_empty": _new,
        "meshgrid": _meshgrid,
        "view_as reshape_as expand_as": _as_shape,
        "linear": _linear,
        "einsum": _einsum,
        "scaled_dot_product_attention": _attention,
        "affine_grid": _affine_grid,
        "grid_sample": _grid_sample,
        "pairwise_distance": _distance,
        "cosine_similarity": _similarity,
        "stochastic_depth": lambda call: call.values[0],
    }
)
SPECIAL |= {kind: _reduced(kind) for kind in _REDUCTIONS.split()} | {
    name: _created for name in _FILLED if name != "full"
}
SPECIAL |= {
    f"conv{'_transpose' if transposed else ''}{count}d": _conv(count, transposed)
    for count in (1, 2, 3)
    for transposed in (False, True)
}
CREATORS = {*_FILLED, "full", "arange", "linspace", "tensor", "meshgrid"}
"""Functions that make a tensor from numbers."""
