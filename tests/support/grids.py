"""What a grid was sent, and the example that it is to show."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from cnn.ops.windows import Array, Axis


def payload(app: AppTest, index: int = 0) -> dict[str, Any]:
    """What grid number ``index`` of the page was sent."""
    return json.loads(app.get("bidi_component")[index].proto.json)


def numbers(value: Any) -> Array:
    """The array that was sent as nested lists, or packed."""
    if isinstance(value, Mapping):
        return np.frombuffer(base64.b64decode(value["float32"]), "<f4").reshape(value["shape"]).astype(np.float64)
    return np.array(value, dtype=np.float64)


def example_of(data: Mapping[str, Any]) -> Convolution | Pooling:
    """The example that the browser computes from ``data``."""
    rows, columns = (
        Axis(axis["size"], axis["before"], axis["after"], tuple(map(tuple, axis["windows"])), axis["mode"])
        for axis in (data["rows"], data["columns"])
    )
    if "weight" not in data:
        return Pooling(data["kind"], data["norm"], numbers(data["input"]), rows, columns)
    operands = numbers(data["input"]), numbers(data["weight"]), numbers(data["bias"])
    return Convolution(*operands, rows, columns, data["flip"])
