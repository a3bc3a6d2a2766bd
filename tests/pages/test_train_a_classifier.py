"""Train a classifier: start, watch, compare; experiments, questions, and what cannot be trained."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from cnn.errors import UserError
from cnn.handson.experiments import EXPERIMENTS
from cnn.handson.films import FilmSet
from cnn.handson.runs.queue import Queue
from tests.support.app import all_text, open_page, press, table_rows
from tests.support.tiny_films import tiny_film_set
from ui.handson import controls, runs
from ui.handson.controls import examples, experiment_of, values_of

PAGE = "train_a_classifier"


def run_until(app: AppTest, condition: Callable[[], object]) -> None:
    """Run the page again until ``condition`` holds, as its fragment does in a browser."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
        app.run()
    assert not app.exception


def enabled(app: AppTest) -> set[str]:
    """Labels of the buttons that may be pressed."""
    return {button.label for button in app.button if not button.disabled} & {"Start", "Pause", "Resume", "Stop"}


def train(app: AppTest) -> None:
    """Start a training and wait for its end."""
    press(app, "Start")
    run_until(app, lambda: "Start" in enabled(app))


def test_a_training_runs_to_its_figures_and_two_runs_are_compared() -> None:
    app = open_page(PAGE, epochs="3")
    assert enabled(app) == {"Start"}
    train(app)
    rows = table_rows(app, "Figures")
    assert [row[0] for row in rows] == ["AUC", "accuracy", "sensitivity", "specificity"]
    press(app, "Learning rate too low")
    train(app)
    assert len(table_rows(app, "Runs of this session")) == 2
    app.selectbox(key="handson.other").set_value(app.selectbox(key="handson.other").options[1]).run()
    assert {row[0] for row in table_rows(app, "What differs")} == {"Learning rate", "Epochs"}


def test_pause_resume_and_stop() -> None:
    app = open_page(PAGE, epochs="100")
    press(app, "Start")
    run_until(app, lambda: "Pause" in enabled(app))
    press(app, "Pause")
    assert enabled(app) == {"Resume", "Stop"}
    press(app, "Resume")
    press(app, "Stop")
    run_until(app, lambda: "Start" in enabled(app))
    assert "Stopped after" in all_text(app)


def test_the_question_comes_first_and_the_run_answers_it() -> None:
    app = open_page(PAGE)
    press(app, EXPERIMENTS["overfit"].title)
    (radio,) = (radio for radio in app.radio if EXPERIMENTS["overfit"].question in radio.label)
    radio.set_value(radio.options[0]).run()
    assert "a gap of" not in all_text(app)
    train(app)
    findings = next(info.value for info in app.info)
    assert radio.options[0] in findings
    assert "a gap of" in findings
    press(app, EXPERIMENTS["augmented"].title)
    train(app)
    assert "Run 1: overfit" in next(info.value for info in app.info), "it is laid beside the run that it changes"


def test_a_full_server_shows_the_place_in_line(fake_trainings: Queue) -> None:
    first, second = open_page(PAGE, epochs="100"), open_page(PAGE)
    press(first, "Start")
    press(second, "Start")
    assert "place 1" in all_text(second)
    press(second, "Stop")
    assert enabled(second) == {"Start"}
    press(first, "Stop")
    run_until(first, lambda: "Start" in enabled(first))


@pytest.mark.parametrize(
    "net", ["64x64x1, flatten, fc 50000, fc 2", "32x32x1, flatten, fc 2", "64x64x1, flatten, fc 3"]
)
def test_a_network_that_cannot_be_trained_is_one_sentence(net: str) -> None:
    app = open_page(PAGE, network="own", net=net)
    assert len(app.error) == 1
    assert not enabled(app)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_example_sets_its_experiment(name: str) -> None:
    experiment = EXPERIMENTS[name]
    assert examples()[experiment.title] == values_of(experiment.settings)
    assert experiment_of(experiment.settings) == name


def test_pneumonia_mnist_is_fetched_when_asked_for_and_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[FilmSet | UserError] = [UserError("No network."), replace(tiny_film_set(), title="PneumoniaMNIST")]

    def fetch() -> FilmSet:
        answer = answers.pop(0)
        if isinstance(answer, UserError):
            raise answer
        return answer

    monkeypatch.setattr(controls, "pneumonia_mnist", fetch)
    controls.st.cache_resource.clear()
    app = open_page(PAGE, source=controls.MNIST, films="40")
    assert len(answers) == 2, "a link fetches nothing"
    assert not enabled(app)
    for said in (["No network."], []):
        press(app, f"Fetch {controls.MNIST}, about 20 MB")
        assert [error.value for error in app.error] == said
    train(app)
    assert app.session_state[runs.DESK].latest.films == controls.MNIST
