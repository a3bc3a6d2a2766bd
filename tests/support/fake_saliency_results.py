"""Results as ``cnn.training.saliency_bench`` writes them, of two made-up methods: one is right everywhere, one draws
edges."""

import json
from pathlib import Path

import numpy as np

from cnn.evaluation import saliency_report
from cnn.training.saliency_bench import __main__, statistics

PATIENTS = [f"p{number // 2}" for number in range(12)]
GOOD, BAD = "grad_cam", "guided_backprop"


def write(path: Path, *, limited: int | None = None, seeds: int = 3) -> Path:
    """Writes the results to ``path``."""
    generator = np.random.default_rng(0)

    def around(value: float, names: tuple[str, ...]) -> list[dict[str, float]]:
        return [dict(zip(names, value + 0.02 * generator.standard_normal(len(names)), strict=True)) for _ in PATIENTS]

    measures = tuple(saliency_report.MEASURES.values())
    likeness = statistics.LIKENESS
    levels = {"random": 0.1, "centre": 0.25, "edges": 0.12, "anatomy": 0.45}

    def located(value: float) -> dict[str, list[dict[str, float]]]:
        return {source: around(value, measures) for source in saliency_report.SOURCES.values()}

    controls = {
        name: {
            "localisation": located(value),
            "deletion": around(0.5, saliency_report.CURVES),
            "planted": [dict.fromkeys(measures, value)],
        }
        for name, value in levels.items()
    }
    values = np.linspace(-1, 1, 32 * 32).reshape(32, 32)
    methods = {
        name: {
            "localisation": located(0.8 if good else 0.13),
            "nothing_for_it": 0 if good else 3,
            "randomisation": {
                "patients": PATIENTS,
                "stages": {"classifier": around(0.6, likeness), "features.0": around(0.05 if good else 0.9, likeness)},
                "other_films": around(0.3, likeness),
            },
            "repeatability": {
                "patients": PATIENTS,
                "between_seeds": around(0.7 if good else 0.2, likeness) if seeds > 1 else [],
                "other_films": around(0.3, likeness),
            },
            "deletion": [
                row | {key: row[key] + (0.2 if good else -0.2) * (1 if "insertion" in key else -1) for key in row}
                for row in around(0.5, saliency_report.CURVES)
            ],
            "cost": {"passes": 1 if good else 170, "forward_passes_of_time": 2.0 if good else 200.0},
            "planted": {
                "scores": [dict.fromkeys(measures, 1.0 if good else 0.0)] * seeds, "map": __main__.packed(values),
            },
        }
        for name, good in ((GOOD, True), (BAD, False))
    }  # fmt: skip
    boxed = dict.fromkeys(saliency_report.SOURCES.values(), PATIENTS)
    how = {"seeds": list(range(seeds)), "films_limited_to": limited, "top_share": 0.1, "squares": 196,
           "costly_passes": 10, "bootstrap_draws": 1000}  # fmt: skip
    titles = {GOOD: ("Grad-CAM", "evidence"), BAD: ("Guided Backprop", "brightness")}
    path.write_text(json.dumps({
        "how": how,
        "methods": {name: {"title": title, "meaning": meaning} for name, (title, meaning) in titles.items()},
        "networks": {"transfer": statistics.summary(methods, controls, boxed, PATIENTS)},
    }))  # fmt: skip
    return path
