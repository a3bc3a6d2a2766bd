"""What is written beside the code is true: links lead somewhere, commands are there, figures are the code's."""

import importlib.util
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cnn import __version__, cards
from cnn.attribution.attribute import LOCK_TIMEOUT_S
from cnn.attribution.methods import METHODS, count_passes
from cnn.evaluation import saliency_report, views
from cnn.imaging.samples.built_in import SAMPLES
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import loading

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
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


def test_saliency_md_has_the_figures_of_the_bench() -> None:
    report = saliency_report.read()["transfer"]
    text = " ".join((ROOT / "docs" / "saliency.md").read_text(encoding="utf-8").split())
    for name in ("grad_cam", "anatomy"):
        points, order = (report.localisation("rsna", name, measure) for measure in ("pointing", "auprc"))
        assert f"{100 * points.value:.0f} % ({100 * points.low:.0f}-{100 * points.high:.0f})" in text
        assert f"{order.value:.2f} ({order.low:.2f}-{order.high:.2f})" in text
    points, order = (report.gain("rsna", "grad_cam", "anatomy", measure) for measure in ("pointing", "auprc"))
    assert f"({100 * points.low:.0f} to {100 * points.high:.0f} points)" in text
    assert f"({order.low:.2f} to {order.high:.2f})" in text


def test_the_readme_has_the_commands_that_ci_runs() -> None:
    commands = re.findall(r"^    (pip install .*)$", README, re.M)
    assert commands[0] == "pip install -r requirements.txt && streamlit run app.py"
    search = re.search(r"^tests=\$\((grep .*)\)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.M)[1]
    run = subprocess.run(["bash", "-c", search], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == commands[1]
    assert "not a medical device" in README


def test_the_readme_s_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lecture = loading.load("lecture")  # the same lines, in less time
    monkeypatch.setattr(loading, "load", lambda *_: lecture)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.dcm").write_bytes(SAMPLES[2].read()[0])
    (tmp_path / "films").mkdir()
    chosen = [film for label in cards.CLASSES for film in [each for each in REAL_FILMS if each.label == label][:3]]
    for sample in chosen:
        (tmp_path / "films" / sample.file).write_bytes(sample.read()[0])
    rows = (f"{sample.file},{sample.label}\n" for sample in chosen)
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(rows))
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    names: dict[str, Any] = {}
    *lines, last = filter(None, code.splitlines())
    exec("\n".join(lines[:-1]), names)
    figure, study = eval(lines[-1], names), eval(last, names)
    assert len(lines) == 5  # one import, and four to the figure
    assert study.films == (3, 3)
    assert study.measures["auc"].value > 0.5
    assert names["reading"].label in cards.CLASSES
    assert len(figure.axes) == 3
    assert names["net"].parameters == 41_418


def test_the_readme_s_numbers_are_the_cards() -> None:
    for name, title in cards.NETWORKS.items():
        test = cards.read_card(cards.WEIGHTS_FOLDER, name)["metrics"]["test"]
        numbers = " | ".join(f"{test[key]:.3f}" for key in ("auc", "accuracy", "sensitivity", "specificity"))
        assert f"| {title} | {numbers} |" in README


@pytest.mark.parametrize("file", ["README.md", "weights/README.md"])
def test_what_is_found_in_each_view_is_computed(file: str) -> None:
    assert views.format_table() in (ROOT / file).read_text(encoding="utf-8"), "run python -m cnn.evaluation.views"


def test_architecture_md_names_what_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:cnn|ui|pages|tests)/[\w/.]+)`", text)
    assert len(named) > 30
    assert not [name for name in named if not (ROOT / name).exists()]
    packages = {f"{top}/{folder.name}" for top in ("cnn", "ui") for folder in (ROOT / top).iterdir() if folder.is_dir()}
    listed = {f"{top}/{name}" for top in ("cnn", "ui") for name in re.findall(r"^  (\w+)/ ", _tree(text, top), re.M)}
    assert {name for name in packages if not name.endswith("__pycache__")} == listed


def _tree(text: str, top: str) -> str:
    """The lines of one top folder in the tree of docs/architecture.md."""
    return re.search(rf"^{top}/ .*\n((?:  .*\n)+)", text, re.M)[1]


def test_the_version_is_one_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## ([\d.]+)", changelog, re.M)[0] == __version__
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)[1] == __version__
