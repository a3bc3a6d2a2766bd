"""Deletion and insertion: does hiding what a map marks change the answer more than hiding squares at random?

Deletion fills the film with a baseline square by square, the map's strongest squares first; insertion uncovers a filled
film in the same order (Petsiuk et al., RISE, BMVC 2018; squares and random orders as in Samek et al., IEEE TNNLS 2017).
A film with holes is like no film that the network has learnt from, and how the answer moves depends on what the holes
are filled with. So a curve says something only beside other orders of the same squares, under the same baseline.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

GRID = 16
"""Squares a side, in which a film is hidden and maps are compared; it divides the input size of every network."""
STEPS = 16
"""Steps from the whole film to none of it, so many squares each."""
RANDOM_ORDERS = 5
CHUNK = 13
"""Pictures that pass at once: what bounds the memory."""

Baseline = Literal["grey", "blur"]
Progress = Callable[[int, int], None]
Score = Callable[[Tensor], np.ndarray]
"""From pictures (B, 1, S, S) to one number for each, (B,)."""


@dataclass(frozen=True)
class Curves:
    """The class's probability while squares are hidden (``deletion``) or uncovered (``insertion``).

    Attributes:
        share: (STEPS + 1,) how much of the film is hidden, or uncovered, 0..1.
        deletion, insertion: by name of the order, (STEPS + 1,) each.
        random_deletion, random_insertion: (RANDOM_ORDERS, STEPS + 1).
        passes: pictures that went through the network.
    """

    share: np.ndarray
    deletion: dict[str, np.ndarray]
    insertion: dict[str, np.ndarray]
    random_deletion: np.ndarray
    random_insertion: np.ndarray
    passes: int

    def beaten(self, name: str) -> tuple[int, int]:
        """How many random orders the order ``name`` beats: in deletion by a smaller area, in insertion by a larger."""
        deleted = area(self.share, self.random_deletion) > area(self.share, self.deletion[name])
        inserted = area(self.share, self.random_insertion) < area(self.share, self.insertion[name])
        return int(deleted.sum()), int(inserted.sum())


def squares(values: np.ndarray) -> np.ndarray:
    """The mean of each square of a map (S, S): (GRID, GRID). S is a multiple of GRID."""
    side = len(values) // GRID
    return np.asarray(values.reshape(GRID, side, GRID, side).mean(axis=(1, 3)))


def area(share: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Area under each curve (..., P) over ``share`` (P,): the mean probability along the way."""
    return np.asarray(np.trapezoid(values, share, axis=-1))


def random_orders() -> list[np.ndarray]:
    """Orders of the squares, always the same."""
    generator = np.random.default_rng(0)
    return [generator.permutation(GRID**2) for _ in range(RANDOM_ORDERS)]


def order_of(values: np.ndarray) -> np.ndarray:
    """Numbers of the squares (GRID * GRID,), those with the largest mean of ``values`` (S, S) first."""
    return np.argsort(-squares(values), axis=None, kind="stable")


def filling(pixels: Tensor, baseline: Baseline) -> Tensor:
    """What hidden squares of ``pixels`` (1, 1, S, S), standardised, show: their mean grey, or themselves blurred."""
    if baseline == "grey":
        return torch.zeros_like(pixels)
    spread = pixels.shape[-1] / 16
    reach = 2 * int(2 * spread) + 1
    return gaussian_blur(pixels, [reach, reach], [spread, spread])


def areas(score: Score, film: Tensor, baseline: Tensor, order: np.ndarray) -> tuple[float, float]:
    """Areas under the curves of deletion and of insertion of one order, with nothing to hold them against."""
    counts = _counts()
    hidden = [order[:count] for count in (0, *counts, GRID**2)] + [order[count:] for count in (0, *counts, GRID**2)]
    scores = _scores(score, film, baseline, hidden, lambda done, total: None).reshape(2, -1)
    deleted, inserted = area(np.array([0, *counts, GRID**2]) / GRID**2, scores)
    return float(deleted), float(inserted)


def _counts() -> list[int]:
    """How many squares are hidden after each step but the last."""
    return [round(step * GRID**2 / STEPS) for step in range(1, STEPS)]


def count_passes(orders: int) -> int:
    """Pictures for the curves of ``orders`` orders and the random ones, whose deletion backwards is an insertion."""
    return 2 + (STEPS - 1) * (2 * orders + RANDOM_ORDERS)


def draw(
    score: Score, film: Tensor, baseline: Tensor, orders: dict[str, np.ndarray],
    progress: Progress = lambda done, total: None,
) -> Curves:  # fmt: skip
    """The curves of ``film`` (1, 1, S, S), hidden behind ``baseline`` of the same shape, for each order by its name.

    Args:
        progress: told (passes done, passes in all) between chunks; what it raises ends the work.
    """
    counts = _counts()
    hidden: list[np.ndarray] = [order[:count] for order in random_orders() for count in counts]
    for order in orders.values():
        hidden += [order[:count] for count in counts]
        hidden += [order[count:] for count in counts]
    ends = [np.arange(0), np.arange(GRID**2)]
    scores = _scores(score, film, baseline, ends + hidden, progress)
    whole, nothing, between = scores[0], scores[1], scores[2:].reshape(-1, STEPS - 1)

    def curve(start: float, middle: np.ndarray, end: float) -> np.ndarray:
        return np.concatenate([[start], middle, [end]])

    backwards = between[:RANDOM_ORDERS, ::-1]  # hiding all but a random set is uncovering that set
    own = between[RANDOM_ORDERS:].reshape(len(orders), 2, STEPS - 1)
    return Curves(
        np.array([0, *counts, GRID**2]) / GRID**2,
        {name: curve(whole, middle, nothing) for name, middle in zip(orders, own[:, 0], strict=True)},
        {name: curve(nothing, middle, whole) for name, middle in zip(orders, own[:, 1], strict=True)},
        np.stack([curve(whole, middle, nothing) for middle in between[:RANDOM_ORDERS]]),
        np.stack([curve(nothing, middle, whole) for middle in backwards]),
        len(scores),
    )


def _scores(
    score: Score, film: Tensor, baseline: Tensor, hidden: Sequence[np.ndarray], progress: Progress
) -> np.ndarray:
    """The score of ``film`` with each list of squares hidden, (len(hidden),)."""
    side = film.shape[-1] // GRID
    scores = []
    for start in range(0, len(hidden), CHUNK):
        progress(start, len(hidden))
        chunk = hidden[start : start + CHUNK]
        masks = torch.zeros(len(chunk), GRID * GRID, dtype=torch.bool)
        for mask, numbers in zip(masks, chunk, strict=True):
            mask[torch.from_numpy(numbers)] = True
        pixels = masks.view(-1, 1, GRID, GRID).repeat_interleave(side, 2).repeat_interleave(side, 3)
        scores.append(score(torch.where(pixels, baseline, film)))
    progress(len(hidden), len(hidden))
    return np.concatenate(scores)
