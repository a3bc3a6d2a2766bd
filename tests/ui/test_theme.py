"""One face: the colours of the configuration are those of the roles, legible, and known to Streamlit."""

import tomllib
from dataclasses import fields

import plotly.graph_objects as go
import pytest
from streamlit import config

from tests.support.app import ROOT
from ui.shell.theme import DARK, LIGHT, Palette, figure_title

CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
ROLES = {"blue": "input", "orange": "kernel", "green": "output", "gray": "padding"}


def flat(part: dict, before: str = "") -> list[str]:
    """Names of all options, with their sections."""
    names: list[str] = []
    for key, value in part.items():
        names += flat(value, f"{before}{key}.") if isinstance(value, dict) else [before + key]
    return names


def contrast(first: str, second: str) -> float:
    """Contrast of two hex colours, after WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [part / 255 for part in bytes.fromhex(colour[1:])]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def test_streamlit_knows_every_option() -> None:
    assert not set(flat(CONFIG)) - set(config._config_options_template)


@pytest.mark.parametrize(("name", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_text_has_the_colours_of_the_roles(name: str, palette: Palette) -> None:
    theme = CONFIG["theme"][name]
    for colour, role in ROLES.items():
        assert theme[f"{colour}Color"] == theme[f"{colour}TextColor"] == getattr(palette, role)
        assert theme[f"{colour}BackgroundColor"] == getattr(palette, f"{role}_fill")
    assert theme["redTextColor"] == palette.positive
    assert (theme["backgroundColor"], theme["textColor"]) == (palette.background, palette.text)
    assert theme["primaryColor"] == theme["linkColor"] == palette.input


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_role_is_legible_where_it_is_written(palette: Palette) -> None:
    for role in ("text", "muted", "input", "kernel", "output", "padding", "positive", "negative"):
        for ground in ("background", "surface"):
            assert contrast(getattr(palette, role), getattr(palette, ground)) >= 4.5, (role, ground)
    for role in ROLES.values():
        assert contrast(getattr(palette, role), getattr(palette, f"{role}_fill")) >= 4.5, role


def test_no_role_has_the_colour_of_another() -> None:
    for palette in (LIGHT, DARK):
        inks = [getattr(palette, field.name) for field in fields(Palette)]
        assert len(set(inks)) == len(inks)


def test_a_title_stands_clear_of_the_plot() -> None:
    assert go.Figure(layout={"title": figure_title("A")}).layout.title.yref == "container"
