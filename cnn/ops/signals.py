"""Signals in one dimension: a trace that looks like an electrocardiogram, smoothing it, and finding a shape in it.

The trace is computed, not recorded. Each beat is a sum of bell curves, one for each wave, after McSharry, Clifford,
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

RATE = 200
"""Samples per second."""
DURATION = 6.0
_BEFORE, _AFTER = 0.24, 0.44  # what a template shows around the tallest point of a beat
# (centre in s after the tallest point, height in mV, width in s) of the waves P, Q, R, S, T.
_USUAL = ((-0.18, 0.12, 0.025), (-0.035, -0.12, 0.010), (0, 1.1, 0.012), (0.035, -0.25, 0.012), (0.25, 0.3, 0.045))
# A beat from elsewhere in the heart: early, broad, without P, and with T upside down.
_ODD = ((0, 1.0, 0.045), (0.09, -0.35, 0.03), (0.30, -0.3, 0.06))


@dataclass(frozen=True)
class Trace:
    """``seconds``, ``clean`` and ``values`` (clean plus noise) are equally long; ``usual`` and ``odd`` say when."""

    seconds: Signal
    clean: Signal
    values: Signal
    usual: tuple[float, ...]
    odd: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """One signal and kernel, with the flip (``convolution``) and without (``correlation``)."""

    convolution: Convolution
    correlation: Convolution

    @property
    def difference(self) -> Signal:
        """(output length,) convolution less cross-correlation."""
        return np.asarray((self.convolution.output - self.correlation.output).ravel())

    def table(self, hide: tuple[int, int, int] | None = None) -> dict[str, Signal]:
        """Both outputs and their difference, by name; NaN at the output cell ``hide``, which is not told yet."""
        told = np.ones(self.difference.size)
        if hide:
            told[hide[-1]] = np.nan
        return {
            "convolution": self.convolution.output.ravel() * told,
            "cross-correlation": self.correlation.output.ravel(),
            "difference": self.difference * told,
        }

    @property
    def verdict(self) -> str:
        """A sentence on whether the flip matters here, and why."""
        weight = self.convolution.weight.ravel()
        differing = int(np.count_nonzero(np.abs(self.difference) > 1e-9))
        if self.convolution.symmetric:
            return "The same numbers: the kernel is symmetric, so turning it round changes nothing."
        if not differing:
            return "The same numbers, though the kernel is not symmetric: this signal cannot tell the two apart."
        if np.array_equal(weight, -weight[::-1]):
            return "The same numbers with opposite signs: turned round, this kernel is its own negative."
        return f"Different at {differing} of {self.difference.size} places: the kernel is not symmetric."


@dataclass(frozen=True)
class Match:
    """How well a template fits at each place where it lies on the signal altogether.

    ``scores`` (N - F + 1,) are correlation coefficients from -1 to 1; ``best`` is the place of the largest.
    """

    scores: Signal
    best: int

    @property
    def score(self) -> float:
        """The largest score."""
        return float(self.scores[self.best])


def compare(signal: Sequence[float], kernel: Sequence[float], mode: Mode) -> Comparison:
    """Slides ``kernel`` along ``signal`` twice: turned round, and as it is. Raises ``DoesNotFit``."""
    return Comparison(*(conv1d(signal, kernel, mode=mode, flip=flip) for flip in (True, False)))


def simulate_trace(noise: float, seed: int) -> Trace:
    """Six seconds of heartbeats with one odd beat among them; ``noise`` is its standard deviation in millivolts."""
    draw = np.random.default_rng(seed)
    seconds = np.arange(round(DURATION * RATE)) / RATE
    starts = np.cumsum(0.82 + 0.05 * draw.standard_normal(7)) - 0.4
    odd = int(draw.integers(2, 5))
    starts[odd] -= 0.22  # early, so that a pause follows
    clean = 0.06 * np.sin(2 * np.pi * (0.23 * seconds + draw.random()))  # breathing moves the baseline
    for number, start in enumerate(starts):
        clean += _beat(seconds - start, _ODD if number == odd else _USUAL)
    values = clean + noise * draw.standard_normal(len(seconds))
    usual = tuple(float(start) for number, start in enumerate(starts) if number != odd)
    return Trace(seconds, clean, values, usual, (float(starts[odd]),))


def template(odd: bool) -> Signal:
    """The shape of one beat, without noise, to look for."""
    return _beat(np.arange(-round(_BEFORE * RATE), round(_AFTER * RATE)) / RATE, _ODD if odd else _USUAL)


def template_peak() -> int:
    """Where in a template its tallest point lies, in samples."""
    return round(_BEFORE * RATE)


def smoothing_kernel(kind: Smoothing, half: int) -> Signal:
    """(2*half + 1,) weights around a middle, which add up to 1, so that a flat signal stays as it is."""
    distance = np.abs(np.arange(-half, half + 1)) / (half + 1)
    weights = {"average": np.ones(2 * half + 1), "triangle": 1 - distance, "bell": np.exp(-4.5 * distance**2)}[kind]
    return np.asarray(weights / weights.sum())


def smooth(signal: Signal, kernel: Signal) -> Signal:
    """Convolves with ``kernel``, as long as before; the first and last value are repeated beyond the ends."""
    half = len(kernel) // 2
    return np.convolve(np.pad(signal, half, mode="edge"), kernel, mode="valid")


def rms_error(signal: Signal, truth: Signal) -> float:
    """Root of the mean squared difference, in the signals' unit."""
    return float(np.sqrt(np.mean((signal - truth) ** 2)))


def match_template(signal: Signal, shape: Signal) -> Match:
    """Slides ``shape`` along ``signal`` without a flip and scores each place by Pearson's correlation coefficient.

    The numerator is the cross-correlation with the shape less its mean, which is a matched filter; dividing by both
    lengths takes out how tall things are. Where the signal is flat the score is 0. Raises ``DoesNotFit``.
    """
    if not 2 <= len(shape) <= len(signal):
        raise DoesNotFit(
            f"A template of {len(shape)} samples cannot slide along {len(signal)}: give it 2 samples to all of them."
        )
    centred = shape - shape.mean()
    windows = np.lib.stride_tricks.sliding_window_view(signal, len(shape))
    lengths = windows.std(axis=1) * np.sqrt(len(shape)) * np.linalg.norm(centred)
    products = np.correlate(signal, centred, mode="valid")
    scores = np.divide(products, lengths, out=np.zeros(len(products)), where=lengths > 1e-12)
    return Match(scores, int(scores.argmax()))


def describe_smoothing(trace: Trace, smoothed: Signal) -> str:
    """What smoothing gained and cost, in a sentence or two."""
    before, after = rms_error(trace.values, trace.clean), rms_error(smoothed, trace.clean)
    return (
        f"Off from the trace without noise by {before:.2f} mV before smoothing and {after:.2f} mV after (root mean "
        f"square). The tallest peak: {trace.clean.max():.2f} mV without noise, {smoothed.max():.2f} mV after smoothing."
    )


def describe_kernel(weights: Signal) -> str:
    """How many weights there are, and what they add up to."""
    return "1 weight, which is 1." if len(weights) == 1 else f"{len(weights)} weights that add up to 1."


def describe_match(trace: Trace, found: Match, wanted: str) -> str:
    """Where the best match lies, and whether a beat of the ``wanted`` kind is there."""
    when = float(trace.seconds[found.best + template_peak()])
    beats = trace.odd if wanted == "odd beat" else trace.usual
    near = min(beats, key=lambda beat: abs(beat - when))
    hit = "is there" if abs(near - when) <= 0.05 else f"is not there: the nearest is at {near:.2f} s"
    return f"The best match, score {found.score:.2f}, is at {when:.2f} s. The {wanted} {hit}."


def _beat(seconds: Signal, waves: tuple[tuple[float, float, float], ...]) -> Signal:
    bells = [height * np.exp(-((seconds - centre) ** 2) / (2 * width**2)) for centre, height, width in waves]
    return np.sum(bells, axis=0)
