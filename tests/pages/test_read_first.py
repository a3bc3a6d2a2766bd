"""Read first, on random weights: nothing of the answer before a read is committed, all of it after."""

import pytest
from streamlit.testing.v1 import AppTest

from cnn.imaging import practice_series
from tests.support.app import all_text, open_page, press, shown_text
from tests.support.random_weights import png_film
from ui.chest import read_first

pytestmark = pytest.mark.usefixtures("random_app")
ANSWERS = ("You said", "The network says", "P(NORMAL)", "The truth is", "simulated consolidation.")


def commit(app: AppTest, label: str | None, mark: tuple[int, int] | None = None) -> AppTest:
    """Answers as a reader does; the mark is set as the component's callback sets it."""
    if mark:
        (shown,) = [one for one in app.session_state["chest.films"].values() if one.name == name_of(app)]
        app.session_state["read_first.marks"] = {shown.sha256: mark}
    if label:
        app.radio[0].set_value(label)
    press(app, "Submit")
    return app


def name_of(app: AppTest) -> str:
    return f"{next(one.value for one in app.header if one.value.startswith('Film')).split(' of')[0]}.png"


def reads(app: AppTest) -> list:
    keys = ("read_first.reads", "read_first.upload reads")
    return [one.answers for key in keys if key in app.session_state for one in app.session_state[key].values()]


def test_no_answer_before_the_read_and_all_of_it_after() -> None:
    number = next(n for n, case in enumerate(practice_series.simulate_series(1), start=1) if case.mask is not None)
    app = open_page("read_first", number=str(number))
    assert not any(answer in all_text(app) for answer in ANSWERS)
    assert not app.get("image")
    commit(app, "PNEUMONIA", (2, 3))
    for answer in (
        "You said PNEUMONIA, 75 % sure; the network says",
        "The film has a simulated consolidation.",
        "Your mark is",
    ):
        assert answer in all_text(app)
    assert len(app.get("image")) == 2
    assert "You and the network agree on" in all_text(app)
    assert not app.radio, "a read cannot be taken back"
    (done,) = reads(app)
    assert done.truth == "PNEUMONIA"
    assert done.reader.p_pneumonia == 0.75


def test_a_read_must_be_complete() -> None:
    app = open_page("read_first")
    commit(app, None)
    assert "Choose NORMAL or PNEUMONIA first." in app.info[0].value
    commit(app, "PNEUMONIA")
    assert "Mark on the film first" in app.info[0].value
    assert not any(answer in all_text(app) for answer in ANSWERS)
    commit(app, "NORMAL")
    assert "You said NORMAL, 75 % sure" in all_text(app)


def test_films_follow_each_other_and_can_be_forgotten() -> None:
    app = open_page("read_first")
    commit(app, "NORMAL")
    app.button(key="next").click().run()
    assert "Film 2 of 8" in [one.value for one in app.header]
    commit(app, "NORMAL")
    assert len(reads(app)) == 2
    assert "of 2** films" in all_text(app)
    app.button(key="forget").click().run()
    assert not app.exception
    assert reads(app) == []


def test_another_network_meets_the_answer_that_was_given() -> None:
    app = open_page("read_first")
    commit(app, "NORMAL")
    (before,) = reads(app)
    app.selectbox(key="network").select("transfer").run()
    assert not app.exception
    assert not app.radio, "who has seen the truth is not asked again"
    (after,) = reads(app)
    assert after.reader == before.reader
    assert after.film == before.film == "Series 1, film 1"
    assert after.network != before.network


def test_own_films_have_no_truth_and_a_bad_one_is_a_sentence() -> None:
    app = open_page("read_first", films=read_first.OWN)
    files = [("a.png", png_film(1), ""), ("b.png", png_film(2), ""), ("words.png", b"words", "")]
    app.file_uploader[0].set_value(files).run()
    assert "words.png" in app.error[0].value
    for number in (1, 2):
        app.number_input(key="number").set_value(number).run()
        commit(app, "NORMAL")
        assert "The truth" not in shown_text(app)
    assert [done.truth for done in reads(app)] == [None, None]
    assert "Brier" not in all_text(app)


@pytest.mark.parametrize(("number", "film"), [("3", 3), ("20", 8)])
def test_a_link_gives_a_class_the_same_film_and_a_number_too_large_the_last(number: str, film: int) -> None:
    app = open_page("read_first", seed="5", number=number)
    assert f"Film {film} of 8" in [header.value for header in app.header]
    assert f"series-5-{film - 1}" in app.session_state["chest.films"]
