"""What ``weights/saliency_bench.json`` says, in numbers, verdicts and sentences. Needs no network; written by
``cnn.training.saliency_bench``.

The rules of the verdicts stand here and nowhere else. All of them ask whether a 95 % interval lies on one side of 0.
"""

import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from cnn import cards
from cnn.attribution.attribution import Attribution
from cnn.errors import UserError

FILE = cards.WEIGHTS_FOLDER / "saliency_bench.json"
SOURCES = {"RSNA": "rsna", "NIH": "nih"}
MEASURES = {"AUPRC": "auprc", "Pointing game": "pointing", "Overlap": "iou", "Energy": "energy"}
"""The measures of localisation as a reader calls them, and as :mod:`cnn.attribution.localisation` does."""
BASELINES = {"random": "random", "centre": "centre", "edges": "edges", "anatomy": "lung blobs"}
UNINFORMED_BASELINES = ("random", "centre", "edges")
"""Controls that know nothing of where lungs are."""
CURVES = ("deletion, mean grey", "deletion, blurred", "insertion, mean grey", "insertion, blurred")
PUBLISHED_AUPRC = (0.160, 0.519)
"""Lowest and highest AUPRC of eight methods on RSNA pneumonia in Arun et al., Radiology: AI 2021."""


class ResultsMissing(UserError):
    """There are no results to show."""


class Estimate(NamedTuple):
    """A mean over films with its 95 % bootstrap interval over patients."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        mean, low, high = (f"{round(value, 2) + 0.0:.2f}".replace("-", "−") for value in self)
        return f"{mean} ({low} to {high})"

    @property
    def side(self) -> str:
        """Where the interval lies: "above" 0, "below" 0, or "level" with it."""
        return "above" if self.low > 0 else "below" if self.high < 0 else "level"


@dataclass(frozen=True)
class Verdicts:
    """Which tests a method passed or failed; None where a test was not made."""

    beats_blind: bool
    beats_anatomy: bool
    forgets: bool
    repeats: bool | None
    faithful: bool
    finds: bool

    def failed(self) -> int:
        """How many tests were failed."""
        made = (self.beats_blind, self.beats_anatomy, self.forgets, self.repeats, self.faithful, self.finds)
        return sum(passed is False for passed in made)


@dataclass(frozen=True)
class Report:
    """All results of one network; ``titles`` names the methods, in the order in which they are offered."""

    network: str
    titles: dict[str, str]
    meanings: dict[str, Any]
    how: dict[str, Any]
    results: dict[str, Any]

    def score(self, source: str, name: str, measure: str) -> Estimate:
        """Localisation of a method or control."""
        return Estimate(*self.results["localisation"][source]["scores"][name][measure])

    def over(self, source: str, name: str, control: str, measure: str) -> Estimate:
        """By how much a method or control scores higher than a control on the same films."""
        return Estimate(*self.results["localisation"][source]["over"][name][control][measure])

    def films(self, source: str) -> int:
        """Films with boxes of this source."""
        return int(self.results["localisation"][source]["films"])

    def beats(self, source: str, name: str, measure: str, controls: tuple[str, ...]) -> bool:
        """Whether a method scores higher than every one of ``controls``, by the intervals of the differences."""
        return all(self.over(source, name, control, measure).side == "above" for control in controls)

    def apart(self, source: str, name: str, measure: str, controls: tuple[str, ...]) -> bool:
        """The same by a stricter rule: the method's own interval lies above those of all ``controls``."""
        low = self.score(source, name, measure).low
        return all(low > self.score(source, control, measure).high for control in controls)

    def best(self, source: str, measure: str) -> str:
        """The method with the highest mean."""
        return max(self.titles, key=lambda name: self.score(source, name, measure).mean)

    def likeness(self, test: str, name: str, key: str, measure: str) -> Estimate:
        """A number of ``randomisation`` or ``repeatability``: ``key`` is other_films, excess, between_seeds."""
        return Estimate(*self.results[test][name][key][measure])

    def tested_on(self, test: str, name: str) -> int:
        """Films of ``randomisation`` or ``repeatability``."""
        return int(self.results[test][name]["films"])

    def nothing_for_it(self, name: str) -> int:
        """On how many films with boxes a map holds nothing for the class."""
        return int(self.results["nothing_for_it"][name])

    def stages(self, name: str, measure: str) -> dict[str, Estimate]:
        """Likeness to the trained map, from the last block made random to all of them."""
        return {
            stage: Estimate(*found[measure]) for stage, found in self.results["randomisation"][name]["stages"].items()
        }

    @property
    def seeds_compared(self) -> bool:
        """Whether there were several seeds."""
        return bool(self.results["repeatability"])

    def better_than_random(self, name: str, curve: str) -> Estimate:
        """By how much a curve of deletion or insertion is better than that of a random order; above 0 is better."""
        return Estimate(*self.results["deletion"]["scores"][name]["better_than_random"][curve])

    def planted(self, name: str) -> dict[str, float]:
        """Scores of a method, by the network that ships, or of a control on the planted lesion."""
        found = self.results["planted"]
        scores = found["methods"][name]["scores"][0] if name in found["methods"] else found["controls"][name]
        return dict(scores)

    def planted_hits(self, name: str) -> tuple[int, int]:
        """By how many seeds' networks a method's largest value lies in the planted lesion, and how many there are."""
        scores = self.results["planted"]["methods"][name]["scores"]
        return sum(one["pointing"] == 1 for one in scores), len(scores)

    def planted_map(self, name: str) -> Attribution:
        """The map of the simulated film as it is shown, -1..1."""
        values = unpack_map(self.results["planted"]["methods"][name]["map"])
        return Attribution(values, name, self.meanings[name], 1, "PNEUMONIA", 0)

    def cost(self, name: str) -> tuple[int, float]:
        """Passes through the network, and the time of a map in forward passes."""
        found = self.results["cost"][name]
        return int(found["passes"]), float(found["forward_passes_of_time"])

    def verdicts(self, name: str) -> Verdicts:
        """Every verdict on one method; localisation is judged by AUPRC on the RSNA boxes."""
        likenesses = ("ssim", "rank")
        return Verdicts(
            beats_blind=self.beats("rsna", name, "auprc", UNINFORMED_BASELINES),
            beats_anatomy=self.beats("rsna", name, "auprc", ("anatomy",)),
            forgets=all(self.likeness("randomisation", name, "excess", kind).side != "above" for kind in likenesses),
            repeats=all(self.likeness("repeatability", name, "excess", kind).side == "above" for kind in likenesses)
            if self.seeds_compared
            else None,
            faithful=all(self.better_than_random(name, curve).side == "above" for curve in CURVES),
            finds=self.planted(name)["pointing"] == 1,
        )


def read(path: Path | None = None) -> dict[str, Report]:
    """The results of every network that was tested. Raises ``BenchMissing``."""
    try:
        found = json.loads((path or FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsMissing(
            "There are no results yet: weights/saliency_bench.json is missing or damaged. "
            "python -m cnn.training.saliency_bench writes it."
        ) from error
    titles = {name: method["title"] for name, method in found["methods"].items()}
    meanings = {name: method["meaning"] for name, method in found["methods"].items()}
    return {name: Report(name, titles, meanings, found["how"], results) for name, results in found["networks"].items()}


def unpack_map(text: str) -> np.ndarray:
    """A map (S, S) in -1..1 from a grey PNG in base64 in which 128 is 0."""
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        return (np.asarray(image, dtype=np.float32) - 128) / 127
