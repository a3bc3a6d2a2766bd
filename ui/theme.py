"""One colour for each role, in light and dark, and the Plotly template made of them.

Text colours reach 4.5:1 on their page background; a fill carries the same hue at low strength.
No role is told apart by hue alone: padding is hatched, windows are outlined, signs are written.
"""

from dataclasses import dataclass

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
    text="#0B0F13", muted="#56616B", background="#FFFFFF", surface="#F3F5F7", line="#C9D1D8",
    input="#00568C", input_fill="#DCECF8",
    kernel="#A04000", kernel_fill="#FBE6D6",
    output="#00663F", output_fill="#D8F0E4",
    padding="#5F6870", padding_fill="#E4E7EA",
    positive="#B2182B", negative="#2166AC",
)  # fmt: skip
DARK = Palette(
    text="#E8ECF0", muted="#A3AEB8", background="#12161B", surface="#1C2229", line="#3A444E",
    input="#79BEF2", input_fill="#123A57",
    kernel="#FFB077", kernel_fill="#55300F",
    output="#6FD6A8", output_fill="#10452F",
    padding="#9AA5AF", padding_fill="#2A3138",
    positive="#F4828C", negative="#7FB3E6",
)  # fmt: skip

DIVERGING = "RdBu_r"
"""Signed attributions: negative blue, zero white, positive red, always on a scale with zero in the middle."""
SEQUENTIAL = "Cividis"
"""Unsigned attributions: perceptually even, and made for colour-blind readers."""

FILM_POSITIVE, FILM_NEGATIVE, FILM_TRUTH, FILM_MARK = "#F0384B", "#2F8CF0", "#7CE38B", "#FFB077"
"""Positive and negative over a film, the outline of a known truth, and a reader's mark: seen on black as on white."""
FILM_LUNGS = "#E8A33D"
"""The outline of what was found to be lung."""


def is_dark() -> bool:
    """Whether the reader's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def palette() -> Palette:
    """The colours of the theme that the reader sees."""
    return DARK if is_dark() else LIGHT


def plotly_template() -> go.layout.Template:
    """Plotly defaults for every figure: the page's background and text, thin grid lines, one font size."""
    colours = palette()
    axis = {"gridcolor": colours.line, "linecolor": colours.line, "zerolinecolor": colours.muted, "automargin": True}
    return go.layout.Template(
        layout={
            "font": {"size": 15, "color": colours.text},
            "paper_bgcolor": colours.background,
            "plot_bgcolor": colours.background,
            "colorway": [colours.input, colours.kernel, colours.output, colours.padding],
            "margin": {"l": 8, "r": 8, "t": 44, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def title(text: str) -> dict[str, object]:
    """A figure's title at the top left, clear of a legend between it and the plot."""
    return {"text": text, "x": 0, "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 10}}


def show(figure: go.Figure, *, key: str, description: str) -> None:
    """Draws ``figure`` in the page's theme, followed by ``description`` as its text for readers who cannot see it."""
    figure.update_layout(template=plotly_template())
    st.plotly_chart(figure, key=key, theme=None, width="stretch", config={"displayModeBar": False})
    st.caption(description)
