"""Sizes, parameters and receptive fields against PyTorch, and the golden values of the lecture."""

import itertools
import random
from fractions import Fraction

import pytest
import torch
from torch import nn

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers import costs, receptive_field, sizes
from cnn.layers.sizes import Window, output_size, pool_size

META = torch.device("meta")


def torch_size(layer: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Spatial shape that PyTorch gives, or None where it refuses."""
    # The meta device does not check output_padding, so transposed convolutions run for real.
    device = "cpu" if isinstance(layer, nn.ConvTranspose2d) else META
    try:
        return tuple(layer(torch.zeros(shape, device=device)).shape[2:])
    except RuntimeError:
        return None


def our_size(*sides: tuple) -> tuple[int, ...] | None:
    """The same from ``cnn.layers.sizes``: each side is a function and its arguments."""
    try:
        return tuple(result if isinstance(result := call(*args), int) else result.size for call, *args in sides)
    except DoesNotFit:
        return None


def test_2000_random_layers_agree_with_torch() -> None:
    """Half of the draws are convolutions with channels and groups, the others pooling; some do not fit at all."""
    draw = random.Random(2019)
    refused = 0
    for case in range(2000):
        h, w = draw.randint(1, 24), draw.randint(1, 24)
        f, g = draw.randint(1, 7), draw.randint(1, 7)
        s, t = draw.randint(1, 5), draw.randint(1, 5)
        d, e = draw.randint(1, 3), draw.randint(1, 3)
        p, q = draw.randint(0, 4), draw.randint(0, 4)
        kind = ("conv", "conv", "conv", "transposed", "max", "max", "average")[case % 7]
        told = f"{kind} {(h, w)=} {(f, g)=} {(s, t)=} {(p, q)=} {(d, e)=}"
        if kind == "conv":
            groups = draw.choice((1, 1, 2, 3, 6))
            c, k, bias = groups * draw.randint(1, 4), groups * draw.randint(1, 4), draw.random() < 0.5
            conv = nn.Conv2d(c, k, (f, g), (s, t), (p, q), (d, e), groups, bias, device=META)
            theirs = torch_size(conv, (1, c, h, w))
            ours = our_size((output_size, h, f, s, p, d), (output_size, w, g, t, q, e))
            counted = costs.conv_parameters(c, k, (f, g), groups, bias).value
            assert counted == sum(parameter.numel() for parameter in conv.parameters()), told
            if ours:
                expected = conv.weight.numel() * ours[0] * ours[1]
                assert costs.conv_multiply_adds(c, k, (f, g), ours, groups).value == expected, told
        elif kind == "transposed":
            more, over = draw.randint(0, 4), draw.randint(0, 4)
            layer = nn.ConvTranspose2d(1, 1, (f, g), (s, t), (p, q), (more, over), dilation=(d, e))
            theirs = torch_size(layer, (1, 1, h, w))
            call = lambda *numbers: sizes.transposed_output_size(*numbers).value  # noqa: E731
            ours = our_size((call, h, f, s, p, more, d), (call, w, g, t, q, over, e))
        else:
            ceil = draw.random() < 0.5
            rule = "ceil" if ceil else "floor"
            if kind == "max":
                pool: nn.Module = nn.MaxPool2d((f, g), (s, t), (p, q), (d, e), ceil_mode=ceil)
            else:
                d = e = 1
                pool = nn.AvgPool2d((f, g), (s, t), (p, q), ceil_mode=ceil)
            theirs = torch_size(pool, (1, 1, h, w))
            ours = our_size((pool_size, h, f, s, p, d, rule), (pool_size, w, g, t, q, e, rule))
        assert ours == theirs, told
        refused += ours is None
    assert 100 < refused < 1500, "the draw must hold layers that fit and layers that do not"


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "size"),
    [
        (7, 3, 1, 0, 5), (7, 3, 2, 0, 3),  # slides 19-28
        (32, 5, 1, 0, 28), (28, 5, 1, 0, 24),  # slides 14-16, 33
        (4, 3, 1, 0, 2), (5, 3, 1, 1, 5),  # slide 34
        (5, 3, 1, 0, 3),  # slide 12
    ],
)  # fmt: skip
def test_lecture_sizes_under_every_rule(n: int, f: int, s: int, p: int, size: int) -> None:
    for rule in ("exact", "floor", "ceil"):
        found = output_size(n, f, s, p, rule=rule)
        assert (found.size, found.unread, found.overhang, found.dropped) == (size, 0, 0, False)


@pytest.mark.parametrize(("f", "s", "p"), [(3, 1, 1), (5, 1, 2)])
def test_lecture_configurations_keep_the_size(f: int, s: int, p: int) -> None:
    assert output_size(32, f, s, p).size == 32
    assert sizes.same_padding(f) == (p, p)


def test_lecture_configuration_with_stride_2_halves() -> None:
    assert output_size(32, 5, 2, 2).size == 16
    with pytest.raises(DoesNotFit, match="even"):
        output_size(32, 5, 2, 2, rule="exact")


def test_formula_has_the_numbers_put_in() -> None:
    assert output_size(7, 3, 2).formula == "(7 - 3 + 2*0)/2 + 1 = 3"
    assert output_size(7, 3, 3).formula == "floor((7 - 3 + 2*0)/3) + 1 = 2"
    assert output_size(9, 3, 1, (1, 2), 2).formula == "(9 - [2*(3 - 1) + 1] + 1 + 2)/1 + 1 = 8"
    assert output_size(5, 2, 2, 1, rule="ceil").formula == "ceil((5 - 2 + 2*1)/2) + 1 - 1 = 3"


def test_stride_3_does_not_fit_the_lecture_s_input() -> None:
    with pytest.raises(SizeDoesNotFit) as refusal:
        output_size(7, 3, 3, rule="exact")
    assert "= 2.33" in str(refusal.value)
    assert refusal.value.nearest == {"n": (6, 9), "kernel_size": (1, 4), "stride": (2, 4), "padding": (1,)}
    floored = output_size(7, 3, 3, rule="floor")
    assert (floored.size, floored.unread, floored.unread_input, floored.quotient) == (2, 1, 1, Fraction(4, 3))
    hanging = output_size(7, 3, 3, rule="ceil")
    assert (hanging.size, hanging.unread, hanging.overhang) == (3, 0, 2)


def test_ceil_drops_a_window_that_starts_behind_the_input() -> None:
    dropped = output_size(5, 2, 2, 1, rule="ceil")
    assert (dropped.size, dropped.dropped, dropped.unread, dropped.unread_input) == (3, True, 1, 0)
    assert output_size(10, 1, 2, 0, rule="ceil").size == 5


def test_unread_cells_are_those_that_change_nothing() -> None:
    """Brute force: mark what the windows touch, count what is left behind the last one."""
    for n, f, s, p, d in itertools.product(range(1, 9), range(1, 4), range(1, 5), range(3), (1, 2)):
        try:
            found = output_size(n, f, s, p, d)
        except DoesNotFit:
            continue
        read = {i * s + j * d for i in range(found.size) for j in range(f)}
        behind = range(max(read) + 1, n + 2 * p)
        assert found.unread == len(behind)
        assert found.unread_input == sum(p <= cell < p + n for cell in behind)


def test_every_value_named_as_nearest_fits_and_none_is_nearer() -> None:
    letters = {"n": 0, "kernel_size": 1, "stride": 2, "padding": 3, "dilation": 4}
    for *numbers, rule in itertools.product(
        range(1, 9), range(1, 6), range(1, 5), range(3), (1, 2), ("exact", "floor", "ceil")
    ):
        if our_size((output_size, *numbers, rule)) is not None:
            continue
        with pytest.raises(SizeDoesNotFit) as refusal:
            output_size(*numbers, rule=rule)
        assert refusal.value.nearest
        for name, values in refusal.value.nearest.items():
            place = letters[name]
            for value in range(min(*values, numbers[place]), max(values) + 1):
                changed = [*numbers]
                changed[place] = value
                fits = our_size((output_size, *changed, rule)) is not None
                assert fits == (value in values), (numbers, rule, name, value)


@pytest.mark.parametrize(
    "numbers",
    [(0, 3), (-1, 3), (10**9, 3), (7, 0), (7, 3, 0), (7, 3, 1, -1), (7, 3, 1, 0, 0), (7, 3, 10**9), (3, 9999, 7, 0, 3)],
)
def test_nonsense_gets_one_sentence(numbers: tuple[int, ...]) -> None:
    with pytest.raises(DoesNotFit) as refusal:
        output_size(*numbers)
    assert str(refusal.value).count(". ") == 0
    assert str(refusal.value).endswith(".")


def test_refusals_of_channels_groups_and_padding_say_what_would_do() -> None:
    with pytest.raises(DoesNotFit, match="choose 3 or 6 groups"):
        costs.conv_parameters(6, 6, 3, groups=4)
    with pytest.raises(DoesNotFit, match="P = 1 or less"):
        pool_size(8, 2, 2, 2)
    with pytest.raises(DoesNotFit, match="stride 1"):
        sizes.same_padding(3, 2)
    with pytest.raises(DoesNotFit, match="P = 1 or less"):
        sizes.transposed_output_size(1, 4, 1, 3)
    with pytest.raises(DoesNotFit, match="output padding"):
        sizes.transposed_output_size(4, 3, 1, 0, 1)


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel:UserWarning")
def test_same_padding_is_torch_s() -> None:
    for f, d, n in itertools.product(range(1, 7), range(1, 4), (5, 8)):
        left, right = sizes.same_padding(f, dilation=d)
        assert output_size(n, f, 1, (left, right), d).size == n
        signal, kernel = torch.randn(1, 1, n), torch.randn(1, 1, f)
        padded = nn.functional.conv1d(nn.functional.pad(signal, (left, right)), kernel, dilation=d)
        assert torch.equal(padded, nn.functional.conv1d(signal, kernel, padding="same", dilation=d))


def test_adaptive_windows_are_torch_s() -> None:
    for n, size in itertools.product(range(1, 12), range(1, 9)):
        signal = torch.arange(float(n)) ** 2
        theirs = nn.functional.adaptive_avg_pool1d(signal[None], size)[0]
        ours = torch.stack([signal[a:b].mean() for a, b in sizes.adaptive_windows(n, size)])
        torch.testing.assert_close(ours, theirs)


def test_pooling_of_the_lecture() -> None:
    assert pool_size(4, 2).size == 2
    assert pool_size(100, 2, 2).size == 50
    assert pool_size(7, 3, 2).size == 3


def test_parameters_of_the_lecture() -> None:
    assert costs.filter_weights(3, 5).value == 75
    assert costs.conv_parameters(3, 6, 5).formula == "(5*5*3)*6 + 6 = 456"
    assert costs.conv_parameters(7, 8, 5).value == 8 * 5 * 5 * 7 + 8
    assert costs.linear_parameters(1000 * 1000 * 3, 100, bias=False).value == 300_000_000


def test_memory_is_what_a_tensor_takes() -> None:
    for shape in ((1, 6, 28, 28), (4, 16, 7, 5)):
        tensor = torch.empty(shape)
        batch, channels, height, width = shape
        assert costs.activation_bytes(channels, height, width, batch).value == tensor.nbytes


def test_receptive_field_is_where_gradients_come_from() -> None:
    """Positive weights: an input cell has a gradient exactly when the unit sees it."""
    draw = random.Random(5)
    for _ in range(40):
        windows = [
            Window(draw.randint(1, 4), draw.randint(1, 3), draw.randint(0, 2), draw.randint(1, 2))
            for _ in range(draw.randint(1, 4))
        ]
        signal = torch.ones(1, 1, 160, dtype=torch.float64, requires_grad=True)
        maps = signal
        for window, field in zip(windows, receptive_field.receptive_field(windows), strict=True):
            kernel = torch.ones(1, 1, window.kernel_size, dtype=torch.float64)
            maps = nn.functional.conv1d(maps, kernel, None, window.stride, window.padding, window.dilation)
            unit = maps.shape[-1] // 2
            (gradient,) = torch.autograd.grad(maps[0, 0, unit], signal, retain_graph=True)
            seen = gradient[0, 0].nonzero().flatten()
            first = field.start + unit * field.jump
            assert (seen.min().item(), seen.max().item()) == (first, first + field.size - 1)


def test_receptive_field_of_two_3x3_layers_is_5() -> None:
    assert receptive_field.receptive_field([Window(3), Window(3)])[-1].size == 5
