"""Tables of the method bench, one for each test, and the one of all verdicts."""

from dataclasses import asdict

import streamlit as st

from cnn.attribution.attribution import CHANGES
from cnn.evaluation.saliency_report import BASELINES, CURVES, MEASURES, SIMILARITIES, TEST_COUNT, Report
from cnn.text import two_decimals
from ui.widgets.tables import show_table

VERDICTS = {True: "pass", False: "fail", None: "–"}


def show_localisation(report: Report, source: str) -> None:
    """Show all measures of methods and baselines."""
    rows = [
        [title, *(str(report.localisation(source, name, measure)) for measure in MEASURES.values())]
        for name, title in (report.titles | _baseline_titles()).items()
    ]
    faint = range(len(report.titles), len(rows))
    show_table(["", *MEASURES], rows, label="Localisation: mean and 95 % interval", faint=faint)


def show_gains(report: Report, source: str, measure: str) -> None:
    """Show the difference between each method and each baseline on the same films."""
    rows = [
        [title, *(str(report.gain(source, name, baseline, measure)) for baseline in BASELINES)]
        for name, title in report.titles.items()
    ]
    head = ["", *(f"over {title}" for title in BASELINES.values())]
    show_table(head, rows, label="Method minus baseline on the same films: mean and 95 % interval")


def show_randomisation(report: Report) -> None:
    """Show the similarity to the trained map at every stage, and that of two films' maps, by each measure."""
    st.markdown(
        "Stage by stage, the tables name the block down to which the weights are random: from the classifier alone to "
        "`features.0`, the first block, where all are."
    )
    for title, measure in SIMILARITIES.items():
        rows, stages = [], {}
        for name, method in report.titles.items():
            stages = report.similarity_by_stage(name, measure)
            numbers = [estimate.value for estimate in stages.values()]
            numbers.append(report.similarity("randomisation", name, "other_films", measure).value)
            difference = str(report.similarity("randomisation", name, "excess", measure))
            films = str(report.films_tested("randomisation", name))
            rows.append([method, *map(two_decimals, numbers), difference, films])
        head = ["", *stages, "two films", "all random minus two films", "films"]
        _show_in_expander(head, rows, f"Similarity to the trained map, {title}")


def show_repeatability(report: Report) -> None:
    """Show the similarity of the maps of several seeds, by each measure."""
    for title, measure in SIMILARITIES.items():
        rows = [
            [
                method,
                str(report.similarity("repeatability", name, "between_seeds", measure)),
                two_decimals(report.similarity("repeatability", name, "other_films", measure).value),
                str(report.similarity("repeatability", name, "excess", measure)),
                str(report.films_tested("repeatability", name)),
            ]
            for name, method in report.titles.items()
        ]
        head = ["", "two seeds, one film", "one seed, two films", "difference", "films"]
        _show_in_expander(head, rows, f"Similarity between seeds, {title}")


def show_deletion(report: Report) -> None:
    """Show how much better each order is than a random one."""
    baselines = {name: title for name, title in _baseline_titles().items() if name != "random"}
    rows = [
        [title, *(str(report.gain_over_random(name, curve)) for curve in CURVES)]
        for name, title in (report.titles | baselines).items()
    ]
    faint = range(len(report.titles), len(rows))
    show_table(["", *CURVES], rows, label="Area gained over a random order", faint=faint)


def show_methods(report: Report) -> None:
    """Show what each method does, with the passes and the time of one map."""
    rows = []
    for name, title in report.titles.items():
        passes, time = report.cost(name)
        rows.append([title, report.abouts[name], str(passes), f"{time:.1f}"])
    show_table(
        ["", "what it does", "passes for one map", "its time, in forward passes"], rows, label="The methods", words=True
    )


def show_lesion(report: Report) -> None:
    """Show the measures of methods and baselines on the simulated lesion."""
    rows = []
    for name, title in (report.titles | _baseline_titles()).items():
        scores = report.lesion_scores(name)
        hits = "{} of {}".format(*report.lesion_hits(name)) if name in report.titles else ""
        rows.append([title, *(f"{scores[measure]:.2f}" for measure in MEASURES.values()), hits])
    faint = range(len(report.titles), len(rows))
    show_table(["", *MEASURES, "trainings that hit it"], rows, label="The simulated lesion", faint=faint)
    st.caption(
        "The measures are those of the shipped network. Where several pixels share the maximum, the pointing game "
        "gives the share of them in the lesion. The last column counts the trainings of other seeds too."
    )


def show_verdicts(report: Report) -> None:
    """Show every verdict on every method."""
    rows = []
    for name, title in report.titles.items():
        verdicts = report.verdicts(name)
        words = {test: VERDICTS[verdict] for test, verdict in asdict(verdicts).items()}
        words["depends_on_weights"] += f" ({CHANGES[verdicts.depends_on_weights]})"
        *tests, lesion = words.values()
        rows.append([title, *tests, str(verdicts.passed), lesion])
    titles = ("above guessing", "above lung prior", "random weights", "several trainings", "deletion")
    head = ["", *titles, f"passed, of {TEST_COUNT}", "one lesion"]
    show_table(head, rows, label="All tests")
    st.caption(
        "Above guessing: AUPRC on the RSNA boxes above random, centre and edges. Lung prior: above it too. "
        "A method passes only if the interval of the difference lies above 0, so one above the prior in the chart can "
        "fail. Random weights: the map changes when all weights are random. Several trainings: the same film's "
        "maps are similar. Deletion: better than a random order on all four curves. A test that cannot tell is not "
        "passed. The simulated lesion is one film, an example, and does not count: is the maximum of the map in it?"
    )


def _show_in_expander(head: list[str], rows: list[list[str]], label: str) -> None:
    with st.expander(label):
        show_table(head, rows, label=label)


def _baseline_titles() -> dict[str, str]:
    return {name: f"baseline: {title}" for name, title in BASELINES.items()}
