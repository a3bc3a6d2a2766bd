"""The slide's counts, torch's counts, and how the three ways to read a picture compare."""

import pytest
from torch import nn

from cnn.errors import DoesNotFit
from cnn.layers.dense_vs_conv import compare_layers
from cnn.layers.layer import Volume
from ui.lecture import dense_vs_conv


def test_the_slide_s_numbers() -> None:
    dense, _, _ = compare_layers(Volume(1000, 1000, 3), 100, 100, 3)
    assert dense.inputs_per_output.formula == "1000*1000*3 = 3,000,000"
    assert dense.weights.formula == "3,000,000*100 = 300,000,000"
    assert dense.weights.value == 300_000_000
    assert dense.memory == 1_200_000_000


@pytest.mark.parametrize(
    ("w", "h", "d", "hidden", "k", "f"), [(9, 7, 3, 5, 4, 3), (6, 6, 1, 10, 10, 6), (8, 5, 2, 1, 1, 1)]
)
def test_weights_and_outputs_are_torch_s(w: int, h: int, d: int, hidden: int, k: int, f: int) -> None:
    dense, own, convolution = compare_layers(Volume(w, h, d), hidden, k, f)
    conv = nn.Conv2d(d, k, f, bias=False)
    assert dense.weights.value == nn.Linear(w * h * d, hidden, bias=False).weight.numel()
    assert convolution.weights.value == conv.weight.numel()
    assert convolution.inputs_per_output.value == conv.weight[0].numel()
    out = conv(conv.weight.new_zeros(d, h, w))
    assert convolution.outputs.value == out.numel()
    assert own.weights.value == own.multiply_adds.value == out.numel() * conv.weight[0].numel()


def test_a_filter_as_large_as_the_picture_is_a_fully_connected_node() -> None:
    dense, own, convolution = compare_layers(Volume(28, 28, 1), 100, 100, 28)
    assert dense.weights.value == own.weights.value == convolution.weights.value == 78_400
    assert dense.outputs.value == convolution.outputs.value


def test_only_the_convolution_does_not_care_how_large_the_picture_is() -> None:
    small, large = (compare_layers(Volume(n, n, 3), 100, 64, 3) for n in (100, 200))
    assert large[0].weights.value == 4 * small[0].weights.value
    assert large[2].weights.value == small[2].weights.value == 1728


@pytest.mark.parametrize("size", [(10_000, 10_000, 1000, 1, 1, 1), (5, 5, 3, 1, 1, 6)])
def test_too_large_is_one_sentence(size: tuple[int, ...]) -> None:
    w, h, d, *rest = size
    with pytest.raises(DoesNotFit) as refused:
        compare_layers(Volume(w, h, d), *rest)
    assert str(refused.value).endswith(".")


def test_advice_on_a_filter_too_large_fits() -> None:
    with pytest.raises(DoesNotFit, match="choose F = 2 or less"):
        compare_layers(Volume(2, 5, 1), 1, 1, 1000)
    assert compare_layers(Volume(2, 5, 1), 1, 1, 2)[2].outputs.value == 4


@pytest.mark.parametrize(
    ("picture", "hidden", "k", "f", "said"),
    [
        ((28, 28, 1), 100, 100, 28, "nothing to save"),
        ((3, 3, 1), 1, 100, 2, "saves nothing here"),
        ((28, 28, 1), 100, 100, 3, "a sum over 9 inputs instead of 784"),
    ],
)
def test_a_saving_is_claimed_only_where_there_is_one(
    picture: tuple[int, int, int], hidden: int, k: int, f: int, said: str
) -> None:
    assert said in dense_vs_conv.describe_savings(compare_layers(Volume(*picture), hidden, k, f))
