"""Inside the network (slides 10, 17, 36): a radiograph on its way through the real networks, cell by cell."""

from functools import partial
from typing import Any

import streamlit as st

from cnn import cards
from cnn.models import feature_maps
from cnn.predict.prediction import sentence
from ui.chest import film_store, inside_the_network, prediction_scale, sections
from ui.shell import frame
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets import upload

NETWORK = Choice("network", "Network", "lecture", options=("lecture", "transfer"), title=cards.network_title)
LAYERS = {
    "lecture": Choice("layer", "Layer", "conv2", options=inside_the_network.volume_layers("lecture")),
    "transfer": Choice("at", "Layer", "stem relu", options=inside_the_network.volume_layers("transfer")),
}
LEVELS = {
    "lecture": {"Low level": "relu1", "Middle level": "relu3", "High level": "relu5"},
    "transfer": {"Low level": "stem relu", "Middle level": "block 7 add", "High level": "head relu"},
}
MAP = Whole("map", "Map", 1, low=1, high=1280)
CELL = Whole("cell", "Cell", 0, low=0, high=224 * 224)
RANK = Flag("rank", "Rank this layer's maps by what they do to the score", False)

frame.header(
    "Inside the network",
    "A film goes through a trained network, layer by layer: maps of simple features first, then of larger and rarer "
    "ones, and at the end two scores. Every number on the way can be looked at.",
)
state = State.open("inside_the_network", NETWORK, *LAYERS.values(), MAP, CELL, RANK)
choice = upload.choose_film()
network = state.choice(NETWORK)
layer_field = LAYERS[network]
model, film = sections.load_film_and_network(choice, network)
prediction_scale.warn_if_rejected(film)
prediction = film_store.predict(film, model)
target = cards.CLASSES.index(prediction.label)

st.header("From pixels to a score", anchor=False)
st.markdown(escape_stars(sentence(prediction)))
# Not functions of this page: they would keep it, and the film with it, for the length of the session.
on_open, on_pick = (None, None) if state.teach else (partial(state.put, layer_field), partial(state.put, MAP))
layer = feature_maps.find_layer(network, state[layer_field])
summaries = inside_the_network.show_layers(film, model, layer, on_open)
inside_the_network.describe_hierarchy(model, summaries, LEVELS[network])
st.header("One layer, one map, one cell", anchor=False)
names = layer_field.options
index = names.index(layer.name)
jumps: dict[str, dict[Field[Any], Any]] = {level: {layer_field: name} for level, name in LEVELS[network].items()}
jumps |= {"Layer before": {layer_field: names[max(0, index - 1)]}}
jumps |= {"Layer after": {layer_field: names[min(len(names) - 1, index + 1)]}}
state.presets("Go to", jumps)
with st.container(horizontal=True):
    state.select(layer_field)
    number = state.number(MAP)
inside_the_network.show_block(film, model, layer, on_open)
cell = state[CELL]
inside_the_network.show_layer(film, model, layer, number, cell - 1 if cell else None, on_pick)
if state.flag(RANK):
    inside_the_network.show_ranking(film, model, layer, target)
st.header("From the last maps to the score", anchor=False)
largest = inside_the_network.show_score(film, model, target)
links: dict[str, dict[Field[Any], Any]] = {
    title: {layer_field: name, MAP: one} for title, (name, one) in largest.items()
}
state.presets("Look at one of them above", links)
st.header("The first layer's filters", anchor=False)
inside_the_network.show_filters(model)
st.header("What each layer costs", anchor=False)
inside_the_network.show_costs(model, summaries)
state.share()
frame.notice()
frame.footer(
    "inside_the_network",
    "Each cell of a map is one sum over a small window of the layer before, and with depth it sees more of the film; "
    "the last maps are weighed and added up, and that is the score.",
)
