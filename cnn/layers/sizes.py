"""Compute output sizes along one side of an input; an image is two calls, one for its width and one for its height.

The letters are the lecture's (N input, F kernel, S stride, P padding, K filters) plus D for dilation, which counts as
in PyTorch: 1 is an ordinary kernel. The formulas are those of torch.nn.Conv2d, MaxPool2d and ConvTranspose2d.
"""

import math
from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, eq=False)
class Size(int):
    """Number of windows along one side, which computes as a number, and what they leave out.

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
    __str__ = int.__repr__

    def __new__(cls, size: int, *_: object, **__: object) -> "Size":
        """Make the number that it is."""
        return super().__new__(cls, size)


@dataclass(frozen=True, eq=False)
class Count(int):
    """A number, and the formula that it comes from with the numbers put in; it computes as a number."""

    value: int
    formula: str
    __str__ = int.__repr__

    def __new__(cls, value: int, *_: object, **__: object) -> "Count":
        """Make the number that it is."""
        return super().__new__(cls, value)

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
    return output_sizes((n,), window, rule)[0]


def output_sizes(
    sides: tuple[int, ...], window: Window, rule: Rule = "floor", *, pooling: bool = False, most: int = MAX_SIDE
) -> tuple[Size, ...]:
    """Compute the output size along each of several sides; the values that an error names as nearest fit them all.

    Args:
        sides: Cells of each side of the input.
        window: How the window slides along every side.
        rule: What to do when the stride does not divide exactly.
        pooling: Whether padding is limited to F/2.
        most: Largest side of the input.

    Raises:
        SizeDoesNotFit: As :func:`output_size`, for the first side that does not fit.
        DoesNotFit: A side is out of range.
    """
    for n in sides:
        check_range("input size N", n, 1, most)
    fits = _Rule(rule, pooling)
    for n in sides:
        if not fits(n, window):
            raise _size_error(_describe_misfit(n, window, fits), _nearest_changes(sides, window, fits))
    return tuple(_size(n, window, rule) for n in sides)


def window_fits(sides: tuple[int, ...], window: Window, rule: Rule = "floor", *, pooling: bool = False) -> bool:
    """Return whether :func:`output_sizes` finds a size along every side."""
    return all(_Rule(rule, pooling)(n, window) for n in sides)


def keep_advice(error: SizeDoesNotFit, accepts: Callable[[str, int], bool]) -> SizeDoesNotFit:
    """Return ``error`` with those of its nearest values that ``accepts``, given an argument's name and a value."""
    nearest = {
        name: kept
        for name, values in error.nearest.items()
        if (kept := tuple(value for value in values if accepts(name, value)))
    }
    return _size_error(error.reason, nearest)


def adaptive_windows(n: int, size: int) -> tuple[tuple[int, int], ...]:
    """Return (start, stop) of each window of PyTorch's adaptive pooling from ``n`` cells to ``size``."""
    check_range("input size N", n, 1, MAX_SIDE)
    check_range("output size", size, 1, MAX_SIDE)
    return tuple((i * n // size, -((-(i + 1) * n) // size)) for i in range(size))


def quotient(n: int, window: Window) -> Fraction:
    """Return (N - F + 2P)/S along a side of ``n`` cells, before rounding; below 0 where the window is too long."""
    return Fraction(n - window.reach + sum(window.ends), window.stride)


def formula(n: int, window: Window) -> str:
    """Return (N - F + 2P)/S + 1 with the numbers put in, and its value before rounding, to two decimals."""
    return f"{_expression(n, window, 'exact')} = {round(float(quotient(n, window) + 1), 2):.10g}"


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
        SizeDoesNotFit: The padding leaves nothing.
        DoesNotFit: ``output_padding`` is not below stride or dilation, or ``n`` is out of range.
    """
    return transposed_output_sizes((n,), window, output_padding)[0]


def transposed_output_sizes(sides: tuple[int, ...], window: Window, output_padding: int = 0) -> tuple[Count, ...]:
    """Compute :func:`transposed_output_size` along several sides; the padding that an error names fits them all."""
    check_range("output padding", output_padding, 0, max(window.stride, window.dilation) - 1)
    left, right = window.ends
    unpadded = []
    for n in sides:
        check_range("input size N", n, 1, MAX_SIDE)
        unpadded.append((n - 1) * window.stride + window.reach + output_padding)
    if min(unpadded) <= left + right:
        most, least = (min(unpadded) - 1) // 2, -((MAX_SIDE - max(unpadded)) // 2)
        raise _size_error(
            f"Padding {max(left, right):,} cuts away the whole output", {"padding": (most,)} if least <= most else {}
        )
    return tuple(
        Count(
            size := cells - left - right,
            f"({n} - 1)*{window.stride} - {_padding(window)} + {_kernel(window)} + {output_padding} = {size}",
        )
        for n, cells in zip(sides, unpadded, strict=True)
    )


def _size(n: int, window: Window, rule: Rule) -> Size:
    size = _count_windows(n, window, rule)
    left, right = window.ends
    exact = quotient(n, window)
    dropped = rule == "ceil" and size <= math.ceil(exact)
    covered = (size - 1) * window.stride + window.reach
    unread = max(0, n + left + right - covered)
    return Size(
        size=size,
        quotient=exact,
        unread=unread,
        unread_input=min(n, max(0, unread - right)),
        overhang=max(0, covered - n - left - right),
        dropped=dropped,
        formula=f"{_expression(n, window, rule)}{' - 1' if dropped else ''} = {size}",
    )


@dataclass(frozen=True)
class _Rule:
    """Whether a window fits a side."""

    rounding: Rule
    pooling: bool

    def __call__(self, n: int, window: Window) -> bool:
        return not self.limits_padding(window) and _count_windows(n, window, self.rounding) >= 1

    def limits_padding(self, window: Window) -> bool:
        """Return whether the padding is beyond the limit of pooling."""
        return self.pooling and max(window.ends) > window.kernel_size // 2


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


def _describe_misfit(n: int, window: Window, rule: _Rule) -> str:
    """Say why the window does not fit, without a full stop."""
    if rule.limits_padding(window):
        return (
            f"Padding {max(window.ends):,} is more than half of a pooling window of {window.kernel_size:,}, so that a "
            "window could hold nothing but padding"
        )
    cells = n + sum(window.ends)
    if cells < window.reach:
        return f"A window of {window.reach:,} is longer than the input with its padding, {cells:,}"
    return f"The stride does not divide exactly: {formula(n, window)}"


def _size_error(reason: str, nearest: Mapping[str, tuple[int, ...]]) -> SizeDoesNotFit:
    """Build the error that says why nothing fits, and which single changes would."""
    if nearest:
        changes = (f"{LETTERS[name]} = {join_or(values)}" for name, values in nearest.items())
        return SizeDoesNotFit(reason, f"the nearest that fit are {', '.join(changes)}", nearest)
    advice = "no single number makes it fit, so change two or more of them"
    return SizeDoesNotFit(reason, advice, nearest)


def _nearest_changes(sides: tuple[int, ...], window: Window, fits: _Rule) -> dict[str, tuple[int, ...]]:
    """Return, by argument, the closest values that fit all sides when the other arguments stay as they are.

    The input size is changed where it does not fit, unless two sides do not and differ.
    """
    arguments: dict[str, Any] = asdict(window)
    if window.dilation == 1:
        del arguments["dilation"]
    if isinstance(window.padding, tuple):
        del arguments["padding"]
    misfits = {n for n in sides if not fits(n, window)}
    if len(misfits) == 1:
        arguments = {"n": misfits.pop()} | arguments
    # Beyond twice the largest number nothing new can fit.
    high = min(MAX_SIDE, 2 * max(window.reach, *sides, *arguments.values()) + 2)
    nearest = {}
    for name, value in arguments.items():

        def accepts(candidate: int, name: str = name, value: int = value) -> bool:
            changed = window if name == "n" else replace(window, **{name: candidate})
            lengths = [candidate if name == "n" and n == value else n for n in sides]
            return all(fits(n, changed) and _count_windows(n, changed, fits.rounding) <= MAX_SIDE for n in lengths)

        nearest[name] = nearest_fitting(value, 0 if name == "padding" else 1, high, accepts)
    return {name: values for name, values in nearest.items() if values}
