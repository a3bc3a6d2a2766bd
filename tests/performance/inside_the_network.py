"""How long it takes to open a layer, in forward passes; run it by hand: ``python -m
tests.performance.inside_the_network``.

Opening is all that Python does for it: the way to the layer, the sums of one map, the pictures, and the message to the
browser as JSON. Both alternate within one run, so that a busy machine slows both.
"""

import json
import statistics
import time
from collections.abc import Callable

import torch

from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.layers.layers import Volume
from cnn.models import feature_maps, loading
from cnn.models.feature_maps import LayerNode
from ui.widgets import receptive_field_lens

REPEATS = 9


def took(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Prints a line for each layer that takes longer than a forward pass, and the worst ratio of each network."""
    torch.set_num_threads(1)  # as the app does
    film = read_radiograph(*SAMPLES[0].read())
    for name in ("lecture", "transfer"):
        model = loading.load(name)
        pixels = to_tensor(film, model.input_size)

        def forward() -> None:
            with torch.inference_mode():
                model.module(pixels)  # noqa: B023

        def opening(stop: LayerNode) -> str:
            opened = feature_maps.read_activation(model, pixels, stop)  # noqa: B023
            follows = receptive_field_lens.can_follow_sums(opened, name)  # noqa: B023
            work = feature_maps.trace_filter(model, opened, 0) if follows else None  # noqa: B023
            return json.dumps(receptive_field_lens.lens_payload(opened, model.input_size, 0, work, None))  # noqa: B023

        ratios = []
        for stop in feature_maps.list_layers(name):
            if not isinstance(stop.step.output, Volume):
                continue
            size = len(opening(stop))
            pairs = [(took(forward), took(lambda stop=stop: opening(stop))) for _ in range(REPEATS)]  # type: ignore[misc]
            one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
            ratios.append(other / one)
            if other > one:
                print(f"{name} {stop.name}: {1000 * other:.1f} ms, {other / one:.2f} forward passes, {size:,} bytes")
        middle = statistics.median(ratios)
        print(f"{name}: {len(ratios)} layers, median {middle:.2f}, worst {max(ratios):.2f} forward passes")


if __name__ == "__main__":
    main()
