"""How sure a number is: the same statistic on films drawn again and again, patient by patient.

Films of one patient resemble each other, so patients are drawn, not films (the cluster bootstrap: Davison and Hinkley,
Bootstrap Methods and their Application, 1997, section 3.8). A draw is not a list of films but a weight for each, the
number of times it was drawn, so that a statistic is computed for all draws at once.
"""

from dataclasses import dataclass

import numpy as np

REPEATS = 1000


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def from_resamples(cls, values: np.ndarray) -> "Estimate":
        """From a statistic (R + 1,) of the rows of :func:`resamples`.

        A draw in which it is not defined, because one class is missing, does not count; where none counts, and where
        the films themselves do not give the number, all three are NaN.
        """
        defined = values[1:][np.isfinite(values[1:])]
        if not len(defined) or not np.isfinite(values[0]):
            return cls(float("nan"), float("nan"), float("nan"))
        low, high = np.percentile(defined, [2.5, 97.5])
        return cls(float(values[0]), float(low), float(high))


def resample_patients(patients: np.ndarray, seed: int = 0) -> np.ndarray:
    """How often each film counts, (REPEATS + 1, N): once each in row 0, then as often as its patient was drawn."""
    names, group = np.unique(patients, return_inverse=True)
    count = len(names)
    drawn = np.random.default_rng(seed).integers(count, size=(REPEATS, count))
    places = (drawn + count * np.arange(REPEATS)[:, None]).ravel()
    times = np.bincount(places, minlength=REPEATS * count).reshape(REPEATS, count)
    return np.concatenate([np.ones((1, len(group))), times[:, group]])
