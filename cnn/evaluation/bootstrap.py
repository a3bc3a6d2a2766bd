"""Bootstrap intervals of any statistic, resampled by patient.

Films of one patient resemble each other, so patients are drawn, not films (the cluster bootstrap: Davison and Hinkley,
Bootstrap Methods and their Application, 1997, section 3.8). A resample is not a list of films but a weight for each
film, the number of times it was drawn, so that a statistic is computed for all resamples at once.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnn.text import percent, two_decimals

REPEATS = 1000


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @classmethod
    def from_resamples(cls, values: np.ndarray) -> "Estimate":
        """Compute the percentile interval from a statistic (R + 1,), one value per row of :func:`resample_patients`.

        Resamples in which the statistic is NaN, because a class is missing, are left out. If all are NaN, or the
        statistic of the films themselves is, the estimate is NaN.
        """
        defined = values[1:][np.isfinite(values[1:])]
        if not len(defined) or not np.isfinite(values[0]):
            return cls(float("nan"), float("nan"), float("nan"))
        low, high = np.percentile(defined, [2.5, 97.5])
        return cls(float(values[0]), float(low), float(high))

    @classmethod
    def from_count(cls, successes: float, trials: int) -> "Estimate":
        """Compute a share with Wilson's interval, which has a width also where all or none of few trials succeed.

        Source: Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212. Trials count as independent.
        """
        share, z2 = successes / trials, 1.959964**2
        middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
        half = np.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
        return cls(share, float(max(0.0, middle - half)), float(min(1.0, middle + half)))

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0

    def in_percent(self) -> str:
        """Return a share in whole percent with its interval."""
        return f"{percent(self.value)} ({100 * self.low:.0f} to {100 * self.high:.0f})"

    def __str__(self) -> str:
        return f"{two_decimals(self.value)} ({two_decimals(self.low)} to {two_decimals(self.high)})"


def resample_patients(patients: np.ndarray) -> np.ndarray:
    """Return how often each film counts, (REPEATS + 1, N): once in row 0, then as often as its patient was drawn."""
    return _resample(tuple(patients.tolist()))


@lru_cache(maxsize=2)  # a page asks for those of the same films at every change
def _resample(patients: tuple[str, ...]) -> np.ndarray:
    names, patient_of_film = np.unique(patients, return_inverse=True)
    count = len(names)
    draws = np.random.default_rng(0).integers(count, size=(REPEATS, count))
    bins = (draws + count * np.arange(REPEATS)[:, None]).ravel()
    times_drawn = np.bincount(bins, minlength=REPEATS * count).reshape(REPEATS, count)
    counts = np.concatenate([np.ones((1, len(patient_of_film))), times_drawn[:, patient_of_film]])
    counts.flags.writeable = False
    return counts
