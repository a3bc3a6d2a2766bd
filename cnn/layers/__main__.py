"""Print a network layer by layer: ``python -m cnn.layers FILE --input 3x64x64``."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from cnn.errors import UserError
from cnn.layers.graph import Dims
from cnn.layers.reading.read import read_graph


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or one sentence on stderr, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cnn.layers", description=__doc__)
    parser.add_argument("file", type=Path, help="PyTorch or Keras source, a printed model, or an ONNX file")
    parser.add_argument("--input", required=True, help="shape of one input, channels first: 3x64x64")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(read_graph(options.file.read_text(encoding="utf-8"), parse_dims(options.input)).csv())
    except (UserError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def parse_dims(text: str) -> Dims:
    """Return the shape that a text such as ``3x64x64`` states.

    Raises:
        UserError: It states none.
    """
    if not re.fullmatch(r"\d{1,8}(x\d{1,8}){0,3}", text):
        raise UserError(f"{text[:40]} is not a shape: write channels and sides, such as 3x64x64.")
    return tuple(map(int, text.split("x")))


if __name__ == "__main__":
    sys.exit(main())
