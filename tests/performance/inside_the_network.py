"""Time opening a layer, in forward passes: ``python -m tests.performance.inside_the_network``.

Opening is all that Python does for it: the activation of the layer, the sums of one feature map, the images, and the
message to the browser as JSON. Both alternate within one run.
"""

import argparse
import json

import torch

from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.layers.layers import Volume
from cnn.models import feature_maps, loading
from cnn.models.feature_maps import LayerNode
from cnn.models.loading import LoadedModel
from cnn.training.benchmark import Task, compare, format_table, forward
from ui.widgets import receptive_field_lens


def opening(model: LoadedModel, pixels: torch.Tensor, layer: LayerNode) -> Task:
    """Opening the first feature map of ``layer`` beside one forward pass."""

    def open_layer() -> str:
        activation = feature_maps.read_activation(model, pixels, layer)
        can_follow = receptive_field_lens.can_follow_sums(activation, model.name)
        trace = feature_maps.trace_filter(model, activation, 0) if can_follow else None
        return json.dumps(receptive_field_lens.lens_payload(activation, model.input_size, 0, trace, None))

    title = f"{model.name} {layer.name}"
    return Task(title, open_layer, "one forward pass", lambda: forward(model.module, pixels), target=2.0)


def main() -> None:
    """Print the ratio of each layer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)  # as the app does
    film = read_radiograph(*SAMPLES[0].read())
    for name in ("lecture", "transfer"):
        model = loading.load(name)
        pixels = to_tensor(film, model.input_size)
        layers = [layer for layer in feature_maps.list_layers(name) if isinstance(layer.step.output, Volume)]
        print(format_table([compare(opening(model, pixels, layer), repeats) for layer in layers]))


if __name__ == "__main__":
    main()
