"""Shortcut lab: change a film by hand and see what the network relies on, while the hand moves."""

from ui.chest import corruption_curves, prediction_scale, sections, shortcut_lab
from ui.shell import frame, glossary_popover, stage
from ui.shell.page_state import State

frame.header(
    "Shortcut lab",
    "Erase, stamp, turn or blur a film, and see the prediction follow. With the lungs hidden, an answer near "
    "50 % can be what the network was trained to say there.",
)
state = State.open("shortcut_lab", *shortcut_lab.FIELDS, corruption_curves.CORRUPTION)
view = stage.open_view(state, {title: {shortcut_lab.CHANGE: title} for title in shortcut_lab.CHIPS})
with view.panel:
    choice, name = sections.choose_film_and_network()
with view.stage:
    model, film = sections.load_film_and_network(choice, name)
    prediction_scale.warn_if_rejected(film)
    shortcut_lab.show_lab(film, model, state)
measured, corrupted, why = view.tabs(state, "Every change, measured", "Corruptions", stage.WHY)
with measured:
    shortcut_lab.show_effects(film, model, state)
    glossary_popover.write(shortcut_lab.describe_test_set(model))
    glossary_popover.write(shortcut_lab.describe_view(model.name))
with corrupted:
    corruption_curves.show_curves(film, model, state)
with why:
    shortcut_lab.explain()
frame.notice()
frame.footer(
    "shortcut_lab",
    "A network takes whatever tells its training films apart. To find out what that was, change one thing and see "
    "whether the prediction changes with it.",
)
