"""Compare two maps: structural similarity and rank correlation."""

import numpy as np
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Structural similarity of two maps (S, S) in 0..1, as people would see them: 1 for equal ones.

    Source: Wang et al., IEEE TIP 2004, with the Gaussian window of that paper.
    """
    return float(structural_similarity(one, other, data_range=1.0, gaussian_weights=True, sigma=1.5,
                                       use_sample_covariance=False))  # fmt: skip


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation of two maps, -1..1; 0 where one of them is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other, axis=None).statistic)


def likeness(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Both measures of how alike two maps in 0..1 are; a map that is 0 everywhere is like none."""
    if not (one.any() and other.any()):
        return {"ssim": 0.0, "rank": 0.0}
    return {"ssim": ssim(one, other), "rank": rank_correlation(one, other)}
