"""The grid's scripts compute what cnn.ops computes, and write sums that add up. They run in node; see tests/browser."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn.errors import UserError
from cnn.layers.sizes import Window
from cnn.ops import toy_inputs
from cnn.ops.convolution import Convolution, conv2d
from cnn.ops.pooling import Pooling, adaptive_pool2d, pool2d
from ui.widgets.grid.payload import json_axis, json_numbers, pack_numbers

FOLDER = Path(__file__).parents[2] / "ui" / "widgets" / "grid"
SCRIPTS = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("ops.js", "words.js"))

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


def sent(example: Convolution | Pooling) -> dict[str, Any]:
    """The numbers of ``example`` as the browser receives them."""
    shared = {"rows": json_axis(example.rows), "columns": json_axis(example.columns)}
    if isinstance(example, Pooling):
        own = {"kind": example.kind, "norm": example.norm, "paddingMode": "zeros", "backward": True}
        return {**shared, **own, "input": json_numbers(example.input)}
    own = {"kind": "convolution", "paddingMode": example.padding_mode, "flip": example.flip, "bias": [*example.bias]}
    return {**shared, **own, "input": json_numbers(example.input), "weight": json_numbers(example.weight)}


def run(examples: list[dict[str, Any]], function: str) -> list[Any]:
    """What the JavaScript ``function`` of a computed example returns for each of ``examples``."""
    script = f"{SCRIPTS}\nconsole.log(JSON.stringify({json.dumps(examples)}.map((one) => ({function})(compute(one)))));"
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-2000:]
    return json.loads(done.stdout)


def convolutions() -> Iterator[Convolution]:
    """Convolutions with several channels and filters, strides, dilations, padding modes, biases, and with the flip."""
    draw = np.random.default_rng(0)
    settings = product((1, 2, 3), (1, 2), (0, 1), ("zeros", "reflect", "replicate", "circular"), (False, True))
    for stride, dilation, padding, mode, flip in settings:
        window = Window(3, stride, padding, dilation)
        image, weight = draw.normal(0, 2, (2, 6, 7)), draw.normal(0, 2, (2, 2, 3, 3))
        yield conv2d(image, weight, draw.normal(0, 1, 2), (window, window), padding_mode=mode, flip=flip)


def poolings() -> Iterator[Pooling]:
    """Poolings of all kinds, with ties, padding, overlaps and windows that reach over the edge."""
    draw = np.random.default_rng(1)
    for kind, stride, padding, rule in product(("max", "average", "lp"), (1, 2, 3), (0, 1), ("floor", "ceil")):
        try:
            yield pool2d(draw.integers(0, 4, (2, 5, 6)), Window(3, stride, padding), kind, rule, norm=3)
        except UserError:
            continue  # PyTorch has no such pooling
    yield adaptive_pool2d(draw.normal(0, 1, (1, 7, 5)), 3, "average")
    yield pool2d([[0, 0], [0, 0]], Window(2), "lp")


def test_convolutions_are_those_of_python() -> None:
    examples = [*convolutions()]
    for example, output in zip(examples, run([*map(sent, examples)], "(data) => data.output"), strict=True):
        np.testing.assert_allclose(output, example.output, atol=1e-6)


def test_poolings_and_their_gradients_are_those_of_python() -> None:
    examples = [*poolings()]
    assert len(examples) > 20
    gradients = "(data) => data.output.map((map, c) => collectGradient(data, c, map.length * map[0].length))"
    both = run([*map(sent, examples)], f"(data) => [data.output, ({gradients})(data)]")
    for example, (output, gradient) in zip(examples, both, strict=True):
        np.testing.assert_allclose(np.array(output, dtype=float), example.output, atol=1e-6)
        np.testing.assert_allclose(gradient, example.backward(), atol=1e-6)


def test_packed_numbers_are_read_as_they_were() -> None:
    array = np.arange(3 * 12 * 13, dtype=np.float64).reshape(3, 12, 13)
    packed = json.dumps(pack_numbers(array))
    assert "float32" in packed
    script = f"{SCRIPTS}\nconsole.log(JSON.stringify(decodeNumbers({packed})));"
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == array.tolist()


@pytest.mark.parametrize(
    ("example", "decimals"),
    [
        (conv2d([[0.001, 0.002], [0.003, 0]], [[1]]), 3),
        (pool2d([[1, 3], [5, 7]], Window(2), "average"), 2),
        (pool2d([[1, 3], [5, 7]], Window(2)), 0),
    ],
)
def test_small_numbers_are_not_shown_as_nothing(example: Convolution | Pooling, decimals: int) -> None:
    assert run([sent(example)], "(data) => data.decimals") == [decimals]


def test_printed_terms_give_the_printed_result() -> None:
    examples = []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        examples.append(sent(conv2d(draw.normal(0, 1, (3, 3)).round(3), draw.normal(0, 1, (2, 2)).round(3))))
    exact = 0
    for terms, sign, result in run(examples, "(data) => stepSum(data, {filter: 0, channel: 0, row: 0, column: 0})"):
        numbers = terms.replace("−", "-").replace("(", "").replace(")", "")
        total = sum(float(a) * float(b) for a, b in (term.split("×") for term in re.split(r" \+ ", numbers)))
        decimals = len(result.split(".")[1])
        assert (abs(total - float(result.replace("−", "-"))) < 0.5 * 10**-decimals) == (sign == " = "), terms
        exact += sign == " = "
    assert 0 < exact < 60


def test_the_answer_asked_for_is_in_no_sentence() -> None:
    pool = pool2d(np.zeros((3, 3)), Window(2))
    data = sent(conv2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[30]])) | {"hidden": [0, 1, 1], "filters": ["filter"]}
    data["pool"] = {"kind": "max", "norm": 2, "rows": json_axis(pool.rows), "columns": json_axis(pool.columns)}
    sentences = "(data) => eachWindow(data, (at) => sentence(data, {...at, filter: 0, channel: 0})).flat()"
    for hidden in ([0, 1, 1], None):
        text = " ".join(run([data | {"hidden": hidden}], sentences)[0])
        assert ("150" in text) == (hidden is None)


def follow(cases: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[Any]:
    """The examples that the browser makes of others for number boxes, None where it leaves the answer to Python."""
    script = SCRIPTS + (FOLDER / "follow.js").read_text(encoding="utf-8")
    script += f"\nconsole.log(JSON.stringify({json.dumps(cases)}.map(([data, follow]) => withBoxes(data, follow))));"
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def boxes(**values: int) -> dict[str, Any]:
    """Number boxes for the same windows down and across; a size is a number where no box is named for it."""
    side = {name: name for name in values}
    return {"boxes": {name: {"value": value} for name, value in values.items()}, "rows": side, "columns": side}


def test_followed_boxes_give_the_convolution_of_python() -> None:
    settings = [*product((1, 4, 7), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)), (64, 15, 1, 0, 1), (64, 15, 1, 12, 1)]
    before = sent(conv2d(toy_inputs.counting(5, 5), np.ones((2, 2))))
    names = ("size", "kernel_size", "stride", "padding", "dilation")
    fields = [dict(zip(names, values, strict=True)) for values in settings]
    made = follow([(before, boxes(**values)) for values in fields])
    fitting = 0
    for (n, *numbers), data in zip(settings, made, strict=True):
        window = Window(*numbers)
        try:
            example = conv2d(toy_inputs.counting(n, n), np.ones((window.kernel_size,) * 2), windows=(window, window))
        except UserError:
            assert data is None
            continue
        fitting += 1
        assert {name: data[name] for name in sent(example)} == json.loads(json.dumps(sent(example)))
        assert data["flat"] == (n == 1)
    assert 0 < fitting < len(settings)


def test_followed_boxes_give_the_pooling_of_python() -> None:
    image = toy_inputs.counting(6, 6)
    settings = [*product((1, 2, 3, 7), (1, 2, 3, 4), (0, 1, 2), ("floor", "ceil"))]
    cases = []
    for f, s, p, rule in settings:
        rules = boxes(kernel_size=f, stride=s, padding=p) | {"ceil": rule == "ceil"}
        rules["rows"] = rules["columns"] = rules["rows"] | {"size": 6, "dilation": 1}
        cases.append((sent(pool2d(image, Window(2, 2))), rules))
    fitting = 0
    for (*numbers, rule), data in zip(settings, follow(cases), strict=True):
        try:
            example = pool2d(image, Window(*numbers), rule=rule)
        except UserError:
            assert data is None
            continue
        fitting += 1
        assert {name: data[name] for name in sent(example)} == json.loads(json.dumps(sent(example)))
    assert 0 < fitting < len(settings)
