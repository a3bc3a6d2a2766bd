"""The cards of the shipped networks, ``weights/NAME.json``: readable without loading a network, or PyTorch."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cnn.errors import UserError, WeightsRejected
from cnn.installed import HOME

CLASSES = ("NORMAL", "PNEUMONIA")
NETWORKS = {
    "transfer": "EfficientNet-Lite0 (fine-tuned)",
    "lecture": "Lecture CNN (from scratch)",
    "ensemble": "Average of both",
    "logistic_regression": "Logistic regression (baseline)",
}
"""All measured networks: keys for links, files and the command line; titles for readers. The default is first, the
baseline last."""
DEFAULT_NETWORK, *_, BASELINE = NETWORKS
OTHER_TITLES: dict[str, str] = {}
"""Titles of networks that were registered from outside, and are not measured here."""
WEIGHTS_FOLDER = HOME / "weights"


def network_title(name: str) -> str:
    """Return the title that a reader sees for the network ``name``."""
    return NETWORKS.get(name) or OTHER_TITLES.get(name, name)


def find_key(text: str, titles: Mapping[str, str], kind: str) -> str:
    """Return the key in ``titles`` that ``text`` is, or whose title it is, in small or capital letters.

    Raises:
        UserError: There is none; the sentence lists the keys of this ``kind``.
    """
    for key, title in titles.items():
        if text.casefold() in (key.casefold(), title.casefold()):
            return key
    raise UserError(f"There is no {kind} named %s; choose one of {', '.join(titles)}.", text)


def read_card(folder: Path, name: str) -> dict[str, Any]:
    """Return ``NAME.json``: data, split, seed, metrics, threshold, temperature, sha256.

    ``sha256`` covers the weights; ``decision_sha256`` covers them and what makes a label of their output.

    Raises:
        WeightsRejected: missing, no JSON, or a value that is used is of another type or out of its range.
    """
    try:
        card = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsRejected(f"The card weights/{name}.json is missing; get the whole repository again.") from error
    except (ValueError, RecursionError) as error:
        raise WeightsRejected(f"The card weights/{name}.json is not readable as JSON; get it again.") from error
    for key, is_valid in _CHECKS.items():
        if not isinstance(card, dict) or (key in card and not is_valid(card[key])):
            raise WeightsRejected(f"The card weights/{name}.json holds no sensible {key}; get it again.")
    if card.get("decision_sha256") != _decision_sha256(card):
        raise WeightsRejected(f"In the card weights/{name}.json, threshold or temperature was changed; get it again.")
    return dict(card)


def _is_number(value: object, low: float, high: float) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and low < value < high
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "sha256": lambda value: isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value)),
    "classes": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "temperature": lambda value: _is_number(value, 1e-3, 1e4),
    "threshold": lambda value: _is_number(value, 0, 1),
    "metrics": lambda value: isinstance(value, dict),
}
"""What is read of a card: whether a value can be used."""


def _decision_sha256(card: dict[str, Any]) -> str | None:
    """Return a hash of weights, classes, temperature and threshold; None for a network that decides nothing."""
    if not {"temperature", "threshold"} & card.keys():
        return None
    decision = [card.get(key) for key in ("sha256", "classes", "temperature", "threshold")]
    return hashlib.sha256(json.dumps(decision).encode()).hexdigest()


def write_card(folder: Path, name: str, card: dict[str, Any]) -> None:
    """Write ``NAME.json``; a network with a threshold gains ``decision_sha256``."""
    if digest := _decision_sha256(card):
        card = card | {"decision_sha256": digest}
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
