"""Take in a layer that is defined elsewhere, for the text of networks, calculator and builder."""

from typing import TypeVar

from cnn.errors import UserError
from cnn.layers.layers import Layer
from cnn.layers.network_text import LAYERS

LayerClass = TypeVar("LayerClass", bound=type[Layer])


def register_layer(layer: LayerClass) -> LayerClass:
    """Register a dataclass that derives from :class:`cnn.layers.layers.Layer`; a decorator.

    Raises:
        UserError: It has no words, or one is taken.
    """
    taken = {word for each in LAYERS for word in each.words}
    if not layer.words or taken & set(layer.words):
        raise UserError(f"A layer needs words of its own, which are not among {', '.join(sorted(taken))}.")
    LAYERS.append(layer)
    return layer
