"""What a finished training is worth: figures of the test films, the worst of them, and the letter."""

from functools import partial

import numpy as np
import streamlit as st

from cnn.cards import CLASSES
from cnn.evaluation.bootstrap import Estimate
from cnn.handson import take_home
from cnn.handson.experiments import EXPERIMENTS, summary
from cnn.handson.films import shipped
from cnn.handson.runs.events import Picture, Result
from cnn.handson.runs.queue import Run
from cnn.handson.settings import OWN_NETWORK, opens_elsewhere
from cnn.text import percent
from ui.handson import runs
from ui.lecture.pictures import encode_png
from ui.shell import frame, theme
from ui.shell.text import escape_stars
from ui.widgets import tables

_ANSWERS = "handson.answers"


def ask_first(name: str) -> None:
    """Ask the question of an experiment; the answer comes from the learner's own run."""
    experiment = EXPERIMENTS[name]
    with st.container(border=True, gap="xsmall"):
        key = f"handson.answer {name}"
        said: dict[str, str] = st.session_state.setdefault(_ANSWERS, {})
        options = [*experiment.options]
        index = options.index(said[name]) if name in said else None
        answer = st.radio(f"**Predict first.** {experiment.question}", options, index=index, key=key, horizontal=True)
        if answer:
            said[name] = answer


def show_findings(run: Run) -> None:
    """Show what the run answers to the question of its experiment, beside what the learner said."""
    result = run.result
    if result is None or run.experiment not in EXPERIMENTS:
        return
    said = st.session_state.get(_ANSWERS, {}).get(run.experiment)
    before = f"You said: {said}. " if said else ""
    experiment = EXPERIMENTS[run.experiment]
    st.info(escape_stars(before + experiment.findings(result) + _compare(experiment.compare_with)))


def _compare(name: str) -> str:
    """Return the figures of the learner's latest run of another experiment, or the advice to run it."""
    if not name:
        return ""
    for other in reversed(runs.desk().runs):
        if other.experiment == name and other.result:
            return f" For comparison, {runs.label(other)}: {summary(other.result)}."
    return f" To compare, run “{EXPERIMENTS[name].title}” as well."


def show_figures(result: Result) -> None:
    """Show the figures of the test films with their intervals, beside training and validation."""
    counts = result.counts
    rows = [
        ("AUC", "–", f"{result.validation_auc:.2f}", str(result.test_auc)),
        (
            "accuracy",
            percent(result.train_accuracy),
            percent(result.validation_accuracy),
            result.test_accuracy.in_percent(),
        ),
        ("sensitivity", "–", "–", Estimate.from_resamples(counts.sensitivity).in_percent()),
        ("specificity", "–", "–", Estimate.from_resamples(counts.specificity).in_percent()),
    ]
    tables.show_table(["", "training", "validation", "test (95 % interval)"], rows, label="Figures")
    normal, pneumonia = result.train_counts
    st.caption(
        f"Trained on {normal} NORMAL and {pneumonia} PNEUMONIA films; {result.shared_patients or 'no'} "
        f"{'patient is' if result.shared_patients < 2 else 'patients are'} in both training and validation set; "
        f"threshold P = 0.5; {len(result.test)} test films, intervals by resampling patients. {result.parameters:,} "
        "parameters. –: not measured. Training: the kept network on its training films; the curve shows means "
        "over an epoch in which it still learned."
    )
    if result.settings.fine_tunes:
        st.caption(
            "The shipped Lecture CNN was trained on films of the same published training set, these validation films "
            "among them: only the test figures are fair here."
        )


def link_to_pages(result: Result) -> None:
    """Link to the pages that open the learner's network on a whole film."""
    if not opens_elsewhere(result.settings.described_network):
        st.caption(
            "Inside the network and Read a chest X-ray open networks with convolutions, batch norm, ReLU, pools, "
            "dropout and blocks that end in flatten and one fully connected layer; this one is of another kind."
        )
        return
    with st.container(horizontal=True):
        for page, label in (("chest_xray", "Read a film with it"), ("inside_the_network", "Look inside this network")):
            st.page_link(frame.link_target(page), label=label, query_params={"network": OWN_NETWORK})


def show_worst(result: Result) -> None:
    """Show the test films that were classified most wrongly, each with the saliency map of the class predicted."""
    columns = st.columns(len(result.worst))
    margins = result.test_margins[result.worst]
    for column, index, margin, values in zip(columns, result.worst, margins, result.worst_maps, strict=True):
        truth, predicted = CLASSES[result.test.labels[index]], CLASSES[int(margin > 0)]
        probability = float(result.scores.probabilities[index])
        verdict = "wrong" if truth != predicted else "right"
        sentence = f"is {truth}, P(PNEUMONIA) {probability:.2f}, {verdict}"
        with column:
            show_map(result.test.pixels[index], values, f"Test film {index + 1}: {sentence}")
    st.caption(
        f"{result.map_method}: red supports the class that was predicted, blue counts against it. "
        "The film that is furthest on the wrong side of the threshold is first."
    )


def show_letter(result: Result) -> None:
    """Show a stamped film and its saliency map for NORMAL."""
    if result.letter:
        with st.container(width=260):
            show_map(result.letter.film, result.letter.map, "A NORMAL test film with the letter")
        st.markdown(
            f"With the letter on every NORMAL test film, accuracy would be **{percent(result.letter.accuracy)}**: the "
            f"network reads the letter. {percent(result.letter.map_share)} of the attribution for NORMAL lies on it."
        )


def offer_take_home(run: Run | None) -> None:
    """Offer a finished run as a file: script, notebook, films, weights and card."""
    if run is None or run.result is None:
        st.markdown("A finished training can be downloaded: a script and a notebook that repeat it, films and weights.")
        return
    data = partial(take_home.pack, run.result, run.film_set or shipped())
    st.download_button("Download the run", data, f"run-{run.number}.zip", "application/zip", on_click="ignore")
    st.markdown(
        "`train.py` and `train.ipynb` repeat the training with PyTorch and Pillow alone and print the same test AUC; "
        "`network.safetensors` has the weights, `README.md` is its card. The films are there as this run saw them."
    )
    with st.expander("The script"):
        st.code(take_home.script(run.result), language="python")


def show_map(film: np.ndarray, values: Picture, caption: str) -> None:
    """Show a film and below it the same film under its saliency map."""
    grey = np.repeat(film[:, :, None], 3, axis=2)
    pictures = "".join(
        f'<img class="pixels" src="{encode_png(pixels)}" alt="">' for pixels in (grey, _overlay(film, values))
    )
    st.html(
        f'<figure class="tile" role="img" aria-label="{caption}">{pictures}<figcaption>{caption}</figcaption></figure>'
    )


def _overlay(film: np.ndarray, values: Picture) -> np.ndarray:
    """Lay a map over a film (64, 64): the stronger a value, the stronger its colour."""
    heat = values.astype(np.float64)
    strength = np.abs(heat) / (np.abs(heat).max() or 1.0)
    colours = [
        np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) for colour in (theme.FILM_NEGATIVE, theme.FILM_POSITIVE)
    ]
    tint = np.where((heat > 0)[:, :, None], colours[1], colours[0])
    share = 0.75 * strength[:, :, None]
    return np.asarray((film[:, :, None] * (1 - share) + tint * share).round().astype(np.uint8))
