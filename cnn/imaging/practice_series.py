"""Series of simulated films to practise on: in half of them a consolidation is planted, so the truth is known.

All come from the two built-in simulated films, which differ by the shadow of one consolidation. That shadow is laid
into the plain film at another place and strength, and the film is turned, moved and toned a little.
"""

import io
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import affine

from cnn.cards import CLASSES
from cnn.imaging.samples.built_in import SAMPLES, lesion_mask

COUNT = 8
WIDTH = 640
"""Pixels; enough to read by, and quick to make."""

OTHER_LUNG = -0.08
"""How far the mirrored shadow moves, as a share of the width: the spine lies left of the film's middle."""
_KEYS = ("simulated", "simulated-consolidation")


@dataclass(frozen=True)
class PracticeFilm:
    """A film with its truth: PNEUMONIA where something was planted, in ``mask`` (H, W) bool; else NORMAL and None."""

    key: str
    name: str
    label: str
    data: bytes = field(repr=False)
    mask: np.ndarray | None = field(repr=False, compare=False)

    def read(self) -> tuple[bytes, str]:
        """The PNG's bytes and its name, ready for :func:`cnn.imaging.radiograph.read_radiograph`."""
        return self.data, f"{self.name}.png"


def shuffled_order(count: int, seed: int) -> list[int]:
    """The numbers 0..count - 1 in an order that ``seed`` settles."""
    return [int(number) for number in np.random.default_rng(seed).permutation(count)]


@lru_cache(maxsize=4)
def simulate_series(seed: int) -> tuple[PracticeFilm, ...]:
    """The series ``seed`` of ``COUNT`` films, half of them planted, always the same ones."""
    planted = {number for place, number in enumerate(shuffled_order(COUNT, seed)) if place < COUNT // 2}
    return tuple(_simulate_film(seed, number, number in planted) for number in range(COUNT))


def _simulate_film(seed: int, number: int, planted: bool) -> PracticeFilm:
    random = np.random.default_rng([seed, number])
    film, shadow, truth = (part.clone() for part in _parts())
    height, width = film.shape[-2:]
    across = random.uniform(-0.03, 0.03)
    if random.random() < 0.5:  # into the other lung, which is nearer to the middle of the film
        shadow, truth, across = shadow.flip(-1), truth.flip(-1), across + OTHER_LUNG
    shift = (round(random.uniform(-0.22, 0.02) * height), round(across * width))
    strength = random.uniform(0.6, 1.1)
    shadow, truth = (part.roll(shift, dims=(-2, -1)) for part in (shadow, truth))
    if planted:
        film = film + strength * shadow
    angle, zoom = random.uniform(-6, 6), random.uniform(0.95, 1.12)
    move = [round(random.uniform(-0.03, 0.03) * side) for side in (width, height)]
    film, truth = (
        affine(part, angle, move, zoom, [0.0, 0.0], InterpolationMode.BILINEAR) for part in (film, truth)
    )  # fmt: skip
    film = film.clamp(0, 1) ** random.uniform(0.8, 1.25)
    data = io.BytesIO()
    Image.fromarray(np.round(255 * film[0].numpy()).astype(np.uint8)).save(data, format="PNG")
    mask = truth[0].numpy() > 0.5 if planted else None
    return PracticeFilm(f"series-{seed}-{number}", f"Film {number + 1}", CLASSES[int(planted)], data.getvalue(), mask)


@cache
def _parts() -> tuple[Tensor, Tensor, Tensor]:
    """The plain film, the shadow of the consolidation, and where it lies: (1, H, W) float32 each."""
    plain, filled = (next(sample for sample in SAMPLES if sample.key == key) for key in _KEYS)
    film, other = (_greys(Image.open(io.BytesIO(sample.read()[0]))) for sample in (plain, filled))
    truth = lesion_mask(filled.key)
    assert truth is not None
    return film, (other - film).clamp(min=0), _greys(Image.fromarray(truth).convert("L"))


def _greys(image: Image.Image) -> Tensor:
    height = round(WIDTH * image.height / image.width)
    small = image.convert("L").resize((WIDTH, height), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small, dtype=np.float32) / 255)[None]
