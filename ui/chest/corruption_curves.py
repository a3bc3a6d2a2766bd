"""What a corruption does to the reader's film and to the test films, by severity: curves below the shortcut lab."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from cachetools import FIFOCache

from cnn.attribution.corruptions import CORRUPTIONS, SEVERITIES, SIDE, classify_corrupted
from cnn.attribution.perturbations import to_greys
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction, percent
from ui.chest.film_store import Film
from ui.shell import theme
from ui.shell.fields import Choice
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.widgets.tables import show_table

_NAMES = {corruption.title: name for name, corruption in CORRUPTIONS.items()}
CORRUPTION = Choice("corruption", "Corruption", CORRUPTIONS["jpeg_compression"].title, options=tuple(_NAMES))
_KEPT, _MAX_KEPT = drop_with_page("shortcut_lab.corrupted"), 60
_SEVERITY = ("clean", *(str(1 + index) for index in range(SEVERITIES)))
_MISSED, _FALSE_POSITIVES, _FILM = "missed, test films", "false positives, test films", "P(PNEUMONIA) of this film"


def show_curves(film: Film, model: LoadedModel, state: State) -> None:
    """Show errors on all test films and the probability of ``film`` by severity; nothing if none were measured."""
    corrupted = model.card.get("corrupted_test")
    if not corrupted:
        st.markdown("Nothing is measured of this network on corrupted films.")
        return
    name = _NAMES[state.select(CORRUPTION)]
    predictions = _classify(film, model, name)
    curves = {key: 100 * (1 - _rates(corrupted, name, rate)) for key, rate in _ERRORS.items()}
    curves[_FILM] = 100 * np.array([each.p_pneumonia for each in predictions])
    _draw(curves, model.threshold, _describe(predictions, curves, name))
    rows = [[title, *(f"{curves[title][step]:.0f} %" for step in range(SEVERITIES + 1))] for title in _ERRORS]
    rows.append([_FILM, *(percent(each.p_pneumonia) for each in predictions)])
    with st.expander("The same as a table"):
        show_table(["severity", *_SEVERITY], rows, label="Errors and this film by severity")


def _classify(film: Film, model: LoadedModel, name: str) -> list[Prediction]:
    """Return the predictions at every severity; they are kept for when the lab above runs the page again."""
    kept: FIFOCache[tuple[str, ...], list[Prediction]] = st.session_state.setdefault(_KEPT, FIFOCache(_MAX_KEPT))
    key = (film.sha256, model.weights_sha256, name)
    if key not in kept:
        kept[key] = classify_corrupted(model, to_greys(film.inputs.by_size[SIDE]), name)
    return kept[key]


_ERRORS = {_MISSED: "sensitivity", _FALSE_POSITIVES: "specificity"}


def _rates(corrupted: dict[str, Any], name: str, rate: str) -> np.ndarray:
    """Return a rate on the test films, clean and at each severity, (SEVERITIES + 1,)."""
    return np.array(corrupted["clean"][rate] + corrupted["by_corruption"][name][rate])


def _describe(predictions: list[Prediction], curves: dict[str, np.ndarray], name: str) -> str:
    first = predictions[0]
    flips = [index for index, each in enumerate(predictions) if each.label != first.label]
    change = f"becomes {predictions[flips[0]].label} at severity {flips[0]}" if flips else "stays so at every severity"
    missed, false = curves[_MISSED], curves[_FALSE_POSITIVES]
    return (
        f"{CORRUPTIONS[name].title}: this film is {first.label} (P(PNEUMONIA) {percent(first.p_pneumonia)}) and "
        f"{change}. Of the test films with PNEUMONIA, {missed[0]:.0f} % are missed uncorrupted and {missed[-1]:.0f} % "
        f"at severity {SEVERITIES}; of those without it, {false[0]:.0f} % and {false[-1]:.0f} % are false positives. "
        "The thin line is the threshold."
    )


def _draw(curves: dict[str, np.ndarray], threshold: float, description: str) -> None:
    colours = theme.palette()
    looks = {
        _MISSED: (colours.negative, "dash"),
        _FALSE_POSITIVES: (colours.kernel, "dot"),
        _FILM: (colours.output, "solid"),
    }
    figure = go.Figure()
    for title, values in curves.items():
        line = dict(zip(("color", "dash"), looks[title], strict=True)) | {"width": 2.5}
        figure.add_scatter(x=_SEVERITY, y=values, name=title, mode="lines+markers", line=line)
    figure.add_hline(
        y=100 * threshold,
        line={"color": colours.muted, "width": 1},
        annotation_text="threshold",
        annotation_position="top left",
    )
    figure.update_layout(height=340)
    figure.update_xaxes(title="severity", type="category")
    figure.update_yaxes(title="%", range=[-3, 103])
    theme.show_figure(figure, key="corruption-curves", description=description, heading="Under a corruption")
