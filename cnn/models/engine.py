"""Run networks that need no gradients, in ONNX Runtime where it is installed and on a CPU; else PyTorch does it.

The shipped networks take less than half of PyTorch's time there, with the same logits up to rounding. The graph is
written in memory from the weights as they are, so safetensors and card stay the only source; docs/engine.md says why
this engine was chosen.
"""

import copy
import itertools
import os
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cnn.models import cores


@dataclass
class _Fast:
    """What was made of a network whose weights were in the state ``versions``."""

    versions: object
    folded: nn.Module
    engines: dict[int, "Engine | None"] = field(default_factory=dict)


_FAST: WeakKeyDictionary[nn.Module, _Fast] = WeakKeyDictionary()
_MAKING = threading.RLock()


class Engine:
    """A network in ONNX Runtime. Any number of threads may run it."""

    def __init__(self, graph: bytes) -> None:
        self._graph = graph
        self._making = threading.Lock()
        self._sessions: dict[int, Any] = {}

    def __call__(self, pixels: Tensor) -> list[Tensor]:
        """Return the outputs for float32 inputs (B, C, S, S) on the CPU."""
        with cores.claim_idle() as idle:
            session = self._session(cores.CORES if idle == cores.CORES else 1)
            outputs = session.run(None, {session.get_inputs()[0].name: pixels.detach().contiguous().numpy()})
        return [torch.from_numpy(output) for output in outputs]

    def _session(self, threads: int) -> Any:
        with self._making:
            if threads not in self._sessions:
                onnxruntime = runtime()
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
                # Threads that wait for the next layer spin, which halves the time; between two passes they sleep.
                options.add_session_config_entry("session.force_spinning_stop", "1")
                providers = ["CPUExecutionProvider"]
                self._sessions[threads] = onnxruntime.InferenceSession(self._graph, options, providers=providers)
            return self._sessions[threads]


@cache
def runtime() -> Any:
    """Return ONNX Runtime, or None where it is not installed or cannot be loaded.

    Since version 1.29 it sends facts about each network to its maker, unless this variable is set before the import.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError:
        return None
    return onnxruntime


def run(network: nn.Module, pixels: Tensor) -> list[Tensor]:
    """Return the outputs of a network in evaluation mode, on its device, for inputs (B, C, S, S) from there.

    Args:
        network: any; a :class:`cnn.models.architectures.LungNet` gives its levels and its logits.
        pixels: the inputs.
    """
    engine = find_engine(network, pixels)
    with torch.inference_mode():
        if engine:
            return engine(pixels)
        folded = fold(network)
        outputs = getattr(folded, "forward_with_levels", folded)(pixels)
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def find_engine(network: nn.Module, pixels: Tensor) -> Engine | None:
    """Return the engine for ``network`` as its weights are now, made once; None where PyTorch has to do it."""
    if runtime() is None or pixels.device.type != "cpu" or pixels.dtype != torch.float32 or pixels.shape[1] != 1:
        return None
    size = pixels.shape[-1]
    with _MAKING:
        fast = _made_of(network)
        if size not in fast.engines:
            fast.engines[size] = _make(fast.folded, size)
        return fast.engines[size]


def _make(folded: nn.Module, size: int) -> Engine | None:
    from cnn.models import onnx_graph  # where PyTorch does all there may be no onnx

    tensors = itertools.chain(folded.parameters(), folded.buffers())
    if any(each.is_floating_point() and (each.dtype, each.device.type) != (torch.float32, "cpu") for each in tensors):
        return None
    try:
        return Engine(onnx_graph.write(folded, size))
    except onnx_graph.UnknownLayer:
        return None


def fold(network: nn.Module) -> nn.Module:
    """Return the same function in less time: :func:`fold_batch_norms`, made once, and again if weights change."""
    with _MAKING:
        return _made_of(network).folded


def _made_of(network: nn.Module) -> _Fast:
    versions = _weight_versions(network)
    fast = _FAST.get(network)
    if fast is None or fast.versions != versions:
        fast = _FAST[network] = _Fast(versions, fold_batch_norms(network))
    return fast


def _weight_versions(module: nn.Module) -> object:
    """Return what changes when a weight is replaced, or written to by an optimiser, a copy or a loaded state."""
    tensors = (
        each
        for part in module.modules()  # module.parameters() and module.buffers() take twice as long
        for several in (part._parameters, part._buffers)
        for each in several.values()
        if each is not None
    )
    return [(each.data_ptr(), 0 if each.is_inference() else each._version) for each in tensors]


def fold_batch_norms(module: nn.Module) -> nn.Module:
    """Return a copy of ``module``, which is in evaluation mode, with the same outputs up to rounding.

    Each batch norm is folded into the convolution before it, and memory is ordered channels last, which convolutions on
    a CPU prefer. Layers keep their names.
    """
    with torch.inference_mode(False):
        folded = copy.deepcopy(module)
        _fold_in_place(folded)
        return folded.to(memory_format=torch.channels_last)


def _fold_in_place(module: nn.Module) -> None:
    """Replace each batch norm by an identity."""
    for (_, first), (name, second) in itertools.pairwise(list(module.named_children())):
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            folded = fuse_conv_bn_eval(first, second)
            first.weight, first.bias = folded.weight, folded.bias
            setattr(module, name, nn.Identity())
    for child in module.children():
        _fold_in_place(child)
