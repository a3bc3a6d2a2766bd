"""Compute what layers make of a shape in one, two or three dimensions: output, parameters, multiply-adds and reach.

Shapes and formulas are those of PyTorch's modules: (batch, channels, sides...). Multiply-adds are for one image.
"""

import math
from collections.abc import Mapping
from typing import Any

from cnn.errors import DoesNotFit, SizeDoesNotFit, UserError
from cnn.layers import sizes
from cnn.layers.checks import MAX_SIDE
from cnn.layers.costs import MAX_COUNT
from cnn.layers.graph import BATCH, NOTHING, Dims, Effect, Reach, check_dims
from cnn.layers.operations.values import Unknown
from cnn.layers.sizes import Count, Window

Arguments = Mapping[str, Any]


def whole(arguments: Arguments, name: str, low: int = 1) -> int:
    """Return an argument that must be a whole number from ``low`` on."""
    value = arguments[name]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"{name} must be a whole number, not {describe(value)}.")
    if not low <= value <= MAX_COUNT:
        raise DoesNotFit(f"{name} must lie between {low} and {MAX_COUNT:,}, not {value:,}.")
    return int(value)


def per_side(arguments: Arguments, name: str, count: int, low: int = 1) -> tuple[int, ...]:
    """Return an argument that is one whole number for all sides, or one for each."""
    value = arguments[name]
    if isinstance(value, tuple | list):
        if len(value) == 1:
            value = list(value) * count
        if len(value) != count:
            raise DoesNotFit(f"{name} needs one number or {count}, not {len(value)}.")
        return tuple(whole({name: number}, name, low) for number in value)
    return (whole(arguments, name, low),) * count


def describe(value: Any) -> str:
    """Return a value as words of a sentence."""
    if isinstance(value, Unknown):
        return f"something that is not known ({value.reason})"
    text = repr(value) if isinstance(value, int | float | str | bool | None) else f"a {type(value).__name__.lower()}"
    return text if len(text) <= 60 else f"{text[:60]}..."


def show(dims: Dims) -> str:
    """Return a shape without its batch for a sentence."""
    return "x".join(map(str, dims[1:])) or "one number"


def require_sides(kind: str, dims: Dims, count: int) -> Dims:
    """Return the sides of a shape that must have ``count`` of them behind batch and channels."""
    if len(dims) != count + 2:
        raise DoesNotFit(
            f"{kind} reads channels and {count} side{'s' if count > 1 else ''}, but a shape of {show(dims)} arrives."
        )
    return dims[2:]


def require_channels(name: str, stated: int, arriving: int) -> None:
    """Raise ``DoesNotFit`` unless as many channels or features arrive as a layer states."""
    if stated != arriving:
        raise DoesNotFit(
            f"it has {name}={stated:,}, but {arriving:,} arrive: write {name}={arriving}, or let the layer before "
            f"it make {stated:,}."
        )


def product(*factors: int) -> Count:
    """Return a product and its formula, without factors of 1."""
    value = math.prod(factors)
    text = "*".join(str(factor) for factor in factors if factor != 1) or "1"
    return Count(value, f"{text} = {value:,}" if "*" in text else text)


def weights_and_biases(weights: Count, biases: int) -> Count:
    """Return the sum of weights and biases."""
    if not biases:
        return weights
    value = weights.value + biases
    return Count(value, f"{weights.expression} + {biases} = {value:,}")


def window_size(n: int, window: Window, rule: sizes.Rule = "floor", *, pooling: bool = False) -> tuple[int, str]:
    """Return the output size along one side, and its formula; longer sides than those of an image are allowed."""
    size = sizes.output_sizes((n,), window, rule, pooling=pooling, most=MAX_COUNT)[0]
    return size.size, size.formula


def slide(dims: Dims, windows: tuple[Window, ...], rule: sizes.Rule = "floor", *, pooling: bool = False) -> Any:
    """Return the output sides and their formulas; an error names the side if they differ.

    Raises:
        SizeDoesNotFit: No window fits along a side.
    """
    found = []
    for number, (n, window) in enumerate(zip(dims, windows, strict=True)):
        try:
            found.append(window_size(n, window, rule, pooling=pooling))
        except SizeDoesNotFit as error:
            names = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}[len(dims)]
            advice = str(error).removeprefix(error.reason).strip("; .")
            raise SizeDoesNotFit(f"along the {names[number]}, {error.reason}", advice, error.nearest) from None
    return tuple(side for side, _ in found), tuple(formula for _, formula in found)


def conv_windows(arguments: Arguments, count: int) -> tuple[Window, ...]:
    """Return how the filters slide along each side, with ``padding`` as PyTorch takes it."""
    kernels, strides, dilations = (per_side(arguments, name, count) for name in ("kernel_size", "stride", "dilation"))
    padding = arguments["padding"]
    if padding == "same":
        return tuple(Window(k, s, 0, d).same_padded() for k, s, d in zip(kernels, strides, dilations, strict=True))
    ends = (0,) * count if padding == "valid" else per_side(arguments, "padding", count, low=0)
    return tuple(Window(*numbers) for numbers in zip(kernels, strides, ends, dilations, strict=True))


def conv_weights(arguments: Arguments, count: int) -> Count:
    """Return the weights of a convolution, transposed or not: kernel, channels per group, filters."""
    inputs, outputs, groups = (whole(arguments, name) for name in ("in_channels", "out_channels", "groups"))
    if inputs % groups or outputs % groups:
        divisors = [d for d in range(1, min(inputs, outputs, 4096) + 1) if not inputs % d and not outputs % d]
        below, above = [d for d in divisors if d < groups][-1:], [d for d in divisors if d > groups][:1]
        raise DoesNotFit(
            f"{inputs:,} channels in and {outputs:,} out cannot be shared out among {groups:,} groups: "
            f"the nearest that fit are groups={' or '.join(map(str, below + above))}."
        )
    return product(*per_side(arguments, "kernel_size", count), inputs // groups, outputs)


def conv_parameters(arguments: Arguments, count: int) -> Count:
    """Return weights and biases of a convolution."""
    return weights_and_biases(conv_weights(arguments, count), arguments["out_channels"] if arguments["bias"] else 0)


def conv(kind: str, arguments: Arguments, dims: Dims, count: int) -> Effect:
    """Return what a convolution makes of a shape."""
    sides = require_sides(kind, dims, count)
    require_channels("in_channels", whole(arguments, "in_channels"), dims[1])
    weights = conv_weights(arguments, count)
    windows = conv_windows(arguments, count)
    output, formulas = slide(sides, windows)
    multiply_adds = product(*per_image((dims[0], *output)), weights.value)
    channels = whole(arguments, "out_channels")
    reach: Reach = windows
    return Effect(check_dims((dims[0], channels, *output)), NOTHING, multiply_adds, formulas, reach)


def per_image(dims: Dims) -> Dims:
    """Return the factors of a count with the share of one image in the batch."""
    return (dims[0] // BATCH, *dims[1:]) if dims[0] % BATCH == 0 else dims


def conv_transpose(kind: str, arguments: Arguments, dims: Dims, count: int) -> Effect:
    """Return what a transposed convolution makes of a shape; its filters are applied at the input's cells."""
    sides = require_sides(kind, dims, count)
    require_channels("in_channels", whole(arguments, "in_channels"), dims[1])
    weights = conv_weights(arguments, count)
    extra = per_side(arguments, "output_padding", count, low=0)
    found = [
        sizes.transposed_output_size(n, window, more)
        for n, window, more in zip(sides, conv_windows(arguments, count), extra, strict=True)
    ]
    output = tuple(size.value for size in found)
    multiply_adds = product(*per_image((dims[0], *sides)), weights.value)
    dims_out = check_dims((dims[0], whole(arguments, "out_channels"), *output))
    return Effect(dims_out, NOTHING, multiply_adds, tuple(size.formula for size in found), "lost")


def pool(kind: str, arguments: Arguments, dims: Dims, count: int) -> Effect:
    """Return what a pooling layer makes of a shape."""
    sides = require_sides(kind, dims, count)
    filled = dict(arguments)
    if filled.get("stride") in (None, (), []):
        filled["stride"] = filled["kernel_size"]
    windows = conv_windows({"padding": 0, "dilation": 1} | filled, count)
    rule: sizes.Rule = "ceil" if arguments.get("ceil_mode") else "floor"
    output, formulas = slide(sides, windows, rule, pooling=True)
    return Effect(check_dims((*dims[:2], *output)), formulas=formulas, reach=windows)


def adaptive_pool(kind: str, arguments: Arguments, dims: Dims, count: int) -> Effect:
    """Return what an adaptive pooling layer makes of a shape."""
    sides = require_sides(kind, dims, count)
    size = arguments["output_size"]
    wanted = size if isinstance(size, tuple | list) else (size,) * count
    if len(wanted) != count:
        raise DoesNotFit(f"output_size needs one number or {count}, not {len(wanted)}.")
    output = tuple(
        n if want is None else whole({"output_size": want}, "output_size")
        for n, want in zip(sides, wanted, strict=True)
    )
    return Effect(check_dims((*dims[:2], *output)), reach=adaptive_reach(sides, output))


def adaptive_reach(sides: Dims, output: Dims) -> Reach:
    """Return the windows of adaptive pooling where all are equally long."""
    if any(n % size or n > MAX_SIDE for n, size in zip(sides, output, strict=True)):
        return "all" if set(output) == {1} else "lost"
    return tuple(Window(n // size, n // size) for n, size in zip(sides, output, strict=True))


def linear_parameters(arguments: Arguments) -> Count:
    """Return weights and biases of a fully connected layer."""
    inputs, outputs = whole(arguments, "in_features"), whole(arguments, "out_features")
    return weights_and_biases(product(inputs, outputs), outputs if arguments["bias"] else 0)


def linear(arguments: Arguments, dims: Dims) -> Effect:
    """Return what a fully connected layer makes of the last side of a shape."""
    inputs, outputs = whole(arguments, "in_features"), whole(arguments, "out_features")
    if inputs != dims[-1] and len(dims) > 2 and inputs == math.prod(dims[1:]):
        raise DoesNotFit(
            f"it reads {inputs:,} features in a row, but a shape of {show(dims)} arrives: flatten it before this layer."
        )
    require_channels("in_features", inputs, dims[-1])
    multiply_adds = product(*per_image(dims), outputs)
    return Effect(check_dims((*dims[:-1], outputs)), NOTHING, multiply_adds, reach="cell" if len(dims) == 2 else "lost")


def norm_channels(kind: str, stated: Any, dims: Dims) -> Effect:
    """Return what a normalisation of channels makes of a shape."""
    if len(dims) < 2:
        raise DoesNotFit(f"{kind} reads channels, but a shape of {show(dims)} arrives.")
    if stated is not None:
        name = "num_channels" if kind == "GroupNorm" else "num_features"
        require_channels(name, whole({name: stated}, name), dims[1])
    return Effect(dims)


def reshape(dims: Dims, target: Any) -> Dims:
    """Return the shape that ``view`` gives, with one -1 filled in."""
    wanted = tuple(-1 if number == -1 else whole({"size": number}, "size", 0) for number in target)
    known = math.prod(number for number in wanted if number != -1)
    total = math.prod(dims)
    if wanted.count(-1) > 1:
        raise DoesNotFit("only one side of a shape can be -1.")
    fits = (known and total % known == 0) if -1 in wanted else known == total
    if not fits:
        raise DoesNotFit(
            f"{total // dims[0]:,} numbers for each image ({show(dims)}) cannot be put into a shape of "
            f"{'x'.join(map(str, wanted[1:]))}."
        )
    return check_dims(
        tuple(type(target[i])(number) if number != -1 else total // known for i, number in enumerate(wanted))
    )


def keep_sides(before: Dims, after: Dims) -> Reach:
    """Return the reach of a rearrangement: units keep their places where the sides are the same."""
    sides = before[2:]
    if math.prod(sides) == 1:
        return "cell"
    return "cell" if sides and after[-len(sides) :] == sides and len(after) > len(sides) else "lost"


def flatten(dims: Dims, start: int, end: int) -> Dims:
    """Return a shape whose sides from ``start`` to ``end`` are one."""
    first, last = (axis(number, len(dims)) for number in (start, end))
    if first > last:
        raise DoesNotFit("flatten must start before its end.")
    return check_dims((*dims[:first], math.prod(dims[first : last + 1]), *dims[last + 1 :]))


def axis(number: Any, count: int) -> int:
    """Return the position of an axis that may be counted from the end."""
    if isinstance(number, bool) or not isinstance(number, int) or not -count <= number < count:
        raise DoesNotFit(f"there is no axis {describe(number)} in a shape of {count} with the batch.")
    return number % count


def broadcast(first: Dims, second: Dims) -> Dims:
    """Return the shape of an operation on two tensors, by PyTorch's rule."""
    length = max(len(first), len(second))
    sides = []
    for a, b in zip((1,) * (length - len(first)) + first, (1,) * (length - len(second)) + second, strict=True):
        if a != b and 1 not in (a, b):
            raise DoesNotFit(
                f"shapes of {show(first)} and {show(second)} cannot be put together: give both the same number of "
                "channels and the same sides."
            )
        sides.append(b if a == 1 else a)
    return check_dims(tuple(sides))


def concatenate(shapes: list[Dims], along: Any) -> Dims:
    """Return the shape of several tensors one behind the other along an axis."""
    if not shapes:
        raise DoesNotFit("there is nothing to concatenate.")
    place = axis(along, len(shapes[0]))
    for dims in shapes[1:]:
        same = len(dims) == len(shapes[0]) and dims[:place] == shapes[0][:place]
        if not same or dims[place + 1 :] != shapes[0][place + 1 :]:
            raise DoesNotFit(
                f"shapes of {' and '.join(show(each) for each in (shapes[0], dims))} cannot be concatenated along axis "
                f"{place}: all other sides must be equal."
            )
    total = sum(dims[place] for dims in shapes)
    return check_dims((*shapes[0][:place], total, *shapes[0][place + 1 :]))
