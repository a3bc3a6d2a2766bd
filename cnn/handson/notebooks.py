"""Make the notebooks from their sources: student and solution version, as Jupyter notebook or as script.

A source is Python in the percent format of Jupytext, so that it runs, is formatted and is compared like all code. What
a student is to write is marked: a line that ends in ``# SOLUTION`` keeps what is left of its ``=`` or behind its
``return``, and the lines between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` become one line of dots.
``python -m cnn.handson.notebooks --out FOLDER`` writes the student versions.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cnn.installed import HOME

FOLDER = HOME / "notebooks"
BEGIN, END, LINE = "# BEGIN SOLUTION", "# END SOLUTION", "  # SOLUTION"
BLANK = "...  # your code"
Cell = tuple[Literal["markdown", "code"], str]


@dataclass(frozen=True)
class Notebook:
    """One source: its ``number``, its ``name`` without ending, its ``title``, and one sentence about it."""

    number: int
    name: str
    title: str
    about: str

    @property
    def path(self) -> Path:
        """The source."""
        return FOLDER / f"{self.name}.py"

    @property
    def exercises(self) -> list[str]:
        """Number and title of each exercise, such as "1.3 Two dimensions"."""
        return re.findall(r"^# ## (\d\.\d+ .*)$", self.path.read_text(encoding="utf-8"), re.M)

    def script(self, *, solved: bool) -> str:
        """Return the source, with blanks unless ``solved``."""
        source = self.path.read_text(encoding="utf-8")
        return strip_marks(source) if solved else blank(source)

    def ipynb(self, *, solved: bool) -> str:
        """Return the Jupyter notebook."""
        return write_ipynb(read_cells(self.script(solved=solved)))


NOTEBOOKS = (
    Notebook(
        1,
        "1_convolution_by_hand",
        "Convolution by hand",
        "Write the forward and the backward pass of a convolution in NumPy, check the gradients with numbers, and let "
        "a filter learn.",
    ),
    Notebook(
        2,
        "2_sizes_and_costs",
        "Sizes, parameters, receptive fields",
        "Compute what each layer of a network costs and sees, measure it with gradients, and design a network within a "
        "budget.",
    ),
    Notebook(
        3,
        "3_the_pipeline",
        "The whole pipeline",
        "Split chest films by patient, build a network, write its training loop, and evaluate it once.",
    ),
    Notebook(
        4,
        "4_explain_it",
        "Explain it, and test the explanation",
        "Compute saliency maps by hand and with Captum, and find out which of them survive a test.",
    ),
    Notebook(
        5,
        "5_is_it_any_good",
        "Is it any good?",
        "Judge a classifier: calibration, threshold, predictive values, intervals, another hospital, a shortcut.",
    ),
)


def blank(source: str) -> str:
    """Return a source without its solutions."""
    source = re.sub(rf"( *){BEGIN}\n.*?{END}\n", rf"\1{BLANK}\n", source, flags=re.S)
    return re.sub(rf"^( *(?:return|[\w, ]+ =)) .*{LINE}$", r"\1 ...", source, flags=re.M)


def strip_marks(source: str) -> str:
    """Return a source with its solutions, without the marks around them."""
    return re.sub(rf" *({BEGIN}|{END})\n", "", source).replace(LINE, "")


def read_cells(source: str) -> Iterator[Cell]:
    """Yield the cells of a source in the percent format."""
    for part in re.split(r"^# %%", source, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            yield "markdown", re.sub(r"^# ?", "", body, flags=re.M).strip()
        else:
            yield "code", body.strip()


def write_ipynb(cells: Iterable[Cell]) -> str:
    """Return cells as a Jupyter notebook."""
    written: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(cells):
        code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
        written.append({"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": text} | code)
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def main() -> None:
    """Write all notebooks into a folder."""
    parser = argparse.ArgumentParser(description="Write the notebooks with exercises into a folder.")
    parser.add_argument("--out", type=Path, default=Path())
    parser.add_argument("--solutions", action="store_true", help="write the solutions instead")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for notebook in NOTEBOOKS:
            path = options.out / f"{notebook.name}{'_solution' * options.solutions}.ipynb"
            path.write_text(notebook.ipynb(solved=options.solutions), encoding="utf-8")
            print(path)
    except OSError as error:
        sys.exit(f"The notebooks cannot be written to {options.out}: {error.strerror}. Name another folder.")


if __name__ == "__main__":
    main()
