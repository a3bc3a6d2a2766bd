"""What the drawing of a network closes, repeats and places, run in node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cnn.layers.reading.read import read_graph
from tests.layers.reading.network_texts import HEAD, TEXTS
from ui.widgets.network_graph import described

FOLDER = Path(__file__).parents[2] / "ui" / "widgets" / "network_graph"
SCRIPTS = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("modules.js", "layout.js"))
TELL = """
const items = view(nodes, opened === null ? initiallyOpen(nodes) : opened ? allModules(nodes) : new Set());
place(items, nodes);
console.log(JSON.stringify(items.map((item) => ({ ids: item.ids, paths: item.paths, sources: [...item.sources],
  name: item.name, x: item.x, lane: item.lane }))));
"""

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


def items_of(source: str, shape: tuple[int, ...], opened: bool | None) -> list[dict[str, Any]]:
    """The items that are drawn with all modules open, closed, or as at the beginning."""
    nodes = [described(node) for node in read_graph(source, shape).nodes]
    script = f"{SCRIPTS}\nconst nodes = {json.dumps(nodes)}, opened = {json.dumps(opened)};\n{TELL}"
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-2000:]
    items: list[dict[str, Any]] = json.loads(done.stdout)
    return items


@pytest.mark.parametrize("opened", [True, False, None])
@pytest.mark.parametrize("name", ["unet_with_lists", "residual_stages", "dense", "inception", "shared_layer"])
def test_every_layer_is_in_one_item_right_of_what_it_reads(name: str, opened: bool | None) -> None:
    source, shape = TEXTS[name]
    items = items_of(HEAD + source, shape, opened)
    ids = sorted(number for item in items for number in item["ids"])
    assert ids == list(range(len(ids)))
    place = {item["name"]: item for item in items}
    assert len({(item["x"], item["lane"]) for item in items}) == len(items)
    for item in items:
        assert all(place[source]["x"] < item["x"] for source in item["sources"])


def test_blocks_that_are_alike_are_one_item_until_they_are_opened() -> None:
    block = "nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())"
    source = (
        f"import torch.nn as nn\nnet = nn.Sequential(nn.Conv2d(3, 4, 3), {', '.join([block] * 5)}, nn.Conv2d(4, 2, 1))"
    )
    closed, opened = (items_of(source, (3, 9, 9), way) for way in (False, True))
    assert [len(item["paths"]) for item in closed] == [0, 0, 5, 0]
    assert len(opened) == 1 + 1 + 5 + 1
