"""Print a network layer by layer: ``python -m cnn.layers FILE --input 3x64x64``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cnn.errors import UserError
from cnn.layers.interpreter.installed_source import model_names
from cnn.layers.reading.read import MAX_BYTES, parse_dims, read_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or one sentence on stderr, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cnn.layers", description=__doc__)
    parser.add_argument("file", type=Path, help="PyTorch or Keras source, a printed model, or an ONNX file")
    parser.add_argument("--input", required=True, help="shape of one input, channels first: 3x64x64")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(read_file(_bytes_of(options.file), options.file.name, parse_dims(options.input)).csv())
    except (UserError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _bytes_of(path: Path) -> bytes:
    """Return a file, or the name of a classifier of torchvision where there is no such file."""
    if not path.exists() and path.name in model_names():
        return path.name.encode()
    if path.exists() and not path.is_file():  # a device may have no end, and a pipe none to come
        raise UserError("%s is no file: name one with source, a printed model or ONNX.", path.name)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UserError(f"The file has more than {MAX_BYTES >> 20} MB: name a smaller one.")
    return data


if __name__ == "__main__":
    sys.exit(main())
