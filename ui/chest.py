"""The parts of the chest X-ray page, top to bottom: which film, what was asked, the pictures, what to take home."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn.attribution import Attribution, describe
from cnn.errors import UserError
from cnn.explain import METHODS, passes
from cnn.models import CLASSES, DEFAULT, LoadedModel
from cnn.predict import Prediction, percent, sentence
from cnn.record import NOTICE, record
from ui import overlay, reading, upload
from ui.reading import Film, Refused
from ui.upload import Offer

MOST_METHODS = 4
TABLE_HEIGHT = 250


@dataclass(frozen=True)
class Wanted:
    """What the reader asks of the maps."""

    methods: tuple[str, ...]
    target: int
    opacity: float
    outlined: bool


def choose() -> tuple[list[Offer], str]:
    """Widgets for the films and the network to read them with; what is on offer, and the network's name."""
    films, network = st.columns([3, 1])
    with films:
        offers = upload.choose()
    with network:
        name = st.selectbox("Network", reading.available_models(), key="network", bind="query-params")
    return offers, name or DEFAULT


def pick(films: Sequence[Film | Refused], model: LoadedModel) -> Film | None:
    """The film to look at: the only one, or the one picked below a table of all. Says why others were refused."""
    read = [film for film in films if isinstance(film, Film)]
    if len(films) <= 1:
        for film in films:
            if isinstance(film, Refused):
                st.error(film.reason)
        return read[0] if read else None
    rows = [_row(film, model) for film in films]
    with st.container(height=TABLE_HEIGHT if len(rows) > 5 else "content", border=False):
        st.table(rows, hide_index=True)
    if not read:
        return None
    return read[st.selectbox("Look at", range(len(read)), format_func=lambda number: read[number].name, key="look")]


def _row(film: Film | Refused, model: LoadedModel) -> dict[str, str]:
    if isinstance(film, Refused):
        return {"File": film.name, "P(PNEUMONIA)": "", "Label": "refused", "Reason": film.reason}
    found = reading.prediction(film, model)
    return {"File": film.name, "P(PNEUMONIA)": percent(found.p_pneumonia), "Label": found.label, "Reason": ""}


def ask(truth_known: bool) -> Wanted:
    """Widgets for the maps."""
    methods = st.pills(
        "Where did it look? Ask in one way or several, side by side",
        list(METHODS), selection_mode="multi", default=["grad_cam"], key="maps", bind="query-params",
        format_func=lambda method: METHODS[method].title,
    )  # fmt: skip
    left, right, rest = st.columns([3, 3, 2], vertical_alignment="bottom")
    with left:
        name = st.segmented_control(
            "Class explained", CLASSES, default=CLASSES[-1], required=True, key="explain", bind="query-params"
        )
    with right:
        opacity = st.slider("Opacity of the map", 0, 100, 80, 10, format="%d %%", key="opacity")
    with rest:
        outlined = truth_known and st.toggle("Outline the truth", key="truth", bind="query-params")
    if len(methods) > MOST_METHODS:
        st.caption(f"Four maps fit side by side; shown are the first {MOST_METHODS} chosen.")
    return Wanted(tuple(methods[:MOST_METHODS]), CLASSES.index(name), opacity / 100, outlined)


def pictures(film: Film, model: LoadedModel, wanted: Wanted, truth: np.ndarray | None) -> list[Attribution]:
    """The film, what the network sees and the maps in one row; the maps in a row of their own if they are many."""
    count = len(wanted.methods)
    columns = st.columns(2 + count if count <= 2 else count)
    with columns[0]:
        st.markdown("**The film**")
        st.image(overlay.light_box(_with_truth(film, wanted, truth)), alt=f"The film {film.name}", width="stretch")
        st.caption(f"{film.name} · {film.kind} · {film.width} × {film.height} pixels. {' '.join(film.notes)}")
    with columns[1]:
        side = model.input_size
        seen = reading.as_seen(film, side)
        st.markdown("**What the network sees**")
        st.image(overlay.light_box(seen), alt="The same film, squeezed to a small square", width="stretch")
        st.caption(f"{side} × {side} greys, squeezed to a square; brightness and contrast are evened out.")
    places = columns[2:] if count <= 2 else st.columns(count)
    slots = []
    for place, method in zip(places, wanted.methods, strict=True):
        with place:
            st.markdown(f"**{METHODS[method].title}**")
            slots.append(st.empty())
    found = reading.maps(film, model, wanted.methods, wanted.target, slots)
    for slot, one in zip(slots, found, strict=True):
        _show_map(slot, film, one, wanted, truth)
    return [one for one in found if isinstance(one, Attribution)]


def _with_truth(film: Film, wanted: Wanted, truth: np.ndarray | None) -> np.ndarray:
    grey = np.repeat(film.picture[..., None], 3, axis=-1)
    return overlay.outline(grey, truth) if wanted.outlined and truth is not None else grey


def _laid_over(film: Film, one: Attribution, wanted: Wanted, truth: np.ndarray | None) -> np.ndarray:
    coloured = overlay.lay_over(film.picture, one, wanted.opacity)
    return overlay.outline(coloured, truth) if wanted.outlined and truth is not None else coloured


def _show_map(
    slot: DeltaGenerator, film: Film, one: Attribution | UserError, wanted: Wanted, truth: np.ndarray | None
) -> None:
    with slot.container():
        if isinstance(one, UserError):
            st.info(str(one))
            return
        said = describe(one)
        st.image(overlay.light_box(_laid_over(film, one, wanted, truth)), alt=f"The map over the film. {said}",
                 width="stretch")  # fmt: skip
        st.html(overlay.colour_bar(one, wanted.opacity))
        st.caption(said)


def explain_methods(methods: Sequence[str], model: LoadedModel) -> None:
    """What each method on show does, and what it costs."""
    for method in methods:
        chosen, count = METHODS[method], passes(model, method)
        cost = "one pass" if count == 1 else f"{count} passes"
        st.markdown(f"**{chosen.title}.** {chosen.about} It takes {cost} through the network. *{chosen.source}.*")


def take_home(
    film: Film, model: LoadedModel, prediction: Prediction, maps: Sequence[Attribution], wanted: Wanted,
    truth: np.ndarray | None,
) -> None:  # fmt: skip
    """The pictures as one PNG, and the numbers as JSON."""
    panels = [overlay.Panel("The film", _with_truth(film, wanted, truth))]
    panels += [
        overlay.Panel(f"{METHODS[one.method].title}, {one.class_name}", _laid_over(film, one, wanted, truth), one)
        for one in maps
    ]
    caption = [f"{film.name}, network {model.name}", sentence(prediction), NOTICE]
    stem = film.name.rsplit(".", 1)[0] or "film"
    with st.container(horizontal=True):
        st.download_button(
            "Pictures (PNG)", lambda: overlay.sheet(panels, caption, wanted.opacity), f"{stem}.png", "image/png",
            on_click="ignore", key="png",
        )  # fmt: skip
        st.download_button(
            "Record (JSON)", record(film, model, prediction, maps), f"{stem}.json", "application/json",
            on_click="ignore", key="json",
        )  # fmt: skip
