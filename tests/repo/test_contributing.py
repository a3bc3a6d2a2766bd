"""The recipes of CONTRIBUTING.md work to the letter: each is followed in a fresh copy, and its commands succeed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(?:python|markdown)\n# ([^\n]+)\n(.*?)```", TEXT, re.S)
COMMANDS: list[str] = re.findall(r"^    (pytest .*)$", TEXT, re.M)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clean clone holds, and what the recipes add to it."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    for where, text in BLOCKS:
        follow(folder, where, text)
    return folder


def follow(folder: Path, where: str, text: str) -> None:
    """Do what the first line of a block says."""
    name, _, place = where.partition(", ")
    path = folder / name
    if not place:
        assert not path.exists()
        path.write_text(text, encoding="utf-8")
    elif place == "at its end":
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    else:
        found = place.removeprefix("after the line with ")
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (index,) = [number for number, line in enumerate(lines) if found in line]
        path.write_text("".join([*lines[: index + 1], text, *lines[index + 1 :]]), encoding="utf-8")


def changed(folder: Path) -> list[str]:
    return [where.split(",")[0] for where, _ in BLOCKS if where.split(",")[0].endswith(".py")]


def run(folder: Path, *command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_recipes_are_those_of_the_document() -> None:
    assert len(BLOCKS) == TEXT.count("```") // 2 == 7
    assert len(COMMANDS) == 4
    for name in re.findall(r"`([A-Z_]{5,})` (?:and `[A-Z]+` )?(?:of|in)\s+`", TEXT):
        place = re.search(rf"`{name}`[^.;]*?`((?:cnn|ui|tests)/[a-z_/]+\.py)`", TEXT, re.S)[1]
        assert re.search(rf"^{name}\b", (ROOT / place).read_text(encoding="utf-8"), re.M), (name, place)


@pytest.mark.slow
def test_they_are_clean(copy: Path) -> None:
    run(copy, "ruff", "check", ".")
    run(copy, "ruff", "format", "--check", *changed(copy))
    cache = copy / ".mypy_cache"
    if (ROOT / ".mypy_cache").is_dir():  # CI has just filled it
        shutil.copytree(ROOT / ".mypy_cache", cache)
    run(copy, "mypy", *(name for name in changed(copy) if not name.startswith("tests")))


@pytest.mark.slow
def test_their_tests_pass(copy: Path) -> None:
    """All at once: what is selected by a word is selected by any of them."""
    words = [shlex.split(command)[1:] for command in COMMANDS]
    files = sorted({word for line in words for word in line if word.startswith("tests/")})
    chosen = " or ".join(["upsampling", *(line[line.index("-k") + 1] for line in words if "-k" in line)])
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", chosen)
