"""Maps that know nothing of the network: what a saliency method has to beat. Each takes a film (S, S) and a seed."""

from collections.abc import Callable

import numpy as np
from skimage.filters import sobel

CENTRE_SPREAD = 0.2
"""Standard deviation of the blob in the middle, in sides of the film."""
LUNGS_ACROSS, LUNGS_DOWN = (0.30, 0.70), 0.55
"""Middles of the two blobs of the anatomical prior, from the film's left and from its top, in sides: in the lungs, a
little below their middle. Among places nearby none was harder to beat on the RSNA boxes."""
LUNG_SPREAD_ACROSS, LUNG_SPREAD_DOWN = 0.11, 0.19
LEFT_LUNG = 0.95
"""Height of the blob of the left lung, on the right of the film, where pneumonia is rarer; that of the other is 1."""


def random(film: np.ndarray, seed: int) -> np.ndarray:
    """Every pixel drawn by itself."""
    return np.random.default_rng(seed).random(film.shape)


def centre(film: np.ndarray, seed: int) -> np.ndarray:
    """A smooth blob in the middle of the film."""
    return _blob(len(film), (0.5, 0.5), (CENTRE_SPREAD, CENTRE_SPREAD))


def edges(film: np.ndarray, seed: int) -> np.ndarray:
    """How steep the greys are (Sobel): what a filter from 1968 finds without any training."""
    return np.asarray(sobel(film))


def anatomy(film: np.ndarray, seed: int) -> np.ndarray:
    """Two smooth blobs where the lungs usually are. It has never seen the film."""
    spread = (LUNG_SPREAD_DOWN, LUNG_SPREAD_ACROSS)
    right, left = (_blob(len(film), (LUNGS_DOWN, across), spread) for across in LUNGS_ACROSS)
    return np.maximum(right, LEFT_LUNG * left)


def _blob(side: int, middle: tuple[float, float], spread: tuple[float, float]) -> np.ndarray:
    """A Gaussian (side, side), 1 at its middle (down, across); both pairs in sides."""
    places = (np.arange(side) + 0.5) / side
    down, across = (np.exp(-(((places - at) / wide) ** 2) / 2) for at, wide in zip(middle, spread, strict=True))
    return np.outer(down, across)


CONTROLS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "random": random,
    "centre": centre,
    "edges": edges,
    "anatomy": anatomy,
}
