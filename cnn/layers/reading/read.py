"""Read a network in whatever way it is written."""

import re

from cnn.errors import UserError
from cnn.layers.graph import Dims, Graph
from cnn.layers.interpreter.installed_source import model_names
from cnn.layers.reading.printed import is_printed, read_printed
from cnn.layers.reading.source import Source, read_source

MAX_BYTES = 200 * 2**20
"""Largest file."""


def read_text(text: str) -> Source:
    """Return the network of a text: PyTorch or Keras source, or a printed model.

    Raises:
        UserError: It is none of these, or has something that is not understood.
    """
    text = _without_prompts(text)
    name = text.strip()
    if name in model_names():
        return read_source(f"network = torchvision.models.{name}()")
    return read_printed(text) if is_printed(text) else read_source(text)


def _without_prompts(text: str) -> str:
    """Return what was typed behind the prompts of an interactive session, or the model that it printed."""
    lines = text.strip().splitlines()
    if not any(line.startswith(">>>") for line in lines):
        return text
    printed = "\n".join(line for line in lines if not line.startswith((">>>", "...")))
    return printed if is_printed(printed) else "\n".join(line[4:] for line in lines if line.startswith((">>>", "...")))


def read_graph(text: str, dims: Dims) -> Graph:
    """Return the graph of a network on an input of this shape, without the batch."""
    return read_text(text).graph(dims)


def read_file(data: bytes, name: str, dims: Dims) -> Graph:
    """Return the graph of a network in a file: ONNX by the end of its name, else text.

    Raises:
        UserError: The file cannot be read.
    """
    if name.lower().endswith(".onnx"):
        from cnn.layers.reading.onnx_file import read_onnx  # takes 200 ms

        return read_onnx(data, dims)
    try:
        return read_graph(data.decode("utf-8-sig"), dims)
    except UnicodeDecodeError:
        raise UserError("This file is neither text nor ONNX.") from None


def parse_dims(text: str) -> Dims:
    """Return the shape that a text such as ``3x64x64`` states.

    Raises:
        UserError: It states none.
    """
    if not re.fullmatch(r"\d{1,8}(x\d{1,8}){0,3}", text):
        raise UserError(f"{text[:40]} is not a shape: write channels and sides, such as 3x64x64.")
    return tuple(map(int, text.split("x")))
