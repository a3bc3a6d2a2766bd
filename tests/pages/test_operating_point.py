"""The operating point: rates follow threshold and prevalence, a thousand people add up, and the answer can wait."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.evaluation import operating_point
from tests.pages.test_model_card import table
from tests.support.app import html, open_page, press, shown_text
from ui.evaluation import scores_cache

PAGE = "operating_point"
pytestmark = pytest.mark.usefixtures("few_draws")


def rate(app: AppTest, name: str) -> str:
    return {row[0]: row[1] for row in table(app, "Rates at this threshold")}[name]


def test_rates_and_people_follow_from_the_link() -> None:
    app = open_page(PAGE, threshold="0.3", prevalence="2", network="lecture")
    films = scores_cache.load_scores("lecture", scores_cache.TEST)
    rates = operating_point.rates_at_prevalence(operating_point.confusion_at(films, 0.3), 0.02)
    assert rate(app, "sensitivity") == scores_cache.format_percent(rates.sensitivity)
    assert rate(app, "PPV") == scores_cache.format_percent(rates.ppv)
    people = operating_point.expected_cohort(rates, 0.02)
    rows = {row[0]: row[1:] for row in table(app, "A thousand people")}
    assert rows["have it"] == [str(people.true_positives), str(people.false_negatives), "20"]
    assert rows["do not have it"] == [str(people.false_positives), str(people.true_negatives), "980"]
    assert f"1,000 people: {people.true_positives} ill and called" in html(app)


def test_a_slider_moves_the_rates_and_the_prevalence_moves_the_worth_of_a_call_only() -> None:
    app = open_page(PAGE)
    before = {name: rate(app, name) for name in ("sensitivity", "PPV")}
    app.slider(key="prevalence").set_value(1.0).run()
    assert rate(app, "sensitivity") == before["sensitivity"]
    assert float(rate(app, "PPV").split("%")[0]) < float(before["PPV"].split("%")[0])
    app.slider(key="threshold").set_value(0.9).run()
    assert rate(app, "sensitivity") != before["sensitivity"]


def test_most_calls_are_false_exactly_below_the_prevalence_that_is_named() -> None:
    said = re.search(r"Below a prevalence of about (\S+)%, most calls", shown_text(open_page(PAGE)))
    films = scores_cache.load_scores("transfer", scores_cache.TEST)
    found = operating_point.rates_at_prevalence(operating_point.confusion_at(films, 0.5), float(said[1]) / 100)
    assert found.ppv.value == pytest.approx(0.5, abs=0.005)


def test_why_adults_are_counted_otherwise_than_on_the_model_card_is_said() -> None:
    assert "each adult is judged" not in shown_text(open_page(PAGE))
    assert "each adult is judged" in shown_text(open_page(PAGE, films=scores_cache.ADULTS))


def test_buttons_go_to_the_frozen_threshold_and_to_the_films_own_prevalence() -> None:
    app = open_page(PAGE)
    press(app, "The frozen threshold")
    frozen = cards.read_card(cards.WEIGHTS_FOLDER, "transfer")["threshold"]
    assert app.slider(key="threshold").value == pytest.approx(frozen, abs=0.005)
    press(app, "As many as in these films")
    share = scores_cache.load_scores("transfer", scores_cache.TEST).labels.mean()
    assert app.slider(key="prevalence").value == pytest.approx(100 * share, abs=0.25)


def test_what_a_call_is_worth_waits_for_a_prediction() -> None:
    app = open_page(PAGE, hide="true")
    assert (rate(app, "PPV"), rate(app, "NPV")) == ("?", "?")
    assert "A thousand people" not in html(app)
    press(app, "Show the answer")
    answer = int(re.findall(r"The answer is (\d+)\.", app.info[0].value)[0])
    hits, alarms = (int(table(app, "A thousand people")[place][1]) for place in (0, 1))
    assert answer == round(100 * hits / (hits + alarms))
    assert "?" not in rate(app, "PPV")


def test_where_nobody_is_called_there_is_no_ppv_and_no_question() -> None:
    app = open_page(PAGE, threshold="1.0")
    assert rate(app, "sensitivity").startswith("0.0%")
    assert rate(app, "PPV") == "-"
    assert "Nobody is called" in shown_text(app)
    assert "Predict first" not in shown_text(app)


def test_a_rate_without_an_error_is_said_to_be_too_sure() -> None:
    app = open_page(PAGE, threshold="0.0", films="adults")
    assert rate(app, "sensitivity") == "100.0% (100.0–100.0)"
    assert "rule of three" in shown_text(app)


@pytest.mark.parametrize("films", ["validation", "adults, text-mined"])
def test_other_films_can_be_chosen(films: str) -> None:
    assert not open_page(PAGE, films=films, network="logistic_regression").error
