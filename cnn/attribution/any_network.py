"""Explain any PyTorch classifier, and check its maps, as it stands: no registry, no weight file, no card."""

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import override

from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution, Meaning
from cnn.attribution.checks import OTHERS, CheckedMap, check_map
from cnn.attribution.methods import METHODS, find_method
from cnn.errors import UserError
from cnn.models.loading import LoadedModel

Layer = nn.Module | str | None
"""A layer, its path in the network, or None for the last one with feature maps."""
Targets = int | Sequence[int] | Tensor


@dataclass(frozen=True)
class AnyNetwork(LoadedModel):
    """A network that is not registered, made anew for each call, so that nothing of it can be out of date."""

    cam_in_logits: ClassVar[bool] = False
    reads_films: ClassVar[bool] = False

    @property
    @override
    def folded(self) -> nn.Module:
        return self.module

    @override
    def class_name(self, target: int) -> str:
        return f"class {target}"

    @override
    def check_input(self, pixels: Tensor) -> None:
        """Accept what :func:`_as_batch` made."""

    @override
    @torch.inference_mode()
    def scores(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.module(pixels)
        return logits

    @override
    def probabilities(self, pixels: Tensor) -> Tensor:
        logits = self.logits(pixels)
        return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)


def explain(
    module: nn.Module, x: Tensor, target: Targets, method: str = "grad_cam", layer: Layer = None
) -> list[Attribution]:
    """Compute how much each pixel matters for the logit of one class, in evaluation mode; ``module`` stays as it is.

    A map is what Captum's class for the method returns, summed over the channels of ``x``; docs/saliency.md says with
    which settings. Its baseline is 0, so ``x`` should be standardised.

    Args:
        module: a classifier: logits (B, K) from images (B, C, H, W).
        x: (B, C, H, W) or (C, H, W), on any device.
        target: the class, or one for each image.
        method: key or title of :data:`cnn.attribution.methods.METHODS`.
        layer: for Grad-CAM.

    Returns:
        A map (H, W) for each image.

    Raises:
        UserError: the network, the images, the class or the layer do not fit together, or not to the method.
    """
    images = _as_batch(module, x)
    method = find_method(method)
    network, targets = _prepare(module, images, target, layer)
    return [attribute(network, image[None], method, index) for image, index in zip(images, targets, strict=True)]


def check(
    module: nn.Module,
    x: Tensor,
    maps: Attribution | Sequence[Attribution] | np.ndarray | Tensor,
    target: Targets | None = None,
    method: str = "",
    layer: Layer = None,
) -> list[CheckedMap]:
    """Compare each map with its controls: random weights, edges, random orders of deletion, other methods.

    Whether a map changes with the weights is told by the maps of other images of ``x``: give several.

    Args:
        module: the classifier that the maps explain.
        x: (B, C, H, W) or (C, H, W), the images that they explain.
        maps: of :func:`explain`; or numbers from elsewhere, (B, H, W), (B, C, H, W), or without the B.
        target: the class of such numbers, or one for each image; else the class that the network chooses.
        method: key or title of the method by which such numbers were made, so that it can be asked again on random
            weights; without it that control is left out.
        layer: for Grad-CAM; the one that the maps were made with.

    Raises:
        UserError: as :func:`explain`; or the maps do not fit the images.
    """
    images = _as_batch(module, x)
    given = _as_attributions(maps)
    network, targets = _prepare(module, images, [each.target for each in given] if given else target, layer)
    given = given or _from_numbers(maps, images, targets, method)
    if len(given) != len(images) or any(each.map.shape != images.shape[-2:] for each in given):
        raise _misfit(images)
    batch = images.detach().cpu().split(1)
    return [
        check_map(network, image, each, others=[*batch[:index], *batch[index + 1 :]][:OTHERS])
        for index, (image, each) in enumerate(zip(batch, given, strict=True))
    ]


def _misfit(images: Tensor) -> UserError:
    shape = " x ".join(map(str, images.shape[-2:]))
    return UserError(f"These maps do not fit: there must be one of {shape} for each of the {len(images)} images.")


def _as_batch(module: nn.Module, x: Tensor) -> Tensor:
    """Return images (B, C, H, W) in the type of the network's weights."""
    weight = next((each for each in module.parameters() if each.is_floating_point()), None)
    if weight is None:
        raise UserError("This module has no weights: give a torch.nn.Module that classifies images.")
    images = torch.as_tensor(x)
    images = images[None] if images.ndim == 3 else images
    if images.ndim != 4 or not images.is_floating_point() or not len(images):
        kind = f"{str(images.dtype).removeprefix('torch.')} of shape {tuple(images.shape)}"
        raise UserError(f"Give images as decimals of shape (B, C, H, W), not {kind}.")
    if not bool(images.isfinite().all()):
        raise UserError("These images hold numbers that are not finite: look for NaN in them.")
    return images.detach().to(weight.dtype)


def _prepare(module: nn.Module, images: Tensor, target: Targets | None, layer: Layer) -> tuple[AnyNetwork, list[int]]:
    """Return a copy of the network that shares its weights and may be hooked, and the class of each image."""
    shared = {id(each): each for each in itertools.chain(module.parameters(), module.buffers())}
    copied = copy.deepcopy(module, shared).eval()
    for part in copied.modules():
        if hasattr(part, "inplace"):
            part.inplace = cast(Any, False)  # so that hooks see what would be overwritten
    network = AnyNetwork(type(module).__name__, copied, {}, min(images.shape[-2:]), ())
    try:
        with _recorded_maps(copied) as paths:
            logits = network.logits(images)
    except RuntimeError as error:
        raise UserError("The network cannot read these images: %s.", str(error)) from error
    if logits.ndim != 2:
        raise UserError(f"A classifier gives (B, classes), and this network gives {tuple(logits.shape)}.")
    targets = logits.argmax(1) if target is None else torch.as_tensor(target, device="cpu")
    targets = targets.expand(len(images)) if targets.ndim == 0 else targets
    if targets.shape != (len(images),) or not bool(((targets >= 0) & (targets < logits.shape[1])).all()):
        raise UserError(f"Name one class from 0 to {logits.shape[1] - 1}, or one for each of {len(images)} images.")
    if layer is not None:
        names = {each: name for name, each in module.named_modules()}
        path = layer if isinstance(layer, str) else names.get(layer, "")
        if path not in paths:
            raise UserError(f"%s is no layer with feature maps: choose one of {', '.join(paths)}.", str(layer))
        paths = [path]
    return replace(network, cam_layers=tuple(paths[-1:])), targets.tolist()


@contextmanager
def _recorded_maps(network: nn.Module) -> Iterator[list[str]]:
    """Yield a list that gets the paths of layers with feature maps of more than one cell, in the order they finish."""
    paths: list[str] = []

    def record(path: str, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[-2:]) > 1:
            paths.append(path)

    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output, path=path: record(path, output))
        for path, module in network.named_modules()
        if path
    ]
    try:
        yield paths
    finally:
        for hook in hooks:
            hook.remove()


def _as_attributions(maps: Any) -> list[Attribution]:
    """Return the maps of :func:`explain` as a list, which is empty for numbers."""
    if isinstance(maps, Attribution):
        return [maps]
    return [each for each in maps if isinstance(each, Attribution)]


def _from_numbers(maps: Any, images: Tensor, targets: list[int], method: str) -> list[Attribution]:
    """Return numbers from elsewhere as maps of ``method``, or of none that is known here."""
    values = torch.as_tensor(maps).detach().float().cpu()
    if values.ndim == 4 or (values.ndim == 3 and len(images) == 1 and len(values) == images.shape[1] != 1):
        values = values.sum(-3)
    values = values[None] if values.ndim == 2 else values
    if len(values) != len(images):
        raise _misfit(images)
    meaning: Meaning = "evidence"
    if method:
        method = find_method(method)
        meaning = METHODS[method].meaning
    return [
        Attribution(each.numpy(), method or "another method", meaning, target, f"class {target}", 0)
        for each, target in zip(values, targets, strict=True)
    ]
