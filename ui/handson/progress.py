"""A training as it runs: its buttons, its curves, and by epoch the first filters and the map of one film."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.handson.experiments import count_epochs
from cnn.handson.films import FilmSet, shipped
from cnn.handson.preparation import prepare
from cnn.handson.runs.events import Result
from cnn.handson.runs.queue import Run
from cnn.handson.settings import Settings
from cnn.text import percent
from ui.handson import runs
from ui.handson.controls import experiment_of
from ui.handson.result import link_to_pages
from ui.lecture.pictures import encode_png, encode_signed_map
from ui.shell import glossary_popover, theme
from ui.shell.text import sentence_of

_POLL_S = 0.7
"""Seconds between two looks at a run."""
HEIGHT = 300
EXAMPLES = 9
"""Films of each class that are shown before a training."""
_DASHES = ("solid", "dot")
_REFUSED = "handson.refused"


def show_buttons(settings: Settings | None, films: FilmSet | None) -> None:
    """Show Start, Pause or Resume, and Stop."""
    desk = runs.desk()
    run = desk.latest
    active = run is not None and not run.finished
    with st.container(horizontal=True, key="run-buttons"):
        st.button("Start", type="primary", disabled=active or settings is None, on_click=_start, args=(settings, films))
        if active and run:
            if run.state == "paused":
                st.button("Resume", on_click=run.resume)
            else:
                st.button("Pause", disabled=run.state != "running", on_click=run.pause)
            st.button("Stop", on_click=desk.stop)
    if sentence := st.session_state.pop(_REFUSED, ""):
        st.error(sentence)


def _start(settings: Settings, films: FilmSet | None) -> None:
    try:
        runs.desk().start(settings, films, experiment_of(settings))
    except UserError as error:
        st.session_state[_REFUSED] = sentence_of(error)


def show_pipeline(run: Run | None) -> None:
    """Show the four stages of a classifier, the one marked at which the run is."""
    at = 0 if run is None else 3 if run.finished else 2
    steps = ("Data", "Network", "Training", "Result")
    items = "".join(
        f'<li aria-current="step">{name}</li>' if number == at else f"<li>{name}</li>"
        for number, name in enumerate(steps)
    )
    st.html(f'<ol class="pipeline" aria-label="The pipeline">{items}</ol>')


def show_films(settings: Settings, own: FilmSet | None) -> None:
    """Show some of the films that a training with these settings would see, with the labels that it is given."""
    train = prepare(settings, own or shipped()).train
    normal, pneumonia = train.counts
    st.markdown(f"Training set: **{normal}** NORMAL and **{pneumonia}** PNEUMONIA films. Press **Start**.")
    chosen = np.concatenate([np.flatnonzero(train.labels == label)[:EXAMPLES] for label in (0, 1)])
    with st.container(key="labelled", gap="xsmall"):
        _show_labelled(train.pixels[chosen], train.labels[chosen])


def _show_labelled(pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Show films (N, 64, 64) in a row for each class."""
    for label, name in enumerate(CLASSES):
        tiles = "".join(_tile(_grey(film), 76, "") for film in pixels[labels == label])
        st.html(f'<div role="figure" aria-label="Training films of {name}" class="tiles near">{tiles}</div>')
        st.caption(f"labelled {name}")


def _describe_errors(result: Result) -> str:
    """Say in films how well it does at P = 0.5."""
    counts = result.counts
    missed, found, false, correct = (
        int(each[0])
        for each in (counts.false_negatives, counts.true_positives, counts.false_positives, counts.true_negatives)
    )
    return (
        f"It gets **{percent(result.test_accuracy.value)}** of {len(result.test)} test films right (accuracy): it "
        f"misses **{missed} of {missed + found}** with pneumonia, and calls **{false} of {false + correct}** normal "
        f"ones PNEUMONIA. AUC **{result.test_auc.value:.2f}**."
    )


def _describe(run: Run) -> str:
    """Return one sentence on where a run is."""
    if run.error:
        return ""
    if run.state == "waiting":
        return f"In line, place {runs.queue().place(run)}: {runs.queue().at_once} at once are trained on this server."
    if run.result:
        result = run.result
        kept = f"; the network of epoch {result.epoch} is kept" if result.epoch != result.epochs else ""
        ended = f"{result.ended.capitalize()} after {count_epochs(result)} and {result.seconds:.0f} s{kept}."
        return f"{_describe_errors(result)} {ended}"
    if run.finished:
        return "Taken out of the line."
    if not run.epochs:
        return "Starting …"
    latest = run.epochs[-1]
    return (
        f"{'Paused' if run.state == 'paused' else 'Running'}: epoch {latest.number} of {run.settings.epochs}, "
        f"validation accuracy {percent(latest.validation_accuracy)}, AUC {latest.validation_auc:.2f}."
    )


def show_live(run: Run, other: Run | None) -> None:
    """Show the run; draw this part again and again while it is not finished, and then the whole page once."""
    active = not run.finished

    @st.fragment(run_every=_POLL_S if active else None)
    def live() -> None:
        _show(run, other)
        if active and run.finished:
            st.rerun()

    live()


def _show(run: Run, other: Run | None) -> None:
    """Show where a run is, its curves with another run's, and what it has learned by the chosen epoch."""
    if run.error:
        st.error(sentence_of(run.error))
    (glossary_popover.write if run.result else st.markdown)(_describe(run))
    if run.result:
        link_to_pages(run.result)
    if run.epochs:
        _draw_curves([each for each in (run, other) if each and each.epochs])
        _show_epoch(run)


def _draw_curves(shown: Sequence[Run]) -> None:
    """Draw loss and accuracy by epoch, training solid and validation dashed; a second run is dotted."""
    colours = theme.palette()
    figure = make_subplots(1, 2, horizontal_spacing=0.12)
    for run, dash in zip(shown, _DASHES, strict=False):
        epochs = [epoch.number for epoch in run.epochs]
        name = f"run {run.number}, " if len(shown) > 1 else ""
        per_epoch = max(1, run.steps[-1].batches / run.settings.epochs) if run.steps else 1
        newest = [step for step in run.steps if step.batch > run.epochs[-1].batch]
        series = (
            (
                "training",
                colours.kernel,
                "circle",
                [e.train_loss for e in run.epochs],
                [e.train_accuracy for e in run.epochs],
            ),
            (
                "validation",
                colours.output,
                "diamond-open",
                [e.validation_loss for e in run.epochs],
                [e.validation_accuracy for e in run.epochs],
            ),
        )
        for title, colour, symbol, losses, accuracies in series:
            look: dict[str, object] = {
                "line": {"color": colour, "dash": dash, "width": 2.5},
                "marker": {"symbol": symbol, "size": 8},
            }
            look |= {"mode": "lines+markers", "name": f"{name}{title}"}
            figure.add_scatter(x=epochs, y=losses, **look, row=1, col=1)
            figure.add_scatter(x=epochs, y=accuracies, **look, showlegend=False, row=1, col=2)
        figure.add_scatter(
            x=[step.batch / per_epoch for step in newest],
            y=[step.loss for step in newest],
            mode="lines",
            line={"color": colours.kernel, "width": 1},
            showlegend=False,
            row=1,
            col=1,
        )
    figure.update_xaxes(title="epoch", rangemode="tozero")
    figure.update_yaxes(title="loss", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%", row=1, col=2)
    figure.update_layout(height=HEIGHT)
    theme.show_figure(
        figure,
        key="curves",
        heading="Learning curves",
        description="Loss (cross-entropy) and accuracy. Epoch 0 is before the training; training values are means "
        "over an epoch in which the network changes.",
    )


def _show_epoch(run: Run) -> None:
    """Show the first layer's filters and the map of one film after an epoch; scrubbed once the run has ended."""
    last = number = run.epochs[-1].number
    if run.finished and last > 0:
        kept = run.result.epoch if run.result else last
        number = st.slider(f"Epoch (kept: {kept})", 0, last, kept, key=f"handson.epoch {run.number}")
    epoch = next(epoch for epoch in run.epochs if epoch.number == number)
    filters = epoch.filters.astype(np.float64)
    limit = float(np.abs(filters).max()) if filters.size else 1.0
    pictures = [(encode_signed_map(each, limit), 44, "") for each in filters]
    test = (run.film_set or shipped()).test
    film = test.pixels[np.flatnonzero(test.labels == 1)[0]]
    watched = [(_grey(film), 128, "film"), (encode_signed_map(epoch.map.astype(np.float64)), 128, "saliency map")]
    tiles = "".join(_tile(*each) for each in watched)
    weights = "".join(_tile(*each) for each in pictures)
    label = f"After epoch {number}: a test film with pneumonia, its saliency map, and the filters of the first layer"
    st.html(
        f'<div role="img" aria-label="{label}" class="tiles near"><div class="tiles near">{tiles}</div>'
        f'<div class="tiles near learned">{weights}</div></div>'
    )
    st.caption(
        f"{label}. Red raises the score of PNEUMONIA, blue lowers it; in a filter they are weights above and below 0."
    )
    if run.examples:
        st.caption("Training films as the network sees them:")
        _show_labelled(run.examples.pixels, run.examples.labels)


def _grey(film: NDArray[np.uint8]) -> str:
    return encode_png(np.repeat(film[:, :, None], 3, axis=2))


def _tile(source: str, width: int, caption: str) -> str:
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure class="tile" style="width:{width}px"><img class="pixels" src="{source}" alt="">{below}</figure>'
