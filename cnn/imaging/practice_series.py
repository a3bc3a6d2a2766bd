"""Series of simulated films to practise on; half of them show a simulated lesion, so that the ground truth is known.

All are made from the two built-in simulated films, which differ by the shadow of one consolidation. That shadow is
added to the healthy film at another place and strength, and the film is rotated, shifted and changed in contrast.
"""

import io
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnn.cards import CLASSES
from cnn.imaging.samples.built_in import SAMPLES, lesion_mask

COUNT = 8
"""Films in a series."""
_WIDTH = 640  # pixels; enough to read by, and quick to make
_OTHER_LUNG = -0.08  # shift of the mirrored shadow, a share of the width: the spine lies left of the film's middle


@dataclass(frozen=True)
class PracticeFilm:
    """A simulated film with its ground truth.

    Attributes:
        key: unique among all series.
        name: shown to the reader.
        label: PNEUMONIA with a lesion, else NORMAL.
        data: the PNG's bytes.
        mask: where the lesion is, (H, W) bool; None without one.
    """

    key: str
    name: str
    label: str
    data: bytes = field(repr=False)
    mask: np.ndarray | None = field(repr=False, compare=False)

    def read(self) -> tuple[bytes, str]:
        """Return the PNG's bytes and a file name, ready for :func:`cnn.imaging.radiograph.read_radiograph`."""
        return self.data, f"{self.name}.png"


def shuffled_order(count: int, seed: int) -> list[int]:
    """Return the numbers 0..count - 1 in an order determined by ``seed``."""
    return [int(number) for number in np.random.default_rng(seed).permutation(count)]


@lru_cache(maxsize=4)
def simulate_series(seed: int) -> tuple[PracticeFilm, ...]:
    """Return the ``COUNT`` films of series ``seed``, half of them with a lesion, always the same ones."""
    with_lesion = shuffled_order(COUNT, seed)[: COUNT // 2]
    return tuple(simulate_film(seed, number, number in with_lesion) for number in range(COUNT))


def simulate_film(seed: int, number: int, with_lesion: bool) -> PracticeFilm:
    """Return film ``number`` of series ``seed``, the same but for the lesion whether it has one or not."""
    from torchvision.transforms import InterpolationMode  # takes a second, and these films alone need it
    from torchvision.transforms.functional import affine

    random = np.random.default_rng([seed, number])
    film, shadow, mask = _load_parts()
    height, width = film.shape[-2:]
    across = random.uniform(-0.03, 0.03)
    if random.random() < 0.5:
        shadow, mask, across = shadow.flip(-1), mask.flip(-1), across + _OTHER_LUNG
    shift = (round(random.uniform(-0.22, 0.02) * height), round(across * width))
    strength = random.uniform(0.6, 1.1)
    if with_lesion:
        film = film + strength * shadow.roll(shift, dims=(-2, -1))
    mask = mask.roll(shift, dims=(-2, -1))
    angle, zoom = random.uniform(-6, 6), random.uniform(0.95, 1.12)
    translation = [round(random.uniform(-0.03, 0.03) * side) for side in (width, height)]
    film, mask = (
        affine(image, angle, translation, zoom, [0.0, 0.0], InterpolationMode.BILINEAR) for image in (film, mask)
    )
    gamma = random.uniform(0.8, 1.25)
    greys = np.round(255 * (film.clamp(0, 1) ** gamma)[0].numpy()).astype(np.uint8)
    png = io.BytesIO()
    Image.fromarray(greys).save(png, format="PNG")
    return PracticeFilm(
        key=f"series-{seed}-{number}",
        name=f"Film {number + 1}",
        label=CLASSES[int(with_lesion)],
        data=png.getvalue(),
        mask=mask[0].numpy() > 0.5 if with_lesion else None,
    )


@cache
def _load_parts() -> tuple[Tensor, Tensor, Tensor]:
    """Return the healthy film, the shadow of the consolidation, and its mask: (1, H, W) float32 each."""
    films = {sample.key: sample for sample in SAMPLES}
    keys = ("simulated", "simulated-consolidation")
    healthy, ill = (_load_greys(Image.open(io.BytesIO(films[key].read()[0]))) for key in keys)
    mask = np.asarray(lesion_mask(keys[1]))
    return healthy, (ill - healthy).clamp(min=0), _load_greys(Image.fromarray(mask).convert("L"))


def _load_greys(image: Image.Image) -> Tensor:
    height = round(_WIDTH * image.height / image.width)
    resized = image.convert("L").resize((_WIDTH, height), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(resized, dtype=np.float32) / 255)[None]
