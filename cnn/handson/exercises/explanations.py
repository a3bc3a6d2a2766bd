"""Exercises of notebook 4: saliency maps by hand and with Captum, and tests of them."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradCam
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn.handson.exercises.judging import Exercise, choice, function, outcome, returned, value
from cnn.imaging.preprocess import resize, to_tensor
from cnn.imaging.radiograph import Radiograph, read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models.loading import load

Array = NDArray[Any]
_FILM_WITH_BOX = next(film for film in REAL_FILMS if film.key == "adult_11")


@cache
def film() -> Tensor:
    """Return a real film with PNEUMONIA and a box, as the Lecture CNN takes it, (1, 1, 128, 128)."""
    return to_tensor(_radiograph(), load("lecture").input_size)


@cache
def box() -> NDArray[np.bool_]:
    """Return the inside of the radiologist's box around the finding, (128, 128)."""
    mask = np.zeros(_radiograph().pixels.shape, np.float32)
    left, top, width, height = (round(number) for number in _FILM_WITH_BOX.boxes[0])
    mask[top : top + height, left : left + width] = 1
    return resize(mask, film().shape[-1])[0, 0].numpy() > 0.5


def _radiograph() -> Radiograph:
    return read_radiograph(*_FILM_WITH_BOX.read())


def network() -> nn.Module:
    """Return the Lecture CNN, for this caller alone."""
    return copy.deepcopy(load("lecture").module)


def gradient(network: nn.Module, x: Tensor, target: int, *, probability: bool = False) -> Tensor:
    """Return the gradient of a logit, or of a probability, with respect to the film."""
    leaf = x.detach().clone().requires_grad_()
    scores = network(leaf)
    (found,) = torch.autograd.grad((scores.softmax(1) if probability else scores)[:, target].sum(), leaf)
    return found


def integrated_gradients(
    network: nn.Module, x: Tensor, target: int, steps: int, *, times_input: bool = True, mean: bool = True
) -> Tensor:
    """Return integrated gradients from a baseline of 0, by the midpoints of ``steps`` intervals."""
    total = sum((gradient(network, x * (k + 0.5) / steps, target) for k in range(steps)), torch.zeros_like(x))
    return total / (steps if mean else 1) * (x if times_input else 1)


def grad_cam(maps: Array, gradients: Array) -> Array:
    """Return Grad-CAM (h, w) from maps and gradients (C, h, w)."""
    return np.maximum(_cam(maps, gradients), 0)


def _cam(maps: Array, gradients: Array) -> Array:
    return np.asarray((gradients.mean((1, 2))[:, None, None] * maps).sum(0))


@cache
def captum_grad_cam(layer: str = "relu5", target: int = 1, *, relu: bool = True) -> Tensor:
    """Return Captum's Grad-CAM of the film at its size, (1, 1, 128, 128)."""
    copied = network()
    cam = LayerGradCam(copied, copied.get_submodule(layer)).attribute(film(), target=target, relu_attributions=relu)
    enlarged: Tensor = LayerAttribution.interpolate(cam, film().shape[-2:], interpolate_mode="bilinear")
    return enlarged.detach()


def ranks(values: Array) -> Array:
    """Return the rank of each value, 0 for the smallest."""
    return np.asarray(np.argsort(np.argsort(values.ravel())), dtype=float)


def rank_correlation(one: Array, other: Array) -> float:
    """Return Spearman's rank correlation of two maps."""
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def deletion(
    network: nn.Module, x: Tensor, heat: Array, target: int, steps: int, *, sign: int = -1, logit: bool = False
) -> list[float]:
    """Return P(target) while the most important pixels are set to 0, share after share."""
    order = np.argsort(sign * heat.ravel(), kind="stable")
    scores = []
    for step in range(steps + 1):
        changed = x.clone().flatten()
        changed[torch.from_numpy(order[: round(step / steps * len(order))].copy())] = 0
        with torch.no_grad():
            output = network(changed.view_as(x))
        scores.append(float((output if logit else output.softmax(1))[0, target]))
    return scores


def _only_this_step(network: nn.Module, x: Tensor, heat: Array, target: int, steps: int) -> list[float]:
    order = np.argsort(-heat.ravel(), kind="stable")
    parts = [np.empty(0, int), *np.array_split(order, steps)]
    films = torch.cat(
        [x.clone().flatten().index_fill(0, torch.from_numpy(part.copy()), 0).view_as(x) for part in parts]
    )
    with torch.no_grad():
        return [float(p) for p in network(films).softmax(1)[:, target]]


def _run_randomise(randomise: Callable[[nn.Module, str], Any]) -> list[float]:
    """Return what differs from the original: in it, in the named layer of the copy, in its other layers."""
    original = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    before = copy.deepcopy(original)
    randomised = returned(randomise(original, "3"))
    assert isinstance(randomised, nn.Module), "return the changed copy of the network."

    def differs(one: nn.Module, other: nn.Module, layer: int) -> float:
        return float(not torch.equal(one.get_parameter(f"{layer}.weight"), other.get_parameter(f"{layer}.weight")))

    return [
        float(any(differs(original, before, n) for n in (0, 3))),
        differs(randomised, before, 3),
        differs(randomised, before, 0),
    ]


def randomise(network: nn.Module, name: str) -> nn.Module:
    """Return a copy of a network with new random weights in one layer."""
    changed = copy.deepcopy(network)
    layer: Any = changed.get_submodule(name)
    layer.reset_parameters()
    return changed


def _in_place(network: nn.Module, name: str) -> nn.Module:
    layer: Any = network.get_submodule(name)
    layer.reset_parameters()
    return network


def _everywhere(network: nn.Module, name: str) -> nn.Module:
    return randomise(randomise(network, "0"), name)


def share_inside(heat: Array, mask: Array) -> float:
    """Return the share of the positive values that lies inside a mask."""
    return _share(np.maximum(heat, 0), mask)


def _share(heat: Array, mask: Array) -> float:
    return float(heat[mask].sum() / heat.sum())


_rng = np.random.default_rng(0)
_MAPS, _GRADIENTS = _rng.random((5, 4, 4)), _rng.normal(size=(5, 4, 4))
_ONE, _OTHER = _rng.normal(size=(6, 6)) ** 3, _rng.normal(size=(6, 6))
_HEAT = _rng.normal(size=(8, 8))
_MASK = np.zeros((8, 8), bool)
_MASK[1:4, 2:6] = True
_FILM = torch.from_numpy(_rng.normal(size=(1, 1, 8, 8)))


def _tiny() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)).double()


_TINY = _tiny()
_GRADIENT_CASES = [(_TINY, _FILM, 1), (_TINY, _FILM, 0)]

EXERCISES: dict[str, Exercise] = {
    "4.1": function(
        gradient,
        _GRADIENT_CASES,
        {
            "this is the gradient of the probability; take the logit, before the softmax.": (
                lambda n, x, t: gradient(n, x, t, probability=True)
            ),
            "keep the sign: where the gradient is negative, a brighter pixel lowers the logit.": (
                lambda n, x, t: gradient(n, x, t).abs()
            ),
            "this is the gradient of the other class.": lambda n, x, t: gradient(n, x, 1 - t),
            "this is the gradient of both logits together; take the one of the target.": (
                lambda n, x, t: gradient(n, x, 0) + gradient(n, x, 1)
            ),
        },
        "Work on a copy that wants gradients: x = x.clone().requires_grad_().",
        "network(x)[0, target].backward() fills x.grad.",
    ),
    "4.2": function(
        lambda p: p * (1 - p),
        [(0.5,), (0.9,), (0.999,)],
        {
            "at p = 0.999 the softmax is nearly flat, so the factor must be nearly 0 there.": lambda p: p,
            "at p near 0 the softmax is flat, too; the factor is the same for p and for 1 - p.": lambda p: 1 - p,
            "that is the derivative of log P; the derivative of P itself is wanted.": lambda p: 1 - p**2,
        },
        "P = 1 / (1 + exp(-m)). Differentiate with respect to m.",
        "exp(-m) / (1 + exp(-m))² is P times something.",
    ),
    "4.3": function(
        integrated_gradients,
        [(_TINY, _FILM, 1, 8), (_TINY, _FILM, 0, 3)],
        {
            "this is the mean gradient on the way; multiply it by how far each pixel has gone, x - baseline.": (
                lambda n, x, t, steps: integrated_gradients(n, x, t, steps, times_input=False)
            ),
            "you added the gradients up; take their mean.": (
                lambda n, x, t, steps: integrated_gradients(n, x, t, steps, mean=False)
            ),
            "only the film itself was asked: gradients are needed at points between baseline and film.": (
                lambda n, x, t, steps: gradient(n, x, t) * x
            ),
        },
        "The points are x * (k + 0.5) / steps for k = 0 ... steps - 1.",
        "Use your function gradient at each point, take the mean, multiply by x.",
        tolerance=1e-5,
    ),
    "4.4": function(
        lambda attribution, at_film, at_baseline: float(attribution.sum() - (at_film - at_baseline)),
        [(_ONE, 2.5, 0.5), (_OTHER, -1.0, 3.0)],
        {
            "the baseline has a logit, too: the map explains the difference.": (lambda a, f, b: float(a.sum() - f)),
            "the other way round: sum of the map less what it should be.": lambda a, f, b: float(f - b - a.sum()),
            "add the values up, not their absolute values: positive and negative ones cancel.": (
                lambda a, f, b: float(np.abs(a).sum() - (f - b))
            ),
        },
        "Completeness: sum of the map = logit of the film - logit of the baseline.",
    ),
    "4.5": function(
        grad_cam,
        [(_MAPS, _GRADIENTS), (_MAPS, -_GRADIENTS)],
        {
            "the ReLU at the end is missing: Grad-CAM keeps what speaks for the class.": _cam,
            "you multiplied cell by cell, which is HiResCAM; Grad-CAM has one weight for each map, the mean of its "
            "gradient.": lambda maps, gradients: np.maximum((maps * gradients).sum(0), 0),
            "the ReLU belongs to the end, behind the sum over the maps.": (
                lambda maps, gradients: np.maximum(gradients.mean((1, 2))[:, None, None] * maps, 0).sum(0)
            ),
        },
        "One weight for each map: gradients.mean(axis=(1, 2)).",
        "Weigh the maps, add them up, np.maximum(..., 0).",
    ),
    "4.6": value(
        captum_grad_cam(),
        {
            "set relu_attributions=True: Captum leaves the ReLU of Grad-CAM out by default.": captum_grad_cam(
                relu=False
            ),
            "that is another layer; take the last ReLU, network.relu5.": captum_grad_cam("relu4"),
            "that explains NORMAL; the target is PNEUMONIA, 1.": captum_grad_cam(target=0),
        },
        "LayerGradCam(network, network.relu5).attribute(x, target=1, relu_attributions=True)",
        'LayerAttribution.interpolate(cam, (128, 128), interpolate_mode="bilinear")',
        tolerance=1e-4,
    ),
    "4.7": function(
        rank_correlation,
        [(_ONE, _OTHER), (_ONE, _ONE + _OTHER)],
        {
            "this is Pearson's correlation of the values; take it of their ranks.": (
                lambda a, b: float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
            ),
            "argsort gives an order, not ranks; the rank of each value is the argsort of the argsort.": (
                lambda a, b: float(np.corrcoef(np.argsort(a.ravel()), np.argsort(b.ravel()))[0, 1])
            ),
        },
        "ranks = values.ravel().argsort().argsort()",
        "np.corrcoef(one, other)[0, 1] is Pearson's correlation.",
    ),
    "4.8": outcome(
        _run_randomise,
        randomise,
        {
            "the original has changed: work on copy.deepcopy(network).": _in_place,
            "other layers have changed, too; give new weights to the named one only.": _everywhere,
            "the layer has its old weights.": lambda network, name: copy.deepcopy(network),
        },
        "copy.deepcopy(network), then .get_submodule(name) is the layer.",
        "Layers of PyTorch have reset_parameters().",
    ),
    "4.9": function(
        deletion,
        [(_TINY, _FILM, _HEAT, 1, 4), (_TINY, _FILM, _HEAT, 0, 8)],
        {
            "the least important pixels go first; begin with the largest values of the map.": (
                lambda n, x, heat, t, steps: deletion(n, x, heat, t, steps, sign=1)
            ),
            "pixels that were deleted stay deleted: in each step all pixels up to there are 0.": _only_this_step,
            "return probabilities, not logits.": (
                lambda n, x, heat, t, steps: deletion(n, x, heat, t, steps, logit=True)
            ),
            "the first value is that of the whole film, before anything is deleted.": (
                lambda n, x, heat, t, steps: deletion(n, x, heat, t, steps)[1:]
            ),
        },
        "order = (-heat).ravel().argsort(); in step k of n the first round(k / n * len(order)) of them are set to 0.",
        "Return steps + 1 values: step 0 changes nothing, the last one deletes everything.",
        tolerance=1e-5,
    ),
    "4.10": function(
        share_inside,
        [(_HEAT, _MASK), (_ONE, _ONE > 0.1)],
        {
            "negative values do not belong in here: set them to 0 first.": _share,
            "this is the share of the picture that the mask covers.": lambda heat, mask: float(mask.mean()),
            "this is the mean inside the mask; a share is wanted: inside, divided by everywhere.": (
                lambda heat, mask: float(np.maximum(heat, 0)[mask].mean())
            ),
        },
        "positive = np.maximum(heat, 0)",
    ),
    "4.11": choice(
        "b",
        {
            "a map can point at the finding whatever the network does: an edge detector can.": "a",
            "completeness says that the sum is right, not that the places are.": "c",
            "smooth maps please the eye; that is no test.": "d",
        },
        "Which of them would notice a map that ignores the network?",
    ),
}
