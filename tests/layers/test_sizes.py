"""Sizes, parameters and receptive fields against PyTorch, and the golden values of the lecture."""

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from torch import nn

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers import costs, receptive_field, sizes
from cnn.layers.sizes import Rule, Window, output_size, output_sizes

RULES: tuple[Rule, ...] = ("exact", "floor", "ceil")


def our_size(function, *arguments) -> int | None:
    """The size that a function of ``cnn.layers.sizes`` gives, or None where it raises."""
    try:
        result = function(*arguments)
    except DoesNotFit:
        return None
    return result.size if isinstance(result, sizes.Size) else result.value


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("n", "window", "size"),
    [
        (7, Window(3), 5),  # slides 19-28
        (7, Window(3, 2), 3),
        (32, Window(5), 28),  # slides 14-16, 33
        (28, Window(5), 24),
        (4, Window(3), 2),  # slide 34
        (5, Window(3, padding=1), 5),
        (5, Window(3), 3),  # slide 12
        (32, Window(3, padding=1), 32),
        (32, Window(5, padding=2), 32),
    ],
)
def test_lecture_sizes_under_every_rule(n: int, window: Window, size: int, rule: Rule) -> None:
    result = output_size(n, window, rule)
    assert (result.size, result.unread, result.overhang, result.dropped) == (size, 0, 0, False)


@pytest.mark.parametrize(("n", "window", "size"), [(4, Window(2, 2), 2), (100, Window(2, 2), 50), (7, Window(3, 2), 3)])
def test_pooling_of_the_lecture(n: int, window: Window, size: int) -> None:
    assert output_sizes((n,), window, pooling=True)[0].size == size


@pytest.mark.parametrize(
    ("n", "window", "rule", "formula"),
    [
        (7, Window(3, 2), "floor", "(7 - 3 + 2*0)/2 + 1 = 3"),
        (7, Window(3, 3), "floor", "floor((7 - 3 + 2*0)/3) + 1 = 2"),
        (9, Window(3, 1, (1, 2), 2), "floor", "(9 - [2*(3 - 1) + 1] + 1 + 2)/1 + 1 = 8"),
        (5, Window(2, 2, 1), "ceil", "ceil((5 - 2 + 2*1)/2) + 1 - 1 = 3"),
    ],
)
def test_formula_has_the_numbers_put_in(n: int, window: Window, rule: Rule, formula: str) -> None:
    assert output_size(n, window, rule).formula == formula


def test_stride_3_does_not_fit_the_lecture_s_input() -> None:
    window = Window(3, stride=3)
    with pytest.raises(SizeDoesNotFit, match=r"= 2\.33") as refusal:
        output_size(7, window, "exact")
    assert refusal.value.nearest == {"n": (6, 9), "kernel_size": (1, 4), "stride": (2, 4), "padding": (1,)}
    floored = output_size(7, window, "floor")
    assert (floored.size, floored.unread, floored.unread_input, floored.quotient) == (2, 1, 1, Fraction(4, 3))
    hanging = output_size(7, window, "ceil")
    assert (hanging.size, hanging.unread, hanging.overhang) == (3, 0, 2)


def test_ceil_drops_a_window_that_starts_behind_the_input() -> None:
    dropped = output_size(5, Window(2, 2, 1), "ceil")
    assert (dropped.size, dropped.dropped, dropped.unread, dropped.unread_input) == (3, True, 1, 0)
    kept = output_size(10, Window(1, 2), "ceil")
    assert (kept.size, kept.dropped) == (5, True)


SMALL = [
    (n, Window(f, s, p, d))
    for n, f, s, p, d in itertools.product(range(1, 9), range(1, 5), range(1, 5), range(3), (1, 2))
]


def test_unread_cells_are_those_behind_the_last_window() -> None:
    for n, window in SMALL:
        if not (size := our_size(output_size, n, window)):
            continue
        result, padding = output_size(n, window), window.ends[0]
        read = {i * window.stride + j * window.dilation for i in range(size) for j in range(window.kernel_size)}
        behind = range(max(read) + 1, n + 2 * padding)
        assert result.unread == len(behind)
        assert result.unread_input == sum(padding <= cell < padding + n for cell in behind)


@pytest.mark.parametrize("rule", RULES)
def test_every_value_named_as_nearest_fits_and_none_is_nearer(rule: Rule) -> None:
    for n, window in SMALL:
        if our_size(output_size, n, window, rule):
            continue
        with pytest.raises(SizeDoesNotFit) as refusal:
            output_size(n, window, rule)
        assert refusal.value.nearest
        for name, values in refusal.value.nearest.items():
            current = n if name == "n" else getattr(window, name)
            for value in range(min(*values, current), max(values) + 1):
                changed = (value, window) if name == "n" else (n, replace(window, **{name: value}))
                assert (our_size(output_size, *changed, rule) is not None) == (value in values), (n, window, name)


@pytest.mark.parametrize(
    "numbers",
    [(0, 3), (-1, 3), (10**9, 3), (7, 0), (7, 3, 0), (7, 3, 1, -1), (7, 3, 1, 0, 0), (7, 3, 10**9), (3, 9999, 7, 0, 3)],
)
def test_numbers_out_of_range_get_one_sentence(numbers: tuple[int, ...]) -> None:
    with pytest.raises(DoesNotFit, match=r"^[^.]*(\.\d[^.]*)*\.$"):
        output_size(numbers[0], Window(*numbers[1:]))


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda: costs.conv_parameters(6, 6, 3, groups=4), "set groups to 3 or 6"),
        (lambda: output_sizes((8,), Window(2, 2, 2), pooling=True), "F = 4, P = 1"),
        (lambda: Window(3, 2).same_padded(), "stride 1"),
        (lambda: sizes.transposed_output_size(1, Window(4, 1, 3)), "P = 1"),
        (lambda: sizes.transposed_output_size(4, Window(3), 1), "output padding"),
    ],
)
def test_errors_say_what_would_fit(call, advice: str) -> None:
    with pytest.raises(DoesNotFit, match=advice):
        call()


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel:UserWarning")
@pytest.mark.parametrize(("f", "d", "n"), [*itertools.product(range(1, 7), range(1, 4), (5, 8))])
def test_same_padding_is_torch_s(f: int, d: int, n: int) -> None:
    window = Window(f, dilation=d).same_padded()
    assert output_size(n, window).size == n
    signal, kernel = torch.randn(1, 1, n), torch.randn(1, 1, f)
    padded = nn.functional.conv1d(nn.functional.pad(signal, window.ends), kernel, dilation=d)
    assert torch.equal(padded, nn.functional.conv1d(signal, kernel, padding="same", dilation=d))


def test_adaptive_windows_are_torch_s() -> None:
    for n, size in itertools.product(range(1, 12), range(1, 9)):
        signal = torch.arange(float(n)) ** 2
        theirs = nn.functional.adaptive_avg_pool1d(signal[None], size)[0]
        ours = torch.stack([signal[a:b].mean() for a, b in sizes.adaptive_windows(n, size)])
        torch.testing.assert_close(ours, theirs)


def test_layer_by_layer_stops_where_no_window_fits() -> None:
    assert sizes.layer_by_layer(32, Window(5), most=99) == (32, 28, 24, 20, 16, 12, 8, 4)
    assert sizes.layer_by_layer(32, Window(5, padding=2), most=3) == (32, 32, 32)


def test_counts_of_the_lecture() -> None:
    assert costs.filter_weights(3, 5).value == 75
    assert costs.conv_parameters(3, 6, 5).formula == "(5*5*3)*6 + 6 = 456"
    assert costs.conv_parameters(7, 8, 5).value == 8 * 5 * 5 * 7 + 8
    assert costs.linear_parameters(1000 * 1000 * 3, 100, bias=False).value == 300_000_000
    assert costs.activation_bytes(6, 28, 27).value == torch.empty(6, 28, 27).nbytes


def test_receptive_field_is_where_gradients_come_from() -> None:
    """With positive weights an input cell has a gradient exactly when the unit depends on it."""
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
            maps = nn.functional.conv1d(maps, kernel, None, window.stride, window.ends[0], window.dilation)
            unit = maps.shape[-1] // 2
            (gradient,) = torch.autograd.grad(maps[0, 0, unit], signal, retain_graph=True)
            seen = gradient[0, 0].nonzero().flatten()
            first = field.start + unit * field.jump
            assert (seen.min().item(), seen.max().item()) == (first, first + field.size - 1)


def test_receptive_field_of_two_3x3_layers_is_5() -> None:
    assert receptive_field.receptive_field([Window(3), Window(3)])[-1].size == 5
