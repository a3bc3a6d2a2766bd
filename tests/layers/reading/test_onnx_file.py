"""ONNX files against the networks of PyTorch that they were exported from; damaged ones are answered in a sentence."""

import contextlib
import io
import random
import warnings

import onnx
import pytest
import torch

from cnn.errors import UserError
from cnn.layers.reading.read import read_file
from tests.layers.reading.network_texts import TEXTS
from tests.layers.reading.torch_judge import build, count

EXPORTED = ("residual_stages", "unet_with_lists", "eeg", "dense", "inverted_residuals", "ecg_1d", "volume_3d")


def exported(name: str) -> bytes:
    """The file of a network of the tests, with batch normalisation as layers of their own."""
    source, shape = TEXTS[name]
    network, file = build(source), io.BytesIO()
    mode = torch.onnx.TrainingMode.TRAINING
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(network, (torch.zeros(2, *shape),), file, dynamo=False, training=mode)
    return file.getvalue()


@pytest.mark.parametrize("name", EXPORTED)
def test_a_file_is_counted_as_pytorch_counts_the_network(name: str) -> None:
    source, shape = TEXTS[name]
    graph, wanted = read_file(exported(name), "net.onnx", shape), count(build(source), shape)
    assert not graph.first_problem
    assert graph.output_dims is not None
    assert (graph.output_dims[1:], graph.parameters, graph.multiply_adds) == (
        wanted.output,
        wanted.parameters,
        wanted.multiply_adds,
    )


def test_weights_in_other_files_are_not_read() -> None:
    model = onnx.load_from_string(exported("ecg_1d"))
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    with pytest.raises(UserError, match="other files"):
        read_file(model.SerializeToString(), "net.onnx", (12, 1000))


def test_a_damaged_file_is_answered_with_a_sentence() -> None:
    draw, data = random.Random(5), exported("ecg_1d")
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(draw.choice((1, 4, 40))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        with contextlib.suppress(UserError):
            read_file(bytes(damaged[: draw.choice((len(data), len(data) // 2))]), "net.onnx", (12, 1000))
