"""The built-in real films: list, licence and files agree, and the rule that picked them can be applied again."""

import hashlib
import os
from collections import Counter
from pathlib import Path

import pytest

from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import CREDITS, FOLDER, GALLERY, LIST, REAL_FILMS
from cnn.training import pick_films
from cnn.training.data import patient_of

DATA = Path(__file__).parents[3] / "shared" / "data"
MAX_BYTES = 1_500_000


def test_the_list_names_every_file_with_its_hash_and_licence() -> None:
    listed = {film.file: film.sha256 for film in REAL_FILMS}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.jpeg")}
    assert found == listed
    assert {path.name for path in FOLDER.iterdir()} == {*listed, LIST, "LICENSE.md"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MAX_BYTES
    licence = (FOLDER / "LICENSE.md").read_text(encoding="utf-8")
    for link in ("creativecommons.org/licenses/by/4.0", "10.17632/rscbjbr9sj.2", "nihcc.app.box.com/v/ChestXray-NIHCC"):
        assert link in licence
        assert any(link in credit for credit in CREDITS.values())


def test_the_groups_are_as_large_as_said_and_no_patient_is_in_twice() -> None:
    children = [film for film in REAL_FILMS if film.group == "child"]
    adults = [film for film in REAL_FILMS if film.group == "adult"]
    assert Counter(film.finding for film in children) == {"": 12, "bacterial": 6, "viral": 6}
    assert Counter((film.label, bool(film.boxes)) for film in adults) == {("NORMAL", False): 6, ("PNEUMONIA", True): 6}
    assert len({patient_of(film.original) for film in children}) == 24
    assert len({film.original.split("_")[0] for film in adults}) == 12


@pytest.mark.parametrize("film", REAL_FILMS, ids=lambda film: film.key)
def test_a_film_is_read_and_its_name_tells_no_label_before_it_is_asked_for(film: object) -> None:
    radiograph = read_radiograph(*film.read())
    height, width = radiograph.pixels.shape
    for x, y, box_width, box_height in film.boxes:
        assert (height, width) == (512, 512), "boxes are in pixels of the file, so nothing may be trimmed"
        assert 0 <= x < x + box_width <= width
        assert 0 <= y < y + box_height <= height
    for text in (film.title, film.file, film.story, radiograph.name):
        assert not any(word in text.lower() for word in ("normal", "pneumonia", "bacteria", "virus", "finding"))
    assert film.label in film.answer


def test_titles_and_keys_are_unique() -> None:
    assert len({film.title for film in GALLERY}) == len({film.key for film in GALLERY}) == len(GALLERY) == 40


def test_the_rule_picks_the_same_films(tmp_path: Path) -> None:
    if not DATA.is_dir() and not os.environ.get("CI"):
        pytest.skip(f"no films in {DATA}")
    children, adults = pick_films.pick_children(DATA / "kermany224"), pick_films.pick_adults(DATA / "nih_adult")
    pick_films.write({"child": children, "adult": adults}, tmp_path)
    assert (tmp_path / LIST).read_text(encoding="utf-8") == (FOLDER / LIST).read_text(encoding="utf-8")
