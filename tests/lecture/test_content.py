"""The content files: every entry is right, and a wrong one is named by file, line and reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from cnn.cards import NETWORKS
from cnn.imaging.samples.built_in import SAMPLES
from cnn.lecture.content_files import ContentError, EntryPath, locate, read_content
from cnn.lecture.glossary import GLOSSARY
from cnn.lecture.lesson_plans import HOMEWORK, PATH, PLANS, build_units, units
from cnn.lecture.references import REFERENCES
from cnn.lecture.timeline import TIMELINE
from ui.shell.frame import chapters

PAGES = {chapter.file for chapter in chapters()}


@dataclass(frozen=True)
class Leaf:
    colour: Literal["green", "red"]
    veins: int | None = None


@dataclass(frozen=True)
class Tree:
    name: str
    leaf: tuple[Leaf, ...] = ()
    heights: tuple[int, ...] = ()


@dataclass(frozen=True)
class Forest:
    tree: tuple[Tree, ...]


GOOD = '''[[tree]]
name = """
an old
oak"""
heights = [1, 2]
[[tree.leaf]]
colour = "green"
veins = 7

[[tree]]
name = "beech"
[[tree.leaf]]
colour = "red"
[[tree.leaf]]
colour = "green"
'''


def test_tables_become_dataclasses_and_line_breaks_spaces(tmp_path: Path) -> None:
    path = tmp_path / "forest.toml"
    path.write_text(GOOD, encoding="utf-8")
    oak, beech = read_content(path, Forest).tree
    assert oak == Tree("an old oak", (Leaf("green", 7),), (1, 2))
    assert beech == Tree("beech", (Leaf("red"), Leaf("green")))


@pytest.mark.parametrize(
    ("right", "wrong", "line", "reason"),
    [
        ('name = "beech"', 'nam = "beech"', 10, 'unknown key "nam"'),
        ('name = "beech"\n', "", 10, 'missing key "name"'),
        ('name = "beech"', "name = 4", 10, "name = 4 is not a text"),
        ("heights = [1, 2]", 'heights = [1, "2"]', 1, "heights = '2' is not a whole number"),
        ("heights = [1, 2]", "heights = 1", 1, "heights = 1 is not a list"),
        ("veins = 7", "veins = true", 6, "veins = True is not a whole number"),
        ('colour = "red"', 'colour = "blue"', 12, "colour = 'blue' is not one of 'green', 'red'"),
        ('"red"\n[[tree.leaf]]\ncolour = "green"', '"red"\n[[tree.leaf]]\n', 14, 'missing key "colour"'),
        ('[[tree.leaf]]\ncolour = "green"\nveins = 7\n', "leaf = [3]\n", 1, "3 is not a table of keys and values"),
        ('name = "beech"', "name = beech", 11, "Invalid value"),
    ],
)
def test_a_wrong_entry_is_named_by_file_line_and_reason(
    right: str, wrong: str, line: int, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "forest.toml"
    path.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ContentError) as error:
        read_content(path, Forest)
    assert path.name in str(error.value)
    assert str(line) in str(error.value)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("one for every input and every node", "{dens}", "dens"),
        ("W1 = 1000, ", "", "W1"),
        ("W1 = 1000, ", 'W1 = "many", ', "many"),
    ],
)
def test_an_answer_that_cannot_be_computed_is_named(right: str, wrong: str, reason: str, tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    path = tmp_path / "lesson_plans.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    line = text[: text.index("W1 = 1000")].count("\n")
    with pytest.raises(ContentError, match=rf"lesson_plans\.toml:{line}: .*{reason}"):
        build_units(path)


def pages_in_content() -> Iterator[tuple[str, EntryPath, str]]:
    """File, entry and page of everything that names a page."""
    for index, term in enumerate(GLOSSARY):
        yield "glossary.toml", (("term", index),), term.page
    for index, plan in enumerate(PLANS):
        yield from (("lesson_plans.toml", (("plan", index),), stop.page) for stop in plan.stops if stop.page)
    for index, task in enumerate(HOMEWORK):
        yield "lesson_plans.toml", (("homework", index),), task.page
    for index, page in enumerate(units()):
        yield "lesson_plans.toml", (("unit", index),), page


def test_every_page_network_and_film_of_the_content_exists() -> None:
    wrong = [
        f"{locate(PATH.with_name(file), entry)}: there is no page {page}"
        for file, entry, page in pages_in_content()
        if page not in PAGES
    ]
    allowed = {"network": set(NETWORKS), "film": {sample.title for sample in SAMPLES}}
    for number, unit in enumerate(units().values()):
        for place, prompt in enumerate(unit.prompts):
            position = locate(PATH, (("unit", number), ("prompt", place)))
            wrong += [
                f"{position}: there is no {key} {prompt.settings[key]}"
                for key in allowed.keys() & prompt.settings.keys()
                if prompt.settings[key] not in allowed[key]
            ]
    wrong += [
        f"{locate(PATH, (('plan', index),))}: there is no unit for {stop.page}"
        for index, plan in enumerate(PLANS)
        for stop in plan.stops
        if stop.page and stop.page not in units()
    ]
    assert not wrong, "\n".join(wrong)


def test_milestones_are_in_order_of_time_and_references_have_an_address_or_none() -> None:
    assert [milestone.year for milestone in TIMELINE] == sorted(milestone.year for milestone in TIMELINE)
    assert all(not book.url or book.url.startswith("https://") for book in REFERENCES)
