"""The notebooks: solutions get every point, blank ones run to their end and say in sentences what is missing."""

import json
import re

import pytest
import torch

from cnn.handson import check
from cnn.handson.notebooks import NOTEBOOKS, Notebook, blank, read_cells, write_ipynb

EACH = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)


def run(notebook: Notebook, capsys: pytest.CaptureFixture[str], *, solved: bool) -> str:
    """Run a notebook as a plain script, its training an epoch long, from nothing solved, and return what it prints."""
    threads = torch.get_num_threads()
    for number in check.exercises(notebook.number):
        check.check(number, ...)
    capsys.readouterr()
    script = notebook.script(solved=solved).replace("for epoch in range(6):", "for epoch in range(1):")
    exec(compile(script, notebook.name, "exec"), {})
    torch.set_num_threads(threads)
    return capsys.readouterr().out


@EACH
def test_a_solution_gets_every_point_and_a_code(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(notebook, capsys, solved=True)
    total = len(check.exercises(notebook.number))
    assert "Not yet" not in printed
    assert f"{total} of {total} points." in printed
    assert check.completion_code(notebook.number, "Your name") in printed


@EACH
def test_a_blank_notebook_says_what_is_missing(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(notebook, capsys, solved=False)
    numbers = list(check.exercises(notebook.number))
    assert re.findall(r"^(\d\.\d+)  Not yet: (?:it is|the function is) still blank", printed, re.M) == numbers
    assert f"0 of {len(numbers)} points." in printed


@EACH
def test_both_versions_are_notebooks_with_every_exercise(notebook: Notebook) -> None:
    for solved in (True, False):
        content = json.loads(notebook.ipynb(solved=solved))
        text = "\n".join(cell["source"] for cell in content["cells"])
        assert "SOLUTION" not in text
        numbers = list(check.exercises(notebook.number))
        assert re.findall(r'^check\("([\d.]+)"', text, re.M) == numbers
        assert re.findall(r"^## (\d\.\d+) ", text, re.M) == numbers


def test_jupytext_reads_the_same_cells() -> None:
    jupytext = pytest.importorskip("jupytext")
    for notebook in NOTEBOOKS:
        source = notebook.script(solved=False)
        theirs = jupytext.reads(source, fmt="py:percent").cells
        assert [(cell.cell_type, cell.source.strip()) for cell in theirs] == list(read_cells(source))
        jupytext.reads(write_ipynb(read_cells(source)), fmt="ipynb")


def test_what_is_marked_becomes_dots() -> None:
    source = "a, b = 1, 2  # SOLUTION\ndef f():\n    # BEGIN SOLUTION\n    c = 3\n    return c\n    # END SOLUTION\n"
    assert blank(source) == "a, b = ...\ndef f():\n    ...  # your code\n"
