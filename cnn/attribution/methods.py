"""Where a network looked: Captum's attributions of one class's logit to the pixels of one film.

All methods compare with, or start from, the baseline 0. After standardisation that is the film's own mean grey.
Which method is right for which network, and what was mended, is told in docs/saliency.md.
"""

import copy
import itertools
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import torch
from captum.attr import (
    DeepLift,
    GuidedBackprop,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn

from cnn.attribution.attribution import Attribution, Meaning
from cnn.attribution.fair_lock import Turn, Turns
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.models.inference import device
from cnn.models.loading import LoadedModel
from cnn.models.registry import REGISTRY

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
"""Pictures that pass at once, with and without a backward pass: what bounds the memory."""
PATIENCE = 20.0
"""Seconds to wait for a turn."""

Progress = Callable[[int, int], None]
Waiting = Callable[[int, int, int], None]

# Captum says at every call that it sets hooks; warnings.catch_warnings is not safe with several threads.
warnings.filterwarnings("ignore", message=r"\s*Setting (forward|backward)")


@dataclass(frozen=True)
class Method:
    """One way to ask where a network looked.

    Attributes:
        passes: pictures that go through the network, from the side of its input in pixels and the number of layers that
            Grad-CAM looks at; for the model at hand, see :func:`passes`.
        complete: whether each map adds up to the change of the logit from the baseline, as far as its steps are fine.
        source: where the method was published.
    """

    title: str
    about: str
    meaning: Meaning
    passes: Callable[[int, int], int]
    source: str
    run: "Callable[[_Run], Tensor]" = field(repr=False)
    complete: bool = False


def attribute(
    model: LoadedModel, pixels: Tensor, method: str, target: int, progress: Progress = lambda done, total: None,
    waiting: Waiting = lambda place, done, total: None,
) -> Attribution:  # fmt: skip
    """The map of ``method``, a key of :data:`METHODS`, for the class number ``target`` of :data:`cnn.cards.CLASSES`.

    Safe to call from any number of threads: the same film gives the same map.

    Args:
        pixels: (1, 1, S, S), standardised by :mod:`cnn.imaging.preprocess`.
        progress: told (passes done, passes in all) between chunks; what it raises ends the work.
        waiting: told (place in line, passes done, passes in all) while others compute; what it raises ends the wait.

    Raises:
        Busy: other threads kept the network for longer than ``PATIENCE``.
        UserError: there is no such method.
    """
    if method not in METHODS:
        raise UserError(f"There is no method named {method!r}; choose one of {', '.join(METHODS)}.")
    chosen = METHODS[method]
    total = passes(model, method)
    bench = _bench(model)
    layers = tuple(bench.network.get_submodule(name) for name in _cam_layers(model))
    run: _Run | None = None
    with (
        bench.turns.take(PATIENCE, lambda place: waiting(place, run.done if run else 0, total)) as turn,
        torch.inference_mode(False),
        torch.enable_grad(),
    ):
        leaf = pixels.detach().clone().to(device()).requires_grad_()
        run = _Run(bench.network, layers, leaf, target, total, progress, turn)
        progress(0, total)
        values = chosen.run(run).detach()[0, 0].float().cpu().numpy()  # (S, S)
        change = run.change() if chosen.complete else None
        progress(total, total)
    return Attribution(values, method, chosen.meaning, target, CLASSES[target], total, change)


def passes(model: LoadedModel, method: str) -> int:
    """How many pictures ``method`` sends through ``model``: its relative cost."""
    return METHODS[method].passes(model.input_size, len(_cam_layers(model)))


@dataclass
class _Run:
    """One attribution under way."""

    network: nn.Module
    cam_layers: tuple[nn.Module, ...]
    pixels: Tensor
    target: int
    total: int
    progress: Progress
    turn: Turn
    done: int = 0

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of one chunk (B, 1, S, S). Hands the turn on first, so only for methods that set no hooks."""
        if self.done:
            self.turn.pass_on()
            self.progress(self.done, self.total)
        self.done += len(pictures)
        return self.network(pictures)

    def gradient(self, pictures: Tensor) -> Tensor:
        """The logit's gradient at each picture of one chunk, of the chunk's shape."""
        return Saliency(self.forward).attribute(pictures.detach().requires_grad_(), self.target, abs=False)

    def noise(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Chunks of normal noise (B, 1, S, S) and of uniform positions on a path (B, 1, 1, 1); always the same.

        Captum's NoiseTunnel and GradientShap draw from the generators that the whole process shares, where another
        reader's draws would come in between.
        """
        generator = torch.Generator().manual_seed(0)
        for start in range(0, SAMPLES, GRADIENT_CHUNK):
            count = min(GRADIENT_CHUNK, SAMPLES - start)
            noise = torch.randn(count, *self.pixels.shape[1:], generator=generator)
            positions = torch.rand(count, 1, 1, 1, generator=generator)
            yield noise.to(self.pixels.device), positions.to(self.pixels.device)

    def change(self) -> float:
        """The film's logit minus the baseline's."""
        with torch.no_grad():
            film, grey = self.network(torch.cat([self.pixels, torch.full_like(self.pixels, BASELINE)]))[:, self.target]
        return float(film - grey)


def occlusion_window(size: int) -> tuple[int, int]:
    """Side and stride of the occluding square for an input of side ``size``: 32 and 16 at 224 pixels."""
    return size // 7, size // 14


def _occlusions(size: int) -> int:
    """Pictures that occlusion looks at: the film, and one for each position of the window; the last may stick out."""
    side, stride = occlusion_window(size)
    return 1 + (-(-(size - side) // stride) + 1) ** 2


def _saliency(run: _Run) -> Tensor:
    return run.gradient(run.pixels).abs()


def _input_x_gradient(run: _Run) -> Tensor:
    return run.pixels * run.gradient(run.pixels)


def _smoothgrad(run: _Run) -> Tensor:
    spread = NOISE * (run.pixels.max() - run.pixels.min())
    gradients = [run.gradient(run.pixels + spread * noise).sum(0, keepdim=True) for noise, _ in run.noise()]
    return (sum(gradients, torch.zeros_like(run.pixels)) / SAMPLES).abs()


def _integrated_gradients(run: _Run) -> Tensor:
    return IntegratedGradients(run.forward).attribute(
        run.pixels, BASELINE, run.target, n_steps=STEPS, internal_batch_size=GRADIENT_CHUNK
    )


def _gradient_shap(run: _Run) -> Tensor:
    spread = SHAP_NOISE * (run.pixels.max() - run.pixels.min())
    total = torch.zeros_like(run.pixels)
    for noise, positions in run.noise():
        ends = run.pixels + spread * noise
        gradients = run.gradient(BASELINE + positions * (ends - BASELINE))
        total = total + (gradients * (ends - BASELINE)).sum(0, keepdim=True)
    return total / SAMPLES


def _deep_lift(run: _Run) -> Tensor:
    return DeepLift(run.network).attribute(run.pixels, torch.full_like(run.pixels, BASELINE), run.target)


def _guided_backprop(run: _Run) -> Tensor:
    return GuidedBackprop(run.network).attribute(run.pixels, run.target)


def _grad_cam(run: _Run, keep_negative: bool = True) -> Tensor:
    """In logits per pixel, so that the maps of an ensemble's networks add up."""
    size = run.pixels.shape[-1]
    total = torch.zeros_like(run.pixels)
    for layer in run.cam_layers:
        with _graph_begins_at(layer):
            coarse = LayerGradCam(run.network, layer).attribute(
                run.pixels.detach(), run.target, relu_attributions=not keep_negative
            )  # (1, 1, h, w)
        fine = LayerAttribution.interpolate(coarse, (size, size), "bilinear")  # (1, 1, S, S)
        total = total + fine * (coarse.shape[-2] * coarse.shape[-1] / size**2)
    return total


@contextmanager
def _graph_begins_at(layer: nn.Module) -> Iterator[None]:
    """Keeps what lies before ``layer`` out of the graph, where neither a gradient nor room for one is needed."""
    begin = layer.register_forward_pre_hook(lambda _, inputs: tuple(one.detach().requires_grad_() for one in inputs))
    try:
        yield
    finally:
        begin.remove()


def _guided_grad_cam(run: _Run) -> Tensor:
    return _grad_cam(run, keep_negative=False) * _guided_backprop(run)


def _occlusion(run: _Run) -> Tensor:
    side, stride = occlusion_window(run.pixels.shape[-1])
    return Occlusion(run.forward).attribute(
        run.pixels.detach(), (1, side, side), (1, stride, stride), BASELINE, run.target,
        perturbations_per_eval=FORWARD_CHUNK,
    )  # fmt: skip


METHODS: dict[str, Method] = {
    "grad_cam": Method(
        "Grad-CAM",
        "Which parts of the last feature maps push the score up or down, laid over the film; coarse but calm.",
        "evidence", lambda side, layers: layers, "Selvaraju et al., ICCV 2017", _grad_cam,
    ),
    "occlusion": Method(
        "Occlusion",
        "Covers the film square by square with its mean grey and notes how far the score falls.",
        "evidence", lambda side, layers: _occlusions(side), "Zeiler and Fergus, ECCV 2014", _occlusion,
    ),
    "integrated_gradients": Method(
        "Integrated Gradients",
        "Fades the film in from plain grey and adds up how the score answers to each pixel on the way.",
        "evidence", lambda side, layers: STEPS, "Sundararajan et al., ICML 2017", _integrated_gradients, complete=True,
    ),
    "gradient_shap": Method(
        "GradientShap",
        "Integrated Gradients at random points of the way and with a little noise: an estimate of Shapley values.",
        "evidence", lambda side, layers: SAMPLES, "Lundberg and Lee, NeurIPS 2017", _gradient_shap,
    ),
    "deep_lift": Method(
        "DeepLift",
        "Shares the score's difference from a plain grey film out to the pixels, layer by layer, in one go.",
        "evidence", lambda side, layers: 2, "Shrikumar et al., ICML 2017", _deep_lift, complete=True,
    ),
    "input_x_gradient": Method(
        "Input x Gradient",
        "Each pixel's difference from the mean grey, times how strongly the score answers to it.",
        "evidence", lambda side, layers: 1, "Shrikumar et al., arXiv 1605.01713, 2016", _input_x_gradient,
    ),
    "saliency": Method(
        "Saliency",
        "How strongly the score answers to a tiny change of each pixel: the gradient, without its sign.",
        "strength", lambda side, layers: 1, "Simonyan et al., ICLR workshop 2014", _saliency,
    ),
    "smoothgrad": Method(
        "SmoothGrad",
        "The mean gradient over noisy copies of the film, without its sign: Saliency with less speckle.",
        "strength", lambda side, layers: SAMPLES, "Smilkov et al., arXiv 1706.03825, 2017", _smoothgrad,
    ),
    "guided_backprop": Method(
        "Guided Backprop",
        "The gradient with everything negative thrown away at each ReLU: sharp, but it may look much the same for any "
        "class.",
        "brightness", lambda side, layers: 1, "Springenberg et al., ICLR workshop 2015", _guided_backprop,
    ),
    "guided_grad_cam": Method(
        "Guided Grad-CAM",
        "Guided Backprop, kept only where Grad-CAM speaks for the class.",
        "brightness", lambda side, layers: layers + 1, "Selvaraju et al., ICCV 2017", _guided_grad_cam,
    ),
}  # fmt: skip
"""Every method offered, the most readable first; all of them work on every registered model."""


class _Bench:
    """A double of a model's network to work on, so that no hook is ever set on the network that predictions use.

    It shares the weights with that network and takes no room of its own.
    """

    def __init__(self, module: nn.Module) -> None:
        shared = {id(tensor): tensor for tensor in itertools.chain(module.parameters(), module.buffers())}
        self.network = copy.deepcopy(module, shared)
        self.turns = Turns()
        _part_pools(self.network)


class _Copy(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return values.clone()


def _part_pools(module: nn.Module) -> None:
    """Puts a copy before every max pool. Captum 0.9 hooks a layer's tensors rather than the layer.

    A ReLU's output that is also a pool's input gets both hooks in the wrong order, and DeepLift no longer adds up
    (captum issue 1104).
    """
    for name, child in module.named_children():
        if isinstance(child, nn.MaxPool2d):
            setattr(module, name, nn.Sequential(_Copy(), child))
        else:
            _part_pools(child)


_BENCHES: WeakKeyDictionary[nn.Module, _Bench] = WeakKeyDictionary()
_BUILDING = threading.Lock()


def _bench(model: LoadedModel) -> _Bench:
    with _BUILDING:
        if model.module not in _BENCHES:
            _BENCHES[model.module] = _Bench(model.folded)
        return _BENCHES[model.module]


def _cam_layers(model: LoadedModel) -> tuple[str, ...]:
    """Names of the layers that Grad-CAM looks at: one of each network where there are several."""
    parts = REGISTRY[model.name].parts
    if parts:
        return tuple(f"{part}.{REGISTRY[part].cam_layer}" for part in parts)
    return tuple(name for name, module in model.module.named_modules() if module is model.cam_layer)
