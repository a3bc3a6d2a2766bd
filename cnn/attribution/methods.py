"""The saliency methods: Captum's attributions of one class's logit to the pixels of one film.

All methods compare with, or start from, the baseline 0, which is the film's own mean grey after standardisation.
docs/saliency.md compares the methods and says how they differ from Captum's defaults.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnn.attribution.attribution import Meaning
from cnn.cards import find_key
from cnn.errors import MethodFails
from cnn.models import cores
from cnn.models.loading import LoadedModel

BASELINE = 0.0
STEPS = 50
"""Points on the path of Integrated Gradients."""
SAMPLES = 25
"""Noisy copies for SmoothGrad and GradientShap."""
NOISE = 0.15
"""Standard deviation of SmoothGrad's noise over the film's range of greys; 0.1 to 0.2 in Smilkov et al."""
SHAP_NOISE = 0.05
"""The same for GradientShap, whose noise only blurs the end of its path."""
GRADIENT_CHUNK, FORWARD_CHUNK = 5, 13
"""Films in one batch, with and without a backward pass; they bound the memory."""
CHUNKS_AT_ONCE = 4
"""Batches with a backward pass side by side, on as many idle cores; it bounds the memory."""


def _captum() -> Any:
    """Return Captum's methods, whose import takes half a second for which no prediction waits."""
    from captum import attr

    return attr


@dataclass
class Attempt:
    """One computation of a map.

    Attributes:
        network: copy of the network, which may be hooked.
        cam_layers: layers for Grad-CAM.
        pixels: (1, 1, S, S), a leaf that requires gradients.
        target: index of the class to explain.
        between_chunks: called with the number of passes done before every chunk but the first.
        scores: the same function as ``network``, in less time but without gradients.
        cam_in_logits: whether Grad-CAM's map is divided so that it is logits per pixel; else it is Captum's own.
        done: passes done, of those that go through :meth:`forward` or :meth:`gradients`.
        factors: of a map that is a product, the name of each factor and the sum of its absolute values.
    """

    network: nn.Module
    cam_layers: tuple[nn.Module, ...]
    pixels: Tensor
    target: int
    between_chunks: Callable[[int], None]
    scores: Callable[[Tensor], Tensor]
    cam_in_logits: bool = True
    done: int = 0
    factors: tuple[tuple[str, float], ...] = ()

    def forward(self, films: Tensor) -> Tensor:
        """Return the logits (B, 2) of one chunk (B, 1, S, S), without gradients.

        Other threads may use the network before it runs, so a method that sets hooks must not call this.
        """
        self._let_others_in(len(films))
        return self.scores(films)

    def gradient(self, films: Tensor) -> Tensor:
        """Return the gradient of the target's logit at each film of one chunk, both (B, 1, S, S)."""
        (gradient,) = self.gradients([films])
        return gradient

    def gradients(self, chunks: Iterable[Tensor]) -> Iterator[Tensor]:
        """Yield :meth:`gradient` of each chunk, in order: as many chunks at once as cores are idle."""
        chunks = iter(chunks)
        single = torch.get_num_threads() == 1  # else torch itself uses several cores for one chunk
        while True:
            with cores.claim_idle() as idle:
                part = list(itertools.islice(chunks, min(idle, CHUNKS_AT_ONCE) if single else 1))
                if not part:
                    return
                self._let_others_in(sum(map(len, part)))
                with ThreadPoolExecutor(len(part)) as pool:
                    gradients = list(pool.map(self._gradient, part) if len(part) > 1 else map(self._gradient, part))
            yield from gradients

    def _gradient(self, films: Tensor) -> Tensor:
        leaf = films.detach().requires_grad_()
        gradient: Tensor = _captum().Saliency(self.network).attribute(leaf, self.target, abs=False)
        return gradient

    def _let_others_in(self, passes: int) -> None:
        if self.done:
            self.between_chunks(self.done)
        self.done += passes

    def score_change(self) -> float:
        """Return the film's logit minus the baseline's."""
        with torch.no_grad():
            film, grey = self.network(torch.cat([self.pixels, torch.full_like(self.pixels, BASELINE)]))[:, self.target]
        return float(film - grey)


@dataclass(frozen=True)
class Method:
    """A way to compute a saliency map.

    Attributes:
        title: name that a reader sees.
        about: one sentence on how it works.
        meaning: meaning of the map's values.
        source: publication.
        run: the computation; returns the map (1, 1, S, S).
        passes: films that go through the network, or a function that counts them for a network.
        complete: whether each map adds up to the change of the logit from the baseline.
    """

    title: str
    about: str
    meaning: Meaning
    source: str
    run: Callable[[Attempt], Tensor] = field(repr=False)
    passes: int | Callable[[LoadedModel], int] = 1
    complete: bool = False


def find_method(text: str) -> str:
    """Return the key of the method with this key or title; raise a UserError if there is none."""
    return find_key(text, {key: method.title for key, method in METHODS.items()}, "method")


def count_passes(model: LoadedModel, method: str) -> int:
    """Return how many films ``method`` sends through ``model``: its relative cost."""
    passes = METHODS[method].passes
    return passes if isinstance(passes, int) else passes(model)


def noise_chunks(pixels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Draw the ``SAMPLES`` random numbers of SmoothGrad and GradientShap in chunks, always the same.

    Captum's NoiseTunnel and GradientShap use the global generators, which other threads advance.

    Yields:
        Standard normal noise (B, 1, S, S) for a film (1, 1, S, S), and uniform positions on a path (B, 1, 1, 1).
    """
    generator = torch.Generator().manual_seed(0)
    for start in range(0, SAMPLES, GRADIENT_CHUNK):
        count = min(GRADIENT_CHUNK, SAMPLES - start)
        noise = torch.randn(count, *pixels.shape[1:], generator=generator)
        positions = torch.rand(count, 1, 1, 1, generator=generator)
        yield noise.to(pixels), positions.to(pixels)


def occlusion_window(size: int) -> tuple[int, int]:
    """Return side and stride of the occluding square for an input of side ``size``: 32 and 16 at 224 pixels."""
    return size // 7, size // 14


def _count_occlusions(model: LoadedModel) -> int:
    """Count the film and each position of the window; the last may extend over the edge."""
    side, stride = occlusion_window(model.input_size)
    return 1 + (-(-(model.input_size - side) // stride) + 1) ** 2


def _saliency(attempt: Attempt) -> Tensor:
    return attempt.gradient(attempt.pixels).abs()


def _input_x_gradient(attempt: Attempt) -> Tensor:
    return attempt.pixels * attempt.gradient(attempt.pixels)


def _smoothgrad(attempt: Attempt) -> Tensor:
    pixels = attempt.pixels
    spread = NOISE * (pixels.max() - pixels.min())
    total = torch.zeros_like(pixels)
    for gradients in attempt.gradients(pixels + spread * noise for noise, _ in noise_chunks(pixels)):
        total = total + gradients.sum(0, keepdim=True)
    return (total / SAMPLES).abs()


def _integrated_gradients(attempt: Attempt) -> Tensor:
    """Sum the gradients by the rule of Gauss and Legendre, as Captum's class does, but with chunks side by side."""
    positions, weights = np.polynomial.legendre.leggauss(STEPS)  # on -1..1
    differences = attempt.pixels - BASELINE
    points = torch.from_numpy((1 + positions) / 2).to(differences).view(-1, 1, 1, 1).split(GRADIENT_CHUNK)
    shares = torch.from_numpy(weights / 2).to(differences).view(-1, 1, 1, 1).split(GRADIENT_CHUNK)
    total = torch.zeros_like(attempt.pixels)
    chunks = attempt.gradients(BASELINE + each * differences for each in points)
    for share, gradients in zip(shares, chunks, strict=True):
        total = total + (share * gradients).sum(0, keepdim=True)
    return total * differences


def _gradient_shap(attempt: Attempt) -> Tensor:
    pixels = attempt.pixels
    spread = SHAP_NOISE * (pixels.max() - pixels.min())
    total = torch.zeros_like(pixels)
    chunks = [(pixels + spread * noise - BASELINE, positions) for noise, positions in noise_chunks(pixels)]
    points = (BASELINE + positions * differences for differences, positions in chunks)
    for (differences, _), gradients in zip(chunks, attempt.gradients(points), strict=True):
        total = total + (gradients * differences).sum(0, keepdim=True)
    return total / SAMPLES


def _deep_lift(attempt: Attempt) -> Tensor:
    baseline = torch.full_like(attempt.pixels, BASELINE)
    values: Tensor = _captum().DeepLift(attempt.network).attribute(attempt.pixels, baseline, attempt.target)
    return values


def _guided_backprop(attempt: Attempt) -> Tensor:
    values: Tensor = _captum().GuidedBackprop(attempt.network).attribute(attempt.pixels, attempt.target)
    return values


def _grad_cam(attempt: Attempt, keep_negative: bool = True) -> Tensor:
    """Return the sum over layers, (1, 1, H, W)."""
    if not attempt.cam_layers:
        raise MethodFails("Grad-CAM needs feature maps (B, C, H, W), and no layer of this network has any.")
    height, width = attempt.pixels.shape[-2:]
    total = torch.zeros_like(attempt.pixels[:, :1])
    for layer in attempt.cam_layers:
        with _graph_begins_at(layer):
            coarse = (
                _captum()
                .LayerGradCam(attempt.network, layer)
                .attribute(attempt.pixels.detach(), attempt.target, relu_attributions=not keep_negative)
            )  # (1, 1, h, w)
        fine = _captum().LayerAttribution.interpolate(coarse, (height, width), "bilinear")  # (1, 1, H, W)
        cells = coarse.shape[-2] * coarse.shape[-1]
        total = total + fine * (cells / (height * width) if attempt.cam_in_logits else 1)
    return total


@contextmanager
def _graph_begins_at(layer: nn.Module) -> Iterator[None]:
    """Save the memory and the time of gradients in the layers before ``layer``."""
    hook = layer.register_forward_pre_hook(lambda _, inputs: tuple(each.detach().requires_grad_() for each in inputs))
    try:
        yield
    finally:
        hook.remove()


def _guided_grad_cam(attempt: Attempt) -> Tensor:
    support, guided = _grad_cam(attempt, keep_negative=False), _guided_backprop(attempt)
    attempt.factors = (
        ("what supports the class in Grad-CAM", float(support.detach().sum())),
        ("Guided Backprop", float(guided.detach().abs().sum())),
    )
    return support * guided


def _occlusion(attempt: Attempt) -> Tensor:
    channels, *sides = attempt.pixels.shape[1:]
    side, stride = occlusion_window(min(sides))
    values: Tensor = (
        _captum()
        .Occlusion(attempt.forward)
        .attribute(
            attempt.pixels.detach(),
            (channels, side, side),
            (channels, stride, stride),
            BASELINE,
            attempt.target,
            perturbations_per_eval=FORWARD_CHUNK,
        )
    )
    return values


METHODS: dict[str, Method] = {
    "grad_cam": Method(
        "Grad-CAM",
        "Which parts of the last feature maps push the score up or down, laid over the film; coarse, with little "
        "noise.",
        "evidence",
        "Selvaraju et al., ICCV 2017",
        _grad_cam,
        passes=lambda model: len(model.cam_layers),
    ),
    "occlusion": Method(
        "Occlusion",
        "Covers the film square by square with its mean grey and notes how far the score falls.",
        "evidence",
        "Zeiler and Fergus, ECCV 2014",
        _occlusion,
        passes=_count_occlusions,
    ),
    "integrated_gradients": Method(
        "Integrated Gradients",
        "Fades the film in from plain grey and adds up how the score answers to each pixel on the way.",
        "evidence",
        "Sundararajan et al., ICML 2017",
        _integrated_gradients,
        passes=STEPS,
        complete=True,
    ),
    "gradient_shap": Method(
        "GradientShap",
        "Integrated Gradients at random points of the path, with a little noise. With many baselines it would "
        "approximate SHAP values; here there is one, the mean grey.",
        "evidence",
        "Lundberg and Lee, NeurIPS 2017",
        _gradient_shap,
        passes=SAMPLES,
    ),
    "deep_lift": Method(
        "DeepLift",
        "Shares the score's difference from a plain grey film out to the pixels, layer by layer, in one go.",
        "evidence",
        "Shrikumar et al., ICML 2017",
        _deep_lift,
        passes=2,
        complete=True,
    ),
    "input_x_gradient": Method(
        "Input x Gradient",
        "Each pixel's difference from the mean grey, times how strongly the score answers to it.",
        "evidence",
        "Shrikumar et al., arXiv 1605.01713, 2016",
        _input_x_gradient,
    ),
    "saliency": Method(
        "Saliency",
        "How strongly the score answers to a tiny change of each pixel: the gradient, without its sign.",
        "strength",
        "Simonyan et al., ICLR workshop 2014",
        _saliency,
    ),
    "smoothgrad": Method(
        "SmoothGrad",
        "The mean gradient over noisy copies of the film, without its sign: Saliency with less speckle.",
        "strength",
        "Smilkov et al., arXiv 1706.03825, 2017",
        _smoothgrad,
        passes=SAMPLES,
    ),
    "guided_backprop": Method(
        "Guided Backprop",
        "The gradient with its negative values set to 0 at each ReLU: sharp, but mostly edges of the film, for any "
        "class (Nie et al., ICML 2018). Its sign says nothing about the score and is not shown.",
        "strength",
        "Springenberg et al., ICLR workshop 2015",
        _guided_backprop,
    ),
    "guided_grad_cam": Method(
        "Guided Grad-CAM",
        "Guided Backprop, kept only where Grad-CAM supports the class; without a sign, as there.",
        "strength",
        "Selvaraju et al., ICCV 2017",
        _guided_grad_cam,
        passes=lambda model: len(model.cam_layers) + 1,
    ),
}
"""Every method, the most readable first; all of them work on every registered model."""
