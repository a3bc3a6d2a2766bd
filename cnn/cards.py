"""The cards of the shipped networks, ``weights/NAME.json``: readable without loading a network, or PyTorch."""

import json
from pathlib import Path
from typing import Any

from cnn.errors import WeightsRejected
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
WEIGHTS_FOLDER = HOME / "weights"


def network_title(name: str) -> str:
    """Return the title that a reader sees for the network ``name``."""
    return NETWORKS.get(name, name)


def read_card(folder: Path, name: str) -> dict[str, Any]:
    """Return ``NAME.json``: data, split, seed, metrics, threshold, temperature, sha256.

    Raises:
        WeightsRejected: missing or no JSON.
    """
    try:
        card = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsRejected(f"The card weights/{name}.json is missing; get the whole repository again.") from error
    except ValueError as error:
        raise WeightsRejected(f"The card weights/{name}.json is not readable as JSON; get it again.") from error
    return dict(card)


def write_card(folder: Path, name: str, card: dict[str, Any]) -> None:
    """Write ``NAME.json``."""
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
