"""The model card: its numbers are those of the measured files, whichever network and films are chosen."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn import cards
from tests.support.app import html, open_page, shown_text

PAGE = "model_card"


pytestmark = pytest.mark.usefixtures("few_draws")


def table(app: AppTest, label: str) -> list[list[str]]:
    """Rows of the table that is called ``label``, tags taken off."""
    body = next(element.proto.body for element in app.get("html") if f'aria-label="{label}"' in element.proto.body)
    rows = re.findall(r"<tr.*?>(.*?)</tr>", body.split("<tbody>")[1])
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?>.*?</t[hd]>", row)] for row in rows]


def test_numbers_are_those_of_the_card() -> None:
    app = open_page(PAGE, network="ensemble")
    card = cards.read_card(cards.WEIGHTS_FOLDER, "ensemble")
    tested = card["metrics"]["test"]
    rows = table(app, "All numbers")
    assert rows[0][:3] == ["films", str(card["metrics"]["validation"]["films"]), str(tested["films"])]
    assert rows[1][0] == "AUC"
    assert rows[1][2].startswith(f"{tested['auc']:.3f} (")
    assert rows[2][0] == "logistic_regression"
    floor = cards.read_card(cards.WEIGHTS_FOLDER, "logistic_regression")["metrics"]["test"]
    assert rows[2][2].startswith(f"{floor['auc']:.3f} (")
    over = card["metrics"]["test_over_seeds"]["auc"]
    assert table(app, "Mean and standard deviation over the seeds")[0][1] == f"{over['mean']:.3f} ± {over['sd']:.3f}"
    assert f"{card['threshold']:.3f}" in shown_text(app)


def test_confusion_and_hidden_lungs_are_those_of_the_card() -> None:
    app = open_page(PAGE)
    metrics = cards.read_card(cards.WEIGHTS_FOLDER, "transfer")["metrics"]
    normal, sick = table(app, "Confusion matrix, transfer")
    assert int(normal[1]) + int(normal[2]) == metrics["test"]["films"] - metrics["test"]["pneumonia"]
    assert int(sick[2]) == round(metrics["test"]["sensitivity"] * metrics["test"]["pneumonia"])
    hidden = {row[0]: row[1] for row in table(app, "When lungs are hidden")}
    for what, area in metrics["test_auc_when_hidden"].items():
        assert hidden[what.replace("'", "&#x27;")].startswith(f"{area:.3f} (")


def test_adults_show_two_answer_keys_and_groups_by_age_sex_and_view() -> None:
    app = open_page(PAGE, films="adults")
    assert "two labels agree" in shown_text(app)
    for label in ("ROC, re-read", "ROC, text-mined", "ROC, logistic_regression", "Reliability, text-mined",
                  "Confusion matrix, re-read", "Confusion matrix, text-mined"):  # fmt: skip
        assert f'aria-label="{label}"' in html(app)
    names = {row[0].split(":")[0] for row in table(app, "By group")}
    assert names == {"age", "sex", "view"}
    assert {row[0] for row in table(open_page(PAGE), "By group")} == {"cause: bacteria", "cause: virus"}


def test_the_floor_alone_and_validation_can_be_looked_at() -> None:
    app = open_page(PAGE, network="logistic_regression", films="validation")
    assert not app.error
    assert "The floor" not in shown_text(app)


def test_a_missing_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "WEIGHTS_FOLDER", tmp_path)
    app = open_page(PAGE)
    assert [error.value for error in app.error] == [
        "The card weights/transfer.json is missing; get the whole repository again."
    ]


def test_the_ways_of_refusing_are_those_of_the_card() -> None:
    card = cards.read_card(cards.WEIGHTS_FOLDER, "ood_gate")
    app = open_page(PAGE)
    rows = table(app, "Ways of refusing")
    assert [row[0] for row in rows] == [way["name"] for way in card["compared"]]
    chosen = next(way for way in card["compared"] if way["name"] == card["chosen"])
    assert {row[0] for row in table(app, "Caught by kind")} == set(chosen["by_kind"])
    assert f"refused by: **{card['chosen']}**" in shown_text(app)
