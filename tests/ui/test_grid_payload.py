"""What a grid is sent: little where there is much, and nothing that answers an open question on the output's size."""

import json

import numpy as np
from streamlit.testing.v1 import AppTest

from cnn.layers.sizes import Window
from cnn.ops.convolution import conv2d
from tests.support.grids import example_of, payload


def _show_concealed() -> None:
    import numpy as np

    from cnn.layers.sizes import Window
    from cnn.ops.convolution import conv2d
    from ui.widgets.grid import GridOptions, show_grid

    windows = (Window(3, stride=3, padding=2), Window(3, stride=3, padding=2))
    for concealed in (False, True):
        example = conv2d(np.ones((9, 9)), np.ones((3, 3)), windows=windows)
        show_grid(example, GridOptions("test"), key=str(concealed), concealed=concealed)


def _show_colour() -> None:
    import numpy as np

    from cnn.ops.convolution import conv2d
    from ui.widgets.grid import GridOptions, show_grid

    draw = np.random.default_rng(0)
    example = conv2d(draw.integers(0, 10, (3, 32, 32)), draw.integers(-2, 3, (6, 3, 5, 5)))
    show_grid(example, GridOptions("test"), key="colour")


def test_a_concealed_grid_is_sent_one_window_and_no_size() -> None:
    app = AppTest.from_function(_show_concealed, default_timeout=60).run()
    shown, concealed = payload(app, 0), payload(app, 1)
    for axis in ("rows", "columns"):
        assert len(shown[axis]["windows"]) == 4
        assert len(concealed[axis]["windows"]) == 1
        assert not concealed[axis]["unread"]
    assert not {"output", "sums", "products"} & concealed.keys()


def test_a_colour_picture_travels_in_little_and_arrives_whole() -> None:
    app = AppTest.from_function(_show_colour, default_timeout=60).run()
    data = payload(app)
    assert len(json.dumps(data)) < 30_000
    draw = np.random.default_rng(0)
    expected = conv2d(draw.integers(0, 10, (3, 32, 32)), draw.integers(-2, 3, (6, 3, 5, 5)), windows=(Window(5),) * 2)
    np.testing.assert_array_equal(example_of(data).output, expected.output)
