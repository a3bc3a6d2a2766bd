"""A learner's network as the chest pages take one: named layers, evaluation mode, a card that says whose it is."""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Iterable

from safetensors.torch import load
from torch import nn

from cnn.handson import networks
from cnn.handson.films import SIDE
from cnn.handson.runs.events import Result
from cnn.handson.settings import OWN_NETWORK, opens_elsewhere
from cnn.models.architectures import Residual
from cnn.models.loading import LoadedModel

_KINDS: dict[type[nn.Module], str] = {
    nn.Conv2d: "conv",
    nn.BatchNorm2d: "norm",
    nn.ReLU: "relu",
    nn.MaxPool2d: "pool",
    nn.AvgPool2d: "pool",
    nn.AdaptiveAvgPool2d: "average",
    Residual: "block",
    nn.Dropout: "drop",
    nn.Flatten: "flatten",
    nn.Linear: "fc",
}
"""Layers that the pages can open, by the names that they have in the Lecture CNN."""


def as_model(result: Result, title: str) -> LoadedModel | None:
    """Return the network of a finished run with its weights; None where the pages cannot open it.

    Args:
        result: The run.
        title: What the learner calls it.
    """
    if not opens_elsewhere(result.settings.described_network):
        return None
    network = networks.start(result.settings)
    network.load_state_dict(load(result.weights))
    named = _named(network)
    layer = networks.map_layer(network)
    assert layer is not None, "a chain has convolutions"
    named.eval().requires_grad_(False)
    card = {
        "temperature": 1.0,
        "threshold": 0.5,
        "threshold_rule": "at 0.5, because nobody has chosen another",
        "sha256": hashlib.sha256(result.weights).hexdigest(),
        "about": f"**The network** is your own: {title}, trained in this session on films of {SIDE} × {SIDE} pixels, "
        f"and gone with it. On {len(result.test)} test films its AUC is {result.test_auc} and its accuracy "
        f"{result.test_accuracy.in_percent()}. Its probabilities are not calibrated, and its threshold is 0.5.",
    }
    return LoadedModel(OWN_NETWORK, named, card, SIDE, (list(named._modules)[layer],))


def _named(modules: Iterable[nn.Module]) -> nn.Sequential:
    """Return the same layers under the names that they have in the Lecture CNN: conv1, relu1, pool1 and so on."""
    counts: Counter[str] = Counter()
    named: OrderedDict[str, nn.Module] = OrderedDict()
    for module in modules:
        kind = _KINDS[type(module)]
        counts[kind] += 1
        if isinstance(module, Residual):
            module = Residual(_named(module.main), _named(module.shortcut))
        named[kind if kind in ("flatten", "fc") else f"{kind}{counts[kind]}"] = module
    return nn.Sequential(named)
