"""Which package may import which: one order, no circle, and no PyTorch behind pages that must open at once."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT = ("text", "errors", "extensions", "cards", "layers", "ops", "imaging", "models", "predict")
RIGHT = ("attribution", "evaluation", "lecture", "handson", "library", "training", "predict.__main__")
UI = ("shell", "widgets", "lecture", "handson", "chest", "evaluation")
ORDER = [
    "cnn",
    *(f"cnn.{name}" for name in LEFT + RIGHT),
    "ui",
    *(f"ui.{name}" for name in UI),
    "pages",
    "app",
]
"""A package imports only from itself and from its left."""
WITHOUT_TORCH = ("cnn.layers", "cnn.ops", "cnn.evaluation", "cnn.lecture", "ui.shell")
MAX_MODULES = 16
"""In one folder, its ``__init__.py`` among them."""
MAX_PAGE_LINES = 120


@cache
def files() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    paths = [ROOT / "app.py", *(path for folder in ("cnn", "ui", "pages") for path in (ROOT / folder).rglob("*.py"))]
    dotted = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    return {name.removesuffix(".__init__"): path for path, name in dotted.items()}


def package(module: str) -> str:
    """The longest entry of ``ORDER`` that ``module`` belongs to."""
    return max((entry for entry in ORDER if f"{module}.".startswith(f"{entry}.")), key=len)


def _run_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _run_nodes(node)


@cache
def imports(module: str) -> frozenset[str]:
    """All modules that ``module`` imports, at its top or inside a function; own ones by their full name."""

    def names() -> Iterator[str]:
        for node in _run_nodes(ast.parse(files()[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module} has a relative import"
                submodules = {f"{node.module}.{alias.name}" for alias in node.names}
                yield from submodules & files().keys() or {str(node.module)}

    return frozenset(names())


def reachable(module: str) -> set[str]:
    """All modules that importing ``module`` can load, by way of the project's own."""
    found, waiting = {module}, [module]
    while waiting:
        new = imports(waiting.pop()) - found
        found |= new
        waiting += new & files().keys()
    return found


def test_imports_go_one_way() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in files()
        for other in imports(module) & files().keys()
        if ORDER.index(package(other)) > ORDER.index(package(module))
    ]
    assert not wrong


def test_no_circle_between_files() -> None:
    TopologicalSorter({module: imports(module) & files().keys() - {module} for module in files()}).prepare()


@pytest.mark.parametrize("folder", WITHOUT_TORCH)
def test_light_packages_never_load_torch(folder: str) -> None:
    modules = [module for module in files() if package(module) == folder]
    assert modules
    assert not [m for m in modules if {"torch"} & {name.split(".")[0] for name in reachable(m)}]


def test_cnn_knows_no_streamlit() -> None:
    assert not [m for m in files() if m.startswith("cnn") and any(name.startswith("streamlit") for name in imports(m))]


def test_the_app_does_not_load_training() -> None:
    assert not [
        module
        for module in files()
        if package(module) != "cnn.training"
        and any(package(n) == "cnn.training" for n in imports(module) & files().keys())
    ]


def test_folders_and_pages_are_small() -> None:
    folders = {path.parent for name, path in files().items() if name.startswith(("cnn.", "ui."))}
    assert not [folder for folder in folders if len(list(folder.glob("*.py"))) > MAX_MODULES]
    pages = (ROOT / "pages").glob("*.py")
    assert not [page.name for page in pages if len(page.read_text(encoding="utf-8").splitlines()) > MAX_PAGE_LINES]


def test_two_threads_that_begin_with_different_parts_of_pydicom_both_import_it() -> None:
    """As a page and the server's warm-up do; Python leaves pydicom half imported where they wait for each other."""
    script = """
import importlib, sys, threading, time
begun, errors = threading.Event(), []
class Slow:
    def find_spec(self, name, *_):
        if name == "pydicom":
            begun.set()
            time.sleep(0.2)
def load(name):
    try:
        importlib.import_module(name)
    except Exception as error:
        errors.append(error)
import numpy
sys.meta_path.insert(0, Slow())
first = threading.Thread(target=load, args=["cnn.imaging.quiet"])
first.start()
begun.wait()
load("cnn.imaging.dicom.grey")
first.join()
sys.exit(str(errors) if errors else 0)
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
