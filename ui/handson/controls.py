"""The settings of a training as fields of the page, each experiment as an example."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cnn.errors import Busy, UserError
from cnn.handson.experiments import EXPERIMENTS
from cnn.handson.films import FilmSet, pneumonia_mnist
from cnn.handson.preparation import prepare
from cnn.handson.settings import AS_TEXT, NETWORKS, TITLES, Settings
from cnn.handson.uploads import read_zip
from cnn.layers import network_text
from ui.shell import stage, upload_limits
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.shell.text import sentence_of
from ui.widgets.network_editor import NetworkField

_READ = drop_with_page("handson.own_films")
_WANTED = "handson.pneumonia_mnist"
SHIPPED, MNIST, OWN = "shipped", "PneumoniaMNIST", "my own"
SOURCE = Choice(
    "source",
    "Films",
    SHIPPED,
    options=(SHIPPED, MNIST, OWN),
    title=lambda name: "built-in" if name == SHIPPED else name,
)
FILMS = Whole("films", "Training films", 1000, low=10, high=1000, step=10)
BALANCE = Choice("pneumonia", "Share of PNEUMONIA", "0.5", options=("0.1", "0.5", "0.9"))
SPLIT = Choice("split", "Split by", "patient", options=("patient", "film"))
AUGMENT = Flag("augment", "Augmentation", True)
WRONG = Choice("wrong_labels", "Share of wrong labels", "0", options=("0", "0.1", "0.2", "0.4"))
LETTER = Flag("letter", "R on every NORMAL film", False)
NETWORK = Choice(
    "network",
    "Network",
    "lecture",
    options=(*NETWORKS, AS_TEXT),
    title=lambda name: TITLES.get(name, "My own, as text"),
)
TEXT = NetworkField("net", "My network, from 64x64x1 to fc 2", network_text.parse(NETWORKS["lecture"]))
OPTIMISER = Choice("optimiser", "Optimiser", "adam", options=("adam", "sgd"))
RATE = Choice(
    "learning_rate", "Learning rate", "0.002", options=("0.00002", "0.0002", "0.001", "0.002", "0.01", "0.1", "1")
)
BATCH = Choice("batch_size", "Batch size", "32", options=("8", "16", "32", "64", "128"))
DECAY = Choice("weight_decay", "Weight decay", "0.01", options=("0", "0.01", "0.1"))
EPOCHS = Whole("epochs", "Epochs", 12, low=1, high=100)
SEED = Whole("seed", "Seed", 0, low=0, high=9999)
BEST = Flag("keep_best", "Keep the best epoch (by validation)", True)
FIELDS: tuple[Field[Any], ...] = (
    FILMS,
    BALANCE,
    SPLIT,
    AUGMENT,
    WRONG,
    LETTER,
    NETWORK,
    OPTIMISER,
    RATE,
    BATCH,
    DECAY,
    EPOCHS,
    SEED,
    BEST,
)
"""Fields with the names of the attributes of :class:`~cnn.handson.settings.Settings`."""
_NUMBERS = {BALANCE: float, WRONG: float, RATE: float, BATCH: int, DECAY: float}


def examples() -> dict[str, dict[Field[Any], Any]]:
    """Return the experiments as examples: the title of each, and the values of all fields."""
    return {experiment.title: values_of(experiment.settings) for experiment in EXPERIMENTS.values()}


def values_of(settings: Settings) -> dict[Field[Any], Any]:
    """Return settings as the values of the fields."""
    values = {field: getattr(settings, field.name) for field in FIELDS}
    for field in _NUMBERS:
        values[field] = next(option for option in field.options if float(option) == values[field])
    return values


def read(state: State) -> tuple[Settings | None, FilmSet | None]:
    """Show the panel, and return the settings and other films than the shipped ones, if they are wanted.

    Without settings, the films that are wanted are not there yet.

    Raises:
        UserError: They cannot be trained, or the films cannot be read.
    """
    values: dict[Field[Any], Any] = {NETWORK: state.select(NETWORK)}
    text = state.lines(TEXT) if values[NETWORK] == AS_TEXT else None
    values |= {FILMS: state.slider(FILMS), AUGMENT: state.flag(AUGMENT), RATE: state.select(RATE)}
    values[EPOCHS] = state.number(EPOCHS)
    with stage.more("data"):
        values |= {SPLIT: state.choice(SPLIT), BALANCE: state.choice(BALANCE), WRONG: state.choice(WRONG)}
        values[LETTER] = state.flag(LETTER)
        source = state.choice(SOURCE)
        other = None if source == SHIPPED else _pneumonia_mnist() if source == MNIST else _own_films()
    with stage.more("training"):
        values |= {OPTIMISER: state.choice(OPTIMISER), BATCH: state.select(BATCH), DECAY: state.choice(DECAY)}
        values |= {SEED: state.number(SEED), BEST: state.flag(BEST)}
    settings = _settings(values, None if text is None else str(text))
    if source == MNIST and other is None:
        return None, None
    if other:
        prepare(settings, other)
    return settings, other


def _pneumonia_mnist() -> FilmSet | None:
    """Return PneumoniaMNIST once the learner has asked for it; the server fetches it from its publisher, once."""
    if st.session_state.pop(_WANTED, False):
        try:
            film_set = _fetch()
        except UserError as error:
            st.error(sentence_of(error))
        else:
            st.session_state[_WANTED] = True
            return film_set
    ask = partial(st.session_state.__setitem__, _WANTED, True)
    st.button(f"Fetch {MNIST}, about 20 MB", key="handson.fetch", on_click=ask)
    return None


@st.cache_resource(show_spinner=f"Fetching {MNIST} …")
def _fetch() -> FilmSet:
    return pneumonia_mnist()


def _own_films() -> FilmSet | None:
    """Let the learner upload a zip file, and return its films, read once."""
    file = upload_limits.show_file_box(
        "My own films: a zip file with folders NORMAL and PNEUMONIA, up to 400 films and 20 MB, kept in memory only",
        type="zip",
        key="handson.zip",
    )
    if file is None:
        return None
    key, films = st.session_state.get(_READ, ("", None))
    if key != file.file_id:
        films = _read_zip(file.getvalue())
        st.session_state[_READ] = file.file_id, films
    if isinstance(films, UserError):
        raise films
    own: FilmSet | None = films
    return own


def _read_zip(data: bytes) -> FilmSet | UserError:
    """Return the films of a zip file, or why it cannot be used, which takes as long to find out."""
    try:
        return read_zip(data)
    except Busy:
        raise
    except UserError as error:
        return error


def _settings(values: Mapping[Field[Any], Any], text: str | None) -> Settings:
    arguments = {field.name: _NUMBERS[field](value) if field in _NUMBERS else value for field, value in values.items()}
    return Settings(**arguments | ({"network": text} if text is not None else {}))


def experiment_of(settings: Settings) -> str:
    """Return the name of the experiment that has these settings, whatever the seed; empty if there is none."""
    for name, experiment in EXPERIMENTS.items():
        if not set(experiment.settings.differences(settings)) - {"Seed"}:
            return name
    return ""
