"""Simulate an electrocardiogram, smooth it, and find a template in it.

Each beat is a sum of Gaussian curves, one for each wave, after McSharry, Clifford,
Tarassenko and Smith, "A dynamical model for generating synthetic electrocardiogram signals" (IEEE Transactions on
Biomedical Engineering, 2003). Times are in seconds, voltages in millivolts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn.errors import DoesNotFit
from cnn.ops.convolution import Convolution, conv1d

Signal = NDArray[np.float64]
Mode = Literal["full", "same", "valid"]
Smoothing = Literal["average", "triangle", "bell"]
Beat = Literal["normal beat", "ectopic beat"]

RATE = 200
"""Samples per second."""
DURATION = 6.0
_BEFORE, _AFTER = 0.24, 0.44  # seconds of a template before and after the peak of the beat
# (centre in s after the peak, height in mV, width in s) of the waves P, Q, R, S, T.
_NORMAL = ((-0.18, 0.12, 0.025), (-0.035, -0.12, 0.010), (0, 1.1, 0.012), (0.035, -0.25, 0.012), (0.25, 0.3, 0.045))
# A ventricular ectopic beat: early, broad, without a P wave, and with an inverted T wave.
_ECTOPIC = ((0, 1.0, 0.045), (0.09, -0.35, 0.03), (0.30, -0.3, 0.06))


@dataclass(frozen=True)
class Trace:
    """A simulated electrocardiogram.

    Attributes:
        seconds: (N,) times.
        clean: (N,) millivolts without noise.
        values: (N,) millivolts with noise.
        beats: The times of the peaks, for each kind of beat.
    """

    seconds: Signal
    clean: Signal
    values: Signal
    beats: dict[Beat, tuple[float, ...]]


@dataclass(frozen=True)
class Comparison:
    """The convolution of a signal with a kernel, and the cross-correlation, which does not flip the kernel."""

    convolution: Convolution
    correlation: Convolution

    @property
    def difference(self) -> Signal:
        """(output length,): convolution minus cross-correlation."""
        return np.asarray((self.convolution.output - self.correlation.output).ravel())

    def table(self) -> dict[str, Signal]:
        """Return both outputs and their difference, by name."""
        return {
            "convolution": self.convolution.output.ravel(),
            "cross-correlation": self.correlation.output.ravel(),
            "difference": self.difference,
        }

    @property
    def verdict(self) -> str:
        """A sentence on whether flipping the kernel matters here, and why."""
        weight = self.convolution.weight.ravel()
        differing = int(np.count_nonzero(np.abs(self.difference) > 1e-9))
        if self.convolution.symmetric:
            return "The same numbers: the kernel is symmetric, so flipping it changes nothing."
        if not differing:
            return "The same numbers, though the kernel is not symmetric: this signal cannot tell the two apart."
        if np.array_equal(weight, -weight[::-1]):
            return "The same numbers with opposite signs: flipped, this kernel is its own negative."
        return f"Different at {differing} of {self.difference.size} positions: the kernel is not symmetric."


@dataclass(frozen=True)
class Match:
    """The correlation coefficients of a template with each part of a signal, (N - F + 1,), from -1 to 1.

    ``best`` is the index of the largest.
    """

    scores: Signal
    best: int

    @property
    def score(self) -> float:
        """The largest score."""
        return float(self.scores[self.best])


@dataclass(frozen=True)
class Correlation:
    """How much two signals move together when the second is shifted by each of the ``lags``, in samples.

    ``scores`` are from -1 to 1; ``best`` is the index of the largest one.
    """

    lags: NDArray[np.int64]
    scores: Signal
    best: int

    def describe(self) -> str:
        """Return a sentence on the largest score and on the score without a shift."""
        lag, score = int(self.lags[self.best]), self.scores[self.best]
        unshifted = self.scores[np.flatnonzero(self.lags == 0)[0]]
        samples = "sample" if abs(lag) == 1 else "samples"
        shift = f"shifted {'right' if lag > 0 else 'left'} by {abs(lag)} {samples}" if lag else "not shifted"
        return f"The score is largest, {score:.2f}, with y {shift}. Without a shift it is {unshifted:.2f}."


def correlate(signal: Signal, other: Signal) -> Correlation:
    """Compute the normalised cross-correlation of two signals for every lag at which they overlap.

    Both means are subtracted, the products of overlapping values are added up, and the sum is divided by both norms, so
    that a signal has the score 1 with itself at lag 0. A constant signal has the score 0 everywhere.

    Raises:
        DoesNotFit: A signal has fewer than two samples.
    """
    if min(len(signal), len(other)) < 2:
        raise DoesNotFit("Each of the two signals needs at least 2 samples.")
    first, second = signal - signal.mean(), other - other.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    products = np.correlate(first, second, mode="full")
    scores = products / norm if norm > 1e-12 else np.zeros(len(products))
    return Correlation(np.arange(1 - len(other), len(signal)), scores, int(scores.argmax()))


def compare(signal: Sequence[float], kernel: Sequence[float], mode: Mode) -> Comparison:
    """Slide ``kernel`` along ``signal`` with and without the flip. Raises ``DoesNotFit``."""
    return Comparison(*(conv1d(signal, kernel, mode=mode, flip=flip) for flip in (True, False)))


def simulate_trace(noise: float, seed: int) -> Trace:
    """Simulate six seconds with one ectopic beat; ``noise`` is its standard deviation in millivolts."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(round(DURATION * RATE)) / RATE
    peaks = np.cumsum(0.82 + 0.05 * rng.standard_normal(7)) - 0.4
    ectopic = int(rng.integers(2, 5))
    peaks[ectopic] -= 0.22  # early, so that a pause follows
    clean = 0.06 * np.sin(2 * np.pi * (0.23 * seconds + rng.random()))  # breathing moves the baseline
    for number, peak in enumerate(peaks):
        clean += _sum_of_gaussians(seconds - peak, _ECTOPIC if number == ectopic else _NORMAL)
    values = clean + noise * rng.standard_normal(len(seconds))
    normal = tuple(np.delete(peaks, ectopic).tolist())
    return Trace(seconds, clean, values, {"normal beat": normal, "ectopic beat": (float(peaks[ectopic]),)})


def template(beat: Beat) -> Signal:
    """Return one beat without noise, in millivolts."""
    seconds = np.arange(-round(_BEFORE * RATE), round(_AFTER * RATE)) / RATE
    return _sum_of_gaussians(seconds, _ECTOPIC if beat == "ectopic beat" else _NORMAL)


def template_peak() -> int:
    """Return the index of the peak in a template."""
    return round(_BEFORE * RATE)


def smoothing_kernel(kind: Smoothing, half: int) -> Signal:
    """Return 2*half + 1 weights that add up to 1, so that a constant signal does not change."""
    distance = np.abs(np.arange(-half, half + 1)) / (half + 1)
    weights = {"average": np.ones(2 * half + 1), "triangle": 1 - distance, "bell": np.exp(-4.5 * distance**2)}[kind]
    return np.asarray(weights / weights.sum())


def smooth(signal: Signal, kernel: Signal) -> Signal:
    """Convolve with ``kernel``, with the first and last value repeated beyond the ends, to the same length."""
    half = len(kernel) // 2
    return np.convolve(np.pad(signal, half, mode="edge"), kernel, mode="valid")


def rms_error(signal: Signal, reference: Signal) -> float:
    """Return the root mean squared difference, in the signals' unit."""
    return float(np.sqrt(np.mean((signal - reference) ** 2)))


def match_template(signal: Signal, shape: Signal) -> Match:
    """Compute Pearson's correlation coefficient of ``shape`` with each part of ``signal`` of the same length.

    The numerator is the cross-correlation with the shape minus its mean, which is a matched filter; dividing by both
    norms makes the score independent of amplitudes. Where the signal is constant the score is 0.

    Raises:
        DoesNotFit: The shape has fewer than two samples, or more than the signal.
    """
    if not 2 <= len(shape) <= len(signal):
        raise DoesNotFit(
            f"A template of {len(shape)} samples cannot slide along {len(signal)}: give it 2 samples to all of them."
        )
    centred = shape - shape.mean()
    windows = np.lib.stride_tricks.sliding_window_view(signal, len(shape))
    norms = windows.std(axis=1) * np.sqrt(len(shape)) * np.linalg.norm(centred)
    products = np.correlate(signal, centred, mode="valid")
    scores = np.divide(products, norms, out=np.zeros(len(products)), where=norms > 1e-12)
    return Match(scores, int(scores.argmax()))


def describe_smoothing(trace: Trace, smoothed: Signal) -> str:
    """Return sentences on the error and the peak before and after smoothing."""
    before, after = rms_error(trace.values, trace.clean), rms_error(smoothed, trace.clean)
    return (
        f"RMS error against the trace without noise: {before:.2f} mV before smoothing, {after:.2f} mV after. "
        f"Tallest peak: {trace.clean.max():.2f} mV without noise, {smoothed.max():.2f} mV after smoothing."
    )


def describe_kernel(weights: Signal) -> str:
    """Return a sentence on the number and the sum of the weights."""
    return "1 weight, which is 1." if len(weights) == 1 else f"{len(weights)} weights that add up to 1."


def describe_match(trace: Trace, match: Match, beat: Beat) -> str:
    """Return sentences on the time of the best match, and on whether a beat of this kind is there."""
    time = float(trace.seconds[match.best + template_peak()])
    nearest = min(trace.beats[beat], key=lambda peak: abs(peak - time))
    hit = f"that is where the {beat} is" if abs(nearest - time) <= 0.05 else f"the nearest {beat} is at {nearest:.2f} s"
    return f"The best match, score {match.score:.2f}, is at {time:.2f} s: {hit}."


def _sum_of_gaussians(seconds: Signal, waves: tuple[tuple[float, float, float], ...]) -> Signal:
    curves = [height * np.exp(-((seconds - centre) ** 2) / (2 * width**2)) for centre, height, width in waves]
    return np.asarray(np.sum(curves, axis=0))
