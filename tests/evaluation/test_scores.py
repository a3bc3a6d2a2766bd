"""The files of scores: what is written is read again, names stay out, and files that do not fit are refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnn import cards
from cnn.errors import WeightsRejected
from cnn.evaluation import operating_point, scores
from cnn.evaluation.scores import Scores
from cnn.models import registry
from cnn.training import evaluate
from cnn.training.classifier import ORDER

SHIPPED = [scores.read(cards.WEIGHTS_FOLDER, name, evaluate.GROUPS) for name in ORDER]


def made() -> Scores:
    facts = {key: np.array(["", "", ""]) for key in scores.METADATA}
    facts["sex"] = np.array(["F", "F", "M"])
    facts["text_mined_label"] = np.array(["0", "1", "1"])
    return Scores(
        np.array([1.2345678, -2, 0.1]), np.array([1, 0, 1]), np.array(["nih-7", "nih-7", "nih-5"]),
        np.array([0, 0, 1]), np.array([0.4, 0.4, 0.6]), facts, {scores.HIDDEN_REGIONS[0]: np.array([0.0, 1, 2])},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logistic_regression.json").write_text(json.dumps({"sha256": "abc"}))
    scores.write(tmp_path, "logistic_regression", "abc", {"test": made()})
    return tmp_path


def test_what_is_written_is_read_without_the_patients_names(folder: Path) -> None:
    found = scores.read(folder, "logistic_regression", ["test"])["test"]
    assert found.logits.tolist() == [1.234568, -2, 0.1]
    assert found.patients.tolist() == [0, 0, 1]
    assert found.thresholds.tolist() == [0.4, 0.4, 0.6]
    assert found.predicted_positive.tolist() == [True, False, False]
    assert found.with_text_mined_labels().labels.tolist() == [0, 1, 1]
    assert list(found.metadata) == ["sex", "text_mined_label"]
    assert found.with_region_hidden(scores.HIDDEN_REGIONS[0]).logits.tolist() == [0, 1, 2]
    assert found.select(found.metadata["sex"] == "F").labels.tolist() == [1, 0]
    assert "nih" not in (folder / "scores" / "logistic_regression.json").read_text()


def test_joined_films_keep_their_own_threshold() -> None:
    found = scores.concatenate([made(), made().select(np.array([2]))])
    assert found.thresholds.tolist() == [0.4, 0.4, 0.6, 0.6]
    assert found.seeds.tolist() == [0, 0, 1, 1]
    assert found.metadata["sex"].tolist() == ["F", "F", "M", "M"]


def test_scores_of_other_weights_or_none_are_refused(folder: Path) -> None:
    with pytest.raises(WeightsRejected, match="damaged"):
        scores.read(folder, "logistic_regression", ["validation"])
    (folder / "logistic_regression.json").write_text(json.dumps({"sha256": "other"}))
    with pytest.raises(WeightsRejected, match="other weights"):
        scores.read(folder, "logistic_regression", ["test"])
    (folder / "scores" / "logistic_regression.json").write_text("{")
    with pytest.raises(WeightsRejected, match="damaged"):
        scores.read(folder, "logistic_regression", ["test"])
    (folder / "scores" / "logistic_regression.json").unlink()
    with pytest.raises(WeightsRejected, match="missing"):
        scores.read(folder, "logistic_regression", ["test"])


def test_every_network_judged_the_same_films_in_the_same_order() -> None:
    for group in evaluate.GROUPS:
        for found in SHIPPED[1:]:
            np.testing.assert_array_equal(found[group].labels, SHIPPED[0][group].labels)
            np.testing.assert_array_equal(found[group].patients, SHIPPED[0][group].patients)


@pytest.mark.parametrize("place", range(len(ORDER)), ids=ORDER)
def test_the_card_s_numbers_are_those_of_the_scores(place: int) -> None:
    card, found = cards.read_card(cards.WEIGHTS_FOLDER, ORDER[place]), SHIPPED[place]
    assert {card["threshold"]} == set(found["test"].thresholds) == set(found["validation"].thresholds)
    for group in ("validation", "test"):
        for key, estimate in operating_point.measure_performance(found[group]).items():
            assert card["metrics"][group][key] == pytest.approx(estimate.value, abs=2e-4), (group, key)
    for what, area in card["metrics"]["test_auc_when_hidden"].items():
        assert evaluate.auc_of(found["test"].with_region_hidden(what)).value == pytest.approx(area, abs=2e-4)
    adults, alone = found["adults_left_out"], {"auc": {"each": [card["metrics"]["adults_left_out"]["auc"]]}}
    over = card["metrics"].get("adults_left_out_over_seeds", alone)
    for seed in np.unique(adults.seeds):
        each = operating_point.measure_performance(adults.select(adults.seeds == seed))["auc"].value
        assert each == pytest.approx(over["auc"]["each"][card["metrics"]["adults_left_out"]["seeds"].index(seed)])


def test_no_file_of_scores_names_a_film() -> None:
    for name in ORDER:
        text = (cards.WEIGHTS_FOLDER / "scores" / f"{name}.json").read_text().lower()
        assert not any(word in text for word in ("nih-", "jpeg", "jpg", "person", "im-"))
        assert len(text) < 60_000


def test_the_networks_that_pages_offer_are_those_that_are_measured() -> None:
    assert set(cards.NETWORKS) == set(ORDER)
    assert cards.DEFAULT_NETWORK == registry.DEFAULT
