"""A tiny set of films for hands-on trainings: pneumonia has a bright patch in one lung, nothing else tells it."""

import numpy as np

from cnn.handson.films import Films, FilmSet
from tests.support.tiny_dataset import picture


def tiny_films(count: int, prefix: str, seed: int = 0) -> Films:
    """``count`` films of each class, two of each patient."""
    generator = np.random.default_rng(seed)
    labels = np.arange(2 * count) % 2
    pixels = np.stack([picture(generator, bool(label)) for label in labels])
    patients = np.array([f"{prefix}-{label}-{number // 4}" for number, label in enumerate(labels)])
    causes = np.where(labels == 1, "virus", "")
    names = np.array([f"{prefix}{number}.jpeg" for number in range(2 * count)])
    return Films(pixels, labels.astype(np.int64), patients, causes, names)


def tiny_film_set(count: int = 24) -> FilmSet:
    """``count`` films of each class for training, a third as many for validation and for the test."""
    parts = (("a", count, 0), ("b", count // 3, 1), ("c", count // 3, 2))
    return FilmSet(*(tiny_films(number, prefix, seed) for prefix, number, seed in parts), title="tiny films")
