"""The operating point: rates follow threshold and prevalence, cohorts add up, and predictive values can wait."""

import json
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.evaluation import operating_point
from tests.support.app import html, open_page, press, shown_text, table_rows
from ui.evaluation.operating_point.settings import find_cheapest
from ui.evaluation.scores_cache import ADULTS, TEST, VALIDATION, format_percent, load_scores

PAGE = "operating_point"
COHORT = "A thousand people"
pytestmark = pytest.mark.usefixtures("few_draws")


def rate(app: AppTest, name: str) -> str:
    return {row[0]: row[1] for row in table_rows(app, "Rates at this threshold")}[name]


def rates(network: str, threshold: float, prevalence: float) -> operating_point.Rates:
    counts = operating_point.confusion_at(load_scores(network, TEST), threshold)
    return operating_point.rates_at_prevalence(counts, prevalence)


def sent(app: AppTest) -> dict[str, Any]:
    """What the browser was sent."""
    return dict(json.loads(app.get("bidi_component")[0].proto.json))


def frozen(network: str) -> float:
    return float(cards.read_card(cards.WEIGHTS_FOLDER, network)["threshold"])


def test_rates_and_cohort_follow_from_the_link() -> None:
    app = open_page(PAGE, threshold="0.3", prevalence="2", network="lecture")
    expected = rates("lecture", 0.3, 0.02)
    assert rate(app, "sensitivity") == format_percent(expected.sensitivity)
    assert rate(app, "PPV") == format_percent(expected.ppv)
    cohort = operating_point.expected_cohort(expected, 0.02)
    ill, healthy, _ = table_rows(app, COHORT)
    assert ill[1:] == [str(cohort.true_positives), str(cohort.false_negatives), "20"]
    assert healthy[1:] == [str(cohort.false_positives), str(cohort.true_negatives), "980"]
    assert (sent(app)["threshold"], sent(app)["prevalence"]) == (0.3, 0.02)


@pytest.mark.parametrize("network", ["transfer", "lecture"])
def test_it_opens_at_the_threshold_of_the_network(network: str) -> None:
    assert sent(open_page(PAGE, network=network))["threshold"] == frozen(network)


def test_the_threshold_moves_sensitivity_and_the_prevalence_only_predictive_values() -> None:
    app, rarer, stricter = open_page(PAGE), open_page(PAGE, prevalence="1"), open_page(PAGE, threshold="0.9")
    assert rate(rarer, "sensitivity") == rate(app, "sensitivity")
    assert float(rate(rarer, "PPV").split(" ")[0]) < float(rate(app, "PPV").split(" ")[0])
    assert rate(stricter, "sensitivity") != rate(app, "sensitivity")


def test_ppv_is_one_half_at_the_prevalence_that_is_named() -> None:
    prevalence = re.search(r"Below a prevalence of about (\S+) %", shown_text(open_page(PAGE)))
    assert prevalence is not None
    assert rates("transfer", frozen("transfer"), float(prevalence[1]) / 100).ppv.value == pytest.approx(0.5, abs=0.005)


def test_examples_set_the_threshold_and_the_films_own_prevalence() -> None:
    app = open_page(PAGE)
    press(app, "Sensitivity ≈ specificity")
    equal = rates("transfer", sent(app)["threshold"], 0.05)
    assert equal.sensitivity.value == pytest.approx(equal.specificity.value, abs=0.01)
    press(app, "Miss no film")
    assert rates("transfer", sent(app)["threshold"], 0.05).sensitivity.value == 1
    assert rates("transfer", sent(app)["threshold"] + 0.001, 0.05).sensitivity.value < 1
    press(app, "Model's threshold")
    assert sent(app)["threshold"] == frozen("transfer")
    press(app, "Films' prevalence")
    share = load_scores("transfer", TEST).labels.mean()
    assert sent(app)["prevalence"] == pytest.approx(share, abs=0.0025)


@pytest.mark.parametrize("films", [TEST, ADULTS])
def test_the_table_of_costs_holds_the_lowest_that_the_sentence_names(films: str) -> None:
    app = open_page(PAGE, films=films)
    named = re.search(r"On these films (\S+) costs least, (\d+);", shown_text(app))
    assert named is not None
    rows = {threshold: int(cost) for threshold, cost in table_rows(app, "Costs by threshold")}
    assert rows[named[1]] == int(named[2]) == min(rows.values())


def test_an_example_of_a_threshold_keeps_the_prevalence_and_the_other_way_round() -> None:
    app = open_page(PAGE, prevalence="1", network="lecture")
    for chip in ("Sensitivity ≈ specificity", "Miss no film", "Model's threshold", "Lowest validation cost"):
        press(app, chip)
        assert sent(app)["prevalence"] == 0.01, chip
    cheapest = sent(app)["threshold"]
    assert cheapest == find_cheapest("lecture", 1, 10) != find_cheapest("lecture", 5, 10)
    press(app, "Films' prevalence")
    press(app, "1 of 100 is ill")
    assert sent(app)["threshold"] == cheapest


def test_the_threshold_chosen_on_validation_films_is_judged_on_other_films_alone() -> None:
    elsewhere = re.search(r"on these films \(.*?\) it costs \*\*(\d+)\*\*", shown_text(open_page(PAGE)))
    assert elsewhere is not None
    tested = operating_point.sensitivity_and_specificity(
        load_scores("transfer", TEST), np.array([find_cheapest("transfer", 5, 10)])
    )
    assert int(elsewhere[1]) == round(float(operating_point.expected_cost(*tested, 0.05, 10)[0]))
    assert "those are these films" in shown_text(open_page(PAGE, films=VALIDATION))


def test_a_miss_among_few_ill_people_is_not_rounded_away() -> None:
    app = open_page(PAGE, prevalence="1")
    assert rates("transfer", frozen("transfer"), 0.01).sensitivity.value < 1
    assert table_rows(app, COHORT)[0][2] == "0 (2 of 10,000)"
    npv = re.match(r"([\d.]+) % \(([\d.]+)–([\d.]+)\)", rate(app, "NPV"))
    assert npv is not None
    assert all(float(share) < 100 for share in npv.groups())


def test_predictive_values_wait_for_the_reader_s_prediction() -> None:
    app = open_page(PAGE, predict="true")
    assert sent(app)["hide"]
    assert not {"Rates at this threshold", COHORT} & set(re.findall('aria-label="(.*?)"', html(app)))
    press(app, "Show the answer")
    answer = int(re.findall(r"The answer is (\d+)\.", app.info[0].value)[0])
    true_positives, false_positives = (int(row[1]) for row in table_rows(app, COHORT)[:2])
    assert answer == round(100 * true_positives / (true_positives + false_positives))
    assert not sent(app)["hide"]


def test_the_next_question_is_another_one() -> None:
    app = open_page(PAGE, predict="true")
    before = sent(app)["prevalence"]
    press(app, "Next question")
    assert sent(app)["prevalence"] != before
    assert sent(app)["hide"]


def test_without_positive_predictions_there_is_no_ppv_and_no_question() -> None:
    app = open_page(PAGE, threshold="1.0", predict="true")
    assert rate(app, "sensitivity").startswith("0.0 %")
    assert rate(app, "PPV") == "-"
    assert not [button for button in app.button if button.label == "Show the answer"]
