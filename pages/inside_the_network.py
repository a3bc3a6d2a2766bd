"""Inside the network (slides 10, 17, 36): a radiograph on its way through the real networks, cell by cell."""

from functools import partial
from typing import Any

import streamlit as st

from cnn import cards
from cnn.models.inside import layer_nodes
from cnn.predict.prediction import sentence
from ui.chest import feature_levels, film_store, inside_the_network, own_network, prediction_scale, sections
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets import upload

OWN = own_network.find()
NETWORK = Choice(
    "network",
    "Network",
    "lecture",
    options=("lecture", "transfer", *own_network.names()),
    title=cards.network_title,
)
LAYERS = {
    "lecture": Choice("layer", "Layer", "conv2", options=inside_the_network.volume_layers("lecture")),
    "transfer": Choice("at", "Layer", "stem relu", options=inside_the_network.volume_layers("transfer")),
}
LEVELS = {
    "lecture": {"Low level": "relu1", "Middle level": "relu3", "High level": "relu5"},
    "transfer": {"Low level": "stem relu", "Middle level": "block 7 add", "High level": "head relu"},
}
if OWN:
    names = inside_the_network.volume_layers(OWN)
    LAYERS[OWN.name] = Choice("own_layer", "Layer", names[0], options=names)
    LEVELS[OWN.name] = dict(zip(LEVELS["lecture"], inside_the_network.three_levels(OWN), strict=False))
MAP = Whole("map", "Map", 1, low=1, high=1280)
CELL = Whole("cell", "Cell", 0, low=0, high=224 * 224)
RANK = Flag("rank", "Rank this layer's maps by what they do to the score", False)

frame.header(
    "Inside the network",
    "A film passes a trained network, layer by layer. Which features does it find on the way, and how do they become a "
    "score?",
)
state = State.open("inside_the_network", NETWORK, *LAYERS.values(), MAP, CELL, RANK)


def places_to_go(layer_field: Choice[str], network: str) -> dict[str, dict[Field[Any], Any]]:
    """Return the examples: the three levels of slide 17, and the layers before and after the opened one."""
    names = layer_field.options
    index = names.index(state[layer_field])
    jumps: dict[str, dict[Field[Any], Any]] = {level: {layer_field: name} for level, name in LEVELS[network].items()}
    jumps |= {"Layer before": {layer_field: names[max(0, index - 1)]}}
    return jumps | {"Layer after": {layer_field: names[min(len(names) - 1, index + 1)]}}


layer_field = LAYERS[state[NETWORK]]
view = stage.open_view(state, places_to_go(layer_field, state[NETWORK]))
with view.panel:
    network = state.select(NETWORK)
    state.select(layer_field)
    number = state.number(MAP)
    with stage.more("another film"):
        choice = upload.choose_film()
model, film = sections.load_film_and_network(choice, network)
prediction = film_store.predict(film, model)
target = cards.CLASSES.index(prediction.label)
layer = layer_nodes.find_layer(model, state[layer_field])
# Not functions of this page: they would keep it, and the film with it, for the length of the session.
on_open, on_pick = (None, None) if state.teach else (partial(state.put, layer_field), partial(state.put, MAP))
with view.stage:
    summaries = inside_the_network.show_layers(film, model, layer, on_open)
    cell = state[CELL]
    inside_the_network.show_layer(film, model, layer, number, cell - 1 if cell else None, on_pick)
with view.panel:
    own_network.mark(model)
    st.markdown(escape_stars(sentence(prediction)))
    prediction_scale.warn_if_rejected(film)

levels, inside, score, filters, costs = view.tabs(
    state, "Low, middle, high", "This layer", "From maps to the score", "First filters", "What each layer costs"
)
with levels:
    feature_levels.show_levels(model, summaries, LEVELS[network], number)
with inside:
    inside_the_network.show_block(film, model, layer, on_open)
    inside_the_network.describe_layer(film, model, layer)
    if state.flag(RANK):
        inside_the_network.show_ranking(film, model, layer, target)
with score:
    largest = inside_the_network.show_score(film, model, target)
    links: dict[str, dict[Field[Any], Any]] = {
        title: {layer_field: name, MAP: one} for title, (name, one) in largest.items()
    }
    state.presets("Look at one of them above", links)
with filters:
    inside_the_network.show_filters(model)
with costs:
    inside_the_network.show_costs(model, summaries)
frame.notice()
frame.footer(
    "inside_the_network",
    "Each cell of a convolution's map is one sum over a small window of the layer before; the deeper the layer, the "
    "larger its receptive field. The last maps are combined in a weighted sum: the score.",
)
