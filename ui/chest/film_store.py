"""Read films, and keep what networks made of them: predictions and maps, all bounded.

Whatever is made of a reader's own file is kept in that reader's session and dropped when another page is opened. What
is made of a built-in film is the same for everybody and shared: a class that opens one film runs the network once.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

import numpy as np
import streamlit as st
import torch
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from cnn import cards
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import CheckedMap
from cnn.attribution.methods import BASELINE, METHODS
from cnn.errors import Busy, UserError
from cnn.imaging.grayscale import to_8_bits
from cnn.imaging.radiograph import Radiograph, display_name, read_radiograph
from cnn.models import loading, ood_gate, registry
from cnn.models.film_inputs import FilmInputs
from cnn.models.loading import LoadedModel
from cnn.models.ood_gate import GateResult
from cnn.predict.prediction import Prediction, classify
from ui.chest.result_cache import ResultCache
from ui.shell.session_data import drop_with_page, is_idle
from ui.widgets import upload
from ui.widgets.upload import FilmChoice

# Readers compute side by side. With two threads each on two busy cores, a run of the page took 13 s instead of 1 s.
torch.set_num_threads(1)

PICTURE_SIDE = 768
"""Pixels of the longer side of a film as it is displayed."""
MAX_MAPS, MAX_PREDICTIONS = 24, 96
"""Results that one session keeps of the reader's own films."""
MAX_CHECKED_MAPS = 8
"""Checked maps that are kept, by a session of its own films and for all readers of the built-in ones."""
MAX_SHARED_MAPS, MAX_SHARED_FILMS, MAX_SHARED_PREDICTIONS = 96, 32, 128
"""Results of built-in films that are kept for all readers."""
_FILMS, _RESULTS = drop_with_page("chest.films"), drop_with_page("chest.results")


@dataclass(frozen=True)
class Film:
    """A radiograph that was read: a picture to display, and the inputs of all networks.

    Attributes:
        name: File name, fit to be displayed.
        kind: File format.
        notes: Remarks of the decoder.
        sha256: Hash of the file.
        height: In pixels.
        width: In pixels.
        picture: (h, w) uint8 greys, at most PICTURE_SIDE a side.
        inputs: For the classifiers and the gate.
        gate_result: Whether it looks like a frontal chest film.
        pixel_spacing_mm: Distance of pixel centres, down and across, where the file gives it.
        stored: (h, w) the file's own number in the middle of each pixel of ``picture``; None where it is the same.
        uploaded: Whether it is the reader's own file: then nothing made of it may outlive its page.
    """

    name: str
    kind: str
    notes: tuple[str, ...]
    sha256: str
    height: int
    width: int
    picture: np.ndarray = field(repr=False, compare=False)
    inputs: FilmInputs = field(repr=False, compare=False)
    gate_result: GateResult
    pixel_spacing_mm: tuple[float, float] | None = None
    stored: np.ndarray | None = field(default=None, repr=False, compare=False)
    uploaded: bool = False


@dataclass(frozen=True)
class UnreadableFilm:
    """A file that could not be read, and the sentence that says why; ``passing`` if the next attempt may succeed."""

    name: str
    reason: str
    passing: bool = False


class FilmResults:
    """Predictions, maps and checked maps of films."""

    def __init__(self, max_predictions: int, max_maps: int) -> None:
        self.predictions: ResultCache[Prediction] = ResultCache(max_predictions)
        self.maps: ResultCache[Attribution] = ResultCache(max_maps)
        self.checked: ResultCache[CheckedMap] = ResultCache(MAX_CHECKED_MAPS)


SHARED = FilmResults(MAX_SHARED_PREDICTIONS, MAX_SHARED_MAPS)


def results_of(film: Film) -> FilmResults:
    """Return the store for results of ``film``: the session's for the reader's own films, else the shared one."""
    if not film.uploaded:
        return SHARED
    if _RESULTS not in st.session_state:
        st.session_state[_RESULTS] = FilmResults(MAX_PREDICTIONS, MAX_MAPS)
    results: FilmResults = st.session_state[_RESULTS]
    return results


def clear_shared() -> None:
    """Drop all films and results that readers share."""
    _read_shared.clear()
    SHARED.predictions.clear()
    SHARED.maps.clear()
    SHARED.checked.clear()


def read_films(choices: Sequence[FilmChoice]) -> list[Film | UnreadableFilm]:
    """Read each chosen file once. A session keeps a film until another page is opened, or it is removed."""
    before: dict[str, Film | UnreadableFilm] = st.session_state.get(_FILMS, {})
    films: dict[str, Film | UnreadableFilm] = {}
    for choice in choices:
        read = _read if choice.uploaded else _read_shared
        films[choice.key] = before.get(choice.key) or read(choice)
    own = {choice.key for choice in upload.own_films()}
    kept = {key: film for key, film in before.items() if key in own} | films
    st.session_state[_FILMS] = {key: film for key, film in kept.items() if not getattr(film, "passing", False)}
    return list(films.values())


def read_film(choice: FilmChoice) -> Film:
    """Read the file of ``choice`` once; raises ``UserError`` where it is no image that can be read."""
    film = read_films([choice])[0]
    if isinstance(film, UnreadableFilm):
        raise UserError(film.reason)
    return film


def _read(choice: FilmChoice) -> Film | UnreadableFilm:
    if choice.uploaded and (radiograph := upload.kept_radiograph(choice)):
        upload.forget_radiograph()
        return _prepare(radiograph, uploaded=True)
    data, name = choice.read()
    try:
        with upload.memory_for(data) if choice.uploaded else nullcontext():
            return _prepare(read_radiograph(data, name), uploaded=choice.uploaded)
    except Busy as error:
        return UnreadableFilm(display_name(choice.name), str(error), passing=True)
    except UserError as error:
        return UnreadableFilm(display_name(choice.name), " ".join((str(error), *getattr(error, "notes", ()))))


def _prepare(radiograph: Radiograph, *, uploaded: bool) -> Film:
    """Return what a page needs of a radiograph, which is many times smaller."""
    height, width = radiograph.pixels.shape
    picture = Image.fromarray(to_8_bits(radiograph.pixels))
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
    inputs = FilmInputs.from_radiograph(radiograph)
    return Film(
        radiograph.name,
        radiograph.kind,
        radiograph.notes,
        radiograph.sha256,
        height,
        width,
        np.asarray(picture),
        inputs,
        ood_gate.check_batch(inputs.for_gate)[0],
        radiograph.pixel_spacing_mm,
        _sample_stored(radiograph.stored, np.asarray(picture)),
        uploaded,
    )


def _sample_stored(stored: np.ndarray | None, picture: np.ndarray) -> np.ndarray | None:
    """Return the numbers of ``stored`` (H, W) in the middle of each pixel of ``picture``, where they differ from it."""
    if stored is None:
        return None
    middles = (
        ((np.arange(count) + 0.5) * size / count).astype(int)
        for count, size in zip(picture.shape, stored.shape, strict=True)
    )
    sampled: np.ndarray = stored[np.ix_(*middles)]
    return None if np.array_equal(sampled, picture) else sampled


@st.cache_resource(max_entries=MAX_SHARED_FILMS, show_spinner=False, hash_funcs={FilmChoice: attrgetter("key")})
def _read_shared(choice: FilmChoice) -> Film | UnreadableFilm:
    return _read(choice)


def prepare(choice: FilmChoice, method: str, target: int) -> None:
    """Read a built-in film with the default network, and compute a map, before a reader asks for them.

    Where a reader is there already, the map is left to the page, which shows the verdict first: the imports for a map
    would hold that up.
    """
    film, model = _read_shared(choice), loading.load()
    if isinstance(film, Film):
        predict(film, model)
        if not is_idle():
            return
        pixels, key = film.inputs.for_model(model), _map_key(film, model, method, target)
        results_of(film).maps.get_or_compute(key, lambda: attribute(model, pixels, method, target))


def list_models() -> list[str]:
    """Return the default network, and the others whose weights are installed."""
    others = [name for name in registry.MODELS if name != cards.DEFAULT_NETWORK]
    folders = {name: registry.MODELS[name].folder or loading.WEIGHTS_FOLDER for name in others}
    installed = [name for name in others if (folders[name] / f"{name}.json").is_file()]
    return [cards.DEFAULT_NETWORK, *installed]


def predict(film: Film, model: LoadedModel) -> Prediction:
    """Return the prediction of ``model``, computed once: every change of a widget runs the page again."""
    return results_of(film).predictions.get_or_compute(
        (film.sha256, model.weights_sha256), lambda: classify(model, film.inputs.for_model(model))[0]
    )


def predict_baseline(film: Film, model: LoadedModel) -> Prediction:
    """Return the prediction for a plain grey image, from which the maps start: the same for all films."""
    return SHARED.predictions.get_or_compute(
        ("baseline", model.weights_sha256),
        lambda: classify(model, torch.full_like(film.inputs.for_model(model), BASELINE))[0],
    )


def _map_key(film: Film, model: LoadedModel, method: str, target: int) -> tuple[str, str, str, int]:
    return film.sha256, model.weights_sha256, method, target


def finished_map(film: Film, model: LoadedModel, method: str, target: int) -> Attribution | None:
    """Return a map if it has been computed before."""
    return results_of(film).maps.get(_map_key(film, model, method, target))


def saliency_maps(
    film: Film, model: LoadedModel, methods: Sequence[str], target: int, slots: Sequence[DeltaGenerator]
) -> list[Attribution | UserError]:
    """Return a map for each of ``methods``, or why there is none; each is computed once.

    Progress is displayed in the slot of each. Because it is, another choice of the reader stops the computation.
    """
    return [_saliency_map(film, model, method, target, slot) for method, slot in zip(methods, slots, strict=True)]


def _saliency_map(
    film: Film, model: LoadedModel, method: str, target: int, slot: DeltaGenerator
) -> Attribution | UserError:
    title = METHODS[method].title

    def report_queue(position: int, done: int, total: int) -> None:
        text = f"{title}: {done} of {total} passes. The network is busy with other readers' maps; you are number"
        slot.progress(done / total, f"{text} {position} in line.")

    def report_other_reader() -> None:
        slot.progress(0.0, f"{title}: another reader's request for the same map is being computed.")

    def compute() -> Attribution:
        progress = partial(_show_progress, slot, title)
        return attribute(model, film.inputs.for_model(model), method, target, progress, report_queue)

    key = _map_key(film, model, method, target)
    try:
        return results_of(film).maps.get_or_compute(key, compute, report_other_reader)
    except UserError as error:
        return error


def _show_progress(slot: DeltaGenerator, title: str, done: int, total: int) -> None:
    slot.progress(done / total, f"{title}: {done} of {total} passes through the network")
