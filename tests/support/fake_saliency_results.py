"""Results of the saliency benchmark for two made-up methods: one passes every test, one fails every test."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cnn.evaluation import saliency_report
from cnn.training.saliency_bench import measurements, statistics

PATIENTS = [f"p{number // 2}" for number in range(12)]
GOOD, BAD = "grad_cam", "guided_backprop"
BASELINE_LEVELS = {"random": 0.1, "centre": 0.25, "edges": 0.12, "anatomy": 0.45}
MEASURES = tuple(saliency_report.MEASURES.values())
SIMILARITIES = tuple(saliency_report.SIMILARITIES.values())
SOURCES = tuple(saliency_report.SOURCES.values())


def write(path: Path, *, limited: int | None = None, seeds: int = 3) -> Path:
    """Write the results to ``path``, and return it."""
    generator = np.random.default_rng(0)

    def around(level: float, names: tuple[str, ...]) -> list[dict[str, float]]:
        """Return a row of numbers near ``level`` for each film."""
        return [dict(zip(names, level + 0.02 * generator.standard_normal(len(names)), strict=True)) for _ in PATIENTS]

    def method(good: bool) -> dict[str, Any]:
        gain = 0.2 if good else -0.2
        levels = {curve: 0.5 + (gain if "insertion" in curve else -gain) for curve in saliency_report.CURVES}
        stages = {"classifier": 0.6, "features.0": 0.05 if good else 0.9}
        return {
            "localisation": {source: around(0.8 if good else 0.13, MEASURES) for source in SOURCES},
            "nothing_for_it": 0 if good else 3,
            "randomisation": {
                "patients": PATIENTS,
                "stages": {stage: around(level, SIMILARITIES) for stage, level in stages.items()},
                "other_films": around(0.3, SIMILARITIES),
            },
            "repeatability": {
                "patients": PATIENTS,
                "between_seeds": around(0.7 if good else 0.2, SIMILARITIES) if seeds > 1 else [],
                "other_films": around(0.3, SIMILARITIES),
            },
            "deletion": [levels for _ in PATIENTS],
            "cost": {"passes": 1 if good else 170, "forward_passes_of_time": 2.0 if good else 200.0},
            "planted": {
                "scores": [dict.fromkeys(MEASURES, float(good))] * seeds,
                "map": measurements.encode_map(np.linspace(-1, 1, 32 * 32).reshape(32, 32)),
            },
        }

    baselines = {
        name: {
            "localisation": {source: around(level, MEASURES) for source in SOURCES},
            "deletion": around(0.5, saliency_report.CURVES),
            "planted": [dict.fromkeys(MEASURES, level)],
        }
        for name, level in BASELINE_LEVELS.items()
    }
    methods = {GOOD: method(True), BAD: method(False)}
    content = {
        "how": {
            "seeds": list(range(seeds)),
            "films_limited_to": limited,
            "top_share": 0.1,
            "squares": 196,
            "costly_passes": 10,
            "bootstrap_draws": 1000,
        },
        "methods": {
            GOOD: {"title": "Grad-CAM", "about": "Weighted feature maps.", "meaning": "evidence"},
            BAD: {"title": "Guided Backprop", "about": "Positive gradients.", "meaning": "strength"},
        },
        "networks": {"transfer": statistics.summarise(methods, baselines, dict.fromkeys(SOURCES, PATIENTS), PATIENTS)},
    }
    path.write_text(json.dumps(content))
    return path
