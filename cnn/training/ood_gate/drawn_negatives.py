"""Pictures that are drawn: from noise and stripes to pages of text and bones, by kind, each from a random generator."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage, spatial

SIDE = 256
"""Side of a drawn picture in pixels."""
Draw = Callable[[np.random.Generator], np.ndarray]


def _axes() -> tuple[np.ndarray, np.ndarray]:
    """y (SIDE, 1) and x (1, SIDE) from 0 to 1."""
    line = (np.arange(SIDE) + 0.5) / SIDE
    return line[:, None], line[None, :]


def white_noise(generator: np.random.Generator) -> np.ndarray:
    return generator.random((SIDE, SIDE))


def clouds(generator: np.random.Generator) -> np.ndarray:
    """Noise whose amplitude falls with frequency as a photograph's does, sometimes faster."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(generator.standard_normal((SIDE, SIDE))) / frequency ** generator.uniform(0.8, 2.2)
    return np.fft.irfft2(spectrum)


def gradient(generator: np.random.Generator) -> np.ndarray:
    y, x = _axes()
    angle = generator.uniform(0, 2 * np.pi)
    return np.cos(angle) * x + np.sin(angle) * y + 0 * x * y


def rings(generator: np.random.Generator) -> np.ndarray:
    y, x = _axes()
    return np.cos(generator.uniform(2, 60) * np.hypot(y - generator.random(), x - generator.random()))


def stripes(generator: np.random.Generator) -> np.ndarray:
    return np.sign(np.sin(generator.uniform(10, 120) * gradient(generator)))


def checkers(generator: np.random.Generator) -> np.ndarray:
    y, x = _axes()
    count = generator.integers(2, 16)
    return (np.floor(y * count) + np.floor(x * count)) % 2


def dead_leaves(generator: np.random.Generator) -> np.ndarray:
    """Overlapping discs and boxes of all sizes, whose statistics are those of photographs (Lee et al., IJCV 2001)."""
    y, x = _axes()
    grey = np.full((SIDE, SIDE), generator.random())
    for radius in np.sort(1 / generator.uniform(2, 40, 150))[::-1]:
        dy, dx = np.abs(y - generator.random()), np.abs(x - generator.random())
        distance = np.hypot(dy, dx) if generator.random() < 0.6 else np.maximum(dy, dx * generator.uniform(0.3, 3))
        grey = np.where(distance < radius, generator.random() + 0.1 * gradient(generator), grey)
    return ndimage.gaussian_filter(grey, generator.uniform(0, 2))


def ellipses(generator: np.random.Generator) -> np.ndarray:
    """A body of soft ellipses, somewhat like a section."""
    y, x = _axes()
    grey = np.zeros((SIDE, SIDE))
    for size in np.sort(generator.uniform(0.03, 0.45, 12))[::-1]:
        spread = 0.5 * (0.5 - size)
        cy, cx = 0.5 + generator.uniform(-spread, spread, 2)
        angle, ratio = generator.uniform(0, np.pi), generator.uniform(0.5, 1)
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
        grey += generator.uniform(-0.5, 1) * (np.hypot(u, v / ratio) < size)
    return ndimage.gaussian_filter(grey, generator.uniform(0.5, 3)) + 0.02 * generator.standard_normal((SIDE, SIDE))


def shepp_logan(generator: np.random.Generator) -> np.ndarray:
    """The head phantom of Shepp and Logan (IEEE Trans. Nucl. Sci. 1974), turned and resized."""
    from skimage.data import shepp_logan_phantom

    turned = ndimage.rotate(shepp_logan_phantom(), generator.uniform(-180, 180), reshape=False, order=1)
    edge = generator.integers(0, 60)
    return turned[edge : 400 - edge, edge : 400 - edge] + generator.uniform(0, 0.1) * generator.random(
        (400 - 2 * edge,) * 2
    )


def cells(generator: np.random.Generator) -> np.ndarray:
    """Voronoi cells."""
    points = generator.random((generator.integers(8, 120), 2))
    y, x = _axes()
    grid = np.stack(np.broadcast_arrays(y, x), axis=-1)
    nearest = spatial.cKDTree(points).query(grid.reshape(-1, 2))[1].reshape(SIDE, SIDE)
    return generator.random(len(points))[nearest]


def text_page(generator: np.random.Generator) -> np.ndarray:
    """A page of letters, dark on light or the other way round."""
    page = Image.new("L", (420, 560), 255)
    draw, size = ImageDraw.Draw(page), int(generator.integers(10, 30))
    font = ImageFont.load_default(size)
    for top in range(20, 530, int(size * 1.4)):
        words = ("".join(chr(97 + letter) for letter in generator.integers(0, 26, count))
                 for count in generator.integers(2, 10, 400 // (4 * size)))  # fmt: skip
        draw.text((20, top), " ".join(words), 0, font)
    grey = np.asarray(page, dtype=np.float32)
    return grey if generator.random() < 0.7 else 255 - grey


def window(generator: np.random.Generator) -> np.ndarray:
    """What a program shows on a screen: bars, boxes, labels."""
    page = Image.new("L", (640, 400), int(generator.integers(0, 256)))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    draw.rectangle((0, 0, 640, 34), int(generator.integers(0, 256)))
    draw.rectangle((0, 34, 150, 400), int(generator.integers(0, 256)))
    for number in range(8):
        draw.text((12, 50 + 40 * number), f"Item {number}", int(generator.integers(0, 256)), font)
    for _ in range(9):
        left, top = generator.integers(160, 560), generator.integers(44, 360)
        right, bottom = left + generator.integers(20, 200), top + generator.integers(12, 90)
        draw.rounded_rectangle(
            (float(left), float(top), float(right), float(bottom)), 6, int(generator.integers(0, 256)), 0
        )
        draw.text((float(left) + 4, float(top) + 2), "OK", 255, font)
    return np.asarray(page)


def _plot(generator: np.random.Generator, kinds: tuple[str, ...]) -> np.ndarray:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3), dpi=90)
    axes = figure.add_subplot()
    kind, values = kinds[generator.integers(len(kinds))], generator.standard_normal((12, 40)).cumsum(axis=1)
    if kind == "lines":
        axes.plot(values[: generator.integers(1, 6)].T)
    elif kind == "scatter":
        axes.scatter(values[0], values[1])
    elif kind == "bars":
        axes.bar(range(12), np.abs(values[:, 5]))
    elif kind == "image":
        axes.imshow(values)
    elif kind == "pie":
        axes.pie(np.abs(values[:5, 3]))
    axes.set_title(f"Series {generator.integers(100)}")
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return np.asarray(Image.open(data).convert("L"))


def line_plot(generator: np.random.Generator) -> np.ndarray:
    return _plot(generator, ("lines", "scatter"))


def bar_plot(generator: np.random.Generator) -> np.ndarray:
    return _plot(generator, ("bars", "image", "pie"))


# X-rays of other parts of the body, drawn: every part adds the tissue that a ray meets in it


def _rod(start: tuple[float, float], end: tuple[float, float], radius: float) -> np.ndarray:
    """What rays meet in a rod with round ends, (SIDE, SIDE); positions and radius (y, x) in parts of the side."""
    y, x = _axes()
    (ay, ax), (by, bx) = start, end
    length = (by - ay) ** 2 + (bx - ax) ** 2
    t = np.clip(((y - ay) * (by - ay) + (x - ax) * (bx - ax)) / max(length, 1e-9), 0, 1)
    squared = (y - ay - t * (by - ay)) ** 2 + (x - ax - t * (bx - ax)) ** 2
    return 2 * np.sqrt(np.clip(radius**2 - squared, 0, None))


def _bone(start: tuple[float, float], end: tuple[float, float], radius: float) -> np.ndarray:
    """A hollow rod with thick ends."""
    shaft = _rod(start, end, radius) - 0.8 * _rod(start, end, 0.6 * radius)
    return shaft + 0.7 * _rod(start, start, 1.5 * radius) + 0.7 * _rod(end, end, 1.5 * radius)


def _exposed(tissue: np.ndarray, bone: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Bone bright on tissue, as a film answers: a sigmoid of the attenuation, with grain and a turn."""
    g = generator.uniform(0.3, 0.8) * tissue / tissue.max() + generator.uniform(0.5, 1.5) * bone / bone.max()
    film = np.tanh(generator.uniform(0.7, 1.6) * g) + 0.015 * generator.standard_normal(g.shape)
    return ndimage.rotate(film, generator.uniform(-25, 25), reshape=False, order=1, mode="nearest")


def rods_film(generator: np.random.Generator) -> np.ndarray:
    """Bones anywhere in one to three limbs."""
    tissue, bone = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for _ in range(generator.integers(1, 4)):
        ends = generator.uniform(-0.2, 1.2, (2, 2))
        tissue = np.maximum(tissue, _rod(*_points(ends), generator.uniform(0.08, 0.3)))
        for _ in range(generator.integers(1, 4)):
            along = ends + generator.normal(0, 0.04, (2, 2))
            bone = bone + _bone(*_points(along), generator.uniform(0.015, 0.06))
    return _exposed(tissue, bone, generator)


def _points(ends: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    (y, x), (other_y, other_x) = ends.tolist()
    return (y, x), (other_y, other_x)


def hand_film(generator: np.random.Generator) -> np.ndarray:
    tissue, bone = _rod((0.75, 0.5), (0.95, 0.5), 0.17), np.zeros((SIDE, SIDE))
    for finger, angle in enumerate(np.linspace(-0.5, 0.5, 5) + generator.normal(0, 0.05, 5)):
        joint = np.array([0.7, 0.5 + 0.07 * (finger - 2)])
        for length in generator.uniform(0.08, 0.2, 3) * (0.75 if finger in (0, 4) else 1):
            tip = joint + length * np.array([-np.cos(angle), np.sin(angle)])
            bone += _bone(tuple(joint), tuple(tip), 0.018)
            tissue = np.maximum(tissue, _rod(tuple(joint), tuple(tip), 0.045))
            joint = tip
    return _exposed(tissue, bone, generator)


def leg_film(generator: np.random.Generator) -> np.ndarray:
    """One or two long bones with a joint."""
    across, width = generator.uniform(0.4, 0.6), generator.uniform(0.04, 0.07)
    knee = generator.uniform(0.25, 0.75)
    tissue = _rod((-0.1, across), (1.1, across), generator.uniform(0.16, 0.3))
    bone = _bone((-0.2, across - 0.02), (knee, across), width) + _bone((knee + 0.09, across), (1.2, across), width)
    if generator.random() < 0.6:
        bone += _bone((knee + 0.12, across + 0.1), (1.2, across + 0.09), width / 2)
    return _exposed(tissue, bone, generator)


def skull_film(generator: np.random.Generator) -> np.ndarray:
    """A shell with orbits, teeth and a neck."""
    height = generator.uniform(0.3, 0.4)
    y, x = _axes()

    def ball(cy: float, cx: float, ry: float, rx: float) -> np.ndarray:
        return np.sqrt(np.clip(1 - ((y - cy) / ry) ** 2 - ((x - cx) / rx) ** 2, 0, None)) * rx

    shell = ball(0.42, 0.5, height, 0.3) - ball(0.42, 0.5, height - 0.03, 0.27)
    holes = ball(0.5, 0.4, 0.06, 0.06) + ball(0.5, 0.6, 0.06, 0.06) + ball(0.6, 0.5, 0.08, 0.03)
    jaw = ball(0.75, 0.5, 0.12, 0.17) - 0.8 * ball(0.72, 0.5, 0.1, 0.13)
    neck = _rod((0.7, 0.5), (1.1, 0.5), 0.12)
    return _exposed(ball(0.42, 0.5, height, 0.3) + neck / 2, shell + 0.4 * jaw - 0.2 * holes, generator)


def pelvis_film(generator: np.random.Generator) -> np.ndarray:
    y, x = _axes()
    bone = 0.5 * _bone((-0.1, 0.5), (0.4, 0.5), 0.05)
    for side in (-1, 1):
        wing = np.hypot((y - 0.4) / 0.22, (x - 0.5 - side * 0.22) / 0.16)
        hole = np.hypot((y - 0.72) / 0.07, (x - 0.5 - side * 0.1) / 0.06)
        bone = bone + 0.05 * np.clip(1.2 - wing, 0, 0.5) + 0.05 * np.exp(-(((hole - 1) / 0.4) ** 2))
        bone = bone + _bone((0.68, 0.5 + side * 0.28), (1.1, 0.5 + side * 0.25), 0.05)
    return _exposed(_rod((-0.2, 0.5), (1.2, 0.5), 0.46), bone, generator)


DRAWN: dict[str, tuple[str, int, Draw]] = {
    "white noise": ("learn", 12, white_noise),
    "clouds of noise": ("learn", 60, clouds),
    "gradients": ("learn", 20, gradient),
    "overlapping discs and boxes": ("learn", 120, dead_leaves),
    "soft ellipses": ("learn", 80, ellipses),
    "pages of text": ("learn", 30, text_page),
    "bones anywhere, drawn": ("learn", 60, rods_film),
    "checkerboards": ("choose", 8, checkers),
    "Shepp-Logan phantoms": ("choose", 12, shepp_logan),
    "line and scatter plots": ("choose", 12, line_plot),
    "hands, drawn": ("choose", 20, hand_film),
    "pelves, drawn": ("choose", 12, pelvis_film),
    "rings": ("report", 10, rings),
    "stripes": ("report", 8, stripes),
    "Voronoi cells": ("report", 10, cells),
    "windows of a program": ("report", 15, window),
    "bar charts and colour maps": ("report", 12, bar_plot),
    "legs, drawn": ("report", 20, leg_film),
    "skulls, drawn": ("report", 20, skull_film),
}
