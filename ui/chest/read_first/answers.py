"""Read first: the reader reads a film and draws a box, then the network does, and both are compared with the label.

Nothing is kept beyond the session, and nothing of the reader's own films beyond the page.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from cnn.attribution.attribution import Attribution
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.evaluation import reader_study
from cnn.evaluation.reader_study import Answer, Box, PairedRead, ReaderScore
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import PNEUMONIA, percent
from ui.chest import film_store, prediction_scale, views
from ui.chest.film_store import Film, UnreadableFilm
from ui.chest.read_first.film_series import FILMS, SeriesFilm
from ui.shell import glossary_popover, theme
from ui.shell.fields import Choice, Whole
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.shell.stage import View
from ui.shell.text import plain, sentence_of
from ui.widgets import upload
from ui.widgets.film_viewer import Outline, show_viewer
from ui.widgets.tables import show_table

READ, BELIEVE = "Read, then compare", "Believe it or not"
EXERCISE = Choice("exercise", "Exercise", READ, options=(READ, BELIEVE))
SEED = Whole("seed", "Series", 1, low=1, high=999)
NUMBER = Whole("number", "Film number", 1, low=1, high=upload.MAX_FILES)
FIELDS = (EXERCISE, FILMS, SEED, NUMBER)
METHOD = "grad_cam"
_READS, _BOXES = "read_first.reads", "read_first.boxes"
_UPLOAD_READS, _UPLOAD_BOXES = drop_with_page("read_first.upload reads"), drop_with_page("read_first.upload boxes")


@dataclass(frozen=True)
class FinishedRead:
    """Both answers to a film, and the network that gave one of them."""

    weights_sha256: str
    answers: PairedRead


def read_film(view: View, series: Sequence[SeriesFilm], number: int, model: LoadedModel, state: State) -> None:
    """Ask about film ``number`` of ``series``, from 1, until the reader submits; then show both answers."""
    item = series[number - 1]
    if isinstance(item.film, UnreadableFilm):
        view.stage.error(plain(item.film.reason))
        return
    finished = _session_reads(item.film).get(item.film.sha256)
    if finished is None or finished.weights_sha256 != model.weights_sha256:
        # Once the label was shown, the reader is not asked again: another network meets the same answer.
        answer = finished.answers.reader if finished else _ask_reader(view, item.film)
        if answer is None:
            return
        name = finished.answers.film if finished else f"Series {state[SEED]}, film {number}"
        _finish_read(item, item.film, name, answer, model)
        st.rerun()  # so that the questions disappear
    with view.stage:
        _show_answers(item, item.film, finished.answers, model)


def _session_reads(film: Film) -> dict[str, FinishedRead]:
    reads: dict[str, FinishedRead] = st.session_state.setdefault(_UPLOAD_READS if film.uploaded else _READS, {})
    return reads


def _ask_reader(view: View, film: Film) -> Answer | None:
    """Show the film and the questions; return the answer when it is submitted and complete."""
    boxes: dict[str, Box] = st.session_state.setdefault(_UPLOAD_BOXES if film.uploaded else _BOXES, {})
    box = boxes.get(film.sha256)
    with view.stage:
        glossary_popover.write(
            "**If you see an opacity, draw a box around it**: a patch or haze, whiter than the lung around it. Then "
            "say what you think, and how sure you are."
        )
        show_viewer(film, key="read viewer", drawn=box, on_draw=partial(boxes.__setitem__, film.sha256))
    with view.panel, st.form(f"read {film.sha256[:12]}"):
        label = st.radio("Your read", CLASSES, index=None, horizontal=True)
        confidence = st.slider("How sure are you? 50 is a guess", 50, 100, 75, 5, format="%d %%")
        if not st.form_submit_button("Submit", type="primary"):
            return None
        if label is None:
            st.info("Choose NORMAL or PNEUMONIA first.")
            return None
        if label == CLASSES[PNEUMONIA] and box is None:
            st.info("Draw a box on the film first, where you see it; a guess will do.")
            return None
    return Answer.from_confidence(label, confidence, box)


def _finish_read(item: SeriesFilm, film: Film, name: str, answer: Answer, model: LoadedModel) -> None:
    """Store the reader's answer with the network's."""
    attribution = saliency_map(film, model)
    prediction = film_store.predict(film, model)
    box = None
    if isinstance(attribution, Attribution) and prediction.label == CLASSES[PNEUMONIA]:
        box = reader_study.strongest_box(attribution)
    network = Answer(prediction.label, prediction.p_pneumonia, box)
    answers = PairedRead(name, answer, network, item.truth, item.lesion)
    _session_reads(film)[film.sha256] = FinishedRead(model.weights_sha256, answers)


def saliency_map(film: Film, model: LoadedModel) -> Attribution | UserError:
    """Return Grad-CAM for PNEUMONIA; progress is shown where the page stands."""
    slot = st.empty()
    (attribution,) = film_store.saliency_maps(film, model, [METHOD], PNEUMONIA, [slot])
    slot.empty()
    return attribution


def _show_answers(item: SeriesFilm, film: Film, answers: PairedRead, model: LoadedModel) -> None:
    """Show who was right, the label, both boxes, and the network's map."""
    st.markdown(f"**{describe_answers(answers)}** {item.said}")
    attribution = saliency_map(film, model)
    maps = [views.view_map(attribution)] if isinstance(attribution, Attribution) else []
    outlines = [
        Outline.of_boxes(name, colour, boxes)
        for name, colour, boxes in (
            ("your box", theme.FILM_MARK, [answers.reader.box] if answers.reader.box else []),
            ("the lesion", theme.FILM_TRUTH, answers.lesion),
            ("the map's strongest place", theme.FILM_STRONGEST, [answers.network.box] if answers.network.box else []),
        )
        if boxes
    ]
    show_viewer(film, maps, outlines, key="answer viewer")
    if isinstance(attribution, UserError):
        st.info(sentence_of(attribution))
    prediction_scale.warn_if_rejected(film)
    prediction_scale.show_prediction(film_store.predict(film, model))


def describe_answers(answers: PairedRead) -> str:
    """Return both answers, whether label and place of each are right, and how well each box lies."""
    confidence = percent(max(answers.reader.p_pneumonia, 1 - answers.reader.p_pneumonia))
    sentences = [f"You said {answers.reader.label}, {confidence} sure; the network says {answers.network.label}."]
    if answers.truth is not None:
        you, network = (_judge(answers, answer) for answer in (answers.reader, answers.network))
        sentences.append(f"The label is {answers.truth}. You: {you}. The network: {network}.")
    overlap = answers.overlap(answers.reader)
    if overlap is not None:
        sentences.append(f"Your box and the one around the lesion overlap by {_overlap(overlap)}.")
    elif answers.reader.box and answers.reader.label == answers.truth:
        sentences.append("Nothing is known of where the opacity is, so your box is not judged.")
    hit = answers.points_at_lesion(answers.network)
    if hit is not None:
        sentences.append(f"The map's strongest place is {'inside' if hit else 'outside'} the lesion.")
    return " ".join(sentences)


def _judge(answers: PairedRead, answer: Answer) -> str:
    """Return whether label and place of ``answer`` are right; a right label in a wrong place is a lucky guess."""
    if answer.label != answers.truth:
        return "wrong label"
    places = {True: ", right place", False: ", wrong place", None: ""}
    return f"right label{places[answers.points_at_lesion(answer)]}"


def _overlap(share: float) -> str:
    """Return an overlap in percent; unlike a probability it can be 0 %."""
    return percent(share) if share else "0 %"


def finished_reads() -> list[PairedRead]:
    """Return all reads of this session."""
    stores = [st.session_state.get(key, {}) for key in (_READS, _UPLOAD_READS)]
    return [finished.answers for store in stores for finished in store.values()]


def show_summary() -> None:
    """Show the agreement over all films read in this session, and a row for each."""
    reads = finished_reads()
    if not reads:
        st.markdown("No film has been read yet.")
        return
    agreement = reader_study.compare_reads(reads)
    st.markdown(f"You and the network agree on **{agreement.agreed} of {agreement.films}** films.")
    if agreement.reader and agreement.network:
        scores = (("You", agreement.reader), ("The network", agreement.network))
        rows = [_score_row(name, score, agreement.with_truth) for name, score in scores]
        head = ("", "Right label", "Right place", "Mean overlap", "Brier score")
        show_table(head, rows, label="You and the network beside the labels")
        st.caption(
            "Right place: of the boxes on films whose lesion is known, those whose middle lies in it. Overlap: "
            "intersection over union. The network's box is a small square around its map's strongest place, so its "
            "overlap is small by nature. Brier score: the mean squared difference of P(PNEUMONIA) and the label; 0 is "
            "best, 0.25 is saying 50 % every time."
        )
    show_table(HEAD, [_read_row(read) for read in reads], label="Films read")
    with st.container(horizontal=True):
        st.download_button("Results (CSV)", to_csv(reads), "reads.csv", "text/csv", on_click="ignore", key="csv")
        st.button("Forget all reads", key="forget", on_click=_reset)


HEAD = (
    "Film",
    "Label",
    "You",
    "Your P(PNEUMONIA)",
    "Your overlap",
    "Network",
    "Its P(PNEUMONIA)",
    "The map's strongest place",
)


def to_csv(reads: Sequence[PairedRead]) -> str:
    """Return the rows of the table of reads as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *map(_read_row, reads)])
    return text.getvalue()


def _reset() -> None:
    for key in (_READS, _BOXES, _UPLOAD_READS, _UPLOAD_BOXES):
        st.session_state[key] = {}


def _score_row(name: str, score: ReaderScore, films: int) -> Sequence[str]:
    hits = f"{score.hits} of {score.boxes}" if score.boxes else "–"
    overlap = "–" if score.overlap is None else _overlap(score.overlap)
    return name, f"{score.correct} of {films}", hits, overlap, f"{score.brier:.2f}"


def _read_row(read: PairedRead) -> Sequence[str]:
    places = {True: "inside", False: "outside", None: "–"}
    overlap = read.overlap(read.reader)
    return (
        read.film,
        read.truth or "unknown",
        read.reader.label,
        percent(read.reader.p_pneumonia),
        "–" if overlap is None else _overlap(overlap),
        read.network.label,
        percent(read.network.p_pneumonia),
        places[read.points_at_lesion(read.network)],
    )
