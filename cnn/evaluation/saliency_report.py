"""Results of the saliency benchmark, ``weights/saliency_bench.json``: estimates, and pass or fail of each method.

``python -m cnn.training.saliency_bench`` writes the file. All pass criteria are defined here; each asks whether a 95 %
interval lies on one side of 0.
"""

import base64
import io
import json
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cnn import cards
from cnn.attribution.attribution import Attribution, depends_on_weights
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.evaluation.bootstrap import Estimate

FILE = cards.WEIGHTS_FOLDER / "saliency_bench.json"
SOURCES = {"RSNA": "rsna", "NIH": "nih"}
"""Sets of boxes drawn by radiologists."""
MEASURES = {"AUPRC": "auprc", "Pointing game": "pointing", "Overlap": "iou", "Energy": "energy"}
"""Measures of localisation by title; :mod:`cnn.attribution.localisation` computes them."""
SIMILARITIES = {"SSIM": "ssim", "rank correlation": "rank"}
"""Measures of the similarity of two maps by title."""
BASELINES = {"random": "random", "centre": "centre", "edges": "edges", "anatomy": "lung prior"}
"""Titles of the maps that do not depend on the network."""
UNINFORMED_BASELINES = ("random", "centre", "edges")
"""Baselines without knowledge of where lungs are."""
CURVES = ("deletion, mean grey", "deletion, blurred", "insertion, mean grey", "insertion, blurred")
TAUGHT_WITH_BOXES = ("grad_cam", "guided_grad_cam")
"""Methods that draw the last feature maps, which our network was taught with boxes of other patients."""
PUBLISHED_AUPRC = (0.160, 0.519)
"""Lowest and highest AUPRC of eight methods on RSNA pneumonia in Arun et al., Radiology: AI 2021, labels only."""
PUBLISHED_DETECTOR_AUPRC = 0.596
"""AUPRC of a network that was trained on boxes, RetinaNet, in the same paper."""


class ResultsMissing(UserError):
    """The benchmark has no results to show."""


@dataclass(frozen=True)
class Verdicts:
    """Tests that a method passed; None for a test that was not made.

    Attributes:
        beats_uninformed: localises better than every uninformed baseline.
        beats_lung_prior: localises better than the lung prior.
        depends_on_weights: passes the model-randomisation test: with random weights, the map is less similar to the
            trained one than the maps of two films are to each other; None where the films are too few to tell.
        repeatable: gives similar maps for networks of several seeds.
        faithful: orders pixels better than at random on all deletion and insertion curves.
        finds_lesion: has its largest value in the simulated lesion.
    """

    beats_uninformed: bool
    beats_lung_prior: bool
    depends_on_weights: bool | None
    repeatable: bool | None
    faithful: bool
    finds_lesion: bool

    @property
    def passed(self) -> int:
        """Number of tests passed, of :data:`TEST_COUNT`; the lesion, a single film, is an example and not counted."""
        return astuple(self)[:TEST_COUNT].count(True)


TEST_COUNT = len(fields(Verdicts)) - 1


@dataclass(frozen=True)
class Report:
    """Results of one network.

    Attributes:
        network: name of the network.
        titles: titles of the methods by name, in the order in which pages offer them.
        abouts: one sentence on how each method works.
        meanings: meaning of each method's maps, as in :class:`cnn.attribution.attribution.Attribution`.
        settings: settings of the benchmark.
        results: results of all tests, as in the file.
    """

    network: str
    titles: dict[str, str]
    abouts: dict[str, str]
    meanings: dict[str, Any]
    settings: dict[str, Any]
    results: dict[str, Any]

    def film_count(self, source: str) -> int:
        """Return the number of films with boxes of ``source``."""
        return int(self.results["localisation"][source]["films"])

    def localisation(self, source: str, name: str, measure: str) -> Estimate:
        """Return the score of a method or baseline on the boxes of ``source``."""
        return Estimate(*self.results["localisation"][source]["scores"][name][measure])

    def gain(self, source: str, name: str, baseline: str, measure: str) -> Estimate:
        """Return the difference between a method and a baseline on the same films."""
        return Estimate(*self.results["localisation"][source]["over"][name][baseline][measure])

    def exceeds(self, source: str, name: str, measure: str, baselines: tuple[str, ...]) -> bool:
        """Return whether the difference to every one of ``baselines`` lies above 0."""
        return all(self.gain(source, name, baseline, measure).above_zero for baseline in baselines)

    def films_without_evidence(self, name: str) -> int:
        """Return the number of films with boxes on which a map has no value for the class."""
        return int(self.results["nothing_for_it"][name])

    def similarity(self, test: str, name: str, pair: str, measure: str) -> Estimate:
        """Return the similarity of two maps.

        Args:
            test: "randomisation" or "repeatability".
            name: method.
            pair: "other_films", "between_seeds", or "excess" for the difference to other films.
            measure: one of the values of :data:`SIMILARITIES`.
        """
        return Estimate(*self.results[test][name][pair][measure])

    def similarity_by_stage(self, name: str, measure: str) -> dict[str, Estimate]:
        """Return the similarity to the trained map, from the last block randomised to all of them."""
        stages = self.results["randomisation"][name]["stages"]
        return {stage: Estimate(*estimates[measure]) for stage, estimates in stages.items()}

    def films_tested(self, test: str, name: str) -> int:
        """Return the number of films of "randomisation" or "repeatability"."""
        return int(self.results[test][name]["films"])

    @property
    def has_several_seeds(self) -> bool:
        """Whether networks of several seeds were compared."""
        return bool(self.results["repeatability"])

    def gain_over_random(self, name: str, curve: str) -> Estimate:
        """Return how much better a deletion or insertion curve is than that of a random order; above 0 is better."""
        return Estimate(*self.results["deletion"]["scores"][name]["better_than_random"][curve])

    def lesion_scores(self, name: str) -> dict[str, float]:
        """Return the measures of a baseline, or of a method for the shipped network, on the simulated lesion."""
        results = self.results["planted"]
        scores = results["methods"][name]["scores"][0] if name in results["methods"] else results["controls"][name]
        return dict(scores)

    def lesion_hits(self, name: str) -> tuple[int, int]:
        """Return for how many seeds the largest value lies in the simulated lesion, and the number of seeds."""
        scores = self.results["planted"]["methods"][name]["scores"]
        return sum(seed["pointing"] == 1 for seed in scores), len(scores)

    def lesion_map(self, name: str) -> Attribution:
        """Return the map of the film with the simulated lesion, -1..1."""
        values = decode_map(self.results["planted"]["methods"][name]["map"])
        return Attribution(values, name, self.meanings[name], 1, CLASSES[1], 0)

    def cost(self, name: str) -> tuple[int, float]:
        """Return the passes through the network, and the time of a map in forward passes."""
        cost = self.results["cost"][name]
        return int(cost["passes"]), float(cost["forward_passes_of_time"])

    def verdicts(self, name: str) -> Verdicts:
        """Return the verdicts on one method; localisation is judged by AUPRC on the RSNA boxes."""
        excess = {
            test: [self.similarity(test, name, "excess", measure) for measure in SIMILARITIES.values()]
            for test in ("randomisation", "repeatability")
            if name in self.results[test]
        }
        return Verdicts(
            beats_uninformed=self.exceeds("rsna", name, "auprc", UNINFORMED_BASELINES),
            beats_lung_prior=self.exceeds("rsna", name, "auprc", ("anatomy",)),
            depends_on_weights=depends_on_weights((each.low, each.high) for each in excess["randomisation"]),
            repeatable=all(estimate.above_zero for estimate in excess["repeatability"])
            if self.has_several_seeds
            else None,
            faithful=all(self.gain_over_random(name, curve).above_zero for curve in CURVES),
            finds_lesion=self.lesion_scores(name)["pointing"] == 1,
        )


def read(path: Path | None = None) -> dict[str, Report]:
    """Read the results of every network that was tested.

    Raises:
        ResultsMissing: the file is missing or damaged.
    """
    try:
        content = json.loads((path or FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsMissing(
            "There are no results yet: weights/saliency_bench.json is missing or damaged. "
            "python -m cnn.training.saliency_bench writes it."
        ) from error
    titles, abouts, meanings = (
        {name: method.get(key, "") for name, method in content["methods"].items()}
        for key in ("title", "about", "meaning")
    )
    return {
        network: Report(network, titles, abouts, meanings, content["how"], results)
        for network, results in content["networks"].items()
    }


def decode_map(text: str) -> np.ndarray:
    """Decode a map (S, S) in -1..1 from a grey PNG in base64 in which 128 is 0."""
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        return (np.asarray(image, dtype=np.float32) - 128) / 127
