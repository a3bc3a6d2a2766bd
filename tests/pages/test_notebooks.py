"""The page of the notebooks: every exercise is listed, and a teacher gets the code that a student got."""

from cnn.handson import check
from cnn.handson.notebooks import NOTEBOOKS
from tests.support.app import all_text, open_page


def test_every_exercise_is_listed_and_every_notebook_offered_twice() -> None:
    app = open_page("notebooks")
    text = all_text(app)
    assert all(exercise in text for notebook in NOTEBOOKS for exercise in notebook.exercises)
    assert len(app.get("download_button")) == 2 * len(NOTEBOOKS)


def test_a_teacher_gets_the_code_of_a_student() -> None:
    app = open_page("notebooks")
    app.number_input(key="notebooks.number").set_value(3)
    app.text_input(key="notebooks.name").set_value("Ann Example").run()
    assert [code.value for code in app.code] == [check.completion_code(3, "Ann Example")]
