"""Smoothing and matching against numpy and torch, and the trace against what is told of it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.ops import signals

KINDS = ("average", "triangle", "bell")


def as_torch(signal: np.ndarray) -> torch.Tensor:
    return torch.tensor(signal)[None, None]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("half", [0, 1, 4, 15])
def test_smoothing_kernels_add_up_to_1_and_are_symmetric(kind: str, half: int) -> None:
    kernel = signals.smoothing_kernel(kind, half)
    assert len(kernel) == 2 * half + 1
    assert kernel.sum() == pytest.approx(1)
    assert (kernel > 0).all()
    np.testing.assert_allclose(kernel, kernel[::-1])
    assert kernel.argmax() == half or kind == "average"


@pytest.mark.parametrize("kind", KINDS)
def test_smoothing_is_torch_s_convolution_with_replicated_ends(kind: str) -> None:
    signal = np.random.default_rng(0).standard_normal(50)
    kernel = signals.smoothing_kernel(kind, 3)
    padded = F.pad(as_torch(signal), (3, 3), mode="replicate")
    theirs = F.conv1d(padded, as_torch(kernel).flip(-1))[0, 0]
    np.testing.assert_allclose(signals.smooth(signal, kernel), theirs.numpy())
    np.testing.assert_allclose(signals.smooth(np.full(20, 3.5), kernel), 3.5)


def test_smoothing_helps_and_too_much_of_it_harms() -> None:
    trace = signals.simulate_trace(0.2, 1)
    errors = [
        signals.rms_error(signals.smooth(trace.values, signals.smoothing_kernel("average", half)), trace.clean)
        for half in (0, 2, 30)
    ]
    assert errors[0] == pytest.approx(0.2, rel=0.1)
    assert errors[1] < errors[0] / 1.5
    assert errors[2] > errors[1]


def test_scores_are_correlation_coefficients_and_their_numerator_is_torch_s() -> None:
    draw = np.random.default_rng(4)
    signal, shape = draw.standard_normal(60), draw.standard_normal(9)
    found = signals.match_template(signal, shape)
    expected = [np.corrcoef(signal[i : i + 9], shape)[0, 1] for i in range(52)]
    np.testing.assert_allclose(found.scores, expected)
    assert found.best == int(np.argmax(expected))
    assert found.score == pytest.approx(max(expected))
    numerator = F.conv1d(as_torch(signal), as_torch(shape - shape.mean()))[0, 0].numpy()
    lengths = [np.std(signal[i : i + 9]) * np.std(shape) * 9 for i in range(52)]
    np.testing.assert_allclose(found.scores, numerator / lengths)


def test_a_copy_of_the_shape_scores_1_whatever_its_height_and_a_flat_signal_0() -> None:
    shape = signals.template("normal beat")
    signal = np.zeros(500)
    signal[200 : 200 + len(shape)] += 0.01 * shape
    found = signals.match_template(signal, shape)
    assert found.best == 200
    assert found.score == pytest.approx(1)
    assert not signals.match_template(np.ones(300), shape).scores.any()


@pytest.mark.parametrize("lengths", [(5, 6), (5, 1), (0, 3)])
def test_a_template_must_fit(lengths: tuple[int, int]) -> None:
    with pytest.raises(DoesNotFit):
        signals.match_template(np.zeros(lengths[0]), np.zeros(lengths[1]))


@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("beat", ["normal beat", "ectopic beat"])
def test_the_template_finds_its_beat_under_little_noise(seed: int, beat: signals.Beat) -> None:
    trace = signals.simulate_trace(0.1, seed)
    found = signals.match_template(trace.values, signals.template(beat))
    when = trace.seconds[found.best + signals.template_peak()]
    assert min(abs(when - peak) for peak in trace.beats[beat]) < 0.02


def test_noise_has_the_size_asked_for_and_the_seed_decides() -> None:
    trace = signals.simulate_trace(0.3, 2)
    assert np.std(trace.values - trace.clean) == pytest.approx(0.3, rel=0.1)
    np.testing.assert_array_equal(trace.values, signals.simulate_trace(0.3, 2).values)
    assert not np.array_equal(trace.clean, signals.simulate_trace(0.3, 3).clean)
    np.testing.assert_array_equal(signals.simulate_trace(0, 2).values, trace.clean)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_comparison_is_numpy_s_and_torch_s(mode: str) -> None:
    x, w = [0, 1, 2, 3, 3], [1, -1, 2]
    compared = signals.compare(x, w, mode)
    np.testing.assert_array_equal(compared.convolution.output.ravel(), np.convolve(x, w, mode))
    np.testing.assert_array_equal(compared.correlation.output.ravel(), np.correlate(x, w, mode))
    padding = {"full": 2, "same": 1, "valid": 0}[mode]
    theirs = F.conv1d(as_torch(np.array(x, float)), as_torch(np.array(w, float)), padding=padding)[0, 0]
    np.testing.assert_array_equal(compared.correlation.output.ravel(), theirs.numpy())
    np.testing.assert_array_equal(compared.difference, np.convolve(x, w, mode) - np.correlate(x, w, mode))


@pytest.mark.parametrize(
    ("x", "w", "said"),
    [
        ([0, 1, 2, 3, 3], [1, -1, 2], "Different at 6 of 7"),
        ([0, 0, 1, 0, 0], [1, 2, 3], "Different at 2 of 7"),
        ([0, 1, 2, 3, 3], [1, 2, 1], "kernel is symmetric"),
        ([0, 0, 0], [1, 2, 3], "cannot tell"),
        ([1, 5, 2, 2], [1, 0, -1], "opposite signs"),
    ],
)
def test_verdict_says_why_the_flip_matters_or_not(x: list[int], w: list[int], said: str) -> None:
    assert said in signals.compare(x, w, "full").verdict


def test_correlation_by_lag_finds_a_shift_and_is_one_for_a_signal_with_itself() -> None:
    signal = np.random.default_rng(3).standard_normal(40)
    itself = signals.correlate(signal, signal)
    assert itself.lags[itself.best] == 0
    assert itself.scores[itself.best] == pytest.approx(1)
    shifted = signals.correlate(np.concatenate([np.zeros(7), signal]), signal)
    assert shifted.lags[shifted.best] == 7
    assert not signals.correlate(np.ones(5), signal).scores.any()
    with pytest.raises(DoesNotFit):
        signals.correlate(np.ones(1), signal)
