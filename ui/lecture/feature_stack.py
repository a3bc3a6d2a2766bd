"""The volumes along two layers; built-in radiographs and signed maps as pictures."""

import base64
import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn.imaging.radiograph import Radiograph, read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.ops.convolution import Convolution
from cnn.ops.feature_stack import TwoLayers
from cnn.ops.windows import Array
from ui.shell import glossary_popover, theme


@st.cache_data(show_spinner=False)
def load_sample(key: str) -> Radiograph:
    """Read the built-in radiograph ``key``. Raises ``UserError`` when it is not installed."""
    return read_radiograph(*next(sample for sample in SAMPLES if sample.key == key).read())


def show_two_layers(layers: TwoLayers, *, revealed: bool) -> None:
    """Show the volumes and filters of two layers in a row, the depth of the second filters only when ``revealed``."""
    f = layers.kernel_size
    depth = f"{layers.first}" if revealed else "?"
    boxes = [
        ("input", f"{layers.side} × {layers.side} × {layers.depth}", "image"),
        ("kernel", f"{layers.first} filters of {f} × {f} × {layers.depth}", "CONV, then ReLU"),
        ("output", f"{layers.between} × {layers.between} × {layers.first}", "maps"),
        ("kernel", f"{layers.second} filters of {f} × {f} × {depth}", "CONV, then ReLU"),
        ("output", f"{layers.after} × {layers.after} × {layers.second}", "maps"),
    ]
    drawn = '<span aria-hidden="true">→</span>'.join(
        f'<div class="box {role}"><strong>{size}</strong><br>{caption}</div>' for role, size, caption in boxes
    )
    st.html(f'<div class="tiles middle near">{drawn}</div>')


def explain_maps(example: Convolution) -> None:
    """Say what filters make of a volume, and what ReLU is for."""
    count, height, width = example.output.shape
    glossary_popover.write(
        f"{count} filters of {' × '.join(map(str, example.weight.shape[:1:-1]))} × {example.weight.shape[1]} make "
        f"a volume of {width} × {height} × {count}. Click a map to see it large. A convolution only multiplies and "
        "adds: two consecutive convolutions are equivalent to one. ReLU between them makes depth worth having. It "
        "keeps positive responses and sets the others to zero; a lower bias sets more of them to zero."
    )
    st.markdown("Red is positive, blue is negative; each map has its own scale, the same before and after ReLU.")


def encode_signed_map(feature_map: Array, limit: float | None = None) -> str:
    """Encode a map (H, W) as a picture in a data URL: negative blue, 0 white, positive red.

    Values of magnitude ``limit`` have full strength; by default the largest magnitude of the map.
    """
    limit = limit or float(np.abs(feature_map).max()) or 1.0
    negative, positive = (bytes.fromhex(colour[1:]) for colour in (theme.LIGHT.negative, theme.LIGHT.positive))
    channels = zip(negative, (247, 247, 247), positive, strict=True)
    pixels = np.stack([np.interp(feature_map / limit, [-1, 0, 1], channel) for channel in channels], axis=-1)
    return encode_png(pixels.round().astype(np.uint8))


def encode_png(pixels: NDArray[np.uint8]) -> str:
    """Encode (H, W, 3 or 4) pixels as a PNG in a data URL."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
