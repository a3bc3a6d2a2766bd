"""Check the exercises of the notebooks: say what is wrong without telling the answer, give hints, count points.

    check("1.3", correlate2d)     # a sentence
    hint("1.3")                   # the next hint
    if ready("1.3"): ...          # a cell that needs an earlier answer
    points(1, "Ann")              # a table of points, and a code for the teacher

``python -m cnn.handson.check 1 "Ann"`` prints the code that Ann has if she solved all of notebook 1.
"""

import argparse
import hashlib
import importlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from cnn.errors import UserError
from cnn.handson.exercises.judging import Exercise

MODULES = {1: "convolution", 2: "sizes", 3: "pipeline", 4: "explanations", 5: "evaluation"}
"""Where the exercises of each notebook are, in :mod:`cnn.handson.exercises`."""
_solved: set[str] = set()
_hints: Counter[str] = Counter()


def exercises(notebook: int) -> Mapping[str, Exercise]:
    """Return the exercises of a notebook by number, such as "1.3".

    Raises:
        UserError: There is no such notebook.
    """
    if notebook not in MODULES:
        raise UserError(f"There is no notebook {notebook}; choose one of {', '.join(map(str, MODULES))}.")
    module = importlib.import_module(f"cnn.handson.exercises.{MODULES[notebook]}")
    found: Mapping[str, Exercise] = module.EXERCISES
    return found


def check(number: str, answer: Any) -> None:
    """Print whether ``answer`` is right for exercise ``number``, and if not, what is wrong with it."""
    exercise = _find(number)
    if exercise is None:
        return
    wrong = exercise.judge(answer)
    if wrong:
        _solved.discard(number)
        more = f' For a hint: hint("{number}").' if _hints[number] < len(exercise.hints) else ""
        print(f"{number}  Not yet: {wrong}{more}")
    else:
        _solved.add(number)
        print(f"{number}  Right.")


def hint(number: str) -> None:
    """Print the next hint for exercise ``number``."""
    exercise = _find(number)
    if exercise is None:
        return
    position = min(_hints[number], len(exercise.hints) - 1)
    _hints[number] += 1
    print(f"{number}  Hint {position + 1} of {len(exercise.hints)}: {exercise.hints[position]}")


def ready(*numbers: str) -> bool:
    """Return whether these exercises are solved, and print which are missing."""
    missing = [number for number in numbers if number not in _solved]
    if missing:
        print(f"This cell needs {' and '.join(missing)}: solve it first, then run this cell again.")
    return not missing


def points(notebook: int, name: str = "") -> int:
    """Print and return the points of a notebook: one for each exercise that is solved; with all, a completion code."""
    every = exercises(notebook)
    missing = [number for number in every if number not in _solved]
    solved = len(every) - len(missing)
    print(f"{solved} of {len(every)} points.")
    if missing:
        print(f"Still open: {', '.join(missing)}.")
    elif not name.strip():
        print('Put your name into the brackets, points(..., "Your name"), for a completion code.')
    else:
        print(f"Completion code for {name.strip()}: {completion_code(notebook, name)}")
    return solved


def completion_code(notebook: int, name: str) -> str:
    """Return the code of somebody who solved a whole notebook. It is a receipt, not a proof: this file is public."""
    digest = hashlib.sha256(f"{notebook}:{' '.join(name.lower().split())}".encode()).hexdigest().upper()
    return f"{notebook}-{digest[:4]}-{digest[4:8]}"


def _find(number: str) -> Exercise | None:
    """Return an exercise, or print that there is none."""
    notebook = str(number).partition(".")[0]
    found = exercises(int(notebook)) if notebook.isdecimal() and int(notebook) in MODULES else {}
    if number not in found:
        print(f"There is no exercise {number}: its number stands in the text above the cell, such as 1.3.")
        return None
    return found[number]


def main() -> None:
    """Print a completion code."""
    parser = argparse.ArgumentParser(description="The completion code of somebody who solved a whole notebook.")
    parser.add_argument("notebook", type=int, choices=MODULES)
    parser.add_argument("name")
    options = parser.parse_args()
    print(completion_code(options.notebook, options.name))


if __name__ == "__main__":
    main()
