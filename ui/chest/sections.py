"""The parts of the chest X-ray page, top to bottom: which film, what was asked, the pictures, what to take home."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn.attribution.attribution import Attribution, describe
from cnn.attribution.methods import METHODS, count_passes
from cnn.attribution.record import record
from cnn.cards import CLASSES, DEFAULT_NETWORK
from cnn.errors import UserError
from cnn.models.loading import LoadedModel, load
from cnn.predict.prediction import Prediction, percent, sentence
from cnn.text import NOTICE
from ui.chest import film_store, overlay
from ui.chest.film_store import Film, UnreadableFilm
from ui.shell import frame, theme
from ui.widgets import upload
from ui.widgets.upload import FilmChoice

MOST_METHODS = 4
TABLE_HEIGHT = 250
REFUSAL = (
    "**Why no probability?** The network has two words, NORMAL and PNEUMONIA, and gives one of them to any picture, "
    "to an ankle as readily as to a chest. So another network looks first: it was made to outline lungs. If it finds "
    "none, or if what it sees is unlike the upright frontal films that it knows, the picture goes no further. "
    "It can be wrong, on a film as on a photograph: then ask all the same."
)


@dataclass(frozen=True)
class Wanted:
    """What the reader asks of the maps."""

    methods: tuple[str, ...]
    target: int
    opacity: float
    outlined: bool


def choose() -> tuple[list[FilmChoice], str]:
    """Widgets for the films and the network to read them with; what is on offer, and the network's name."""
    films, network = st.columns([3, 1])
    with films:
        offers = upload.choose_films()
    with network:
        name = st.selectbox("Network", film_store.list_models(), key="network", bind="query-params")
    return offers, name or DEFAULT_NETWORK


def film_and_network(offers: list[FilmChoice], name: str) -> tuple[LoadedModel, Film]:
    """The network ``name`` and the film to look at; where there is none of either, the page ends with the reason."""
    try:
        model = load(name)
    except UserError as error:
        st.error(str(error))
        st.stop()
    film = pick(film_store.read_films(offers), model)
    if film is None:
        frame.notice()
        st.stop()
    return model, film


def pick(films: Sequence[Film | UnreadableFilm], model: LoadedModel) -> Film | None:
    """The film to look at: the only one, or the one picked below a table of all. Says why others were refused."""
    read = [film for film in films if isinstance(film, Film)]
    if len(films) <= 1:
        for film in films:
            if isinstance(film, UnreadableFilm):
                st.error(film.reason)
        return read[0] if read else None
    insisted = bool(st.session_state.get("insist"))
    names = numbered([film.name for film in films])
    rows = [_row(film, name, model, insisted) for film, name in zip(films, names, strict=True)]
    with st.container(height=TABLE_HEIGHT if len(rows) > 5 else "content", border=False):
        st.table(rows, hide_index=True)
    if not read:
        return None
    # By name, not by place, so that a film stays when one before it is removed. The widget holds no film: what is
    # given to it lives as long as the session.
    places = {name: film for film, name in zip(films, names, strict=True) if isinstance(film, Film)}
    return places[st.selectbox("Look at", list(places), key="look")]


def numbered(names: Sequence[str]) -> list[str]:
    """``names``, those that stand there before with a number behind them, so that all differ."""
    found: list[str] = []
    for name in names:
        tries = (name, *(f"{name} ({number})" for number in range(2, len(names) + 2)))
        found.append(next(one for one in tries if one not in found))
    return found


def _row(film: Film | UnreadableFilm, name: str, model: LoadedModel, insisted: bool) -> dict[str, str]:
    row = {"File": name, "P(PNEUMONIA)": "", "Label": "refused", "Reason": ""}
    if isinstance(film, UnreadableFilm):
        return row | {"Reason": film.reason}
    if not film.verdict.accepted:
        row["Reason"] = film.verdict.sentence(film.name)
    if film.verdict.accepted or insisted:
        found = film_store.predict(film, model)
        row |= {"P(PNEUMONIA)": percent(found.p_pneumonia), "Label": found.label}
    return row


def admitted(film: Film) -> bool:
    """Whether the network is asked: the film looks like one that it may be asked about, or the reader insists.

    Otherwise the reason is shown, with the picture and the lungs that were found in it.
    """
    if film.verdict.accepted:
        return True
    st.error(film.verdict.sentence(film.name))
    insisted = st.toggle("Ask the network all the same", key="insist", bind="query-params")
    if insisted:
        st.warning("The network was made for upright frontal chest films. What it says of this picture means nothing.")
        return True
    picture, words = st.columns([1, 2])
    with picture:
        lungs = film.verdict.lungs
        grey = np.repeat(film.picture[..., None], 3, axis=-1)
        drawn = overlay.draw_outline(grey, lungs, theme.FILM_LUNGS)
        found = (
            f"what was taken for lung is outlined ({percent(lungs.mean())} of it)"
            if lungs.any()
            else "no lung was found"
        )
        st.image(overlay.light_box(drawn), alt=f"The picture {film.name}; {found}", width="stretch")
        st.caption(f"{film.name} · {film.kind} · {film.width} × {film.height} pixels; {found}.")
    with words:
        st.markdown(REFUSAL)
    return False


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
        seen = film_store.network_view(film, side)
        st.markdown("**What the network sees**")
        st.image(overlay.light_box(seen), alt="The same film, squeezed to a small square", width="stretch")
        st.caption(f"{side} × {side} greys, squeezed to a square; brightness and contrast are evened out.")
    places = columns[2:] if count <= 2 else st.columns(count)
    slots = []
    for place, method in zip(places, wanted.methods, strict=True):
        with place:
            st.markdown(f"**{METHODS[method].title}**")
            slots.append(st.empty())
    found = film_store.saliency_maps(film, model, wanted.methods, wanted.target, slots)
    for slot, one in zip(slots, found, strict=True):
        _show_map(slot, film, one, wanted, truth)
    return [one for one in found if isinstance(one, Attribution)]


def _with_truth(film: Film, wanted: Wanted, truth: np.ndarray | None) -> np.ndarray:
    grey = np.repeat(film.picture[..., None], 3, axis=-1)
    return overlay.draw_outline(grey, truth) if wanted.outlined and truth is not None else grey


def _laid_over(film: Film, one: Attribution, wanted: Wanted, truth: np.ndarray | None) -> np.ndarray:
    coloured = overlay.overlay_map(film.picture, one, wanted.opacity)
    return overlay.draw_outline(coloured, truth) if wanted.outlined and truth is not None else coloured


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
        st.html(overlay.colour_bar_html(one, wanted.opacity))
        st.caption(said)


def explain_methods(methods: Sequence[str], model: LoadedModel) -> None:
    """What each method on show does, and what it costs."""
    for method in methods:
        chosen, count = METHODS[method], count_passes(model, method)
        cost = "one pass" if count == 1 else f"{count} passes"
        st.markdown(f"**{chosen.title}.** {chosen.about} It takes {cost} through the network. *{chosen.source}.*")


def take_home(
    film: Film, model: LoadedModel, prediction: Prediction, maps: Sequence[Attribution], wanted: Wanted,
    truth: np.ndarray | None,
) -> None:  # fmt: skip
    """The pictures as one PNG, and the numbers as JSON."""
    caption = [f"{film.name}, network {model.name}", sentence(prediction)]
    if film.verdict.reason:
        caption.append(f"Asked all the same: {film.verdict.sentence(film.name)}")
    caption.append(NOTICE)
    stem = film.name.rsplit(".", 1)[0] or "film"
    with st.container(horizontal=True):
        st.download_button(
            "Pictures (PNG)", lambda: _sheet(film, maps, wanted, truth, caption), f"{stem}.png", "image/png",
            on_click="ignore", key="png",
        )  # fmt: skip
        st.download_button(
            "Record (JSON)", record(film, model, prediction, maps, film.verdict.reason), f"{stem}.json",
            "application/json", on_click="ignore", key="json",
        )  # fmt: skip


def _sheet(
    film: Film, maps: Sequence[Attribution], wanted: Wanted, truth: np.ndarray | None, caption: Sequence[str]
) -> bytes:
    panels = [overlay.Panel("The film", _with_truth(film, wanted, truth))]
    panels += [
        overlay.Panel(f"{METHODS[one.method].title}, {one.class_name}", _laid_over(film, one, wanted, truth), one)
        for one in maps
    ]
    return overlay.render_sheet(panels, caption, wanted.opacity)
