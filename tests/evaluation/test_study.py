"""The figures of a table of predictions: the same as computed by hand, and nothing left out in silence."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cnn.errors import CommandFailed
from cnn.evaluation.study import Label, evaluate_rows, read_labels, read_rows

LOGITS = np.random.default_rng(0).normal(size=40) * 3 + np.tile([-1.5, 1.5], 20)
TRUTH = np.tile([0, 1], 20)


def rows(**changes: str) -> list[dict[str, str]]:
    head = {"outcome": "ok", "temperature": "2.0", "threshold": "0.4", "model": "lecture"} | changes
    table = [head | {"file": f"films/a/{number}.png", "logit": f"{logit:.6f}"} for number, logit in enumerate(LOGITS)]
    failed = [{"file": f"films/b/{name}.png", "logit": "", "outcome": name} for name in ("rejected", "unreadable")]
    return table + [head | row for row in failed]


def labels(prefix: str = "", patients: int = 40) -> dict[str, Label]:
    return {f"{prefix}{number}.png": Label(value, str(number % patients)) for number, value in enumerate(TRUTH)}


@pytest.mark.parametrize("prefix", ["", "a/", "films/a/"])
def test_figures_are_those_computed_by_hand(prefix: str) -> None:
    study = evaluate_rows(rows(), labels(prefix) | {"rejected.png": Label(1, "x")})
    probabilities = 1 / (1 + np.exp(-LOGITS.round(6) / 2))
    positive = probabilities >= 0.4
    assert study.measures["auc"].value == pytest.approx(roc_auc_score(TRUTH, LOGITS))
    assert study.measures["accuracy"].value == pytest.approx((positive == TRUTH).mean())
    assert study.measures["sensitivity"].value == pytest.approx(positive[TRUTH == 1].mean())
    assert study.measures["specificity"].value == pytest.approx(1 - positive[TRUTH == 0].mean())
    assert study.measures["brier"].value == pytest.approx(((probabilities - TRUTH) ** 2).mean())
    assert all(each.low <= each.value <= each.high for name, each in study.measures.items() if name != "ece")
    assert (study.films, study.patients, study.unread, study.unlabelled) == ((20, 20), 40, 1, 0)
    assert study.outcomes == {"ok": 40, "rejected": 1, "unreadable": 1}
    assert "2.4 %" in str(study)


def test_films_of_one_patient_widen_the_interval() -> None:
    alone, together = (evaluate_rows(rows(), labels(patients=count)).measures["auc"] for count in (40, 4))
    assert alone.value == together.value
    assert (alone.low, alone.high) != (together.low, together.high)


@pytest.mark.parametrize(
    ("table", "truth", "words"),
    [
        (rows(), {}, "both classes"),
        (rows(), {"0.png": Label(0, "0")}, "both classes"),
        ([{"file": "x", "p_pneumonia": "0.5"}], labels(), "no column outcome, logit"),
        ([*rows(), {**rows()[0], "file": "films/c/0.png"}], labels(), "longer paths"),
        ([*rows(), {**rows()[0], "file": "40.png", "model": "other"}], labels() | {"40.png": Label(0, "")}, "several"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(table: list, truth: dict, words: str) -> None:
    with pytest.raises(CommandFailed, match=words):
        evaluate_rows(table, truth)


def test_labels_are_words_or_numbers_and_names_are_unescaped(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("file,label,patient\n'=a.png,pneumonia,p1\nb.png,0,\nc/d.png,NORMAL,p2\n")
    assert read_labels(path) == {
        "=a.png": Label(1, "p1"),
        "b.png": Label(0, "b.png"),
        "c/d.png": Label(0, "p2"),
    }
    assert read_rows(path)[0]["file"] == "=a.png"
    path.write_text("file,label\na.png,flu\n")
    with pytest.raises(CommandFailed, match="flu"):
        read_labels(path)
    path.write_text("name,label\na.png,1\n")
    with pytest.raises(CommandFailed, match="columns file and label"):
        read_labels(path)
    with pytest.raises(CommandFailed, match="cannot be read"):
        read_rows(tmp_path / "nowhere.csv")
