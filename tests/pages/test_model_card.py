"""The model card: its numbers are those of the cards and scores, for every network and group of films."""

import re
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from cnn import cards
from cnn.cards import BASELINE, network_title
from tests.support.app import open_page, shown_text, table_rows
from ui.evaluation.model_card.sections import METRICS
from ui.evaluation.scores_cache import ADULTS, load_scores

PAGE = "model_card"
BASELINE_TITLE = network_title(BASELINE)
pytestmark = pytest.mark.usefixtures("few_draws")


def metrics_of(network: str) -> dict[str, Any]:
    return dict(cards.read_card(cards.WEIGHTS_FOLDER, network)["metrics"])


def test_numbers_are_those_of_the_card() -> None:
    app = open_page(PAGE, network="ensemble")
    metrics, baseline = metrics_of("ensemble"), metrics_of(BASELINE)
    films, auc, baseline_auc, *_ = table_rows(app, "All numbers")
    assert films[:3] == ["films", str(metrics["validation"]["films"]), str(metrics["test"]["films"])]
    assert auc[2].startswith(f"{metrics['test']['auc']:.3f} (")
    assert baseline_auc[0] == f"AUC, {BASELINE_TITLE}"
    assert baseline_auc[2].startswith(f"{baseline['test']['auc']:.3f} (")
    spread = metrics["test_over_seeds"]["auc"]
    rows = table_rows(app, "Mean and standard deviation over the seeds")
    assert rows[0][1] == f"{spread['mean']:.3f} ± {spread['sd']:.3f}"


def test_both_thresholds_are_shown_with_their_figures() -> None:
    rows = {row[0]: row[1:] for row in table_rows(open_page(PAGE), "Both thresholds")}
    metrics = metrics_of("transfer")
    test, seeds = metrics["test"], metrics["test_over_seeds"]["at_balanced_threshold"]["specificity"]
    chosen, earlier = (rows[name] for name in rows if name.startswith("specificity at"))
    assert chosen[0].startswith(f"{100 * test['specificity']:.1f} % (")
    assert earlier[0].startswith(f"{100 * test['at_balanced_threshold']['specificity']:.1f} % (")
    assert earlier[1] == f"{100 * seeds['mean']:.1f} ± {100 * seeds['sd']:.1f} %"


def test_both_questions_on_adults_are_shown() -> None:
    rows = {row[0]: row[2] for row in table_rows(open_page(PAGE), "Both questions on adults")}
    metrics = metrics_of("transfer")
    assert rows["healthy chests"].startswith(f"{metrics['adults_left_out']['auc']:.3f} (")
    assert rows["all else"].startswith(f"{metrics['adults_hard']['auc']:.3f} (")


def test_corrupted_films_are_those_of_the_card() -> None:
    corrupted = cards.read_card(cards.WEIGHTS_FOLDER, "lecture")["corrupted_test"]["by_corruption"]
    rows = {
        row[0]: row[1:] for row in table_rows(open_page(PAGE, network="lecture"), "Balanced error on corrupted films")
    }
    assert rows.keys() == {each["title"] for each in corrupted.values()}
    assert rows["Brightness down"][:5] == [f"{each:.3f}" for each in corrupted["brightness_down"]["balanced_error"]]
    assert rows["Brightness down"][6] == "0.165"


def test_confusion_and_hidden_lungs_are_those_of_the_card() -> None:
    app = open_page(PAGE)
    metrics = metrics_of("transfer")
    test = metrics["test"]
    normal, pneumonia = table_rows(app, f"Confusion matrix, {network_title('transfer')}")
    assert int(normal[1]) + int(normal[2]) == test["films"] - test["pneumonia"]
    assert int(pneumonia[2]) == round(test["sensitivity"] * test["pneumonia"])
    hidden = {row[0]: row[1] for row in table_rows(app, "When lungs are hidden")}
    for region, area in metrics["test_auc_when_hidden"].items():
        assert hidden[region.replace("'", "&#x27;")].startswith(f"{area:.3f} (")


def test_adults_have_two_label_sets_and_subgroups_by_age_sex_and_view() -> None:
    app = open_page(PAGE, films="adults")
    for line in ("labels by radiologists", "labels mined from reports"):
        for label in ("ROC", "Precision and recall", "Reliability", "Confusion matrix"):
            assert table_rows(app, f"{label}, {line}")
    assert table_rows(app, f"ROC, {BASELINE_TITLE}")
    assert {row[0].split(":")[0] for row in table_rows(app, "By group")} == {"age", "sex", "view"}
    assert {row[0] for row in table_rows(open_page(PAGE), "By group")} == {"cause: bacteria", "cause: virus"}


def test_the_baseline_is_not_compared_with_itself() -> None:
    app = open_page(PAGE, network=BASELINE, films="validation")
    assert not app.error
    assert len(table_rows(app, "All numbers")) == 1 + len(METRICS)


def test_a_missing_card_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.setattr(cards, "WEIGHTS_FOLDER", tmp_path)
    assert ["weights/transfer.json" in error.value for error in open_page(PAGE).error] == [True]


def test_the_methods_of_rejection_are_those_of_the_card() -> None:
    card = cards.read_card(cards.WEIGHTS_FOLDER, "ood_gate")
    app = open_page(PAGE)
    assert [row[0] for row in table_rows(app, "Methods of rejection")] == [way["name"] for way in card["compared"]]
    chosen = next(way for way in card["compared"] if way["name"] == card["chosen"])
    assert {row[0] for row in table_rows(app, "Rejected by kind")} >= set(chosen["by_kind"])
    assert card["chosen"] in re.sub("<span.*?</span>|<[^>]*>|&#8288;", "", shown_text(app))


def test_the_view_explains_much_of_the_adults_figure_and_the_page_opens_with_it() -> None:
    scores = load_scores("transfer", ADULTS)
    found = {
        view: int(
            (scores.probabilities >= scores.thresholds)[(scores.labels == 1) & (scores.metadata["view"] == view)].sum()
        )
        for view in ("PA", "AP")
    }
    text = shown_text(open_page(PAGE))
    assert f"in {found['PA']} of 18 films" in text
    assert f"in {found['AP']} of 44" in text
    assert f"{found['PA'] + found['AP']} of {int(scores.labels.sum())} adults" in text
