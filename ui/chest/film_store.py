"""What is kept of the pictures on a page: films, predictions and maps, all bounded.

What comes of a reader's own file is kept in that reader's session and goes when another page is opened. What comes of
a built-in film is the same for everybody, so all readers share it: a class that opens one film asks the network once.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
import torch
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from cnn import cards
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.errors import UserError
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import display_name, read_radiograph
from cnn.models import allocator, loading, ood_gate, registry
from cnn.models.loading import LoadedModel
from cnn.models.ood_gate import GateResult
from cnn.predict.prediction import Prediction, classify
from ui.shell.session_data import drop_with_page
from ui.widgets.upload import FilmChoice

# Readers compute side by side. With two threads each on two busy cores, a run of the page took 13 s instead of 1 s.
torch.set_num_threads(1)
allocator.keep_memory()

PICTURE_SIDE = 768
"""Pixels of the longer side of a film as it is shown."""
MOST_MAPS = 24
"""Maps that one session keeps of the reader's own films."""
MOST_SHARED_MAPS, MOST_SHARED_FILMS = 96, 32
"""The same of the built-in films, for all readers together."""
_TIDYING = threading.Lock()
_FILMS, _MAPS = drop_with_page("reading.films"), drop_with_page("reading.maps")


@dataclass(frozen=True)
class Film:
    """What is kept of a radiograph: its grey picture (h, w) uint8, small enough to show, and every network's input."""

    name: str
    kind: str
    notes: tuple[str, ...]
    sha256: str
    height: int
    width: int
    picture: np.ndarray = field(repr=False, compare=False)
    inputs: dict[int, Tensor] = field(repr=False, compare=False)
    verdict: GateResult
    predictions: dict[str, Prediction] = field(default_factory=dict, repr=False, compare=False)
    """What networks have said of it, by the hash of their weights; it goes when the film goes."""
    own: bool = False
    """Whether it is the reader's own file: then nothing derived from it may outlive its page."""


@dataclass(frozen=True)
class UnreadableFilm:
    """A file that could not be read, and the sentence that says why."""

    name: str
    reason: str


Maps = OrderedDict[tuple[Any, ...], Attribution]
"""By film, weights, method and class, the one looked at last at the end."""
_SHARED: Maps = OrderedDict()


class _Made(Exception):
    """Another reader's map of the same film has come."""


def read_films(offers: Sequence[FilmChoice]) -> list[Film | UnreadableFilm]:
    """Each offer read, or refused. A session keeps what it has read until it is no longer on offer."""
    kept: dict[str, Film | UnreadableFilm] = st.session_state.get(_FILMS, {})
    st.session_state[_FILMS] = {
        offer.key: kept.get(offer.key) or (_read(offer) if offer.uploaded else _read_once(offer.key, offer))
        for offer in offers
    }
    return list(st.session_state[_FILMS].values())


@st.cache_resource(max_entries=MOST_SHARED_FILMS, show_spinner=False)
def _read_once(key: str, _offer: FilmChoice) -> Film | UnreadableFilm:
    assert not _offer.uploaded, "a reader's own file is shared with nobody"
    return _read(_offer)


def _read(offer: FilmChoice) -> Film | UnreadableFilm:
    try:
        radiograph = read_radiograph(*offer.read())
    except UserError as error:
        return UnreadableFilm(display_name(offer.name), str(error))
    height, width = radiograph.pixels.shape
    picture = Image.fromarray(np.round(radiograph.pixels * 255).astype(np.uint8))
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
    sides = {ood_gate.INPUT_SIZE, *(architecture.input_size for architecture in registry.MODELS.values())}
    inputs = {side: to_tensor(radiograph, side) for side in sides}
    return Film(
        radiograph.name, radiograph.kind, radiograph.notes, radiograph.sha256, height, width,
        np.asarray(picture), inputs, ood_gate.check_batch(inputs[ood_gate.INPUT_SIZE])[0], own=offer.uploaded,
    )  # fmt: skip


def network_view(film: Film, side: int) -> np.ndarray:
    """The network's input as greys, (side, side) uint8: its darkest value black, its brightest white."""
    values = film.inputs[side][0, 0].numpy()
    return np.round(255 * (values - values.min()) / max(np.ptp(values), 1e-9)).astype(np.uint8)


def list_models() -> list[str]:
    """Names of the registered networks whose weights are here, the default first."""
    names = [name for name in registry.MODELS if (loading.WEIGHTS_FOLDER / f"{name}.json").is_file()]
    return sorted(names, key=lambda name: name != cards.DEFAULT_NETWORK)


def predict(film: Film, model: LoadedModel) -> Prediction:
    """What ``model`` says of ``film``, computed once: every change of a widget runs the page again."""
    if model.weights_sha256 not in film.predictions:
        film.predictions[model.weights_sha256] = classify(model, film.inputs[model.input_size])[0]
    return film.predictions[model.weights_sha256]


def saliency_maps(
    film: Film, model: LoadedModel, methods: Sequence[str], target: int, slots: Sequence[DeltaGenerator]
) -> list[Attribution | UserError]:
    """One map for each of ``methods``, computed only where it is not kept yet.

    Progress is shown in the slot of each; because it is, choosing something else stops the computation there.
    """
    kept: Maps = st.session_state.setdefault(_MAPS, OrderedDict()) if film.own else _SHARED
    keys = [(film.sha256, model.weights_sha256, method, target) for method in methods]
    found = [_map(kept, key, film, model, slot) for key, slot in zip(keys, slots, strict=True)]
    with _TIDYING:
        for key in kept.keys() & keys:
            kept.move_to_end(key)
        while len(kept) > (MOST_MAPS if film.own else MOST_SHARED_MAPS):
            kept.popitem(last=False)
    return found


def _map(
    kept: Maps, key: tuple[str, str, str, int], film: Film, model: LoadedModel, slot: DeltaGenerator
) -> Attribution | UserError:
    *_, method, target = key
    title = METHODS[method].title

    def wait(place: int, done: int, total: int) -> None:
        if key in kept:
            raise _Made
        _show_place(slot, title, place, done, total)

    try:
        one = kept.get(key)
        if one is None:
            pixels, show = film.inputs[model.input_size], partial(_show_progress, slot, title)
            one = kept[key] = attribute(model, pixels, method, target, show, wait)
        return one
    except _Made:
        return _map(kept, key, film, model, slot)
    except UserError as error:
        return error


def _show_progress(slot: DeltaGenerator, title: str, done: int, total: int) -> None:
    slot.progress(done / total, f"{title}: {done} of {total} passes through the network")


def _show_place(slot: DeltaGenerator, title: str, place: int, done: int, total: int) -> None:
    said = f"{title}: {done} of {total} passes. The network is busy with other readers' maps; you are number {place}"
    slot.progress(done / total, f"{said} in line.")
