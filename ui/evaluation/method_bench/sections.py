"""Sections of the method bench: localisation, randomised weights, several seeds, faithfulness, a simulated lesion."""

import streamlit as st

from cnn.attribution.attribution import CHANGES
from cnn.evaluation import saliency_sentences
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.saliency_report import (
    BASELINES,
    CURVES,
    MEASURES,
    PUBLISHED_AUPRC,
    PUBLISHED_DETECTOR_AUPRC,
    SIMILARITIES,
    SOURCES,
    Report,
)
from cnn.imaging.grayscale import to_8_bits
from cnn.imaging.samples.built_in import lesion_mask
from cnn.text import percent
from ui.chest import overlay
from ui.evaluation.charts import Labels, Series, draw_estimates
from ui.evaluation.method_bench import tables
from ui.lecture import pictures
from ui.shell import theme
from ui.shell.fields import Choice
from ui.shell.glossary_popover import write
from ui.widgets.film_viewer import Outline, Picture, show_viewer

BOXES = Choice("boxes", "Boxes drawn by", "RSNA", options=tuple(SOURCES))
MEASURE = Choice("measure", "Measure", "AUPRC", options=tuple(MEASURES))
CURVE = Choice("curve", "Curve", CURVES[0], options=CURVES)
FIELDS = BOXES, MEASURE, CURVE
LESION_SAMPLE = "simulated-consolidation"


def show_conclusion(report: Report, boxes: str, title: str) -> None:
    """Show in two sentences and one chart which methods point at the disease."""
    source, measure = SOURCES[boxes], MEASURES[title]
    conclusion, beside_prior = saliency_sentences.headline(report)
    write(conclusion)
    description = (
        f"{title} of each method on the {report.film_count(source)} films with {boxes} boxes, with 95 % intervals; the "
        "baselines, which do not depend on the network, are lines."
    )
    references = {name: report.localisation(source, baseline, measure).value for baseline, name in BASELINES.items()}
    published = None
    if (source, measure) == ("rsna", "auprc"):
        published = ("Arun et al. (2021)", *PUBLISHED_AUPRC)
        references["RetinaNet"] = PUBLISHED_DETECTOR_AUPRC
        description += (
            " Grey: eight methods on a network trained on labels only (Arun et al., 2021), who compare them with "
            "RetinaNet, trained on boxes."
        )
    draw_estimates(
        [_series({method: report.localisation(source, name, measure) for name, method in report.titles.items()})],
        Labels(f"{title}: does the map point at the disease?", title, "", "localisation", description),
        references,
        published,
    )
    write(beside_prior)
    if source != "rsna":
        st.caption(f"These sentences are about the RSNA boxes; the chart shows the {boxes} boxes.")


def show_verdicts(report: Report) -> None:
    """Show every verdict, and all tests in short."""
    tables.show_verdicts(report)
    st.markdown(saliency_sentences.conclusion(report))
    st.markdown(saliency_sentences.provenance(report))


def show_localisation(report: Report, boxes: str, title: str) -> None:
    """Compare the maps with the radiologists' boxes."""
    source, measure = SOURCES[boxes], MEASURES[title]
    write(
        f"Radiologists drew boxes around the opacity on {report.film_count(source)} of our adult films ({boxes}). "
        "Each film is explained by a network that was trained without its patient. **Pointing game**: does the "
        f"largest value lie in a box? **Overlap**: the strongest {percent(report.settings['top_share'])} of the "
        "pixels against the boxes, intersection over union. **AUPRC**: area under the precision-recall curve of the "
        "pixels in boxes, film by film. **Energy**: share of the map in the boxes. Baselines: random numbers, a blob "
        "in the centre, the film's edges (Sobel), and the lung prior, a fixed map of where lungs usually are."
    )
    st.markdown(saliency_sentences.localisation(report, source, measure))
    tables.show_localisation(report, source)
    with st.expander(f"Method minus baseline on the same films, by {title}"):
        st.markdown("A method counts as above a baseline if the whole interval of the difference lies above 0.")
        tables.show_gains(report, source, measure)


def show_methods(report: Report) -> None:
    """Show what each method does and what a map of it costs."""
    tables.show_methods(report)
    st.markdown(saliency_sentences.cost(report))


def show_randomisation(report: Report) -> None:
    """Compare the maps with those of networks with random weights."""
    write(
        "The model-randomisation test: the weights are made random block by block, from the last to the first (Adebayo "
        "et al., 2018, who found that Guided Backprop hardly changes on a larger network with many classes). A map "
        "that shows what the network has learnt should become a different one. Compared is the strength of each pixel, "
        "without its sign."
    )
    st.markdown(saliency_sentences.randomisation(report))
    verdicts = {name: CHANGES[report.verdicts(name).depends_on_weights] for name in report.titles}
    _draw_excess(
        report,
        "randomisation",
        verdicts,
        "All weights random: similarity to the trained map, minus that of two films' maps",
        "Right of 0 by either measure, a map does not change: with random weights it is still more like the "
        "trained one than the maps of two films are like each other. Left of 0 by both, it changes. Else one "
        "cannot tell.",
    )
    tables.show_randomisation(report)


def show_repeatability(report: Report) -> None:
    """Compare the maps of networks of several seeds."""
    write("The same recipe, trained from several seeds, explains films that none of the networks was trained on.")
    st.markdown(saliency_sentences.repeatability(report))
    if not report.has_several_seeds:
        return
    _draw_excess(
        report,
        "repeatability",
        {name: tables.VERDICTS[report.verdicts(name).repeatable] for name in report.titles},
        "Two trainings, one film: similarity of the maps, minus that of two films' maps",
        "Right of 0 by both measures: the maps of one film from two trainings are more alike than those of two films.",
    )
    tables.show_repeatability(report)


def _draw_excess(report: Report, test: str, verdicts: dict[str, str], heading: str, description: str) -> None:
    """Draw the difference that decides the verdict on each method, by both measures of similarity."""
    series = [
        Series(
            title,
            {
                f"{method}, {verdicts[name]}": report.similarity(test, name, "excess", measure)
                for name, method in report.titles.items()
            },
            role,
        )
        for (title, measure), role in zip(SIMILARITIES.items(), ("input", "output"), strict=True)
    ]
    draw_estimates(series, Labels(heading, "difference of similarities", "", test, description), {"two films": 0.0})


def show_deletion(report: Report, curve: str) -> None:
    """Show deletion and insertion."""
    write(
        f"Faithfulness: the film is cut into {report.settings['squares']} squares; the strongest of the map are "
        "deleted first (deletion) or inserted first (insertion), and the probability of PNEUMONIA follows. A deleted "
        f"square is the film's mean grey, or is blurred. {report.results['deletion']['films']} films."
    )
    st.markdown(saliency_sentences.deletion(report))
    baselines = {title: report.gain_over_random(name, curve).value for name, title in BASELINES.items()}
    description = (
        f"{curve.capitalize()}: area gained over a random order, with 95 % intervals; above 0 is better. Baselines are "
        "lines."
    )
    draw_estimates(
        [_series({method: report.gain_over_random(name, curve) for name, method in report.titles.items()})],
        Labels(f"Area gained over a random order, {curve}", "area over random", "", "deletion", description),
        baselines,
    )
    tables.show_deletion(report)


def show_lesion(report: Report) -> None:
    """Show the maps of the film with a simulated lesion."""
    st.markdown(saliency_sentences.lesion(report))
    radiograph = pictures.load_sample(LESION_SAMPLE)
    film = Picture("The film", radiograph.sha256, to_8_bits(radiograph.pixels))
    maps = [
        overlay.view_map(report.lesion_map(name), title, saliency_sentences.lesion_caption(report, name))
        for name, title in report.titles.items()
    ]
    mask = lesion_mask(LESION_SAMPLE)
    outlines = [] if mask is None else [Outline.of_mask("the simulated lesion", theme.FILM_TRUTH, mask)]
    show_viewer(film, maps, outlines, key="bench viewer")
    tables.show_lesion(report)


def _series(estimates: dict[str, Estimate]) -> Series:
    return Series("method", estimates, "input")
