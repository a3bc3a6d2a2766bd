"""Work out the last layers: flattening, softmax term by term, cross-entropy and its gradient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Count

_MANTISSA, _EXPONENT = f"{np.finfo(np.float32).max:.1e}".split("e+")
LARGEST_FLOAT32 = f"{_MANTISSA} x 10^{_EXPONENT}"
"""The largest 32-bit number, as text."""


@dataclass(frozen=True)
class Term:
    """The softmax of one class.

    Attributes:
        name: The class.
        score: z.
        scaled: z/T.
        exponential: e^(z/T), as a decimal number because it may have thousands of digits.
        probability: The share of the exponential in the sum of all, from 0 to 1.
    """

    name: str
    score: float
    scaled: float
    exponential: Decimal
    probability: float


@dataclass(frozen=True)
class Softmax:
    """The terms of all classes, the sum of their exponentials, and the temperature T."""

    terms: tuple[Term, ...]
    total: Decimal
    temperature: float


@dataclass(frozen=True)
class Float32:
    """A softmax in 32-bit arithmetic, with infinity and NaN where numbers overflow.

    ``exponents`` are z/T minus ``shift``.
    """

    shift: float
    exponents: tuple[float, ...]
    exponentials: tuple[float, ...]
    total: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Loss:
    """The cross-entropy -ln p of the true class.

    Attributes:
        value: In nats.
        one_hot: y, which is 1 for the true class and 0 for the others.
        gradient: The derivative by each z/T: p - y.
        by_score: The derivative by each score z: (p - y)/T.
    """

    value: float
    one_hot: tuple[int, ...]
    gradient: tuple[float, ...]
    by_score: tuple[float, ...]


@dataclass(frozen=True)
class FlatIndex:
    """The position of one value in a volume and in the flattened vector; all indices count from 0."""

    channel: int
    row: int
    column: int
    flat: Count


def softmax(names: Sequence[str], scores: Sequence[float], temperature: float = 1.0) -> Softmax:
    """Compute p_i = e^(z_i/T) / sum over j of e^(z_j/T) in decimal arithmetic.

    Raises:
        DoesNotFit: There is not one score for each name.
    """
    if len(names) != len(scores):
        raise DoesNotFit(f"There are {len(names)} class names and {len(scores)} scores: type one score for each class.")
    scaled = [score / temperature for score in scores]
    exponentials = [Decimal(value).exp() for value in scaled]
    total = sum(exponentials, Decimal(0))
    columns = zip(names, scores, scaled, exponentials, strict=True)
    return Softmax(tuple(Term(*column, probability=float(column[3] / total)) for column in columns), total, temperature)


def match_scores(count: int, scores: Sequence[float]) -> tuple[tuple[float, ...], str]:
    """Return one score for each of ``count`` classes, and a sentence on what was left out or filled with 0, if any."""
    scores = tuple(scores)
    if len(scores) > count:
        return scores[:count], f"There are {len(scores)} scores for {count} classes: the first {count} are used."
    missing = count - len(scores)
    sentence = f"There are {len(scores)} scores for {count} classes: the classes at the end get 0." if missing else ""
    return scores + (0.0,) * missing, sentence


def scores_for(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Return the scores whose softmax is ``probabilities``, with 0 as the lowest score."""
    logarithms = [math.log(p) for p in probabilities]
    return tuple(value - min(logarithms) for value in logarithms)


def in_float32(example: Softmax, *, max_trick: bool) -> Float32:
    """Compute the softmax in 32-bit arithmetic; the max trick subtracts the largest exponent from all first."""
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


def describe_float32(plain: Float32, shifted: Float32) -> str:
    """Return a sentence on the result of the softmax without the max trick, beside that with it."""
    highest = max(plain.exponents)
    if any(map(math.isinf, plain.exponentials)):
        return (
            f"e^{highest:g} is more than {LARGEST_FLOAT32}, the largest number there is in 32 bits, so it becomes "
            "infinity; and infinity divided by infinity is not a number (nan)."
        )
    if math.isinf(plain.total):
        return (
            f"Each term is a 32-bit number, but their sum is more than {LARGEST_FLOAT32} and becomes infinity; any "
            "number divided by infinity is 0, so the probabilities do not add up to 1."
        )
    if plain.total == 0:
        return (
            f"Even e^{highest:g} is closer to 0 than 32 bits can tell, so every term becomes 0; "
            "and 0 divided by 0 is not a number (nan)."
        )
    if np.allclose(plain.probabilities, shifted.probabilities, rtol=1e-4, atol=0):
        return "These scores are small enough: both ways give the same to four digits."
    return (
        "Nothing overflows, but terms so close to 0 have lost digits in 32 bits, and the probabilities as written are "
        "a little wrong."
    )


def cross_entropy(example: Softmax, true: int) -> Loss:
    """Compute the loss when ``true``, counted from 0, is the true class. Raises ``DoesNotFit`` if it does not exist."""
    if not 0 <= true < len(example.terms):
        count = len(example.terms)
        raise DoesNotFit(f"There is no class number {true + 1}: choose a true class from 1 to {count}.")
    # ln(sum) - z/T instead of -ln p, because a tiny p is rounded to 0.
    value = max(0.0, float(example.total.ln() - Decimal(example.terms[true].scaled)))
    one_hot = tuple(int(index == true) for index in range(len(example.terms)))
    gradient = tuple(term.probability - y for term, y in zip(example.terms, one_hot, strict=True))
    return Loss(value, one_hot, gradient, tuple(slope / example.temperature for slope in gradient))


def describe_loss(example: Softmax, loss: Loss) -> str:
    """Return Markdown sentences on the loss with its numbers put in, and on the gradient."""
    term = example.terms[loss.one_hot.index(1)]
    value = f"{loss.value:,.0f}" if loss.value >= 1000 else f"{loss.value:.4g}"
    if not 1e-4 <= term.probability <= 1 - 1e-4:  # such a p has lost the digits that its logarithm would need
        formula = f"-ln p = ln(sum of e^(z/T)) - z/T = {value}"
    else:
        formula = f"-ln p = -ln {_enough_digits(term.probability, value)} = {value}"
    return (
        f"If **{term.name}** is right, the cross-entropy is **{formula}**: "
        "0 for a sure and right answer, and without limit for a sure and wrong one. Its gradient, the slope of the "
        "loss with respect to each score, is **p - y**, with y = 1 for the true class and 0 for the others (one-hot): "
        "training raises the true score and lowers the others, in proportion to how far each was off."
    )


def _enough_digits(probability: float, value: str) -> str:
    """Return ``probability`` with as many digits as its printed logarithm ``value`` needs, but at least four."""
    texts = (f"{probability:.{digits}g}" for digits in range(4, 17))
    return next((text for text in texts if f"{-math.log(float(text)):.4g}" == value), f"{probability:.17g}")


def locate_flat_index(index: int, shape: tuple[int, int, int]) -> FlatIndex:
    """Locate value ``index`` of a flattened volume of ``shape`` (channels, height, width).

    The order is PyTorch's: channel by channel, and row by row in each channel.
    """
    channel, row, column = map(int, np.unravel_index(index, shape))
    _, height, width = shape
    formula = f"{channel}*{height}*{width} + {row}*{width} + {column} = {index}"
    return FlatIndex(channel, row, column, Count(index, formula))
