"""The parts of the method bench: pointing at the disease, forgetting, repeating, faithfulness, a planted lesion."""

import streamlit as st

from cnn.evaluation import saliency_sentences
from cnn.evaluation.saliency_report import BASELINES, CURVES, MEASURES, PUBLISHED_AUPRC, SOURCES, Report
from cnn.imaging.samples.built_in import lesion_mask
from ui.evaluation.method_bench import charts, tables
from ui.lecture import feature_stack
from ui.shell.fields import Choice
from ui.shell.page_state import State

BOXES = Choice("boxes", "Boxes drawn by", "RSNA", options=tuple(SOURCES))
MEASURE = Choice("measure", "Measure", "AUPRC", options=tuple(MEASURES))
KIND = Choice("alike", "How alike two maps are, by", "rank correlation", options=tuple(tables.KINDS))
CURVE = Choice("curve", "Curve", CURVES[0], options=CURVES)
FIELDS = BOXES, MEASURE, KIND, CURVE
PLANTED = "simulated-consolidation"


def where(report: Report, state: State) -> None:
    """Localisation on the radiologists' boxes."""
    st.header("Does it point at the disease?", anchor=False)
    boxes, measure = state.choice(BOXES), state.choice(MEASURE)
    source, kind = SOURCES[boxes], MEASURES[measure]
    st.markdown(
        f"Radiologists drew boxes around the opacity on {report.films(source)} of our adult films ({boxes}). Each film "
        "is explained by a network that was trained without its patient. **Pointing game**: does the strongest point "
        f"lie in a box? **Overlap**: the strongest {report.how['top_share']:.0%} of the pixels against the boxes, "
        "intersection over union. **AUPRC**: area under the precision-recall curve of the pixels in boxes, film by "
        "film. **Energy**: share of the map in the boxes. Controls: random numbers, a blob in the centre, the film's "
        "edges (Sobel), and two blobs where lungs usually are."
    )
    st.markdown(saliency_sentences.localisation(report, source, kind))
    arun = source == "rsna" and kind == "auprc"
    charts.dots(
        {title: report.score(source, name, kind) for name, title in report.titles.items()},
        {words: report.score(source, control, kind).mean for control, words in BASELINES.items()},
        heading=f"{measure}: methods against maps that know nothing",
        axis=measure, key="localisation", band=PUBLISHED_AUPRC if arun else None, band_name="Arun et al. 2021",
        description=f"{measure} of each method on the {boxes} boxes, with 95 % intervals; the controls are lines. "
        "The tables give all numbers.",
    )  # fmt: skip
    tables.localisation(report, source)
    with st.expander(f"Method minus control on the same films, by {measure}"):
        st.markdown("A method counts as above a control where the whole interval of the difference lies above 0.")
        tables.differences(report, source, kind)


def weights_and_seeds(report: Report, state: State) -> None:
    """Random weights, and networks of several seeds."""
    st.header("Does it change when the network forgets?", anchor=False)
    words = state.choice(KIND)
    kind = tables.KINDS[words]
    st.markdown(
        "The weights are made random block by block, from the last to the first (Adebayo et al., 2018). A map that "
        "tells what the network has learnt should turn into another one. Compared is how strong "
        "each pixel is, without its sign."
    )
    st.markdown(saliency_sentences.randomisation(report))
    stages = {title: report.stages(name, kind) for name, title in report.titles.items()}
    passed = {title: report.verdicts(name).forgets for name, title in report.titles.items()}
    charts.cascade(
        {title: [one.mean for one in found.values()] for title, found in stages.items()},
        list(next(iter(stages.values()))), passed, axis=words, key="cascade",
        description=f"Likeness to the trained map ({words}) as more blocks are random; failing methods dashed.",
    )  # fmt: skip
    tables.randomisation(report, kind)
    st.header("Does it come out the same twice?", anchor=False)
    st.markdown("The same recipe, trained from several seeds, explains films that none of the networks has seen.")
    st.markdown(saliency_sentences.repeatability(report))
    if report.seeds_compared:
        both = [{title: report.likeness("repeatability", name, key, kind) for name, title in report.titles.items()}
                for key in ("between_seeds", "other_films")]  # fmt: skip
        charts.dots(
            both[0], {}, own=both[1], own_name="two films, one seed",
            heading="One film explained by two trainings", axis=words, key="seeds",
            description=f"Likeness ({words}) of one film's maps from two trainings, and of two films' maps from one.",
        )  # fmt: skip
        tables.repeatability(report, kind)


def faithful(report: Report, state: State) -> None:
    """Deletion and insertion, and cost."""
    st.header("Does the network use what it marks?", anchor=False)
    st.markdown(
        f"The film is cut into {report.how['squares']} squares; the strongest of the map vanish first (deletion) or "
        "come back first (insertion), and the probability of PNEUMONIA follows. A vanished square is the film's mean "
        "grey, or is blurred. "
        f"{report.results['deletion']['films']} films."
    )
    st.markdown(saliency_sentences.deletion(report))
    curve = state.choice(CURVE)
    charts.dots(
        {title: report.better_than_random(name, curve) for name, title in report.titles.items()},
        {"random": 0.0} | {words: report.better_than_random(control, curve).mean for control, words in BASELINES.items()
                           if control != "random"},
        heading=f"Area gained over a random order, {curve}", axis="area over random", key="deletion",
        description=f"{curve.capitalize()}: area gained over a random order; above 0 is better. Controls are lines.",
    )  # fmt: skip
    tables.deletion(report)
    st.header("What does it cost?", anchor=False)
    st.markdown(saliency_sentences.cost(report))
    tables.cost(report)


def lesion(report: Report) -> None:
    """The lesion that was planted in the simulated film."""
    st.header("Does it find a lesion that we planted?", anchor=False)
    truth, film = lesion_mask(PLANTED), feature_stack.load_sample(PLANTED).pixels
    assert truth is not None
    st.markdown(saliency_sentences.planted(report))
    charts.maps(
        (film * 255).round().astype("uint8"), truth,
        {title: (report.planted_map(name), saliency_sentences.hit(report, name))
         for name, title in report.titles.items()},
    )  # fmt: skip
    tables.planted(report)
