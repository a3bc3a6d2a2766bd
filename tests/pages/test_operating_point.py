"""The operating point: rates follow threshold and prevalence, cohorts add up, and predictive values can wait."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.evaluation import operating_point
from tests.support.app import html, open_page, press, shown_text, table_rows
from ui.evaluation.scores_cache import TEST, format_percent, load_scores

PAGE = "operating_point"
COHORT = "A thousand people"
pytestmark = pytest.mark.usefixtures("few_draws")


def rate(app: AppTest, name: str) -> str:
    return {row[0]: row[1] for row in table_rows(app, "Rates at this threshold")}[name]


def rates(network: str, threshold: float, prevalence: float) -> operating_point.Rates:
    counts = operating_point.confusion_at(load_scores(network, TEST), threshold)
    return operating_point.rates_at_prevalence(counts, prevalence)


def test_rates_and_cohort_follow_from_the_link() -> None:
    app = open_page(PAGE, threshold="0.3", prevalence="2", network="lecture")
    expected = rates("lecture", 0.3, 0.02)
    assert rate(app, "sensitivity") == format_percent(expected.sensitivity)
    assert rate(app, "PPV") == format_percent(expected.ppv)
    cohort = operating_point.expected_cohort(expected, 0.02)
    ill, healthy, _ = table_rows(app, COHORT)
    assert ill[1:] == [str(cohort.true_positives), str(cohort.false_negatives), "20"]
    assert healthy[1:] == [str(cohort.false_positives), str(cohort.true_negatives), "980"]
    drawn = html(app).count('<i class="true-positive">') - 1  # one in the legend
    assert drawn == cohort.true_positives


def test_the_threshold_moves_sensitivity_and_the_prevalence_only_predictive_values() -> None:
    app = open_page(PAGE)
    sensitivity, ppv = rate(app, "sensitivity"), rate(app, "PPV")
    app.slider(key="prevalence").set_value(1.0).run()
    assert rate(app, "sensitivity") == sensitivity
    assert float(rate(app, "PPV").split("%")[0]) < float(ppv.split("%")[0])
    app.slider(key="threshold").set_value(0.9).run()
    assert rate(app, "sensitivity") != sensitivity


def test_ppv_is_one_half_at_the_prevalence_that_is_named() -> None:
    prevalence = re.search(r"Below a prevalence of about (\S+)%", shown_text(open_page(PAGE)))
    assert prevalence is not None
    assert rates("transfer", 0.5, float(prevalence[1]) / 100).ppv.value == pytest.approx(0.5, abs=0.005)


def test_buttons_set_the_frozen_threshold_and_the_films_own_prevalence() -> None:
    app = open_page(PAGE)
    press(app, "The frozen threshold")
    frozen = cards.read_card(cards.WEIGHTS_FOLDER, "transfer")["threshold"]
    assert app.slider(key="threshold").value == pytest.approx(frozen, abs=0.005)
    press(app, "As many as in these films")
    share = load_scores("transfer", TEST).labels.mean()
    assert app.slider(key="prevalence").value == pytest.approx(100 * share, abs=0.25)


def test_predictive_values_wait_for_the_reader_s_prediction() -> None:
    app = open_page(PAGE, predict="true")
    assert (rate(app, "PPV"), rate(app, "NPV")) == ("?", "?")
    assert f'aria-label="{COHORT}"' not in html(app)
    press(app, "Show the answer")
    answer = int(re.findall(r"The answer is (\d+)\.", app.info[0].value)[0])
    true_positives, false_positives = (int(row[1]) for row in table_rows(app, COHORT)[:2])
    assert answer == round(100 * true_positives / (true_positives + false_positives))
    assert "?" not in rate(app, "PPV")


def test_without_positive_predictions_there_is_no_ppv_and_no_question() -> None:
    app = open_page(PAGE, threshold="1.0")
    assert rate(app, "sensitivity").startswith("0.0%")
    assert rate(app, "PPV") == "-"
    assert not [button for button in app.button if button.label == "Show the answer"]
