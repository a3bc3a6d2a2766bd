"""Sections of the model card: data and recipe, all numbers, curves, subgroups, hidden lungs."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import streamlit as st

from cnn.cards import BASELINE, CLASSES, network_title
from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.metrics import Curve
from cnn.evaluation.operating_point import AT_THRESHOLD, confusion_at_frozen_threshold, measure_performance
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores, sigmoid
from cnn.evaluation.subgroups import Gap, Subgroup, find_gaps, split_into_subgroups
from cnn.evaluation.views import compare_views, count_found, describe_views
from cnn.text import percent
from ui.evaluation.charts import Labels, Series, draw_estimates
from ui.evaluation.model_card import charts, sentences
from ui.evaluation.model_card.charts import Line
from ui.evaluation.model_card.thresholds import format_spread, show_both_thresholds
from ui.evaluation.scores_cache import (
    ADULTS,
    MINED,
    TEST,
    VALIDATION,
    compute,
    compute_once,
    describe_films,
    format_metric,
    format_number,
    format_percent,
    load_card,
    load_scores,
)
from ui.shell import frame
from ui.shell.glossary_popover import write
from ui.widgets.tables import show_table

T = TypeVar("T")

METRICS = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ece": "calibration error",
    "brier": "Brier score",
}
GROUPS = (VALIDATION, TEST, ADULTS, MINED)
NOTHING_HIDDEN = "nothing hidden"
CURVE_TABLE_ROWS = 11


def show_training(network: str) -> None:
    """Show data, split, seeds, recipe, and what was frozen before the test."""
    card = load_card(network)
    split = card["split"]
    seeds = card["metrics"]["adults_left_out"]["seeds"]
    counts = ", ".join(f"{split[key]:,} {key}" for key in split if key != "rule")
    left_out = card["metrics"]["adults_left_out"]["films"]
    write(
        f"**Data.** {card['data']}.\n\n"
        f"**Split.** {sentences.capitalise(split['rule'])} In the shipped network: {counts}; "
        f"{left_out - split['adults left out']} of the training films are of adults.\n\n"
        f"**Seeds.** Trained {len(seeds)} times, with seeds {', '.join(map(str, seeds))}; seed {card['seed']} is "
        "shipped, as was decided before any of them was measured.\n\n"
        f"**Recipe.** {sentences.capitalise(sentences.recipe(card['recipe']))}"
        f"{sentences.fine_tuning(card.get('fine_tuning'))}\n\n"
        f"**Threshold.** {card['threshold']:.2f}: {card['threshold_rule']}. It was chosen {card['threshold_chosen']} "
        f"(here {card['balanced_threshold']:.3f}).\n\n"
        f"**Temperature.** Frozen before the test: logits minus the biases of the last layer are divided by "
        f"{card['temperature']:.2f}, fitted on the validation films with augmentation, because without it they are too "
        "easy.\n\n"
        f"**Input.** {card['input_size']} × {card['input_size']} pixels, one grey channel; the outputs are "
        f"{' and '.join(card['classes'])}. Weights: `sha256 {card['sha256'][:12]}...`\n\n"
        "**Commands.** `python -m cnn.training.evaluate` measures the network, `cnn.training.lung_segmenter` the "
        "lungs, and `cnn.training.ood_gate.fit` the rejection."
    )


def show_performance(network: str) -> None:
    """Show every metric on each group of films beside the baseline, then the spread over the seeds."""
    networks = _with_baseline(network)
    rows = [["films", *(str(len(load_scores(network, group).labels)) for group in GROUPS)]]
    for key, title in METRICS.items():
        for name in networks:
            values = [format_metric(key, compute(measure_performance, name, group)[key]) for group in GROUPS]
            rows.append([title if name == network else f"{title}, {network_title(name)}", *values])
    faint = [index for index, row in enumerate(rows) if row[0].endswith(network_title(BASELINE))]
    show_table([network_title(network), *GROUPS], rows, label="All numbers", faint=faint)
    seeds = [str(seed) for seed in np.unique(load_scores(network, ADULTS).seeds)]
    st.caption(
        f"The baseline is {network_title(BASELINE)}. In brackets, 95 % intervals: patients, not films, are drawn a "
        "thousand times with replacement. Adults have "
        "radiologists' labels; the last column has the same films with labels mined from reports. The shipped network "
        f"saw adult films in training. For these figures {len(seeds)} networks were trained (seeds "
        f"{', '.join(seeds)}), each leaving out other adult patients ({len(seeds)}-fold cross-validation). "
        "100.0 % (100.0–100.0) means only: no errors in this sample. The interval of the calibration error tends to "
        "lie too high, because a resample adds chance to every bin."
    )
    show_both_thresholds(network)
    results = load_card(network)["metrics"]
    films_each = results["adults_left_out"]["films"] // len(results["adults_left_out"]["seeds"])
    spread = [results["test_over_seeds"], results["adults_left_out_over_seeds"]]
    show_table(
        [f"mean of {len(results['adults_left_out']['seeds'])} trainings", TEST, ADULTS],
        [
            [title, *(format_spread(group, key) for group in spread)]
            for key, title in METRICS.items()
            if key not in AT_THRESHOLD
        ],
        label="Mean and standard deviation over the seeds",
    )
    st.caption(
        "Mean ± standard deviation over trainings that differ in their seed only. On the test films that is "
        f"run-to-run variation. On adults each seed is tested on other patients (about {films_each} films), so the "
        "spread is mostly that of small samples, and the calibration error is higher than that of all films together "
        "in the first table."
    )


def show_conclusion(network: str) -> None:
    """Show in a sentence and a chart what the network finds and how well it ranks films, on every group of films."""
    names = _with_baseline(network)
    areas = {name: {group: compute(measure_performance, name, group)["auc"] for group in GROUPS} for name in names}
    own, views = areas[network], compute(compare_views, network, ADULTS)
    counts = [compute(confusion_at_frozen_threshold, network, group) for group in (TEST, ADULTS)]
    write(sentences.conclusion((own[TEST], own[ADULTS]), counts))
    series = [
        Series(network_title(name), areas[name], role) for name, role in zip(areas, ("output", "padding"), strict=False)
    ]
    description = (
        "AUC: the probability that a random film with pneumonia scores higher than a random film without; bars are "
        "95 % intervals. Adults: labels of radiologists; the last row has the same films "
        "with labels that a program took from the reports: where the two rows differ, reports and radiologists differ."
    )
    labels = Labels("AUC on each group of films", "AUC", "", "conclusion", description)
    draw_estimates(series, labels, {"guessing": 0.5})
    write(f"Of the adults' films, it {count_found(views)}. {describe_views(views)}")


def show_headline(network: str, group: str) -> None:
    """Show sensitivity and specificity on the chosen films, in large figures, and what the films are."""
    numbers = compute(measure_performance, network, group)
    counts = compute(confusion_at_frozen_threshold, network, group)
    right = {
        "sensitivity": f"finds {counts.found} PNEUMONIA films",
        "specificity": f"clears {counts.cleared} NORMAL films",
    }
    for key, films in right.items():
        low, high = 100 * numbers[key].low, 100 * numbers[key].high
        st.html(
            f'<div class="rule"><b>{key}</b><b class="size">{percent(numbers[key].value, 1)}</b>'
            f"<small>{films}; 95 % interval {low:.1f} to {high:.1f}</small></div>"
        )
    link = {"network": network, "films": group}
    label = "Operating point: move the threshold"
    st.page_link(frame.link_target("operating_point"), label=label, query_params=link)
    st.caption(describe_films(group, load_scores(network, group)))


def show_ranking(network: str, group: str) -> None:
    """Describe how well the network ranks the chosen films."""
    write(_ranking(network, group))
    if group == ADULTS:
        st.markdown(sentences.label_sets(load_scores(network, group)))


def _find_gaps(scores: Scores) -> list[Gap]:
    return find_gaps(scores, sentences.FEWEST_FILMS)


@compute_once
def _ranking(network: str, group: str) -> str:
    baseline = None if network == BASELINE else load_scores(BASELINE, group)
    return sentences.ranking(load_scores(network, group), baseline)


def show_curves(network: str, group: str) -> None:
    """Show ROC and precision-recall curves, each with its table."""
    films, lines = load_scores(network, group), _lines(network, group)
    threshold, prevalence = float(films.thresholds.mean()), float(films.labels.mean())
    left, right = st.columns(2)
    with left:
        curves = _compute_for(lines, metrics.roc_curve)
        description = sentences.roc(curves[0][1], threshold)
        labels = Labels("ROC", "false positives: 1 - specificity", "sensitivity", "roc", description)
        charts.draw_curves(curves, (0, 1), threshold, labels)
        _show_curve_table(curves, "ROC", ("false positives", "sensitivity"))
    with right:
        heading = "Precision and recall"
        curves = _compute_for(lines, metrics.precision_recall_curve)
        description = sentences.precision_recall(curves[0][1], threshold, prevalence)
        labels = Labels(
            heading, "recall: sensitivity", "precision: PPV in these films", "precision-recall", description
        )
        charts.draw_curves(curves, (prevalence, prevalence), threshold, labels)
        _show_curve_table(curves, heading, ("recall", "precision"))


def show_calibration_and_errors(network: str, group: str) -> None:
    """Show reliability and confusion, each with its table."""
    own_lines = [line for line in _lines(network, group) if line.network == network]
    left, right = st.columns(2)
    with left:
        _show_reliability(own_lines)
    with right:
        _show_confusion(own_lines)


def _lines(network: str, group: str) -> list[Line]:
    """Return the curves to draw for a group of films, the main one first."""
    title = network_title(network) if group != ADULTS else "labels by radiologists"
    lines = [Line(network, group, title, "output", "solid", main=True)]
    if group == ADULTS:
        lines.append(Line(network, MINED, "labels mined from reports", "kernel", "dashdot"))
    if network != BASELINE:
        lines.append(Line(BASELINE, group, network_title(BASELINE), "padding", "dash"))
    return lines


def _compute_for(lines: Sequence[Line], statistic: Callable[[Scores], T]) -> list[tuple[Line, T]]:
    return [(line, compute(statistic, line.network, line.group)) for line in lines]


def _show_curve_table(curves: Sequence[tuple[Line, Curve]], label: str, axes: tuple[str, str]) -> None:
    with st.expander(f"{label} as a table"):
        for line, curve in curves:
            evenly = np.linspace(1, len(curve.thresholds) - 1, CURVE_TABLE_ROWS).round().astype(int)
            rows = [
                [f"{sigmoid(curve.thresholds[index]):.5f}", f"{curve.x[index]:.3f}", f"{curve.y[index]:.3f}"]
                for index in np.unique(evenly)
            ]
            st.markdown(f"**{line.title}**: area {format_number(curve.area)}")
            show_table(["threshold", *axes], rows, label=f"{label}, {line.title}")


def _show_reliability(lines: Sequence[Line]) -> None:
    diagrams = _compute_for(lines, metrics.reliability_bins)
    error = compute(measure_performance, lines[0].network, lines[0].group)["ece"]
    charts.draw_reliability(diagrams, sentences.reliability(diagrams[0][1], error))
    with st.expander("Reliability as a table"):
        for line, bins in diagrams:
            st.markdown(f"**{line.title}**")
            rows = [
                [
                    f"{each.start:.2f} to {each.end:.2f}",
                    str(each.films),
                    percent(each.predicted, 1),
                    format_percent(each.observed),
                ]
                for each in bins
            ]
            show_table(["P(PNEUMONIA)", "films", "mean", "is PNEUMONIA"], rows, label=f"Reliability, {line.title}")


def _show_confusion(lines: Sequence[Line]) -> None:
    matrices = [(line.title, counts) for line, counts in _compute_for(lines, confusion_at_frozen_threshold)]
    charts.draw_confusion(matrices, sentences.confusion(matrices[0][1]))
    normal, pneumonia = CLASSES
    with st.expander("Confusion matrix as a table"):
        for title, counts in matrices:
            negatives = int(counts.true_negatives[0]), int(counts.false_positives[0])
            positives = int(counts.false_negatives[0]), int(counts.true_positives[0])
            rows = [
                [normal, *map(str, negatives), format_percent(Estimate.from_resamples(counts.specificity))],
                [pneumonia, *map(str, positives), format_percent(Estimate.from_resamples(counts.sensitivity))],
            ]
            head = ["label", *(f"predicted {name}" for name in CLASSES), "correct"]
            show_table(head, rows, label=f"Confusion matrix, {title}")


def show_subgroups(network: str, group: str) -> None:
    """Show AUC, sensitivity and specificity by what the films' source states."""
    subgroups = compute(_measure_subgroups, network, group)
    if not subgroups:
        st.markdown("Nothing is known of these films but their label.")
        return
    areas = {f"{subgroup.attribute}: {subgroup.name}": numbers["auc"] for subgroup, numbers in subgroups}
    labels = Labels("AUC by group", "AUC", "", "groups", sentences.subgroups(compute(_find_gaps, network, group)))
    draw_estimates([Series(network_title(network), areas, "output")], labels, {"guessing": 0.5})
    show_table(
        ["group", "PNEUMONIA films of all", "AUC", "sensitivity", "specificity"],
        [
            [
                f"{subgroup.attribute}: {subgroup.name}",
                f"{int(subgroup.scores.labels.sum())} of {len(subgroup.scores.labels)}",
                *(format_metric(key, numbers[key]) for key in ("auc", "sensitivity", "specificity")),
            ]
            for subgroup, numbers in subgroups
        ],
        label="By group",
    )
    if group != ADULTS:
        st.caption(
            "Pneumonia films of one cause are compared with all NORMAL films, which have none; the cause is from the "
            "data set's file names, a film cannot tell it. Sex is not published; the children are 1 to 5 years old, "
            "and all films are AP."
        )


def _measure_subgroups(scores: Scores) -> list[tuple[Subgroup, dict[str, Estimate]]]:
    return [(subgroup, measure_performance(subgroup.scores)) for subgroup in split_into_subgroups(scores)]


def show_hidden_lungs(network: str) -> None:
    """Show the test AUC with parts of the film hidden beside that of the baseline, and what each part shows."""
    regions = (NOTHING_HIDDEN, *HIDDEN_REGIONS)
    areas = {name: {region: _auc(name, region) for region in regions} for name in _with_baseline(network)}
    series = [
        Series(network_title(name), areas[name], role) for name, role in zip(areas, ("output", "padding"), strict=False)
    ]
    box = HIDDEN_REGIONS[0]
    recipe = load_card(network)["recipe"]
    taught = 0.0 if isinstance(recipe, str) else float(recipe["lungs_hidden"])
    behind_box = _with_region_hidden(network, box)
    description = sentences.hidden_lungs(areas[network][NOTHING_HIDDEN], behind_box, areas[network][box], taught)
    labels = Labels("Official test with parts hidden", "AUC", "", "hidden", description)
    draw_estimates(series, labels, {"guessing": 0.5})
    rows = []
    for region in regions:
        films = _with_region_hidden(network, region)
        normal, pneumonia = (films.probabilities[films.labels == label].mean() for label in (0, 1))
        values = [format_number(areas[name][region]) for name in areas]
        positive = percent((films.probabilities >= films.thresholds).mean())
        rows.append([region, *values, f"{percent(normal)} and {percent(pneumonia)}", positive])
    head = [
        "what is hidden",
        *(f"AUC, {network_title(name)}" for name in areas),
        "mean P, NORMAL and PNEUMONIA films",
        "predicted PNEUMONIA",
    ]
    show_table(head, rows, label="When lungs are hidden")
    for region, note in sentences.HIDDEN_REGION_NOTES.items():
        write(f"**{region[0].upper()}{region[1:]}.** {note}")


def _with_region_hidden(network: str, region: str) -> Scores:
    films = load_scores(network, TEST)
    return films if region == NOTHING_HIDDEN else films.with_region_hidden(region)


@compute_once
def _auc(network: str, region: str) -> Estimate:
    return metrics.estimate_auc(_with_region_hidden(network, region))


def _with_baseline(network: str) -> list[str]:
    return list(dict.fromkeys((network, BASELINE)))
