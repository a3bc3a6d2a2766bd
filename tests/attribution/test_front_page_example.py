"""The first page's taste of the classifier."""

import numpy as np

from cnn.attribution import front_page_example
from cnn.cards import WEIGHTS_FOLDER, read_card


def test_it_was_made_by_the_shipped_weights() -> None:
    found = front_page_example.read()
    card = read_card(WEIGHTS_FOLDER, found.network)
    assert found.weights_sha256 == card["sha256"], (
        "weights have changed: run python -m cnn.attribution.front_page_example"
    )
    assert found.label in found.said


def test_the_map_spans_what_was_written_down() -> None:
    found = front_page_example.read()
    values = found.attribution().map
    np.testing.assert_allclose([values.min(), values.max()], [found.lowest, found.highest], rtol=1e-5)
    assert not found.attribution().blank
