"""Subgroups of films by what their source states."""

from dataclasses import replace

import numpy as np

from cnn.evaluation.scores import Scores
from cnn.evaluation.subgroups import find_gaps, split_into_subgroups
from tests.support.fake_scores import make_scores


def with_metadata(**metadata: list[str]) -> Scores:
    columns = {name: np.array(values) for name, values in metadata.items()}
    return replace(make_scores(6), labels=np.array([0, 1, 1, 0, 1, 0]), metadata=columns)


def test_every_adult_is_in_one_subgroup_by_each_attribute() -> None:
    scores = with_metadata(age=["3", "18", "39", "40", "60", "99"], sex=[*"FMFMFM"], view=["PA", "AP"] * 3)
    sizes = {(group.attribute, group.name): len(group.scores.labels) for group in split_into_subgroups(scores)}
    assert [size for (attribute, _), size in sizes.items() if attribute == "age"] == [1, 2, 1, 2]
    for attribute in ("sex", "view"):
        assert [size for (name, _), size in sizes.items() if name == attribute] == [3, 3]


def test_films_of_one_cause_are_joined_by_all_without_pneumonia() -> None:
    subgroups = split_into_subgroups(with_metadata(cause=["", "virus", "bacteria", "", "virus", ""]))
    assert [group.name for group in subgroups] == ["bacteria", "virus"]
    assert [(group.scores.labels.sum(), len(group.scores.labels)) for group in subgroups] == [(1, 4), (2, 5)]


def test_without_metadata_there_are_no_subgroups() -> None:
    assert not split_into_subgroups(with_metadata())


def test_a_gap_beyond_chance_is_found_between_views_and_none_where_views_were_drawn_by_lot() -> None:
    scores = make_scores(300)
    positive, ill = scores.probabilities >= scores.thresholds, scores.labels == 1
    lot = np.where(np.arange(300) % 4 < 2, "PA", "AP")
    by_answer = np.where(positive | (~ill & (lot == "AP")), "AP", "PA")
    gaps = find_gaps(replace(scores, metadata={"view": by_answer}), fewest=5)
    assert {gap.measure for gap in gaps} >= {"sensitivity"}
    gap = next(gap for gap in gaps if gap.measure == "sensitivity")
    assert (gap.low.name, gap.high.name) == ("PA, standing", "AP, mostly in bed")
    assert gap.difference.value == 1
    assert not find_gaps(replace(scores, metadata={"view": lot}), fewest=5)
