"""Deletion and insertion: does hiding what a map marks change the answer more than hiding squares at random?

Deletion hides the film square by square, the map's strongest squares first; insertion uncovers a hidden film in the
same order (Petsiuk et al., RISE, BMVC 2018; squares and random orders as in Samek et al., IEEE TNNLS 2017). The network
has not learnt from films with holes, and the answer depends on what fills them. So compare a curve only with other
orders of the same squares under the same fill.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cnn.imaging.blur import gaussian_blur
from cnn.progress import Progress, ignore_progress

GRID = 16
"""Squares per side, in which a film is hidden and maps are compared."""
STEPS = 16
"""Steps from the whole film to none of it, each with the same number of squares."""
RANDOM_ORDERS = 5
CHUNK = 13
"""Films in one batch; it bounds the memory."""

Fill = Literal["grey", "blur"]
"""What hidden squares show: the film's mean grey, or the blurred film."""
Score = Callable[[Tensor], np.ndarray]
"""From films (B, C, H, W) to one number for each, (B,)."""


@dataclass(frozen=True)
class HiddenFilm:
    """A film whose squares can be hidden.

    Attributes:
        score: probability of the class.
        film: (1, 1, S, S), standardised.
        fill: (1, 1, S, S), what hidden squares show.
        known: the scores that were computed, by the hidden squares: orders of several maps start and end alike.
    """

    score: Score
    film: Tensor
    fill: Tensor
    known: dict[bytes, float] = field(default_factory=dict)

    def scores(self, hidden: Sequence[np.ndarray], progress: Progress = ignore_progress) -> np.ndarray:
        """Return the score with each list of squares hidden, (len(hidden),); ``progress`` is that of the films."""
        masks = np.zeros((len(hidden), GRID**2), dtype=bool)
        for mask, squares in zip(masks, hidden, strict=True):
            mask[squares] = True
        keys = [mask.tobytes() for mask in masks]
        new = [number for number, key in enumerate(keys) if key not in self.known]
        for start in range(0, len(new), CHUNK):
            progress(len(hidden) - len(new) + start, len(hidden))
            chunk = new[start : start + CHUNK]
            scores = self.score(self._hide(torch.from_numpy(masks[chunk])))
            self.known.update(zip((keys[number] for number in chunk), scores.tolist(), strict=True))
        progress(len(hidden), len(hidden))
        return np.array([self.known[key] for key in keys])

    def _hide(self, masks: Tensor) -> Tensor:
        """Return the film with the squares of each of ``masks`` (B, GRID * GRID) hidden, (B, 1, S, S)."""
        coarse = masks.view(-1, 1, GRID, GRID).float()
        pixels = F.interpolate(coarse, size=self.film.shape[-2:], mode="nearest") > 0
        return torch.where(pixels, self.fill, self.film)


@dataclass(frozen=True)
class Curves:
    """The class's probability while squares are hidden (``deletion``) or uncovered (``insertion``).

    Attributes:
        share: (STEPS + 1,) share of the film that is hidden, or uncovered, 0..1.
        deletion: by name of the order, (STEPS + 1,) each; ``insertion`` likewise.
        random_deletion: (RANDOM_ORDERS, STEPS + 1); ``random_insertion`` likewise.
        passes: films that went through the network.
    """

    share: np.ndarray
    deletion: dict[str, np.ndarray]
    insertion: dict[str, np.ndarray]
    random_deletion: np.ndarray
    random_insertion: np.ndarray
    passes: int

    def beaten(self, name: str) -> tuple[int, int]:
        """Count the random orders that the order ``name`` beats in deletion (smaller area) and insertion (larger)."""
        deleted = area_under(self.share, self.random_deletion) > area_under(self.share, self.deletion[name])
        inserted = area_under(self.share, self.random_insertion) < area_under(self.share, self.insertion[name])
        return int(deleted.sum()), int(inserted.sum())


def square_means(values: np.ndarray) -> np.ndarray:
    """Return the mean of each square of a map (H, W), (GRID, GRID).

    Where a side is no multiple of GRID, squares have the next larger number of pixels, some of them twice.
    """
    height, width = (GRID * -(-side // GRID) for side in values.shape)
    rows, columns = np.arange(height) * len(values) // height, np.arange(width) * values.shape[1] // width
    squares = values[np.ix_(rows, columns)].reshape(GRID, height // GRID, GRID, width // GRID)
    return np.asarray(squares.mean(axis=(1, 3)))


def area_under(share: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the area under each curve (..., P) over ``share`` (P,): the mean probability."""
    return np.asarray(np.trapezoid(values, share, axis=-1))


def random_orders() -> list[np.ndarray]:
    """Return ``RANDOM_ORDERS`` orders of the squares, always the same."""
    generator = np.random.default_rng(0)
    return [generator.permutation(GRID**2) for _ in range(RANDOM_ORDERS)]


def rank_squares(values: np.ndarray) -> np.ndarray:
    """Return the indices of the squares (GRID * GRID,), those with the largest mean of ``values`` (S, S) first."""
    return np.argsort(-square_means(values), axis=None, kind="stable")


def make_fill(pixels: Tensor, fill: Fill) -> Tensor:
    """Return what hidden squares of a standardised film (1, 1, S, S) show, of the same shape."""
    if fill == "grey":
        return torch.zeros_like(pixels)
    sigma = min(pixels.shape[-2:]) / 16
    return gaussian_blur(pixels, 2 * int(2 * sigma) + 1, sigma)


def _counts() -> np.ndarray:
    """Return the number of squares hidden, or uncovered, after each step, (STEPS + 1,)."""
    return np.arange(STEPS + 1) * GRID**2 // STEPS


def compute_areas(film: HiddenFilm, order: np.ndarray) -> tuple[float, float]:
    """Return the areas under the deletion and the insertion curve of one order, without random orders."""
    counts = _counts()
    hidden = [order[:count] for count in counts] + [order[count:] for count in counts]
    scores = film.scores(hidden).reshape(2, -1)
    deletion, insertion = area_under(counts / GRID**2, scores)
    return float(deletion), float(insertion)


def count_passes(orders: int) -> int:
    """Return the passes of :func:`compute_curves` for a number of orders, besides the random ones."""
    return 2 + (STEPS - 1) * (2 * orders + RANDOM_ORDERS)


def compute_curves(film: HiddenFilm, orders: Mapping[str, np.ndarray], progress: Progress = ignore_progress) -> Curves:
    """Compute both curves of each order by its name, and of the random orders.

    Args:
        film: and what hides it.
        orders: indices of the squares, the first to hide or uncover first.
        progress: called with passes done and passes in all between chunks.
    """
    counts = _counts()
    between = counts[1:-1]
    hidden = [np.arange(0), np.arange(GRID**2)]
    hidden += [order[:count] for order in random_orders() for count in between]
    for order in orders.values():
        hidden += [order[:count] for count in between]
        hidden += [order[count:] for count in between]
    scores = film.scores(hidden, progress)
    uncovered, covered, inner = scores[0], scores[1], scores[2:].reshape(-1, STEPS - 1)

    def with_ends(start: float, curves: np.ndarray, end: float) -> np.ndarray:
        return np.pad(curves, ((0, 0), (1, 1)), constant_values=((0, 0), (start, end)))

    random, chosen = inner[:RANDOM_ORDERS], inner[RANDOM_ORDERS:]
    return Curves(
        counts / GRID**2,
        dict(zip(orders, with_ends(uncovered, chosen[0::2], covered), strict=True)),
        dict(zip(orders, with_ends(covered, chosen[1::2], uncovered), strict=True)),
        with_ends(uncovered, random, covered),
        with_ends(covered, random[:, ::-1], uncovered),  # hiding all but a random set is uncovering that set
        len(scores),
    )
