"""The walls of the house: who may import whom, pages that stay light, and every page of the course opens."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnn.models import loading
from ui.shell import theme
from ui.shell.frame import chapters

ROOT = Path(__file__).parents[2]
WITH_TORCH = {"chest_xray", "inside_the_network", "shortcut_lab", "read_first"}
"""Pages on which a network runs; all others open without PyTorch, which takes seconds to import."""


def imported(path: Path) -> Iterator[str]:
    """First names of all modules that a file imports, at its top or anywhere inside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).split(".")[0]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [("cnn", {"streamlit", "ui", "pages", "app"}), ("ui", {"pages", "app"}), ("pages", {"app"})],
)
def test_imports_go_one_way(folder: str, forbidden: set[str]) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    wrong = {str(file.relative_to(ROOT)): names for file in files if (names := forbidden.intersection(imported(file)))}
    assert not wrong


def test_pages_are_thin() -> None:
    long = {page.name for page in (ROOT / "pages").glob("*.py") if len(page.read_text().splitlines()) > 140}
    assert not long


def test_no_page_works_with_tensors_itself() -> None:
    assert not [page.name for page in (ROOT / "pages").glob("*.py") if "torch" in imported(page)]


def test_only_pages_with_a_network_import_torch() -> None:
    """All others are opened one after the other in one fresh process, which must stay without PyTorch."""
    light = [chapter.file for chapter in chapters() if chapter.file not in WITH_TORCH]
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
from ui.shell import warm_imports as ahead
ahead.prepare = lambda: None
app = AppTest.from_file("{ROOT}/app.py", default_timeout=300).run()
for name in {light!r}:
    app.switch_page(f"pages/{{name}}.py").run()
    assert not app.exception, name
    if "torch" in sys.modules:
        raise SystemExit(f"{{name}} imports torch")
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr.splitlines()[-1]


def test_pages_that_are_said_to_need_torch_are_in_the_course() -> None:
    assert {chapter.file for chapter in chapters()} >= WITH_TORCH


@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.file)
def test_every_page_opens(chapter, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    loading.load.cache_clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
    drawn: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(theme.st, "plotly_chart", lambda figure, **options: drawn.append((figure, options)))
    app.switch_page(chapter.path).run()
    loading.load.cache_clear()
    assert not app.exception
    assert len(app.title) == 1
    prose = [element.value for element in app.markdown]
    assert sum("**Try this.**" in each for each in prose) == 1
    if chapter.file != "home":
        assert sum("**What you now know.**" in each for each in prose) == 1
        following = chapters()[chapters().index(chapter) + 1 :][:1]
        assert [f"Next: {each.title}" for each in following] == [
            link.proto.label for link in app.get("page_link") if link.proto.label.startswith("Next: ")
        ]
    for figure, options in drawn:
        assert options["config"]["displayModeBar"] is False
        assert_labelled(figure)


def assert_labelled(figure: Any) -> None:
    """A title, and on every axis that is shown a title with its unit, or names instead of numbers."""
    assert figure.layout.title.text
    assert (figure.layout.height or 450) <= 620, "taller than a projector shows at once"
    assert not [axis for axis in (*figure.select_xaxes(), *figure.select_yaxes())
                if axis.visible is not False and axis.showticklabels is not False and not axis.title.text
                and not axis.ticktext and not _names(figure, axis)], figure.layout.title.text  # fmt: skip


def _names(figure: Any, axis: Any) -> bool:
    """Whether what lies along ``axis`` are names."""
    letter, number = re.fullmatch(r"([xy])axis(\d*)", axis.plotly_name).groups()
    along = [getattr(trace, letter) for trace in figure.data
             if (getattr(trace, f"{letter}axis") or letter) == f"{letter}{number}"]  # fmt: skip
    return any(isinstance(value, str) for values in along if values is not None for value in values)
