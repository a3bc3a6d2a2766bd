"""Compute output sizes along one side of an input; an image is two calls, one for its width and one for its height.

The letters are the lecture's (N input, F kernel, S stride, P padding, K filters) plus D for dilation, which counts as
in PyTorch: 1 is an ordinary kernel. The formulas are those of torch.nn.Conv2d, MaxPool2d and ConvTranspose2d.
"""

import math
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers.checks import MAX_SIDE, check_range, join_or, nearest_fitting

Rule = Literal["exact", "floor", "ceil"]
"""What to do when the stride does not divide exactly.

"exact": raise an error (the lecture, CS231n). "floor": leave the remaining cells unread (PyTorch). "ceil": let the last
window reach beyond the edge, unless it would start there (PyTorch pooling with ``ceil_mode=True``).
"""
LETTERS = {"n": "N", "out_channels": "K", "kernel_size": "F", "stride": "S", "padding": "P", "dilation": "D"}
"""The lecture's letter for each argument of a layer, and for the input size ``n``."""


@dataclass(frozen=True)
class Window:
    """How a convolution or pooling layer slides along one side; raises ``DoesNotFit`` for a number out of range.

    ``padding`` is one number for both ends, or (left, right).
    """

    kernel_size: int
    stride: int = 1
    padding: int | tuple[int, int] = 0
    dilation: int = 1

    def __post_init__(self) -> None:
        check_range("kernel size F", self.kernel_size, 1, MAX_SIDE)
        check_range("stride S", self.stride, 1, MAX_SIDE)
        for cells in self.ends:
            check_range("padding P", cells, 0, MAX_SIDE)
        check_range("dilation D", self.dilation, 1, MAX_SIDE)

    @property
    def ends(self) -> tuple[int, int]:
        """Cells of padding on the left and on the right."""
        return self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)

    @property
    def reach(self) -> int:
        """Cells from the first to the last one that the kernel touches: D*(F - 1) + 1."""
        return self.dilation * (self.kernel_size - 1) + 1

    def same_padded(self) -> "Window":
        """Return the window with the padding that keeps the size; PyTorch puts the odd cell on the right."""
        if self.stride != 1:
            raise DoesNotFit(
                f'Padding "same" keeps the size only with stride 1, not {self.stride:,}: '
                "set S = 1, or choose another padding."
            )
        total = self.reach - 1
        return replace(self, padding=(total // 2, total - total // 2))


@dataclass(frozen=True)
class Size:
    """Number of windows along one side, and what they leave out.

    Attributes:
        size: Number of windows, which is the output size.
        quotient: (N - F + 2P)/S before rounding.
        unread: Cells behind the last window, padding included.
        unread_input: Those of them that are data.
        overhang: Cells that the last window reads beyond the padded input, under "ceil" only.
        dropped: Whether rounding up gave one window more, which would have started behind the input.
        formula: The size formula with the numbers put in.
    """

    size: int
    quotient: Fraction
    unread: int
    unread_input: int
    overhang: int
    dropped: bool
    formula: str


@dataclass(frozen=True)
class Count:
    """A number, and the formula that it comes from with the numbers put in."""

    value: int
    formula: str

    @property
    def expression(self) -> str:
        """The formula up to the equals sign."""
        return self.formula.split(" = ")[0]


def output_size(n: int, window: Window, rule: Rule = "floor") -> Size:
    """Compute the number of windows along a side of ``n`` cells: (N - F + 2P)/S + 1, rounded by ``rule``.

    Raises:
        SizeDoesNotFit: No window fits, or under "exact" the stride does not divide exactly.
        DoesNotFit: ``n`` is out of range.
    """
    check_range("input size N", n, 1, MAX_SIDE)
    size = _count_windows(n, window, rule)
    if size < 1:
        raise _size_error(n, window, rule)
    left, right = window.ends
    quotient = Fraction(n - window.reach + left + right, window.stride)
    dropped = rule == "ceil" and size <= math.ceil(quotient)
    covered = (size - 1) * window.stride + window.reach
    unread = max(0, n + left + right - covered)
    return Size(
        size=size,
        quotient=quotient,
        unread=unread,
        unread_input=min(n, max(0, unread - right)),
        overhang=max(0, covered - n - left - right),
        dropped=dropped,
        formula=f"{_expression(n, window, rule)}{' - 1' if dropped else ''} = {size}",
    )


def pool_size(n: int, window: Window, rule: Rule = "floor") -> Size:
    """Compute :func:`output_size` of a pooling layer, whose padding may be at most F/2, as in PyTorch."""
    most = window.kernel_size // 2
    if max(window.ends) > most:
        raise DoesNotFit(
            f"Padding {max(window.ends):,} is more than half of a pooling window of {window.kernel_size:,}: "
            f"choose P = {most:,} or less, so that no window holds nothing but padding."
        )
    return output_size(n, window, rule)


def adaptive_windows(n: int, size: int) -> tuple[tuple[int, int], ...]:
    """Return (start, stop) of each window of PyTorch's adaptive pooling from ``n`` cells to ``size``."""
    check_range("input size N", n, 1, MAX_SIDE)
    check_range("output size", size, 1, MAX_SIDE)
    return tuple((i * n // size, -((-(i + 1) * n) // size)) for i in range(size))


def layer_by_layer(n: int, window: Window, most: int) -> tuple[int, ...]:
    """Return the sizes of ``n`` cells after 0, 1, 2 ... equal layers, until no window fits or there are ``most``."""
    sizes = [n]
    while len(sizes) < most:
        try:
            sizes.append(output_size(sizes[-1], window).size)
        except SizeDoesNotFit:
            break
    return tuple(sizes)


def transposed_output_size(n: int, window: Window, output_padding: int = 0) -> Count:
    """Compute the output size of a transposed convolution: (N - 1)*S - 2P + [D*(F - 1) + 1] + output padding.

    Raises:
        DoesNotFit: The padding leaves nothing, or ``output_padding`` is not below stride or dilation.
    """
    check_range("input size N", n, 1, MAX_SIDE)
    check_range("output padding", output_padding, 0, max(window.stride, window.dilation) - 1)
    unpadded = (n - 1) * window.stride + window.reach + output_padding
    left, right = window.ends
    size = unpadded - left - right
    if size < 1:
        raise DoesNotFit(
            f"Padding {window.padding:,} cuts away the whole output: choose P = {(unpadded - 1) // 2:,} or less."
        )
    formula = f"({n} - 1)*{window.stride} - {_padding(window)} + {_kernel(window)} + {output_padding} = {size}"
    return Count(size, formula)


def _count_windows(n: int, window: Window, rule: Rule) -> int:
    """Return the number of windows; 0 or less when they do not fit."""
    left, right = window.ends
    span = n - window.reach + left + right
    if rule == "exact" and span % window.stride:
        return 0
    if rule != "ceil":
        return span // window.stride + 1
    size = -(-span // window.stride) + 1
    # PyTorch drops a last window that would start behind the input and its left padding.
    return size - 1 if (size - 1) * window.stride >= n + left else size


def _kernel(window: Window) -> str:
    return f"{window.kernel_size}" if window.dilation == 1 else f"[{window.dilation}*({window.kernel_size} - 1) + 1]"


def _padding(window: Window) -> str:
    return f"2*{window.padding}" if isinstance(window.padding, int) else " + ".join(map(str, window.padding))


def _expression(n: int, window: Window, rule: Rule) -> str:
    """Return the size formula up to the equals sign, with the rounding only where it changes the result."""
    quotient = f"({n} - {_kernel(window)} + {_padding(window)})/{window.stride}"
    divides = (n - window.reach + sum(window.ends)) % window.stride == 0
    return f"{quotient} + 1" if divides or rule == "exact" else f"{rule}({quotient}) + 1"


def _size_error(n: int, window: Window, rule: Rule) -> SizeDoesNotFit:
    """Build the error that says why nothing fits, and which single changes would."""
    nearest = _nearest_changes(n, window, rule)
    cells = n + sum(window.ends)
    if cells < window.reach:
        reason = f"A window of {window.reach:,} is longer than the input with its padding, {cells:,}"
    else:
        size = float(Fraction(cells - window.reach, window.stride) + 1)
        reason = f"The stride does not divide exactly: {_expression(n, window, rule)} = {round(size, 2):.10g}"
    if nearest:
        changes = (f"{LETTERS[name]} = {join_or(values)}" for name, values in nearest.items())
        advice = f"the nearest that fit are {', '.join(changes)}"
    else:
        advice = "no single change makes it fit, so choose both a larger input and a smaller window"
    return SizeDoesNotFit(f"{reason}; {advice}.", nearest)


def _nearest_changes(n: int, window: Window, rule: Rule) -> dict[str, tuple[int, ...]]:
    """Return, by argument, the closest values that fit when the other arguments stay as they are."""
    arguments: dict[str, Any] = {"n": n} | asdict(window)
    if window.dilation == 1:
        del arguments["dilation"]
    if isinstance(window.padding, tuple):
        del arguments["padding"]
    # Beyond twice the largest number nothing new can fit.
    high = min(MAX_SIDE, 2 * max(window.reach, *arguments.values()) + 2)
    nearest = {}
    for name, value in arguments.items():

        def fits(candidate: int, name: str = name) -> bool:
            if name == "n":
                return _count_windows(candidate, window, rule) >= 1
            return _count_windows(n, replace(window, **{name: candidate}), rule) >= 1

        nearest[name] = nearest_fitting(value, 0 if name == "padding" else 1, high, fits)
    return {name: values for name, values in nearest.items() if values}
