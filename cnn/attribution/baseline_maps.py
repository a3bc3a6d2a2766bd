"""Baseline maps: what a saliency method has to beat, because they know nothing of the network."""

import numpy as np

BASELINES = ("random", "centre", "edges", "anatomy")
"""Names of the baselines; "anatomy" is :func:`lung_prior`."""
CENTRE_SPREAD = 0.2
"""Standard deviation of the centre's blob, in sides of the film."""
LUNGS_X, LUNGS_Y = (0.30, 0.70), 0.55
"""Centres of the lung prior's two blobs, from the film's left and top, in sides: in the lungs, a little below their
middle. No position nearby was harder to beat on the RSNA boxes."""
LUNG_SPREAD_X, LUNG_SPREAD_Y = 0.11, 0.19
LEFT_LUNG = 0.95
"""Height of the left lung's blob, on the right of the film, where pneumonia is rarer; the other's is 1."""


def baseline_map(name: str, film: np.ndarray, seed: int) -> np.ndarray:
    """Return the map ``name`` of :data:`BASELINES` for a film (S, S); ``seed`` matters for "random" only."""
    match name:
        case "random":
            return np.random.default_rng(seed).random(film.shape)
        case "centre":
            return _blob(len(film), (0.5, 0.5), (CENTRE_SPREAD, CENTRE_SPREAD))
        case "edges":
            return edges(film)
        case "anatomy":
            return lung_prior(len(film))
    raise ValueError(f"There is no baseline named {name!r}.")


def edges(film: np.ndarray) -> np.ndarray:
    """Return the steepness of the greys by Sobel's filter from 1968, which needs no training."""
    from skimage.filters import sobel  # takes half a second, which a first prediction need not wait

    return np.asarray(sobel(film))


def lung_prior(side: int) -> np.ndarray:
    """Return two smooth blobs (side, side) at the usual position of the lungs. It never sees the film."""
    spread = (LUNG_SPREAD_Y, LUNG_SPREAD_X)
    right, left = (_blob(side, (LUNGS_Y, x), spread) for x in LUNGS_X)
    return np.asarray(np.maximum(right, LEFT_LUNG * left))


def _blob(side: int, centre: tuple[float, float], spread: tuple[float, float]) -> np.ndarray:
    """Return a Gaussian (side, side) with maximum 1; ``centre`` and ``spread`` are (y, x) in sides."""
    positions = (np.arange(side) + 0.5) / side
    y, x = (np.exp(-(((positions - mean) / sd) ** 2) / 2) for mean, sd in zip(centre, spread, strict=True))
    return np.outer(y, x)
