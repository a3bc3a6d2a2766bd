"""Networks as people write them, each with the shape of an input; ``net`` is the network after the code has run."""

from pathlib import Path

from cnn.layers.reading.read import parse_dims

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def read_networks(folder: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Source and shape of every network of a folder by its name; the first line has the shape."""
    sources = {
        file.stem: file.read_text(encoding="utf-8") for file in sorted((Path(__file__).parent / folder).iterdir())
    }
    first = {name: source.partition("\n")[0].removeprefix("# input: ") for name, source in sources.items()}
    return {name: (source, parse_dims(first[name])) for name, source in sources.items()}


TEXTS = read_networks("written")
PASTED = read_networks("networks")
"""More of them, some without the names that the others have."""
