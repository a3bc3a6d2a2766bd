"""The view of a film: figures within each, their difference, and what the view alone tells."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cnn.evaluation.scores import Scores
from cnn.evaluation.views import compare_views, count_found, describe_views
from tests.support.fake_scores import make_scores

BY_LOT = np.where(np.arange(300) % 4 < 2, "PA", "AP")


def with_views(views: np.ndarray) -> Scores:
    return replace(make_scores(300), metadata={"view": views})


def test_figures_within_a_view_are_those_of_its_films_alone() -> None:
    films = with_views(BY_LOT)
    views = compare_views(films)
    for name, figures in (("PA", views.pa), ("AP", views.ap)):
        part = films.select(np.equal(BY_LOT, name))
        assert figures.auc.value == pytest.approx(roc_auc_score(part.labels, part.logits))
        assert figures.found == ((part.probabilities >= part.thresholds) & (part.labels == 1)).sum()
        assert figures.sensitivity.value == pytest.approx(figures.found / figures.ill)
        assert f"{figures.found} of {figures.ill}" in count_found(views)
    assert views.difference.value == pytest.approx(views.ap.sensitivity.value - views.pa.sensitivity.value)
    assert views.label_from_view.value == pytest.approx(roc_auc_score(films.labels, BY_LOT == "AP"))
    assert "may be chance" in describe_views(views)
    assert "which is a shortcut" not in describe_views(views)


def test_a_score_that_follows_the_view_is_called_a_shortcut() -> None:
    films = make_scores(300)
    views = compare_views(replace(films, metadata={"view": np.where(films.logits > 0, "AP", "PA")}))
    assert views.view_from_score.value == 1
    assert views.difference.value > 0.5
    assert "which is a shortcut" in describe_views(views)
    assert "may be chance" not in describe_views(views)
