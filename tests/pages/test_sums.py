"""The sums that the grid's script writes: an equals sign only where the printed terms give the printed result."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cnn.ops.convolution import conv2d
from ui.widgets.grid.payload import count_decimals

WORDS = Path(__file__).parents[2] / "ui" / "widgets" / "grid" / "words.js"


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_printed_terms_give_the_printed_result() -> None:
    examples = []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        example = conv2d(draw.normal(0, 1, (3, 3)).round(3), draw.normal(0, 1, (2, 2)).round(3), [seed % 2 * 0.376])
        examples.append(
            {
                "decimals": count_decimals(example, backward=False),
                "bias": example.bias.tolist(),
                "padded": example.padded.tolist(),
                "kernel": example.kernel.tolist(),
                "output": example.output.tolist(),
                "sums": example.channel_sums.tolist(),
                "rows": {"windows": example.rows.windows},
                "columns": {"windows": example.columns.windows},
            }
        )
    script = f"""{WORDS.read_text(encoding="utf-8")}
    const at = {{filter: 0, row: 0, column: 0}};
    console.log(JSON.stringify({json.dumps(examples)}.map((data) => convolutionText(data, at))));"""
    run = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    exact = 0
    for text in json.loads(run.stdout):
        terms, sign, result = re.match(r"(.*?) ([=≈]) (−?\d+\.\d+)", text).groups()
        numbers = terms.replace("−", "-").replace("(", "").replace(")", "")
        total = sum(float(a) * float(b) for a, b in (term.split("×") for term in numbers.split(" + ")))
        decimals = len(result.split(".")[1])
        assert (abs(total - float(result.replace("−", "-"))) < 0.5 * 10**-decimals) == (sign == "="), text
        exact += sign == "="
    assert exact > 0
