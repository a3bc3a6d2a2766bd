"""What is taken home repeats the run without the project, to the last digit that it prints."""

import ast
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load

from cnn.handson import networks, take_home
from cnn.handson.runs.events import Result
from cnn.handson.runs.training import train
from cnn.handson.settings import Settings
from tests.support.tiny_films import tiny_film_set

FILMS = tiny_film_set()
SETTINGS = Settings(
    films=40,
    batch_size=16,
    epochs=2,
    wrong_labels=0.1,
    letter=True,
    network="64x64x1, avg 4, conv 4 3 p1, [conv 4 3 p1, norm, relu | conv 4 1], drop 0.2, flatten, fc 2",
)


def finish(settings: Settings) -> Result:
    *_, result = train(settings, FILMS)
    assert isinstance(result, Result)
    return result


def unpack(result: Result, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(take_home.pack(result, FILMS))) as archive:
        archive.extractall(folder)
    return folder


def test_the_script_prints_the_same_figures_without_the_project(tmp_path: Path) -> None:
    result = finish(SETTINGS)
    folder = unpack(result, tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "train.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    printed = dict(re.findall(r"^test (\w+) (\S+)$", run.stdout, re.M))
    assert float(printed["AUC"]) == pytest.approx(result.test_auc.value, abs=1e-4)
    assert float(printed["accuracy"]) == pytest.approx(result.test_accuracy.value, abs=1e-4)


@pytest.mark.parametrize("network", [SETTINGS.network, "lecture", "fine-tuned", "logistic regression"])
def test_script_and_notebook_hold_the_same_code_and_need_torch_and_pillow_only(network: str) -> None:
    result = replace(finish(replace(SETTINGS, network=SETTINGS.network)), settings=replace(SETTINGS, network=network))
    code = take_home.script(result)
    imported = set(re.findall(r"^(?:import|from) (\w+)", code, re.M))
    ast.parse(code)
    assert imported == {"csv", "math", "torch", "PIL"}
    cells = [cell for cell in json.loads(take_home.notebook(result))["cells"] if cell["cell_type"] == "code"]
    assert [cell["source"] for cell in cells] == code.rstrip("\n").split("\n\n# %%\n")[1:]


def test_weights_and_card_are_those_of_the_run(tmp_path: Path) -> None:
    result = finish(SETTINGS)
    folder = unpack(result, tmp_path)
    network = networks.start(SETTINGS)
    network.load_state_dict(load((folder / "network.safetensors").read_bytes()))
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "not a medical device" in card
    assert "CC BY 4.0" in card
    assert f"{result.test_auc.value:.2f}" in card
