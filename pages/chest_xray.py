"""Upload a radiograph; see probabilities, a saliency map, and how far to believe them."""

import streamlit as st

from cnn.imaging.samples.built_in import lesion_mask
from ui.chest import film_store, map_checks, prediction_scale, sections
from ui.shell import frame

frame.header(
    "Read a chest X-ray",
    "A network says NORMAL or PNEUMONIA, and shows where it looked. For teaching, never for diagnosis.",
    "Choose the simulated chest with the planted consolidation. Does the map find it?",
)
offers, name = sections.choose()
model, film = sections.film_and_network(offers, name)

sample = offers[0].sample
asked = sections.admitted(film)
if asked:
    truth = lesion_mask(sample.key) if sample else None
    prediction = film_store.predict(film, model)
    prediction_scale.show_prediction(prediction)
    shown = st.container()
    wanted = sections.ask(truth_known=truth is not None)
    home = st.empty()
    with shown:
        maps = sections.pictures(film, model, wanted, truth)
    with home.container():
        sections.take_home(film, model, prediction, maps, wanted, truth)
    map_checks.show_checks(film, model, maps, wanted.opacity)
frame.notice()
if sample:
    st.markdown(f"**This film.** {sample.story}")
if asked:
    st.markdown(prediction_scale.describe_network(model))
    sections.explain_methods(wanted.methods, model)
frame.footer(
    "chest_xray",
    "A prediction is a number against a threshold that somebody chose, and a map shows what moved the number, which is "
    "not the same as where the disease is.",
)
