"""Sizes, parameters, multiply-adds, memory and receptive fields: whole numbers in, whole numbers out.

Everything is one-dimensional where it can be: a picture is two calls, one for its width and one for its height.
The letters are the lecture's (N input, F kernel, S stride, P padding, K filters) plus D for dilation, counted as
PyTorch counts it: 1 is ordinary. The size formulas are those of torch.nn.Conv2d, MaxPool2d and ConvTranspose2d.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Literal

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers.checks import MAX_SIDE, check_range, join_or, nearest_fitting

Rule = Literal["exact", "floor", "ceil"]
"""What to do when the windows do not come out even.

"exact": refuse (the lecture, CS231n). "floor": leave the rest unread (PyTorch). "ceil": let the last window hang over
the edge, unless it would start behind the input (PyTorch pooling with ``ceil_mode=True``).
"""
_LETTERS = {"n": "N", "kernel_size": "F", "stride": "S", "padding": "P", "dilation": "D"}


@dataclass(frozen=True)
class Size:
    """How many windows fit along one side, and what they leave out.

    ``quotient`` is (N - F + 2P)/S before rounding. ``unread`` counts the cells, padding included, behind the last
    window; ``unread_input`` those of them that are data. ``overhang`` counts the places that the last window reads
    beyond the padded input (only under "ceil"). ``dropped``: "ceil" asked for one window more, which would have
    started behind the input. ``formula`` has the numbers put in.
    """

    size: int
    quotient: Fraction
    rule: Rule
    unread: int
    unread_input: int
    overhang: int
    dropped: bool
    formula: str


@dataclass(frozen=True)
class Count:
    """A number and the product or sum that it came from, numbers put in."""

    value: int
    formula: str


@dataclass(frozen=True)
class Window:
    """What one convolution or pooling layer does along one side."""

    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1


def effective_kernel(kernel_size: int, dilation: int = 1) -> int:
    """Cells from the first to the last one that a kernel touches: D*(F - 1) + 1."""
    check_range("kernel size F", kernel_size, 1, MAX_SIDE)
    check_range("dilation D", dilation, 1, MAX_SIDE)
    return dilation * (kernel_size - 1) + 1


def output_size(
    n: int,
    kernel_size: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    rule: Rule = "floor",
) -> Size:
    """Number of windows along a side of ``n`` cells: (N - F + 2P)/S + 1, with the chosen rule for fractions.

    ``padding`` is one number for both ends, or (left, right). Raises ``SizeDoesNotFit`` when no window fits, and under
    "exact" also when the division does not come out even; ``DoesNotFit`` when a number is out of range.
    """
    left, right = padding if isinstance(padding, tuple) else (padding, padding)
    check_range("input size N", n, 1, MAX_SIDE)
    check_range("stride S", stride, 1, MAX_SIDE)
    for end in (left, right):
        check_range("padding P", end, 0, MAX_SIDE)
    reach = effective_kernel(kernel_size, dilation)
    quotient = Fraction(n - reach + left + right, stride)
    wanted = _round(quotient, rule) + 1
    size = _count(n, reach, stride, left, right, rule)
    if size < 1:
        raise _refusal(n, kernel_size, stride, padding, dilation, rule)
    last = (size - 1) * stride + reach
    unread = max(0, n + left + right - last)
    dropped = size < wanted
    return Size(
        size=size,
        quotient=quotient,
        rule=rule,
        unread=unread,
        unread_input=min(n, max(0, unread - right)),
        overhang=max(0, last - n - left - right),
        dropped=dropped,
        formula=f"{_expression(n, kernel_size, stride, padding, dilation, rule)}{' - 1' if dropped else ''} = {size}",
    )


def pool_size(
    n: int, kernel_size: int, stride: int | None = None, padding: int = 0, dilation: int = 1, rule: Rule = "floor"
) -> Size:
    """As ``output_size`` for a pooling layer: stride defaults to F, and P may be at most F/2, as in PyTorch."""
    check_range("kernel size F", kernel_size, 1, MAX_SIDE)
    if padding > kernel_size // 2:
        raise DoesNotFit(
            f"Padding {padding:,} is more than half of a pooling window of {kernel_size:,}: "
            f"choose P = {kernel_size // 2:,} or less, so that no window holds nothing but padding."
        )
    return output_size(n, kernel_size, kernel_size if stride is None else stride, padding, dilation, rule)


def adaptive_windows(n: int, size: int) -> tuple[tuple[int, int], ...]:
    """(start, stop) of each window of an adaptive pooling layer that turns ``n`` cells into ``size``, as PyTorch's."""
    check_range("input size N", n, 1, MAX_SIDE)
    check_range("output size", size, 1, MAX_SIDE)
    return tuple((i * n // size, -((-(i + 1) * n) // size)) for i in range(size))


def same_padding(kernel_size: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """(left, right) padding that keeps a side as long as it was; PyTorch puts the odd cell on the right."""
    if stride != 1:
        raise DoesNotFit(
            f'Padding "same" keeps the size only with stride 1, not {stride:,}: set S = 1, or choose another padding.'
        )
    total = effective_kernel(kernel_size, dilation) - 1
    return total // 2, total - total // 2


def layer_by_layer(n: int, kernel_size: int, stride: int = 1, padding: int = 0, most: int = 8) -> tuple[int, ...]:
    """Sizes of ``n`` cells after 0, 1, 2 ... such layers, until no window fits or ``most`` sizes are found."""
    sizes = [n]
    while len(sizes) < most:
        try:
            sizes.append(output_size(sizes[-1], kernel_size, stride, padding).size)
        except SizeDoesNotFit:
            break
    return tuple(sizes)


def transposed_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> Count:
    """Side of a transposed convolution's output: (N - 1)*S - 2P + [D*(F - 1) + 1] + output padding.

    Raises ``DoesNotFit`` when the padding eats everything or ``output_padding`` is not below stride or dilation.
    """
    check_range("input size N", n, 1, MAX_SIDE)
    check_range("stride S", stride, 1, MAX_SIDE)
    check_range("padding P", padding, 0, MAX_SIDE)
    reach = effective_kernel(kernel_size, dilation)
    check_range("output padding", output_padding, 0, max(stride, dilation) - 1)
    size = (n - 1) * stride - 2 * padding + reach + output_padding
    if size < 1:
        most = ((n - 1) * stride + reach + output_padding - 1) // 2
        raise DoesNotFit(f"Padding {padding:,} cuts away the whole output: choose P = {most:,} or less.")
    spread = f"[{dilation}*({kernel_size} - 1) + 1]" if dilation > 1 else kernel_size
    formula = f"({n} - 1)*{stride} - 2*{padding} + {spread} + {output_padding} = {size}"
    return Count(size, formula)


def _round(quotient: Fraction, rule: Rule) -> int:
    return math.ceil(quotient) if rule == "ceil" else math.floor(quotient)


def _count(n: int, reach: int, stride: int, left: int, right: int, rule: Rule) -> int:
    """Number of windows; 0 or less when they do not fit."""
    span = n - reach + left + right
    if rule == "exact" and span % stride:
        return 0
    if rule != "ceil":
        return span // stride + 1
    size = -(-span // stride) + 1
    # PyTorch's drop rule: the last window must start inside the input or the left padding.
    return size - 1 if (size - 1) * stride >= n + left else size


def _expression(
    n: int, kernel_size: int, stride: int, padding: int | tuple[int, int], dilation: int, rule: Rule
) -> str:
    """The size formula up to the equals sign; rounding is only written where it does something."""
    kernel = f"{kernel_size}" if dilation == 1 else f"[{dilation}*({kernel_size} - 1) + 1]"
    pad = f"{padding[0]} + {padding[1]}" if isinstance(padding, tuple) else f"2*{padding}"
    total = sum(padding) if isinstance(padding, tuple) else 2 * padding
    uneven = (n - effective_kernel(kernel_size, dilation) + total) % stride
    quotient = f"({n} - {kernel} + {pad})/{stride}"
    return f"{rule}({quotient}) + 1" if uneven and rule != "exact" else f"{quotient} + 1"


def _refusal(
    n: int, kernel_size: int, stride: int, padding: int | tuple[int, int], dilation: int, rule: Rule
) -> SizeDoesNotFit:
    """The sentence that says why nothing fits and, argument by argument, what the closest fitting values are."""
    values = {"n": n, "kernel_size": kernel_size, "stride": stride, "dilation": dilation}
    if not isinstance(padding, tuple):
        values["padding"] = padding

    def fits(name: str, value: int) -> bool:
        now = values | {name: value}
        left, right = padding if isinstance(padding, tuple) else (now["padding"], now["padding"])
        reach = now["dilation"] * (now["kernel_size"] - 1) + 1
        return _count(now["n"], reach, now["stride"], left, right, rule) >= 1

    nearest: dict[str, tuple[int, ...]] = {}
    for name in ("n", "kernel_size", "stride", "padding", "dilation"):
        if name not in values or (name == "dilation" and dilation == 1):
            continue
        low = 0 if name == "padding" else 1
        # Beyond twice the cells at hand nothing new can fit, and the search stays short.
        high = min(MAX_SIDE, 2 * max(n, effective_kernel(kernel_size, dilation), values[name], stride) + 2)
        if found := nearest_fitting(values[name], low, high, partial(fits, name)):
            nearest[name] = found
    if nearest:
        values_that_fit = (f"{_LETTERS[name]} = {join_or(found)}" for name, found in nearest.items())
        advice = f"the nearest that fit are {', '.join(values_that_fit)}"
    else:
        advice = "no single change makes it fit, so choose both a larger input and a smaller window"
    cells = n + (sum(padding) if isinstance(padding, tuple) else 2 * padding)
    reach = effective_kernel(kernel_size, dilation)
    if cells < reach:
        why = f"A window of {reach:,} is longer than the input with its padding, {cells:,}"
    else:
        value = Fraction(cells - reach, stride) + 1
        formula = _expression(n, kernel_size, stride, padding, dilation, rule)
        why = f"The windows do not come out even: {formula} = {round(float(value), 2):.10g}"
    return SizeDoesNotFit(f"{why}; {advice}.", nearest)
