"""Files of scores: written and read again, without names; published numbers follow from them."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnn import cards
from cnn.errors import WeightsRejected
from cnn.evaluation import operating_point, scores
from cnn.evaluation.metrics import estimate_auc
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores
from cnn.training.classifier.networks import ORDER

GROUPS = ("validation", "test", "adults_left_out")
SHIPPED = {name: scores.read(cards.WEIGHTS_FOLDER, name, GROUPS) for name in cards.NETWORKS}


def three_films() -> Scores:
    metadata = {name: np.array(["", "", ""]) for name in scores.METADATA}
    metadata["sex"] = np.array(["F", "F", "M"])
    metadata["text_mined_label"] = np.array(["0", "1", "1"])
    return Scores(
        logits=np.array([1.2345678, -2, 0.1]),
        labels=np.array([1, 0, 1]),
        patients=np.array(["nih-7", "nih-7", "nih-5"]),
        seeds=np.array([0, 0, 1]),
        thresholds=np.array([0.4, 0.4, 0.6]),
        metadata=metadata,
        hidden_logits={HIDDEN_REGIONS[0]: np.array([0.0, 1, 2])},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lecture.json").write_text(json.dumps({"sha256": 64 * "a"}))
    scores.write(tmp_path, "lecture", 64 * "a", {"test": three_films()}, {0: 0.3, 1: 0.2})
    return tmp_path


def test_scores_survive_the_file_and_patients_lose_their_names(folder: Path) -> None:
    loaded = scores.read(folder, "lecture", ["test"])["test"]
    assert loaded.logits.tolist() == [1.234568, -2, 0.1]
    assert loaded.patients.tolist() == [0, 0, 1]
    assert loaded.thresholds.tolist() == [0.4, 0.4, 0.6]
    assert scores.read(folder, "lecture", ["test"], scores.BALANCED)["test"].thresholds.tolist() == [0.3, 0.3, 0.2]
    assert loaded.with_text_mined_labels().labels.tolist() == [0, 1, 1]
    assert list(loaded.metadata) == ["sex", "text_mined_label"]
    assert loaded.with_region_hidden(HIDDEN_REGIONS[0]).logits.tolist() == [0, 1, 2]
    assert loaded.select(loaded.metadata["sex"] == "F").labels.tolist() == [1, 0]
    assert "nih" not in (folder / "scores" / "lecture.json").read_text()


@pytest.mark.parametrize(
    ("file", "content", "group", "message"),
    [
        ("lecture.json", json.dumps({"sha256": 64 * "a"}), "validation", "damaged"),
        ("lecture.json", json.dumps({"sha256": 64 * "b"}), "test", "other weights"),
        ("scores/lecture.json", "{", "test", "damaged"),
        ("scores/lecture.json", None, "test", "missing"),
    ],
)
def test_files_that_do_not_fit_are_rejected(
    folder: Path, file: str, content: str | None, group: str, message: str
) -> None:
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content)
    with pytest.raises(WeightsRejected, match=message):
        scores.read(folder, "lecture", [group])


@pytest.mark.parametrize("group", GROUPS)
def test_every_network_scored_the_same_films_in_the_same_order(group: str) -> None:
    first, *others = (groups[group] for groups in SHIPPED.values())
    for other in others:
        np.testing.assert_array_equal(other.labels, first.labels)
        np.testing.assert_array_equal(other.patients, first.patients)


@pytest.mark.parametrize("name", cards.NETWORKS)
def test_the_numbers_of_a_card_follow_from_the_scores(name: str) -> None:
    card, groups = cards.read_card(cards.WEIGHTS_FOLDER, name), SHIPPED[name]
    published = card["metrics"]
    assert {card["threshold"]} == set(groups["test"].thresholds) == set(groups["validation"].thresholds)
    for group in ("validation", "test"):
        for metric, estimate in operating_point.measure_performance(groups[group]).items():
            assert published[group][metric] == pytest.approx(estimate.value, abs=2e-4), (group, metric)
        earlier = scores.read(cards.WEIGHTS_FOLDER, name, [group], scores.BALANCED)[group]
        for metric, estimate in operating_point.measure_performance(earlier).items():
            if metric in operating_point.AT_THRESHOLD:
                assert published[group]["at_balanced_threshold"][metric] == pytest.approx(estimate.value)
    for region, area in published["test_auc_when_hidden"].items():
        films = groups["test"].with_region_hidden(region)
        assert estimate_auc(films).value == pytest.approx(area, abs=2e-4)
    adults, seeds = groups["adults_left_out"], published["adults_left_out"]["seeds"]
    over_seeds = published.get("adults_left_out_over_seeds")
    areas = over_seeds["auc"]["each"] if over_seeds else [published["adults_left_out"]["auc"]]
    for seed, area in zip(seeds, areas, strict=True):
        performance = operating_point.measure_performance(adults.select(adults.seeds == seed))
        assert performance["auc"].value == pytest.approx(area)


@pytest.mark.parametrize("name", cards.NETWORKS)
def test_no_file_of_scores_names_a_film(name: str) -> None:
    text = (cards.WEIGHTS_FOLDER / "scores" / f"{name}.json").read_text().lower()
    assert not any(word in text for word in ("nih-", "jpeg", "jpg", "person", "im-"))
    assert len(text) < 60_000


def test_the_pages_offer_the_networks_that_are_measured() -> None:
    assert set(cards.NETWORKS) == set(ORDER)
