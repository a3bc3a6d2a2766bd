"""What is written beside the code is true: links lead somewhere, commands are there, figures are the code's."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from cnn import __version__
from cnn.attribution.attribute import LOCK_TIMEOUT_S
from cnn.attribution.methods import METHODS, count_passes
from cnn.models import loading

ROOT = Path(__file__).parents[2]
TEXTS = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
]


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_links_to_files_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", file.read_text(encoding="utf-8")):
        assert target.startswith("http") or (file.parent / target).exists(), target


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_commands_are_there(file: Path) -> None:
    for module in re.findall(r"python3? -m ([\w.]+)", file.read_text(encoding="utf-8")):
        assert importlib.util.find_spec(module), module


def test_saliency_md_counts_the_passes_that_are_made(weights: Path) -> None:
    model = loading.load_from(weights, "transfer")
    text = (ROOT / "docs" / "saliency.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| (\d+) \|", text, re.M)
    assert {title.strip(): int(passes) for title, passes in rows} == {
        method.title: count_passes(model, name) for name, method in METHODS.items()
    }
    assert f"more than {LOCK_TIMEOUT_S:g} seconds" in text


def test_the_readme_is_what_ci_runs_and_shows_its_picture() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install -r requirements.txt && streamlit run app.py" in readme
    assert 'pip install -c constraints.txt -e ".[test]" && ruff check . && mypy && pytest' in readme
    assert "not a medical device" in readme
    assert "grep -m1 -o 'pip install -c constraints.txt -e .*' README.md" in (ROOT / ".ci/run").read_text()


def test_the_version_is_one_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.M)[0] == __version__
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)[1] == __version__
