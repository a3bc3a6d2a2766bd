"""What travels between the layers of the lecture's own network."""

import torch

from cnn.images import Radiograph
from cnn.models import LoadedModel
from cnn.preprocess import to_tensor
from cnn.worked import Array


def before_pool(model: LoadedModel, radiograph: Radiograph, stage: int) -> Array:
    """(C, H, W): what the pooling layer number ``stage``, from 1, of the ``lecture`` network reads.

    Nothing is hooked: the layers before it are called one after the other. Raises ``KeyError`` if there is no such
    layer.
    """
    children = dict(model.module.named_children())
    wanted = children[f"pool{stage}"]
    x = to_tensor(radiograph, model.input_size).to(next(model.module.parameters()).device)  # (1, 1, S, S)
    with torch.inference_mode():
        for layer in children.values():
            if layer is wanted:
                break
            x = layer(x)
    return x[0].double().cpu().numpy()
