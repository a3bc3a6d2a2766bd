"""Write a network of the shipped kinds as an ONNX graph, weights included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from cnn.models.architectures import ENSEMBLE_SIZE, LECTURE_SIZE, LUNG_LEVELS, Ensemble, LungNet, Residual
from cnn.models.efficientnet import EfficientNet, MBConv

OPSET, IR = 20, 10
"""Versions of ONNX that all supported versions of ONNX Runtime read."""
INPUT = "pixels"


class UnknownLayer(Exception):
    """A layer that cannot be written as ONNX here."""


class Graph:
    """A graph that grows by one layer at a time. Values are called by their names."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operation of ONNX; return the name of its output."""
        output = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: Tensor | np.ndarray) -> str:
        """Add numbers; return their name."""
        name = f"c{len(self._constants)}"
        array = values.detach().numpy() if isinstance(values, Tensor) else values
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def resize(self, values: str, size: tuple[int, int], **attributes: Any) -> str:
        """Resize maps to ``size`` as :func:`torch.nn.functional.interpolate` does, bilinear."""
        sizes = self.constant(np.array(size, np.int64))
        return self.add("Resize", values, "", "", sizes, mode="linear", axes=[2, 3], **attributes)

    def layer(self, module: nn.Module, values: str) -> str:
        """Add a layer in evaluation mode, or a network of layers; raise UnknownLayer where its type is not known."""
        write = _WRITERS.get(type(module))
        if write is None:
            raise UnknownLayer(type(module).__name__)
        return write(self, module, values)

    def serialise(self, outputs: list[str], size: int) -> bytes:
        """Return the graph with input (B, 1, size, size) as the bytes of an ONNX file."""
        films = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["B", 1, size, size])
        results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self._nodes, "network", [films], results, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        data: bytes = model.SerializeToString()
        return data


def write(network: nn.Module, size: int) -> bytes:
    """Return a network in evaluation mode as the bytes of an ONNX file.

    Args:
        network: a classifier, whose output is logits (B, K); or a :class:`LungNet`, whose outputs are those of
            :meth:`LungNet.forward_with_levels`.
        size: side of its input (B, 1, size, size).

    Raises:
        UnknownLayer: it has a layer of another kind than the shipped networks.
    """
    graph = Graph()
    outputs = _lung_net(graph, network, size) if type(network) is LungNet else [graph.layer(network, INPUT)]
    return graph.serialise(outputs, size)


def _sequential(graph: Graph, module: nn.Sequential, values: str) -> str:
    for child in module:
        values = graph.layer(child, values)
    return values


def _same(_graph: Graph, _module: nn.Module, values: str) -> str:
    """Write nothing: in evaluation mode the layer does nothing."""
    return values


def _conv(graph: Graph, module: nn.Conv2d, values: str) -> str:
    if isinstance(module.padding, str) or module.padding_mode != "zeros":
        raise UnknownLayer("Conv2d")
    weights = [graph.constant(each) for each in (module.weight, module.bias) if each is not None]
    return graph.add(
        "Conv",
        values,
        *weights,
        kernel_shape=module.kernel_size,
        strides=module.stride,
        pads=module.padding * 2,
        dilations=module.dilation,
        group=module.groups,
    )


def _batch_norm(graph: Graph, module: nn.BatchNorm2d, values: str) -> str:
    tensors = (module.weight, module.bias, module.running_mean, module.running_var)
    constants = [graph.constant(each) for each in tensors if each is not None]
    if len(constants) < len(tensors):
        raise UnknownLayer("BatchNorm2d")
    return graph.add("BatchNormalization", values, *constants, epsilon=module.eps)


def _max_pool(graph: Graph, module: nn.MaxPool2d, values: str) -> str:
    if not isinstance(module.kernel_size, int) or (module.padding, module.dilation, module.ceil_mode) != (0, 1, False):
        raise UnknownLayer("MaxPool2d")
    sides = [module.kernel_size] * 2
    return graph.add("MaxPool", values, kernel_shape=sides, strides=[module.stride] * 2)


def _global_average(graph: Graph, module: nn.AdaptiveAvgPool2d, values: str) -> str:
    if module.output_size != 1:
        raise UnknownLayer("AdaptiveAvgPool2d")
    return graph.add("GlobalAveragePool", values)


def _linear(graph: Graph, module: nn.Linear, values: str) -> str:
    weights = [graph.constant(each) for each in (module.weight, module.bias) if each is not None]
    return graph.add("Gemm", values, *weights, transB=1)


def _mb_conv(graph: Graph, module: MBConv, values: str) -> str:
    result = graph.layer(module.block, values)
    return graph.add("Add", result, values) if module.use_res_connect else result


def _residual(graph: Graph, module: Residual, values: str) -> str:
    return graph.add("Add", graph.layer(module.main, values), graph.layer(module.shortcut, values))


def _efficient_net(graph: Graph, module: EfficientNet, values: str) -> str:
    maps = graph.layer(module.avgpool, graph.layer(module.features, values))
    return graph.layer(module.classifier, graph.add("Flatten", maps))


def _ensemble(graph: Graph, module: Ensemble, values: str) -> str:
    transfer = graph.layer(module.transfer, values)
    lecture = graph.layer(module.lecture, _resample(graph, values, ENSEMBLE_SIZE, LECTURE_SIZE))
    return graph.add("Mul", graph.add("Add", transfer, lecture), graph.constant(np.array([0.5], np.float32)))


def _resample(graph: Graph, values: str, before: int, after: int) -> str:
    """Resize as :func:`cnn.imaging.preprocess.resample` does; ONNX's own antialiasing differs in the fourth digit.

    Both directions are one matrix product each, and torch's resizing of an identity matrix is that matrix.
    """
    eye = torch.eye(before)[None, None]
    weights = torch.nn.functional.interpolate(eye, size=(after, before), mode="bilinear", antialias=True)[0, 0]
    rows = graph.add("MatMul", graph.constant(weights), values)
    return graph.add("MatMul", rows, graph.constant(weights.T))


def _lung_net(graph: Graph, network: LungNet, size: int) -> list[str]:
    levels, values = [], INPUT
    for number, stage in enumerate(network.encoder):
        values = graph.layer(stage, values)
        if number in LUNG_LEVELS:
            levels.append(values)
    merged = ""
    for features, lateral, smooth in reversed(list(zip(levels, network.lateral, network.smooth, strict=True))):
        across = graph.layer(lateral, features)
        if merged:
            shape = graph.add("Shape", across, start=2)
            larger = graph.add("Resize", merged, "", "", shape, mode="linear", axes=[2, 3])
            across = graph.add("Add", across, larger)
        merged = graph.layer(smooth, across)
    return [*levels, graph.resize(graph.layer(network.head, merged), (size, size))]


_WRITERS: dict[type[nn.Module], Callable[[Graph, Any, str], str]] = {
    nn.Sequential: _sequential,
    nn.Identity: _same,
    nn.Dropout: _same,
    nn.Conv2d: _conv,
    nn.BatchNorm2d: _batch_norm,
    nn.ReLU: lambda graph, _, values: graph.add("Relu", values),
    nn.MaxPool2d: _max_pool,
    nn.AdaptiveAvgPool2d: _global_average,
    nn.Flatten: lambda graph, _, values: graph.add("Flatten", values),
    nn.Linear: _linear,
    MBConv: _mb_conv,
    Residual: _residual,
    EfficientNet: _efficient_net,
    Ensemble: _ensemble,
}
