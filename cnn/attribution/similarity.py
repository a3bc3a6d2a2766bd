"""Compare two maps: structural similarity and rank correlation."""

from typing import NamedTuple

import numpy as np

from cnn.attribution.deletion_insertion import square_means


class Similarity(NamedTuple):
    """How similar two maps are.

    Attributes:
        ssim: structural similarity, 1 for equal maps (Wang et al., IEEE TIP 2004, with that paper's Gaussian window).
        rank: Spearman's correlation of the pixels, -1..1.
    """

    ssim: float
    rank: float


def compare(first: np.ndarray, second: np.ndarray) -> Similarity:
    """Compare two maps (S, S) in 0..1. A map of zeros is similar to none; a constant one has rank correlation 0."""
    from scipy.stats import spearmanr  # both take a second, which a first prediction need not wait
    from skimage.metrics import structural_similarity

    if not (first.any() and second.any()):
        return Similarity(ssim=0.0, rank=0.0)
    ssim = structural_similarity(
        first, second, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    constant = np.ptp(first) == 0 or np.ptp(second) == 0
    rank = 0.0 if constant else spearmanr(first, second, axis=None).statistic
    return Similarity(float(ssim), float(rank))


def compare_squares(first: np.ndarray, second: np.ndarray) -> Similarity:
    """Compare the absolute values of two maps (S, S), as means of squares over their maximum.

    The squares let a fine map match a coarse one.
    """
    means = [square_means(np.abs(values).astype(np.float64)) for values in (first, second)]
    return compare(*(values / (values.max() or 1.0) for values in means))
