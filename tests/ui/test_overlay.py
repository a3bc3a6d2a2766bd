"""Colours over a film: zero shows the film, the scale is fixed, and a blank map changes nothing."""

import io

import numpy as np
import pytest
from PIL import Image
from plotly.colors import hex_to_rgb

from cnn.attribution.attribution import Attribution, Meaning
from ui.chest.overlay import SIDE, Panel, light_box, overlay_map, render_sheet
from ui.shell import theme

FILM = np.full((60, 40), 100, dtype=np.uint8)


def attribution(values: np.ndarray, meaning: Meaning = "evidence") -> Attribution:
    return Attribution(values.astype(np.float32), "grad_cam", meaning, 1, "PNEUMONIA", 1)


def halves() -> np.ndarray:
    """-1 left, 0 in the middle, +1 right."""
    values = np.zeros((30, 30))
    values[:, :10], values[:, 20:] = -1, 1
    return values


def test_signs_have_their_colours_and_zero_shows_the_film() -> None:
    found = overlay_map(FILM, attribution(halves()), 1.0)
    assert found.shape == (60, 40, 3)
    assert tuple(found[30, 2]) == hex_to_rgb(theme.FILM_NEGATIVE)
    assert tuple(found[30, 20]) == (100, 100, 100)
    assert tuple(found[30, 37]) == hex_to_rgb(theme.FILM_POSITIVE)


def test_opacity_blends() -> None:
    found = overlay_map(FILM, attribution(halves()), 0.5)
    expected = (np.array(hex_to_rgb(theme.FILM_POSITIVE)) + 100) / 2
    np.testing.assert_allclose(found[30, 37], expected, atol=1)
    np.testing.assert_array_equal(overlay_map(FILM, attribution(halves()), 0.0), np.repeat(FILM[..., None], 3, axis=-1))


@pytest.mark.parametrize("value", [0.0, 1e-9, -1e-9])
def test_a_blank_map_leaves_the_film_as_it_is(value: float) -> None:
    found = overlay_map(FILM, attribution(np.full((30, 30), value)), 1.0)
    assert (found == 100).all()


def test_an_unsigned_map_runs_to_the_end_of_its_scale() -> None:
    values = np.zeros((30, 30))
    values[:, 20:] = 1
    found = overlay_map(FILM, attribution(values, "strength"), 1.0)
    assert tuple(found[30, 37]) == hex_to_rgb("#fee838"), "the last colour of Cividis"


def test_the_light_box_keeps_the_shape_of_the_film() -> None:
    found = light_box(np.full((100, 50), 255, dtype=np.uint8))
    assert found.shape == (SIDE, SIDE, 3)
    assert abs(int((found[SIDE // 2, :, 0] > 128).sum()) - SIDE // 2) <= 2
    assert (found[:, SIDE // 2, 0] == 255).all()


def test_the_sheet_is_a_picture_of_all_panels() -> None:
    film = np.repeat(FILM[..., None], 3, axis=-1)
    panels = [Panel("The film", film), Panel("Grad-CAM", film, attribution(halves()))]
    image = Image.open(io.BytesIO(render_sheet(panels, ["one", "two"], 0.8)))
    assert image.format == "PNG"
    assert image.width > 2 * SIDE
    assert image.height > SIDE
    row = np.asarray(image)[:, 24 + SIDE + 16 + SIDE - 3].astype(int)  # down the right edge of the map's colour bar
    assert (row[:, 0] - row[:, 2] > 60).any(), "the bar ends in red"
