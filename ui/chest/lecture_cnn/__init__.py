"""The Lecture CNN in the browser: the lab, where a film is changed by hand and the answer follows without the server.

Weights and film have elements of their own, which Streamlit sends once and then only names.
The forward pass is in ``network.js``, the changes of a film in ``changes.js``; another network answers at rest.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnn.attribution.perturbations import to_greys
from cnn.cards import network_title
from cnn.imaging.preprocess import standardise
from cnn.models import loading, lung_segmenter
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction
from ui.chest.film_store import Film
from ui.shell import theme
from ui.shell.components import define_component
from ui.shell.messages import Text, received
from ui.widgets.browser_store import store_in_browser

SIDE = 224
"""Pixels a side of the film in the lab; the network gets it resized to its own 128."""
_REST = {"film": Text(4 * SIDE * SIDE), "id": Text(1000)}


@dataclass(frozen=True)
class AtRest:
    """What another network says of the changed film, ``id`` names the change, and what it said before."""

    id: str
    prediction: Prediction
    before: Prediction


def show_lab(
    film: Film,
    lecture: LoadedModel,
    start: dict[str, Any],
    notes: dict[str, str],
    at_rest: AtRest | None,
    on_rest: Callable[[str, str], None],
) -> None:
    """Show the lab.

    Args:
        film: The film to change.
        lecture: The Lecture CNN.
        start: Settings of the controls to begin with, by their names in ``lab.js``.
        notes: What an answer can show under a setting, by its name in ``lab.js``.
        at_rest: What the other network says; None where none is asked.
        on_rest: Called when the reader's hand rests, with the changed film and the name of the change.
    """
    key = "lab"

    def rested() -> None:
        if rest := received(key, "rest", _REST):
            on_rest(rest["film"], rest["id"])

    lungs = _lungs(film)
    store_in_browser("weights", lecture.weights_sha256, _weights(lecture))
    store_in_browser("film", film.sha256, _film_bytes(film, lungs))
    data: dict[str, Any] = {
        "film": film.sha256,
        "lungs": bool(lungs.any()),
        "start": {"id": repr(sorted(start.items())), "settings": start},
        "notes": notes,
        "title": network_title(lecture.name),
        "temperature": lecture.temperature,
        "threshold": lecture.threshold,
        "rest": None if at_rest is None else _describe(at_rest),
        "colours": {"positive": theme.FILM_POSITIVE, "negative": theme.FILM_NEGATIVE, "mark": theme.FILM_MARK},
    }
    _lab(key=key, data=data, on_rest_change=rested)


def decode_film(film: str) -> Tensor:
    """Return what the lab sent, a film's SIDE x SIDE greys of 16 bits in base64, as a network's input.

    Raises:
        ValueError: It is something else.
    """
    greys = np.frombuffer(base64.b64decode(film, validate=True), "<u2").reshape(1, 1, SIDE, SIDE)
    return standardise(torch.from_numpy(greys.astype(np.float32) / 65535))


def _describe(at_rest: AtRest) -> dict[str, Any]:
    prediction = at_rest.prediction
    return {
        "id": at_rest.id,
        "title": network_title(prediction.model),
        "probability": prediction.p_pneumonia,
        "before": at_rest.before.p_pneumonia,
        "threshold": prediction.threshold,
    }


def _lungs(film: Film) -> np.ndarray:
    """Return (SIDE, SIDE) uint8: 1 in the lung on the left of the picture, 2 in that on the right, 0 elsewhere."""
    mask = lung_segmenter.lung_mask(film.inputs.by_size[SIDE])[0, 0].numpy()
    if mask.mean() < lung_segmenter.MIN_LUNG_AREA:
        return np.zeros((SIDE, SIDE), np.uint8)
    middle = np.quantile(np.nonzero(mask)[1], (0.02, 0.98)).mean()
    sides: np.ndarray = np.where(np.arange(SIDE) < middle, 1, 2) * mask
    return sides.astype(np.uint8)


def _film_bytes(film: Film, lungs: np.ndarray) -> bytes:
    """Return the film's greys, 0..1 as float32, and its lungs."""
    return to_greys(film.inputs.by_size[SIDE]).numpy().astype("<f4").tobytes() + lungs.tobytes()


def _weights(model: LoadedModel) -> bytes:
    """Return the weight file, whose hash was checked when it was loaded."""
    return (loading.WEIGHTS_FOLDER / f"{model.name}.safetensors").read_bytes()


_lab = define_component("lecture_cnn_lab", __file__, "lab.html", "lab.css", "network.js", "changes.js", "lab.js")
