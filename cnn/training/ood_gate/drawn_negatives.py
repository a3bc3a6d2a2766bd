"""Draw images that are no chest films, from noise and stripes to pages of text and bones, from a random generator."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage, spatial

Greys = NDArray[Any]
Point = tuple[float, float]

SIDE = 256
"""Side of a drawn image in pixels."""
_LINE = (np.arange(SIDE) + 0.5) / SIDE
Y, X = _LINE[:, None], _LINE[None, :]
"""Coordinates of the pixels, (SIDE, 1) and (1, SIDE), from 0 to 1."""


def white_noise(generator: Generator) -> Greys:
    """Draw independent pixels."""
    return generator.random((SIDE, SIDE))


def clouds(generator: Generator) -> Greys:
    """Draw noise whose amplitude falls with frequency as a photograph's does, sometimes faster."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(generator.standard_normal((SIDE, SIDE))) / frequency ** generator.uniform(0.8, 2.2)
    return np.asarray(np.fft.irfft2(spectrum))


def gradient(generator: Generator) -> Greys:
    """Draw a linear gradient in any direction."""
    angle = generator.uniform(0, 2 * np.pi)
    return np.asarray(np.cos(angle) * X + np.sin(angle) * Y)


def rings(generator: Generator) -> Greys:
    """Draw concentric rings."""
    return np.cos(generator.uniform(2, 60) * np.hypot(Y - generator.random(), X - generator.random()))


def stripes(generator: Generator) -> Greys:
    """Draw black and white stripes."""
    return np.asarray(np.sign(np.sin(generator.uniform(10, 120) * gradient(generator))))


def dead_leaves(generator: Generator) -> Greys:
    """Draw overlapping discs and boxes of all sizes, with the statistics of photographs (Lee et al., IJCV 2001)."""
    grey = np.full((SIDE, SIDE), generator.random())
    for radius in np.sort(1 / generator.uniform(2, 40, 150))[::-1]:
        dy, dx = np.abs(Y - generator.random()), np.abs(X - generator.random())
        distance = np.hypot(dy, dx) if generator.random() < 0.6 else np.maximum(dy, dx * generator.uniform(0.3, 3))
        grey = np.where(distance < radius, generator.random() + 0.1 * gradient(generator), grey)
    return np.asarray(ndimage.gaussian_filter(grey, generator.uniform(0, 2)))


def ellipses(generator: Generator) -> Greys:
    """Draw a body of soft ellipses, somewhat like a CT section."""
    grey = np.zeros((SIDE, SIDE))
    for size in np.sort(generator.uniform(0.03, 0.45, 12))[::-1]:
        spread = 0.5 * (0.5 - size)
        cy, cx = 0.5 + generator.uniform(-spread, spread, 2)
        angle, ratio = generator.uniform(0, np.pi), generator.uniform(0.5, 1)
        u = (X - cx) * np.cos(angle) + (Y - cy) * np.sin(angle)
        v = (Y - cy) * np.cos(angle) - (X - cx) * np.sin(angle)
        grey += generator.uniform(-0.5, 1) * (np.hypot(u, v / ratio) < size)
    soft: Greys = ndimage.gaussian_filter(grey, generator.uniform(0.5, 3))
    return np.asarray(soft + 0.02 * generator.standard_normal((SIDE, SIDE)))


def voronoi_cells(generator: Generator) -> Greys:
    """Draw Voronoi cells."""
    points = generator.random((generator.integers(8, 120), 2))
    grid = np.stack(np.broadcast_arrays(Y, X), axis=-1)
    nearest: Greys = spatial.cKDTree(points).query(grid.reshape(-1, 2))[1].reshape(SIDE, SIDE)
    return np.asarray(generator.random(len(points))[nearest])


def text_page(generator: Generator) -> Greys:
    """Draw a page of letters, dark on light or the other way round."""
    page = Image.new("L", (420, 560), 255)
    draw, size = ImageDraw.Draw(page), int(generator.integers(10, 30))
    font = ImageFont.load_default(size)
    for top in range(20, 530, int(size * 1.4)):
        lengths = generator.integers(2, 10, 400 // (4 * size))
        words = ("".join(chr(97 + letter) for letter in generator.integers(0, 26, length)) for length in lengths)
        draw.text((20, top), " ".join(words), 0, font)
    grey = np.asarray(page, dtype=np.float32)
    return grey if generator.random() < 0.7 else 255 - grey


def program_window(generator: Generator) -> Greys:
    """Draw bars, boxes and labels, as on a screen."""

    def grey() -> int:
        return int(generator.integers(0, 256))

    page = Image.new("L", (640, 400), grey())
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    draw.rectangle((0, 0, 640, 34), grey())
    draw.rectangle((0, 34, 150, 400), grey())
    for number in range(8):
        draw.text((12, 50 + 40 * number), f"Item {number}", grey(), font)
    for left, top, width, height in generator.integers((160, 44, 20, 12), (560, 360, 200, 90), (9, 4)).tolist():
        draw.rounded_rectangle((left, top, left + width, top + height), 6, grey(), 0)
        draw.text((left + 4, top + 2), "OK", 255, font)
    return np.asarray(page)


def chart(generator: Generator) -> Greys:
    """Draw a bar chart, a pie chart or a colour map with matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3), dpi=90)
    axes = figure.add_subplot()
    kind, values = generator.integers(3), generator.standard_normal((12, 40)).cumsum(axis=1)
    if kind == 0:
        axes.bar(range(12), np.abs(values[:, 5]))
    elif kind == 1:
        axes.pie(np.abs(values[:5, 3]))
    else:
        axes.imshow(values)
    axes.set_title(f"Series {generator.integers(100)}")
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return np.asarray(Image.open(data).convert("L"))


# X-rays of other parts of the body: sums of the tissue along each ray


def rod(start: Point, end: Point, radius: float) -> Greys:
    """Return the length of rays inside a rod with round ends, (SIDE, SIDE); points (y, x) and radius in sides."""
    (ay, ax), (by, bx) = start, end
    length = (by - ay) ** 2 + (bx - ax) ** 2
    t = np.clip(((Y - ay) * (by - ay) + (X - ax) * (bx - ax)) / max(length, 1e-9), 0, 1)
    squared = (Y - ay - t * (by - ay)) ** 2 + (X - ax - t * (bx - ax)) ** 2
    return 2 * np.sqrt(np.clip(radius**2 - squared, 0, None))


def bone(start: Point, end: Point, radius: float) -> Greys:
    """Return the length of rays inside a hollow rod with thick ends."""
    shaft = rod(start, end, radius) - 0.8 * rod(start, end, 0.6 * radius)
    return shaft + 0.7 * rod(start, start, 1.5 * radius) + 0.7 * rod(end, end, 1.5 * radius)


def expose(tissue: Greys, bones: Greys, generator: Generator) -> Greys:
    """Return a film of bright bone on tissue: a sigmoid of the attenuation, with grain and a rotation."""
    g = generator.uniform(0.3, 0.8) * tissue / tissue.max() + generator.uniform(0.5, 1.5) * bones / bones.max()
    film = np.tanh(generator.uniform(0.7, 1.6) * g) + 0.015 * generator.standard_normal(g.shape)
    return np.asarray(ndimage.rotate(film, generator.uniform(-25, 25), reshape=False, order=1, mode="nearest"))


def limbs_film(generator: Generator) -> Greys:
    """Draw bones anywhere in one to three limbs."""
    tissue, bones = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for _ in range(generator.integers(1, 4)):
        start, end = ends = generator.uniform(-0.2, 1.2, (2, 2))
        tissue = np.maximum(tissue, rod(tuple(start), tuple(end), generator.uniform(0.08, 0.3)))
        for _ in range(generator.integers(1, 4)):
            start, end = ends + generator.normal(0, 0.04, (2, 2))
            bones = bones + bone(tuple(start), tuple(end), generator.uniform(0.015, 0.06))
    return expose(tissue, bones, generator)


def leg_film(generator: Generator) -> Greys:
    """Draw one or two long bones with a joint."""
    across, width = generator.uniform(0.4, 0.6), generator.uniform(0.04, 0.07)
    knee = generator.uniform(0.25, 0.75)
    tissue = rod((-0.1, across), (1.1, across), generator.uniform(0.16, 0.3))
    bones = bone((-0.2, across - 0.02), (knee, across), width) + bone((knee + 0.09, across), (1.2, across), width)
    if generator.random() < 0.6:
        bones += bone((knee + 0.12, across + 0.1), (1.2, across + 0.09), width / 2)
    return expose(tissue, bones, generator)


def skull_film(generator: Generator) -> Greys:
    """Draw a shell with orbits, jaw and neck."""

    def ball(cy: float, cx: float, ry: float, rx: float) -> Greys:
        return np.sqrt(np.clip(1 - ((Y - cy) / ry) ** 2 - ((X - cx) / rx) ** 2, 0, None)) * rx

    height = generator.uniform(0.3, 0.4)
    head = ball(0.42, 0.5, height, 0.3)
    orbits = ball(0.5, 0.4, 0.06, 0.06) + ball(0.5, 0.6, 0.06, 0.06) + ball(0.6, 0.5, 0.08, 0.03)
    jaw = ball(0.75, 0.5, 0.12, 0.17) - 0.8 * ball(0.72, 0.5, 0.1, 0.13)
    shell = head - ball(0.42, 0.5, height - 0.03, 0.27)
    return expose(head + rod((0.7, 0.5), (1.1, 0.5), 0.12) / 2, shell + 0.4 * jaw - 0.2 * orbits, generator)


class Drawing(NamedTuple):
    """How many images of a kind are drawn, and by which function."""

    images: int
    draw: Callable[[Generator], Greys]


FIT = {
    "white noise": Drawing(12, white_noise),
    "clouds of noise": Drawing(60, clouds),
    "gradients": Drawing(20, gradient),
    "overlapping discs and boxes": Drawing(120, dead_leaves),
    "soft ellipses": Drawing(80, ellipses),
    "pages of text": Drawing(30, text_page),
    "bones anywhere, drawn": Drawing(60, limbs_film),
}
REPORT = {
    "rings": Drawing(10, rings),
    "stripes": Drawing(8, stripes),
    "Voronoi cells": Drawing(10, voronoi_cells),
    "windows of a program": Drawing(15, program_window),
    "bar charts and colour maps": Drawing(12, chart),
    "legs, drawn": Drawing(20, leg_film),
    "skulls, drawn": Drawing(20, skull_film),
}
