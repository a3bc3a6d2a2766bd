"""Films split by what their source says."""

import numpy as np

from cnn.evaluation.scores import Scores
from cnn.evaluation.subgroups import split_into_subgroups
from tests.evaluation.test_metrics import made


def with_facts(**facts: list[str]) -> Scores:
    scores = made(6)
    scores.labels[:] = [0, 1, 1, 0, 1, 0]
    return Scores(scores.logits, scores.labels, scores.patients, scores.seeds, scores.thresholds,
                  {key: np.array(values) for key, values in facts.items()})  # fmt: skip


def test_every_adult_is_in_one_group_of_each_fact() -> None:
    scores = with_facts(age=["3", "18", "39", "40", "60", "99"], sex=[*"FMFMFM"], view=["PA", "AP"] * 3)
    found = split_into_subgroups(scores)
    assert [(group.name, len(group.scores.labels)) for group in found if group.fact == "age"] == [
        ("under 18", 1), ("18-39", 2), ("40-59", 1), ("60 and over", 2),
    ]  # fmt: skip
    for fact in ("age", "sex", "view"):
        assert sum(len(group.scores.labels) for group in found if group.fact == fact) == 6


def test_films_of_one_cause_stand_beside_all_without_pneumonia() -> None:
    found = split_into_subgroups(with_facts(cause=["", "virus", "bacteria", "", "virus", ""]))
    assert [group.name for group in found] == ["bacteria", "virus"]
    assert [group.scores.labels.sum() for group in found] == [1, 2]
    assert [len(group.scores.labels) for group in found] == [4, 5]


def test_without_facts_there_are_no_groups() -> None:
    assert not split_into_subgroups(with_facts())
