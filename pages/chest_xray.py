"""Choose or upload a radiograph; see probabilities, a saliency map, and how far to believe them."""

import streamlit as st

from cnn.imaging.samples.built_in import lesion_mask
from ui.chest import film_store, map_checks, prediction_scale, sections
from ui.shell import frame
from ui.widgets import upload

frame.header(
    "Read a chest X-ray",
    "A trained network classifies a chest X-ray as NORMAL or PNEUMONIA, and saliency maps show what moved its answer. "
    "For teaching, never for diagnosis.",
)
stage, panel = st.columns([5, 3], gap="medium")
with panel:
    choice, name = sections.choose_film_and_network()
with stage:
    model, film = sections.load_film_and_network(choice, name)
    classified = film.gate_result.accepted or sections.choose_to_classify_anyway(film)
    if classified:
        lesion = lesion_mask(choice.sample.key) if choice.sample else None
        reading = sections.Reading(film, model, film_store.predict(film, model), lesion)
        prediction_scale.show_prediction(reading.prediction)
        sections.show_warnings(film)
        maps_place = st.container()
    else:
        sections.explain_rejection(film)
    sections.show_label(choice, film_store.predict(film, model) if classified else None)
if classified:
    settings = sections.choose_map_settings(lesion_known=lesion is not None)
    downloads_place = st.empty()
    with maps_place:
        maps = sections.show_maps(reading, settings)
    with downloads_place.container():
        sections.offer_downloads(reading, maps, settings)
    map_checks.show_checks(film, model, maps, settings.opacity)
if len(upload.own_films()) > 1:
    sections.show_own_films(model)
frame.notice()
if classified:
    st.markdown(prediction_scale.describe_network(model))
    sections.explain_methods(settings.methods, model)
frame.footer(
    "chest_xray",
    "A prediction is a number against a threshold that somebody chose, and a map shows what moved the number, which is "
    "not the same as where the disease is.",
)
