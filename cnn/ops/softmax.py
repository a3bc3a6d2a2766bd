"""From a volume to probabilities: flatten, softmax term by term, the max trick, cross-entropy and its gradient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Count

_MANTISSA, _EXPONENT = f"{np.finfo(np.float32).max:.1e}".split("e+")
LARGEST_FLOAT32 = f"{_MANTISSA} x 10^{_EXPONENT}"
"""The largest number there is in 32 bits, in words."""


@dataclass(frozen=True)
class Term:
    """One class on its way: score z, ``scaled`` z/T, ``exponential`` e^(z/T), and its share of the sum, 0 to 1.

    The exponential is a decimal number because it may have thousands of digits.
    """

    name: str
    score: float
    scaled: float
    exponential: Decimal
    probability: float


@dataclass(frozen=True)
class Softmax:
    """All terms, their sum and the temperature T."""

    terms: tuple[Term, ...]
    total: Decimal
    temperature: float


@dataclass(frozen=True)
class Float32:
    """The same in the 32-bit numbers that networks compute in; infinity and NaN where those end.

    ``exponents`` are z/T, less the largest of them where ``shift`` is not 0.
    """

    shift: float
    exponents: tuple[float, ...]
    exponentials: tuple[float, ...]
    total: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Loss:
    """Cross-entropy -ln p of the true class, in nats, and its derivative by each z/T: p - y, with y one-hot.

    ``by_score`` is the derivative by each score z, which is (p - y)/T.
    """

    value: float
    wanted: tuple[int, ...]
    gradient: tuple[float, ...]
    by_score: tuple[float, ...]


@dataclass(frozen=True)
class FlatIndex:
    """One number of a volume before and after flattening; everything counts from 0."""

    channel: int
    row: int
    column: int
    flat: Count


def softmax(names: Sequence[str], scores: Sequence[float], temperature: float = 1.0) -> Softmax:
    """p_i = e^(z_i/T) / sum over j of e^(z_j/T), without rounding worth mentioning.

    Raises ``DoesNotFit`` when there is not one score for each name.
    """
    if len(names) != len(scores):
        raise DoesNotFit(f"There are {len(names)} class names and {len(scores)} scores: type one score for each class.")
    scaled = [score / temperature for score in scores]
    exponentials = [Decimal(value).exp() for value in scaled]
    total = sum(exponentials, Decimal(0))
    columns = zip(names, scores, scaled, exponentials, strict=True)
    return Softmax(tuple(Term(*column, probability=float(column[3] / total)) for column in columns), total, temperature)


def scores_for(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Scores whose softmax is ``probabilities``, the lowest of them 0; adding a number to all changes nothing."""
    logarithms = [math.log(p) for p in probabilities]
    return tuple(value - min(logarithms) for value in logarithms)


def in_float32(example: Softmax, *, max_trick: bool) -> Float32:
    """The softmax as 32-bit arithmetic gives it, with or without taking the largest exponent off all of them first."""
    exponents = np.array([term.scaled for term in example.terms], dtype=np.float32)
    shift = exponents.max() if max_trick else np.float32(0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        exponentials = np.exp(exponents - shift)
        total = exponentials.sum()
        probabilities = exponentials / total
    return Float32(
        float(shift),
        tuple((exponents - shift).tolist()),
        tuple(exponentials.tolist()),
        float(total),
        tuple(probabilities.tolist()),
    )


def describe_float32(plain: Float32) -> str:
    """What became of the softmax that was computed as it is written, in a sentence or two."""
    highest = max(plain.exponents)
    if math.isinf(plain.total):
        return (
            f"e^{highest:g} is more than {LARGEST_FLOAT32}, the largest number there is in 32 bits, so it becomes "
            "infinity; and infinity divided by infinity is not a number (nan)."
        )
    if plain.total == 0:
        return (
            f"Even e^{highest:g} is closer to 0 than 32 bits can tell, so every term becomes 0; "
            "and 0 divided by 0 is not a number (nan)."
        )
    return "These scores are small enough: both ways give the same."


def cross_entropy(example: Softmax, true: int) -> Loss:
    """The loss when class ``true``, counted from 0, is the right one. Raises ``DoesNotFit`` if there is none such."""
    if not 0 <= true < len(example.terms):
        count = len(example.terms)
        raise DoesNotFit(f"There is no class number {true + 1}: choose a true class from 1 to {count}.")
    # ln(sum) - z/T rather than -ln p, which is 0 digits long once p has been rounded to 0.
    value = max(0.0, float(example.total.ln() - Decimal(example.terms[true].scaled)))
    wanted = tuple(int(place == true) for place in range(len(example.terms)))
    gradient = tuple(term.probability - y for term, y in zip(example.terms, wanted, strict=True))
    return Loss(value, wanted, gradient, tuple(slope / example.temperature for slope in gradient))


def describe_loss(example: Softmax, loss: Loss) -> str:
    """The loss with its numbers put in, and what training does with its gradient; markdown."""
    term = example.terms[loss.wanted.index(1)]
    value = f"{loss.value:,.0f}" if loss.value >= 1000 else f"{loss.value:.4g}"
    if not 1e-4 <= term.probability <= 1 - 1e-4:  # such a p has lost the digits that its logarithm would need
        formula = f"-ln p = ln(sum of e^(z/T)) - z/T = {value}"
    else:
        formula = f"-ln p = -ln {term.probability:.4g} = {value}"
    return (
        f"If **{term.name}** is right, the cross-entropy is **{formula}**: "
        "0 for a sure and right answer, and without limit for a sure and wrong one. Its gradient is **p - y**, with "
        "y = 1 for the true class and 0 for the others: training raises the true score and lowers the others, each by "
        "as much as it was off."
    )


def locate_flat_index(place: int, shape: tuple[int, int, int]) -> FlatIndex:
    """Where number ``place`` of the flattened row comes from in a volume of ``shape`` (channels, height, width).

    PyTorch's order: channel by channel, in each row by row.
    """
    channel, row, column = (int(index) for index in np.unravel_index(place, shape))
    _, height, width = shape
    formula = f"{channel}*{height}*{width} + {row}*{width} + {column} = {place}"
    return FlatIndex(channel, row, column, Count(place, formula))
