"""One colour for each role, in light and dark, and the Plotly template made of them.

Text colours reach 4.5:1 on their page background; a fill carries the same hue at low strength.
No role is told apart by hue alone: padding is hatched, windows are outlined, signs are written.
"""

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st


@dataclass(frozen=True)
class Palette:
    """Hex colours by role. ``*_fill`` backs a cell, the plain name draws its text and outline."""

    text: str
    muted: str
    background: str
    surface: str
    line: str
    input: str
    input_fill: str
    kernel: str
    kernel_fill: str
    output: str
    output_fill: str
    padding: str
    padding_fill: str
    positive: str
    negative: str


LIGHT = Palette(
    text="#0B0F13",
    muted="#56616B",
    background="#FFFFFF",
    surface="#F3F5F7",
    line="#C9D1D8",
    input="#00568C",
    input_fill="#DCECF8",
    kernel="#A04000",
    kernel_fill="#FBE6D6",
    output="#00663F",
    output_fill="#D8F0E4",
    padding="#5F6870",
    padding_fill="#E4E7EA",
    positive="#B2182B",
    negative="#2166AC",
)
DARK = Palette(
    text="#E8ECF0",
    muted="#A3AEB8",
    background="#12161B",
    surface="#1C2229",
    line="#3A444E",
    input="#79BEF2",
    input_fill="#123A57",
    kernel="#FFB077",
    kernel_fill="#55300F",
    output="#6FD6A8",
    output_fill="#10452F",
    padding="#9AA5AF",
    padding_fill="#2A3138",
    positive="#F4828C",
    negative="#7FB3E6",
)

DIVERGING = "RdBu_r"
"""Signed attributions: negative blue, zero white, positive red, always on a scale with zero in the middle."""
SEQUENTIAL = "Cividis"
"""Unsigned attributions: perceptually even, and made for colour-blind readers."""

FONT = '"Source Sans", sans-serif'
"""Streamlit's type face, for figures as for text."""
CLEAR = "rgba(0, 0, 0, 0)"
INK = "#76828D"
"""The ink of pictures that are clear elsewhere: seen on the light background as on the dark one."""

FILM_POSITIVE, FILM_NEGATIVE, FILM_TRUTH, FILM_MARK = "#F0384B", "#2F8CF0", "#7CE38B", "#FFB077"
"""Positive and negative over a film, the outline of a known truth, and a reader's mark: seen on black as on white."""
FILM_STRONGEST = "#FFFFFF"
"""The place of a map's largest value."""
FILM_LUNGS = "#E8A33D"
"""The outline of what was found to be lung."""


def palette() -> Palette:
    """Return the colours that figures are drawn with: the style sheet replaces each by its variable in the browser.

    The reader may switch the theme at any time, and Streamlit does not run the page again then.
    """
    return LIGHT


@cache
def style_sheet() -> str:
    """Return the style sheet of all pages as an HTML element."""
    page = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    style = f"{_css_variables(':root')}{_figure_colours()}{page}"
    return f"<style>{style}</style>"


def _css_variables(scope: str) -> str:
    """Return both palettes as CSS variables of ``scope``, such as ``--input-fill``, that follow Streamlit's theme."""
    colours = {
        field.name.replace("_", "-"): f"light-dark({getattr(LIGHT, field.name)}, {getattr(DARK, field.name)})"
        for field in fields(Palette)
    }
    return f"{scope} {{ {' '.join(f'--{name}: {colour};' for name, colour in colours.items())} }}\n"


def _figure_colours() -> str:
    """Return rules that replace the colours of :func:`palette` in Plotly's figures, which know no CSS variables."""
    rules = []
    for field in fields(Palette):
        red, green, blue = bytes.fromhex(getattr(palette(), field.name)[1:])
        rules += [
            f'.js-plotly-plot [style*="{attribute}: rgb({red}, {green}, {blue})"] '
            f"{{ {attribute}: var(--{field.name.replace('_', '-')}) !important; }}\n"
            for attribute in ("fill", "stroke")
        ]
    return "".join(rules)


@cache
def plotly_template(colours: Palette) -> go.layout.Template:
    """Return Plotly defaults: the page's colours, thin grid lines, a legend at the bottom, no zoom by accident."""
    axis = {
        "fixedrange": True,
        "automargin": True,
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zerolinecolor": colours.muted,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 15, "color": colours.text},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "hoverlabel": {
                "bgcolor": colours.surface,
                "bordercolor": colours.line,
                "font": {"color": colours.text},
            },
            "colorway": [colours.input, colours.kernel, colours.output, colours.padding],
            "colorscale": {"diverging": DIVERGING, "sequential": SEQUENTIAL},
            "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
            "margin": {"l": 8, "r": 20, "t": 56, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def figure_title(text: str) -> dict[str, object]:
    """Return a figure's title at the top left."""
    return {
        "text": text,
        "font": {"size": 17, "weight": 600},
        "x": 0,
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "pad": {"t": 10},
    }


def show_figure(figure: go.Figure, *, key: str, description: str, heading: str = "") -> None:
    """Draw ``figure`` in the page's colours, followed by ``description`` as its text for readers who cannot see it.

    ``heading`` is the figure's title, for those that do not bring one.
    """
    if heading:
        figure.update_layout(title=figure_title(heading))
    figure.update_layout(template=plotly_template(palette()))
    st.plotly_chart(figure, key=key, theme=None, width="stretch", config={"displayModeBar": False})
    st.caption(description)
