"""The words of a stranger: cleaned, kept apart from the app's own, and never Markdown."""

import ast
import pickle
import re
from pathlib import Path

import pytest

from cnn.errors import ImageRejected, UserError
from cnn.text import excerpt
from ui.shell.text import plain, quoted, sentence_of

ROOT = Path(__file__).parents[2]
SHOWS_MARKDOWN = {"caption", "error", "info", "markdown", "success", "warning", "write"}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  a\n\n# b\t\u2028c ", "a # b c"),
        ("\u202egnp\u200b.\x00exe", "gnp.exe"),
        ("e\u0301" + "x" + "\u0336" * 50, "e\u0301x\u0336\u0336"),
        ("y" * 10**6, "y" * 60 + "..."),
        ("", ""),
    ],
)
def test_what_is_left_of_a_text(text: str, cleaned: str) -> None:
    assert excerpt(text) == cleaned


def test_an_error_keeps_foreign_parts_apart() -> None:
    error = UserError("The stride of %s must be 3, not %s: 100 % sure.", "a`b*", "1\n2")
    assert str(error) == "The stride of “a`b*” must be 3, not “1 2”: 100 % sure."
    assert sentence_of(error) == "The stride of `a'b*` must be 3, not `1 2`: 100 % sure."


@pytest.mark.parametrize("error", [UserError("No %s.", "x"), ImageRejected("%s is cut.", "a.png", notes=["Turned."])])
def test_an_error_comes_back_from_another_process(error: UserError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.foreign, vars(copy)) == (str(error), error.foreign, vars(error))


def test_plain_text_has_nothing_that_markdown_or_streamlit_acts_upon() -> None:
    shown = plain("1. www.a.example b@c.example http://d :smile: *e* _f_ `g` $h$ [i](j) <k> &amp; | ~l~\n\n# m\n- n")
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[*_`$\[\]<>&|~#]|www\.|\w@\w|://|:\w", shown)
    assert not re.match(r"\d+[.)] ", shown)
    assert quoted("`x` \n y") == "`'x' y`"


def test_no_error_is_shown_but_by_its_sentence() -> None:
    """As Markdown, ``str(error)`` would let a stranger's words act."""
    wrong = []
    for path in (path for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in SHOWS_MARKDOWN:
                wrong += [
                    f"{path.relative_to(ROOT)}:{node.lineno}"
                    for argument in call.args
                    for node in ast.walk(argument)
                    if (isinstance(node, ast.FormattedValue) and ast.unparse(node.value) in ("error", "problem"))
                    or (isinstance(node, ast.Call) and ast.unparse(node.func) == "str" and "error" in ast.unparse(node))
                ]
    assert not wrong
