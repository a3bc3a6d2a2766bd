"""Films and maps as pictures: built-in radiographs, films made smaller, signed maps in colour."""

import base64
import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn.imaging.radiograph import Radiograph, read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.ops.windows import Array
from ui.shell import theme

WHITE = 255
"""Films are shown with whole grey values from 0 to 255, so that the printed sums are exact."""


@st.cache_data(show_spinner=False)
def load_sample(key: str) -> Radiograph:
    """Read the built-in radiograph ``key``. Raises ``UserError`` when it is not installed."""
    return read_radiograph(*next(sample for sample in SAMPLES if sample.key == key).read())


def shrink_film(pixels: Array, longest: int) -> Array:
    """Shrink a film (H, W) from 0 to 1 until its longer side has ``longest`` pixels; whole greys from 0 to 255."""
    scale = min(1.0, longest / max(pixels.shape))
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    small = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.round(np.asarray(small, dtype=np.float64) * WHITE)


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
