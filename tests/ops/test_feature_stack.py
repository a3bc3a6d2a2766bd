"""Two layers in a row against torch, and the lecture's sizes."""

import pytest
import torch
from torch import nn

from cnn.errors import DoesNotFit
from cnn.lecture.questions.layer_sizes import ask_two_layers
from cnn.ops import feature_stack


def test_two_layers_are_torch_s() -> None:
    for side, depth, first, second, f in ((32, 3, 7, 8, 5), (32, 3, 6, 1, 5), (19, 1, 2, 3, 4), (9, 4, 1, 1, 5)):
        layers = feature_stack.chain_two_layers(side, depth, first, second, f)
        one, two = nn.Conv2d(depth, first, f), nn.Conv2d(first, second, f)
        between = one(torch.zeros(1, depth, side, side))
        assert between.shape[1:] == (first, layers.between, layers.between)
        assert two(between).shape[1:] == (second, layers.after, layers.after)
        assert two.weight[0].numel() == layers.weights


@pytest.mark.parametrize("seed", range(1, 9))
def test_questions_on_two_layers_are_torch_s(seed: int) -> None:
    layers = feature_stack.chain_two_layers(20, 3, 5, 4, 3)
    one, two = nn.Conv2d(3, 5, 3), nn.Conv2d(5, 4, 3)
    between = one(torch.zeros(1, 3, 20, 20))
    theirs = (two.weight.shape[1], between[0].numel(), sum(p.numel() for p in two.parameters()), two(between).shape[-1])
    assert ask_two_layers(layers, seed).answer == theirs[(seed - 1) % 4]


def test_a_picture_too_small_for_the_second_layer_is_refused() -> None:
    with pytest.raises(DoesNotFit, match=r"Choose N = 9, or F = 4 or less\."):
        feature_stack.chain_two_layers(8, 1, 1, 1, 5)
    assert feature_stack.chain_two_layers(9, 1, 1, 1, 5).after == 1
    assert feature_stack.chain_two_layers(8, 1, 1, 1, 4).after == 2
