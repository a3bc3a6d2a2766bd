"""The patches that excite a channel most are where the activation is largest."""

import numpy as np
import torch

from cnn.models.inside.feature_maps import read_activation
from cnn.models.inside.layer_nodes import find_layer
from cnn.models.inside.top_patches import find_peaks


def test_a_peak_is_the_largest_cell_and_its_patch_is_what_that_cell_sees(lecture):
    side = lecture.input_size
    films = [torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    layers = [find_layer(lecture.name, name) for name in ("relu1", "relu3")]
    for layer, peaks in zip(layers, find_peaks(lecture, films, layers), strict=True):
        maps = [read_activation(lecture, film, layer).after for film in films]
        channel = int(np.argmax([activation.max() for activation in maps[0]]))
        first, *others = peaks.strongest(channel, 3)
        assert first.value == max(float(activation[channel].max()) for activation in maps)
        assert [peak.value for peak in others] == sorted((peak.value for peak in others), reverse=True)
        row, column = np.argwhere(maps[first.film][channel] == first.value)[0]
        start = layer.field.start + row * layer.field.jump
        assert first.rows == (max(0, start), min(side, start + layer.field.size) - 1)
        assert first.columns[0] == max(0, layer.field.start + column * layer.field.jump)


def test_a_silent_channel_has_no_patches(lecture):
    layer = find_layer(lecture.name, "relu1")
    (peaks,) = find_peaks(lecture, [torch.zeros(1, 1, lecture.input_size, lecture.input_size)], [layer])
    silent = np.flatnonzero(peaks.values[0] == 0)
    assert all(not peaks.strongest(int(channel), 2) for channel in silent)
