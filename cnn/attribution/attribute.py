"""Compute a saliency map of one film, from any number of threads.

Captum hooks the layers of a network, and a hook set by one thread changes what another thread computes. So maps are
computed on a copy of the network that predictions use, by one thread at a time.
"""

import copy
import itertools
import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from cnn.attribution.attribution import Attribution
from cnn.attribution.fair_lock import FairLock
from cnn.attribution.methods import METHODS, Attempt, count_passes
from cnn.errors import MethodFails, UserError
from cnn.imaging.quiet import quiet_libraries
from cnn.models.loading import LoadedModel
from cnn.progress import Progress, ignore_progress

LOCK_TIMEOUT_S = 20.0
"""The longest wait for other threads, in seconds."""
OnWait = Callable[[int, int, int], None]
"""Receives the position in the queue, the passes done and the total. An exception that it raises ends the wait."""


def attribute(
    model: LoadedModel,
    pixels: Tensor,
    method: str,
    target: int,
    progress: Progress = ignore_progress,
    on_wait: OnWait | None = None,
) -> Attribution:
    """Compute how much each pixel matters for the logit of one class. The same film always gives the same map.

    Args:
        model: network to explain.
        pixels: (1, 1, S, S), standardised by :mod:`cnn.imaging.preprocess`.
        method: key of :data:`cnn.attribution.methods.METHODS`.
        target: index of the class in :data:`cnn.cards.CLASSES`.
        progress: called with passes done and passes in all between chunks.
        on_wait: called while other threads compute.

    Raises:
        Busy: other threads used the network for longer than ``LOCK_TIMEOUT_S``.
        UserError: there is no such method, or ``pixels`` are not what the network reads.
        MethodFails: the method cannot be computed on this network.
    """
    if method not in METHODS:
        raise UserError(f"There is no method named %s; choose one of {', '.join(METHODS)}.", method)
    model.check_input(pixels)
    chosen, total, hooked = METHODS[method], count_passes(model, method), hooked_copy(model)

    def report_wait(position: int, done: int = 0) -> None:
        if on_wait:
            on_wait(position, done, total)

    with (
        hooked.lock.acquire(LOCK_TIMEOUT_S, report_wait) as yield_to_waiters,
        quiet_libraries(),
        torch.inference_mode(False),
        torch.enable_grad(),
    ):

        def between_chunks(done: int) -> None:
            yield_to_waiters(lambda position: report_wait(position, done))
            progress(done, total)

        leaf = pixels.detach().clone().to(model.device).requires_grad_()
        layers = tuple(hooked.network.get_submodule(name) for name in model.cam_layers)
        attempt = Attempt(hooked.network, layers, leaf, target, between_chunks, model.scores, model.cam_in_logits)
        progress(0, total)
        try:
            values = chosen.run(attempt).detach()[0].sum(0).float().cpu().numpy()  # (S, S)
        except (RuntimeError, AssertionError) as error:
            raise MethodFails(f"{chosen.title} cannot be computed on this network: %s.", str(error)) from error
        change = attempt.score_change() if chosen.complete else None
        progress(total, total)
    return Attribution(values, method, chosen.meaning, target, model.class_name(target), total, change, attempt.factors)


class HookedCopy:
    """A copy of a network that may be hooked by the thread that holds its lock.

    The copy shares its weights with the network that predictions use.
    """

    def __init__(self, module: nn.Module) -> None:
        shared = {id(tensor): tensor for tensor in itertools.chain(module.parameters(), module.buffers())}
        self.network = copy.deepcopy(module, shared)
        self.lock = FairLock()
        _separate_pools(self.network)


class _Clone(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return values.clone()


def _separate_pools(module: nn.Module) -> None:
    """Clone the input of every max pool. Captum 0.9 hooks a layer's tensors instead of the layer.

    A ReLU's output that is also a pool's input gets both hooks in the wrong order, and DeepLift no longer adds up
    (captum issue 1104).
    """
    for name, child in module.named_children():
        if isinstance(child, nn.MaxPool2d):
            setattr(module, name, nn.Sequential(_Clone(), child))
        else:
            _separate_pools(child)


_COPIES: WeakKeyDictionary[nn.Module, HookedCopy] = WeakKeyDictionary()
_COPYING = threading.Lock()


def hooked_copy(model: LoadedModel) -> HookedCopy:
    """Return the one copy of ``model``, as its weights are now, that all threads share."""
    network = model.folded
    with _COPYING:
        if network not in _COPIES:
            _COPIES[network] = HookedCopy(network)
        return _COPIES[network]
