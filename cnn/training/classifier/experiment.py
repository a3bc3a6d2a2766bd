"""What the networks of one seed share: which films are for training, for validation, and left out."""

from dataclasses import dataclass, field
from pathlib import Path

from cnn.models import registry
from cnn.training.data import Film, adult_films, paediatric_films, split_by_patient
from cnn.training.film_dataset import FilmDataset, FilmReader

ADULT_FOLDS = 3
VALIDATION_FOLDS = 10


@dataclass(frozen=True)
class Split:
    """Films of one seed: for training (children and adults), for validation (children), and the adults left out."""

    train: list[Film]
    validation: list[Film]
    adults_out: list[Film]

    @classmethod
    def of(cls, films_folder: Path, adults_folder: Path, seed: int) -> "Split":
        """Return the same validation patients for every seed, and another third of the adult patients left out."""
        children = paediatric_films(films_folder, ("train", "val"))
        train, validation = split_by_patient(children, fold=0, folds=VALIDATION_FOLDS, salt="validation")
        adults, adults_out = split_by_patient(adult_films(adults_folder), fold=seed % ADULT_FOLDS, folds=ADULT_FOLDS)
        return cls(train + adults, validation, adults_out)


@dataclass(frozen=True)
class Experiment:
    """What the networks of one seed share: the films, and the folder for weights, cards and logs."""

    seed: int
    split: Split
    folder: Path
    reader: FilmReader = field(default_factory=FilmReader)

    def dataset(self, films: list[Film], name: str) -> FilmDataset:
        """Return ``films`` at the input size of the network ``name``."""
        return FilmDataset(films, registry.REGISTRY[name].input_size, self.reader)
