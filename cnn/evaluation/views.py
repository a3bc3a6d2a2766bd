"""The view of a chest film, PA or AP: a network's figures within each view of the adults' films, and their difference.

``python -m cnn.evaluation.views`` prints the table of the README, from the scores in ``weights/scores``.
"""

from dataclasses import dataclass

from cnn import cards
from cnn.evaluation import metrics, scores
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.operating_point import count_confusion
from cnn.evaluation.scores import Scores


@dataclass(frozen=True)
class ViewFigures:
    """Figures within one view: films with PNEUMONIA that were predicted so, all films with it, and rates."""

    found: int
    ill: int
    sensitivity: Estimate
    specificity: Estimate
    auc: Estimate


@dataclass(frozen=True)
class Views:
    """Figures within each view, and what the view alone tells.

    Attributes:
        pa: films taken standing.
        ap: films taken mostly in bed.
        difference: sensitivity on AP films minus that on PA films, in resamples of the same patients.
        label_from_view: AUC for the label of knowing the view alone.
        view_from_score: AUC for the view of the network's score, among NORMAL films.
    """

    pa: ViewFigures
    ap: ViewFigures
    difference: Estimate
    label_from_view: Estimate
    view_from_score: Estimate


def compare_views(films: Scores) -> Views:
    """Compute the figures of films whose metadata has the view; patients are drawn once for both views."""
    weights = resample_patients(films.patients)
    in_bed = films.metadata["view"] == "AP"
    figures, sensitivities = [], []
    for mask in (~in_bed, in_bed):
        part, drawn = films.select(mask), weights[:, mask]
        counts = count_confusion(part.probabilities >= part.thresholds, part.labels, drawn)
        area = metrics.auc(part.logits, part.labels, drawn)
        rates = map(Estimate.from_resamples, (counts.sensitivity, counts.specificity, area))
        figures.append(ViewFigures(int(counts.true_positives[0]), int(part.labels.sum()), *rates))
        sensitivities.append(counts.sensitivity)
    healthy = films.labels == 0
    pa, ap = figures
    return Views(
        pa,
        ap,
        difference=Estimate.from_resamples(sensitivities[1] - sensitivities[0]),
        label_from_view=Estimate.from_resamples(metrics.auc(in_bed.astype(float), films.labels, weights)),
        view_from_score=Estimate.from_resamples(
            metrics.auc(films.logits[healthy], in_bed[healthy], weights[:, healthy])
        ),
    )


def count_found(views: Views) -> str:
    """State how many opacities are found in each view, as the rest of a sentence."""
    pa, ap = views.pa, views.ap
    return (
        f"finds opacities in {pa.found} of {pa.ill} films taken standing (PA: the beam goes from back to front) and in "
        f"{ap.found} of {ap.ill} films taken mostly in bed (AP: from front to back)"
    )


def describe_views(views: Views) -> str:
    """State how far the views differ, and what the view tells of the label and the score of the view."""
    chance = "" if views.difference.above_zero else ", which may be chance"
    area = views.view_from_score
    followed = (
        ": it follows the view even where there is no opacity, which is a shortcut"
        if area.low > 0.5
        else "; there are too few films to be sure"
    )
    sensitivity = [_interval(each.sensitivity, " %") for each in (views.pa, views.ap)]
    return (
        f"On adults (95 % intervals in brackets), the sensitivity is {sensitivity[0]} on PA and {sensitivity[1]} on AP "
        f"films, a difference of {_interval(views.difference, ' points')}{chance}; "
        f"the AUC is {views.pa.auc} within PA and {views.ap.auc} "
        "within AP. All children's films are AP, and adults are filmed AP when they are sicker: the view alone "
        f"predicts the label with an AUC of {views.label_from_view}, so part of the adult AUC may come from "
        "recognising the view. Among adults labelled NORMAL, AP films score "
        f"{'higher' if area.value > 0.5 else 'lower'} than PA films, with an AUC of {area}{followed}."
    )


def _interval(share: Estimate, unit: str = "") -> str:
    value, low, high = (f"{100 * number:.0f}".replace("-", "−") for number in (share.value, share.low, share.high))
    return f"{value}{unit} ({low} to {high})"


def format_table() -> str:
    """Return the comparison of every network as a Markdown table."""
    lines = [
        "| network | found, PA | found, AP | difference, points | AUC within PA | AUC within AP | AP from PA |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in cards.NETWORKS:
        views = compare_views(scores.read(cards.WEIGHTS_FOLDER, name, ["adults_left_out"])["adults_left_out"])
        cells = [f"{group.found} of {group.ill}" for group in (views.pa, views.ap)]
        cells += [_interval(views.difference), str(views.pa.auc), str(views.ap.auc), str(views.view_from_score)]
        lines.append(f"| {cards.network_title(name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    print(format_table())


if __name__ == "__main__":
    main()
