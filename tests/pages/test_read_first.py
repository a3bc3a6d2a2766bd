"""Read first, on random weights: nothing of the answer before a read is submitted, all of it after."""

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from cnn.evaluation.reader_study import Answer, Box, PairedRead
from cnn.imaging.samples.real_films import REAL_FILMS
from tests.support.app import all_text, open_page, press, shown_text, table_rows
from tests.support.random_weights import png_film
from ui.chest.read_first import answers, film_series

pytestmark = pytest.mark.usefixtures("random_app")
ANSWERS = ("You said", "The network says", "P(NORMAL)", "The label is")
BOX = (0.1, 0.1, 0.5, 0.5)


def submit(app: AppTest, label: str | None, box: tuple[float, ...] | None = None) -> AppTest:
    """Answers as a reader does; the box is set as the viewer's callback sets it."""
    if box:
        number = int(app.number_input(key="number").value)
        item = film_series.pick_real_films(int(app.number_input(key="seed").value))[number - 1]
        app.session_state["read_first.boxes"] = {item.sha256: box}
        app.run()
    if label:
        app.radio[0].set_value(label)
    press(app, "Submit")
    return app


def reads(app: AppTest) -> list:
    keys = ("read_first.reads", "read_first.upload reads")
    return [one.answers for key in keys if key in app.session_state for one in app.session_state[key].values()]


def test_no_answer_before_the_read_and_all_of_it_after() -> None:
    series = film_series.pick_real_films(1)
    number = next(n for n, film in enumerate(series, start=1) if film.label == "PNEUMONIA")
    app = open_page("read_first", number=str(number))
    assert not any(answer in all_text(app) for answer in ANSWERS)
    assert not any(word in all_text(app) for word in ("bacterial", "viral", "Infiltration", "mined from the text"))
    submit(app, "PNEUMONIA", BOX)
    for answer in (
        "You said PNEUMONIA, 75 % sure; the network says",
        "The label is PNEUMONIA. You: right label",
        "P(NORMAL)",
    ):
        assert answer in all_text(app)
    assert not app.radio, "a read cannot be taken back"
    (done,) = reads(app)
    assert (done.truth, done.reader.p_pneumonia, done.reader.box) == ("PNEUMONIA", 0.75, BOX)


@pytest.mark.parametrize(
    ("box", "lesion", "verdict"),
    [
        ((0.1, 0.1, 0.2, 0.2), BOX, "right label, right place"),
        ((0.7, 0.7, 0.2, 0.2), BOX, "right label, wrong place"),
        ((0.7, 0.7, 0.2, 0.2), None, "right label."),
    ],
)
def test_a_right_label_with_a_box_elsewhere_is_no_success(box: Box, lesion: Box | None, verdict: str) -> None:
    reader, network = Answer("PNEUMONIA", 0.75, box), Answer("NORMAL", 0.1, None)
    read = PairedRead("film", reader, network, "PNEUMONIA", (lesion,) if lesion else ())
    said = answers.describe_answers(read)
    assert f"You: {verdict}" in said
    assert "The network: wrong label." in said
    assert ("box is not judged" in said) == (lesion is None)


def test_a_read_must_be_complete() -> None:
    app = open_page("read_first")
    submit(app, None)
    assert "Choose NORMAL or PNEUMONIA first." in app.info[0].value
    submit(app, "PNEUMONIA")
    assert "Draw a box on the film first" in app.info[0].value
    assert not any(answer in all_text(app) for answer in ANSWERS)
    submit(app, "NORMAL")
    assert "You said NORMAL, 75 % sure" in all_text(app)


def test_films_follow_each_other_and_can_be_forgotten() -> None:
    app = open_page("read_first")
    submit(app, "NORMAL")
    app.button(key="next").click().run()
    assert "Film 2 of 10" in shown_text(app)
    submit(app, "NORMAL")
    assert len(reads(app)) == 2
    assert "of 2** films" in all_text(app)
    rows = list(csv.reader(io.StringIO(answers.to_csv(reads(app)))))
    assert [row[0] for row in rows[1:]] == ["Series 1, film 1", "Series 1, film 2"]
    app.button(key="forget").click().run()
    assert not app.exception
    assert reads(app) == []


def test_another_network_meets_the_answer_that_was_given() -> None:
    app = open_page("read_first")
    submit(app, "NORMAL")
    (before,) = reads(app)
    app.selectbox(key="network").select("transfer").run()
    assert not app.exception
    assert not app.radio, "who has seen the label is not asked again"
    (after,) = reads(app)
    assert after.reader == before.reader
    assert after.film == before.film == "Series 1, film 1"
    assert after.network != before.network


def test_own_films_have_no_label_and_a_bad_one_is_a_sentence() -> None:
    app = open_page("read_first", films=film_series.OWN)
    files = [("a.png", png_film(1), ""), ("words.png", b"words", "")]
    app.file_uploader[0].set_value(files).run()
    assert "words.png" in app.error[0].value
    submit(app, "NORMAL")
    assert "The label" not in shown_text(app).split("Why first")[0]
    assert [done.truth for done in reads(app)] == [None]
    assert "Brier" not in all_text(app)


@pytest.mark.parametrize(("number", "film"), [("3", 3), ("20", 10)])
def test_a_link_gives_a_class_the_same_film_and_a_number_too_large_the_last(number: str, film: int) -> None:
    app = open_page("read_first", seed="5", number=number)
    assert f"Film {film} of 10" in shown_text(app)
    assert film_series.pick_real_films(5)[film - 1].key in app.session_state["chest.films"]


def test_series_share_no_film_within_a_block_and_have_both_labels() -> None:
    for block in (1, 4):
        series = [film_series.pick_real_films(seed) for seed in range(block, block + 3)]
        assert len({film.key for films in series for film in films}) == 30
        assert all(sum(film.label == "NORMAL" for film in films) == 5 for films in series)
    assert len(REAL_FILMS) == 36


def test_a_wrong_network_is_named_at_the_end_only() -> None:
    app = open_page("read_first", exercise=answers.BELIEVE)
    for number in range(1, 11):
        assert "wrong network" not in all_text(app)
        app.number_input(key="number").set_value(number).run()
        app.radio[0].set_value("I believe it").run()
        assert not app.exception
    trained, wrong = table_rows(app, "How often each network was believed")
    assert trained[1] == wrong[1] == "5 of 5"
    films = table_rows(app, "Whose answer each film had")
    of_wrong = [film for film in films if film[1] == "wrong"]
    assert (len(films), len(of_wrong)) == (10, 5)
    assert wrong[2] == f"{sum(film[2].startswith('PNEUMONIA') for film in of_wrong)} of 5"
    assert wrong[3] == f"{sum(film[2].split(',')[0] == film[3] for film in of_wrong)} of 5"
