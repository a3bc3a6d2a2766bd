"""The front page's example."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnn.attribution import front_page_example
from cnn.errors import UserError


def test_the_shipped_weights_give_the_stored_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = front_page_example.read()
    values = stored.attribution().map
    monkeypatch.setattr(front_page_example, "FACTS_FILE", tmp_path / "example.json")
    monkeypatch.setattr(front_page_example, "MAP_FILE", tmp_path / "example.png")
    front_page_example.main()
    computed = front_page_example.read()
    command = "weights have changed: run python -m cnn.attribution.front_page_example"
    assert computed.weights_sha256 == stored.weights_sha256, command
    assert (computed.network, computed.sentence) == (stored.network, stored.sentence)
    assert computed.label in computed.sentence
    np.testing.assert_allclose(computed.attribution().map, values, atol=0.02 * (stored.highest - stored.lowest))


def test_the_map_has_the_stored_range() -> None:
    example = front_page_example.read()
    values = example.attribution().map
    np.testing.assert_allclose([values.min(), values.max()], [example.lowest, example.highest], rtol=1e-5)
    assert not example.attribution().blank


@pytest.mark.parametrize("text", [None, "{", json.dumps({"network": "transfer"})])
def test_a_missing_or_damaged_example_is_a_sentence(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "example.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(front_page_example, "FACTS_FILE", file)
    with pytest.raises(UserError, match="missing"):
        front_page_example.read()
