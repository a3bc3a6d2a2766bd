"""The chest X-ray page from top to bottom: the choice of film and network, the maps, the downloads."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS, count_passes
from cnn.attribution.record import record
from cnn.cards import CLASSES, network_title
from cnn.errors import UserError
from cnn.imaging.samples.real_films import REAL_FILMS, RealFilm
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction, percent, sentence
from cnn.text import NOTICE
from ui.chest import film_store, overlay, own_network
from ui.chest.film_store import Film, UnreadableFilm
from ui.chest.views import view_map
from ui.shell import address, frame, theme
from ui.shell.fields import Choice, Flag, Several
from ui.shell.text import plain, sentence_of
from ui.widgets import upload
from ui.widgets.film_viewer import Outline, show_viewer
from ui.widgets.network_choice import choose_network
from ui.widgets.upload import FilmChoice

MAX_METHODS = 4
TABLE_HEIGHT = 250
REJECTION = (
    "**Why no probability?** The network has two labels, NORMAL and PNEUMONIA, and gives one of them to any image, "
    "to an ankle as readily as to a chest. So another network checks first: it was trained to outline lungs. If it "
    "finds none, or if the image is unlike the frontal films that it was trained on, the image is not "
    "classified. It can be wrong, on a film as on a photograph: then classify anyway."
)


EXAMPLES = {
    "A child": upload.OPENING_FILM,
    "Another child": "Child 3",
    "An adult, with a radiologist's box": "Adult 12",
    "A simulated lesion": "Simulated chest with consolidation",
    "An ankle": "An ankle (the wrong picture)",
}
"""Films by what the reader presses to see them."""


def _method_title(method: str) -> str:
    return METHODS[method].title


ANYWAY = Flag("insist", "Classify anyway", False)
MAPS = Several(
    "maps",
    "Saliency methods (up to 4)",
    ("grad_cam",),
    options=tuple(METHODS),
    title=_method_title,
)
EXPLAINED = Choice("explain", "Class explained", CLASSES[-1], options=tuple(CLASSES))
OUTLINED = Flag("truth", "Outline", False)


@dataclass(frozen=True)
class Reading:
    """A film, the network that reads it, its prediction, and outlines of what is known to be where."""

    film: Film
    model: LoadedModel
    prediction: Prediction
    outlines: Sequence[Outline] = ()


@dataclass(frozen=True)
class MapSettings:
    """The reader's settings of the maps.

    Attributes:
        methods: Keys of METHODS.
        target: Index of the class that is explained.
    """

    methods: tuple[str, ...]
    target: int


def warm_up() -> None:
    """Make ready what the page shows at first: weights, prediction and map."""
    opening = next(film for film in REAL_FILMS if film.title == upload.OPENING_FILM)
    with suppress(UserError):  # the page says what is missing
        film_store.prepare(upload.choice_of(opening), MAPS.default[0], CLASSES.index(EXPLAINED.default))


def choose_film_and_network() -> tuple[FilmChoice, str]:
    """Show the tray of films and the list of networks; return the film and the network's name."""
    return upload.choose_film(), choose_network([*film_store.list_models(), *own_network.names()])


def load_film_and_network(choice: FilmChoice, name: str) -> tuple[LoadedModel, Film]:
    """Return the network ``name`` and the film to look at; where either is missing, end the page with the reason."""
    try:
        return own_network.load_network(name), film_store.read_film(choice)
    except UserError as error:
        st.error(sentence_of(error))
        frame.notice()
        st.stop()


def show_own_films(model: LoadedModel) -> None:
    """Show a table of the reader's own films with the network's answer to each."""
    films = film_store.read_films(upload.own_films())
    classify_anyway = bool(st.session_state.get("insist"))
    names = make_distinct([film.name for film in films])
    rows = [_table_row(film, name, model, classify_anyway) for film, name in zip(films, names, strict=True)]
    with st.container(height=TABLE_HEIGHT if len(rows) > 5 else "content", border=False):
        st.table([{column: plain(cell) for column, cell in row.items()} for row in rows], hide_index=True)


def make_distinct(names: Sequence[str]) -> list[str]:
    """Return ``names``, with a number behind those that came before."""
    distinct: list[str] = []
    for name in names:
        candidates = (name, *(f"{name} ({number})" for number in range(2, len(names) + 2)))
        distinct.append(next(candidate for candidate in candidates if candidate not in distinct))
    return distinct


def _table_row(film: Film | UnreadableFilm, name: str, model: LoadedModel, classify_anyway: bool) -> dict[str, str]:
    row = {"File": name, "P(PNEUMONIA)": "", "Label": "rejected", "Reason": ""}
    if isinstance(film, UnreadableFilm):
        return row | {"Reason": film.reason}
    if not film.gate_result.accepted:
        row["Reason"] = " ".join((film.gate_result.sentence(film.name), *film.notes))
    if film.gate_result.accepted or classify_anyway:
        row["Reason"] = " ".join((row["Reason"], *film.gate_result.warnings)).strip()
        prediction = film_store.predict(film, model)
        row |= {"P(PNEUMONIA)": percent(prediction.p_pneumonia), "Label": prediction.label}
    return row


def choose_to_classify_anyway(film: Film) -> bool:
    """Say why ``film`` was rejected, and return whether the reader wants it classified anyway."""
    st.error(plain(film.gate_result.sentence(film.name)))
    classify_anyway = st.toggle(ANYWAY.label, key=address.key(ANYWAY))
    if classify_anyway:
        st.warning(
            "The network was made for frontal chest films, the right way up. What it says of this one means nothing."
        )
    return classify_anyway


def show_label(choice: FilmChoice, prediction: Prediction | None) -> None:
    """Offer the film's label, closed until the reader opens it, with its story and source."""
    sample = choice.sample
    if sample is None:
        return
    with st.expander("About this film, and its label" if isinstance(sample, RealFilm) else "About this film"):
        st.markdown(sample.story)
        if isinstance(sample, RealFilm):
            verdict = "" if prediction is None else f" **{judge(sample, prediction)}**"
            st.markdown(f"{sample.answer}{verdict}")
            st.caption(sample.credit)


def judge(sample: RealFilm, prediction: Prediction) -> str:
    """Return whether the network's answer is that of the label."""
    if prediction.label == sample.label:
        return f"{network_title(prediction.model)}'s prediction agrees with this label."
    return f"{network_title(prediction.model)} is wrong here: it says {prediction.label}."


def show_warnings(film: Film) -> None:
    """Warn of a prediction from a film that is cut or turned."""
    for warning in film.gate_result.warnings:
        st.warning(f"{warning} The probability was computed from the film as it is and may be wrong.")


def explain_rejection(film: Film) -> None:
    """Show a rejected film with the lungs that were found in it."""
    lungs, found, outlines = film.gate_result.lungs, "no lung was found", []
    if lungs.any():
        found = f"what was taken for lung is outlined ({percent(lungs.mean())} of it)"
        outlines = [Outline.of_mask("taken for lung", theme.FILM_LUNGS, lungs)]
    show_viewer(film, (), outlines, key="viewer")
    st.caption(_describe_file(film, f"; {found}"))
    st.markdown(REJECTION)


def _describe_file(film: Film, found: str = "") -> str:
    size = f"{film.kind} · {film.width} × {film.height} pixels{found}."
    return f"{plain(film.name)} · {size} {plain(' '.join(film.notes))}"


def choose_map_settings() -> MapSettings:
    """Show the widgets for the maps."""
    methods = st.pills(
        MAPS.label,
        MAPS.options,
        selection_mode="multi",
        key=address.key(MAPS),
        format_func=MAPS.title,
        help="Start with Grad-CAM: it is fast, and fails few tests of the Method bench.",
    )
    name = st.segmented_control(EXPLAINED.label, CLASSES, required=True, key=address.key(EXPLAINED))
    if left_out := methods[MAX_METHODS:]:
        titles = " and ".join(map(_method_title, left_out))
        st.warning(f"{MAX_METHODS} maps fit side by side. Not shown: {titles}. Deselect another one first.")
    return MapSettings(tuple(methods[:MAX_METHODS]), CLASSES.index(name))


def show_maps(reading: Reading, settings: MapSettings) -> list[Attribution]:
    """Show the film with its maps in the viewer; a map that is missing is computed, and the page runs again with it.

    Returns:
        The maps that are there.
    """
    film, model = reading.film, reading.model
    found = {method: film_store.finished_map(film, model, method, settings.target) for method in settings.methods}
    maps = [attribution for attribution in found.values() if attribution]
    missing = [method for method, attribution in found.items() if not attribution]
    progress = st.container()
    show_viewer(
        film,
        [view_map(attribution) for attribution in maps],
        reading.outlines,
        key="viewer",
        pending=[_method_title(method) for method in missing],
        outlined=address.read(OUTLINED),
    )
    st.caption(_describe_file(film))
    for method in missing:
        slot = progress.empty()
        (computed,) = film_store.saliency_maps(film, model, [method], settings.target, [slot])
        if isinstance(computed, Attribution):
            st.rerun()  # the map takes its place, and those that are there stay
        slot.info(sentence_of(computed))
    return maps


def explain_direction(reading: Reading, maps: Sequence[Attribution]) -> None:
    """Say why a map counts against the class that is predicted, or for the other one: the start is no even chance."""
    for attribution in maps:
        name, target = attribution.class_name, attribution.target
        supports = attribution.map.sum() > 0
        if not attribution.signed or attribution.blank or supports == (reading.prediction.label == name):
            continue
        start = film_store.predict_baseline(reading.film, reading.model).probabilities[target]
        end = reading.prediction.probabilities[target]
        if supports == (end > start):
            st.info(
                f"Why does the map count {'for' if supports else 'against'} {name}, at P({name}) {percent(end)}? This "
                f"network gives a plain grey image P({name}) {percent(start)}; the map shows what this film "
                f"{'adds to that' if supports else 'takes away from that'}."
            )
            return


def explain_methods(methods: Sequence[str], model: LoadedModel) -> None:
    """Say how each method works and what it costs."""
    for key in methods:
        method, count = METHODS[key], count_passes(model, key)
        passes = "one pass" if count == 1 else f"{count} passes"
        st.markdown(f"**{method.title}.** {method.about} It takes {passes} through the network. *{method.source}.*")


def offer_downloads(reading: Reading, maps: Sequence[Attribution]) -> None:
    """Offer the images as one PNG, and the numbers as JSON."""
    film, gate_result = reading.film, reading.film.gate_result
    caption = [f"{film.name}, network {reading.model.name}", sentence(reading.prediction), NOTICE]
    caption[2:2] = film.gate_result.warnings
    if not gate_result.accepted:
        caption.insert(2, f"Classified anyway: {gate_result.sentence(film.name)}")

    def render_png() -> bytes:
        panels = [overlay.Panel("The film", overlay.to_colour(film.picture))]
        for attribution in maps:
            title = f"{_method_title(attribution.method)}, {attribution.class_name}"
            image = overlay.overlay_map(film.picture, attribution, overlay.OPACITY)
            panels.append(overlay.Panel(title, image, attribution))
        return overlay.render_sheet(panels, caption, overlay.OPACITY)

    json = record(film, reading.model, reading.prediction, maps, gate_result.reason)
    stem = film.name.rsplit(".", 1)[0] or "film"
    with st.container(horizontal=True):
        st.download_button("Pictures (PNG)", render_png, f"{stem}.png", "image/png", on_click="ignore", key="png")
        st.download_button("Record (JSON)", json, f"{stem}.json", "application/json", on_click="ignore", key="json")
