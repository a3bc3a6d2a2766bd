"""Corrupt chest films so that the gate must reject them, or vary them so little that it must not.

Every function takes films (B, 1, S, S), greys in 0..1 or uint8, and returns as many of the same size and type.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Generator, Tensor
from torchvision.transforms.functional import rotate

from cnn.imaging.preprocess import resample
from cnn.training.augment import bernoulli, uniform

Change = Callable[[Tensor, Generator], Tensor]


def upside_down(films: Tensor, generator: Generator) -> Tensor:
    """Put the feet's side up; mirror half of the films too, which is a half turn."""
    return torch.where(bernoulli(len(films), 0.5, generator), films.flip(2), films.flip((2, 3)))


def quarter_turn(films: Tensor, generator: Generator) -> Tensor:
    """Lay the films on one side or the other."""
    return torch.where(bernoulli(len(films), 0.5, generator), films.rot90(1, (2, 3)), films.rot90(-1, (2, 3)))


def crop(films: Tensor, generator: Generator, least: float, most: float) -> Tensor:
    """Enlarge a square piece of each film, ``least`` to ``most`` of its side, from anywhere."""
    side = films.shape[-1]
    sizes = (uniform(len(films), least, most, generator).flatten() * side).round().int().tolist()
    pieces = []
    for film, size in zip(films, sizes, strict=True):
        top, left = torch.randint(0, side - size + 1, (2,), generator=generator).tolist()
        pieces.append(resample(film[None, :, top : top + size, left : left + size].float(), side))
    return _like(torch.cat(pieces), films)


def invert(films: Tensor, _generator: Generator) -> Tensor:
    """Swap dark and bright."""
    return 255 - films if films.dtype == torch.uint8 else 1 - films


def four_in_one(films: Tensor, generator: Generator) -> Tensor:
    """Put four films into one image, two above two."""
    small = resample(films.float(), films.shape[-1] // 2)
    quarters = [small[torch.randperm(len(films), generator=generator)] for _ in range(4)]
    return _like(torch.cat([torch.cat(quarters[:2], dim=3), torch.cat(quarters[2:], dim=3)], dim=2), films)


def two_in_one(films: Tensor, generator: Generator) -> Tensor:
    """Squeeze two films into one image, side by side or one above the other."""
    others = films[torch.randperm(len(films), generator=generator)]
    beside, above = (resample(torch.cat([films, others], dim=axis).float(), films.shape[-1]) for axis in (3, 2))
    return _like(torch.where(bernoulli(len(films), 0.5, generator), beside, above), films)


def shuffle_tiles(films: Tensor, generator: Generator) -> Tensor:
    """Put 9 to 49 tiles of each film in random order and orientation: a film's texture without a chest."""
    side = films.shape[-1]
    shuffled = []
    for film, count in zip(films, torch.randint(3, 8, (len(films),), generator=generator).tolist(), strict=True):
        size = side // count
        tiles = film[:, : size * count, : size * count].unfold(1, size, size).unfold(2, size, size)
        tiles = tiles.reshape(count * count, size, size)[torch.randperm(count * count, generator=generator)]
        turns = torch.randint(0, 4, (count * count,), generator=generator).tolist()
        tiles = torch.stack([tile.rot90(turn) for tile, turn in zip(tiles, turns, strict=True)])
        image = tiles.view(count, count, size, size).transpose(1, 2).reshape(1, 1, size * count, size * count)
        shuffled.append(resample(image.float(), side))
    return _like(torch.cat(shuffled), films)


def mirror(films: Tensor, _generator: Generator) -> Tensor:
    """Swap left and right."""
    return films.flip(3)


def tilt(films: Tensor, generator: Generator) -> Tensor:
    """Rotate by up to 8 degrees, with black corners."""
    angles = uniform(len(films), -8, 8, generator).flatten().tolist()
    return torch.stack([rotate(film, angle) for film, angle in zip(films, angles, strict=True)])


def _like(greys: Tensor, films: Tensor) -> Tensor:
    """Return ``greys`` in the type and range of ``films``."""
    return greys.round().clamp(0, 255).to(films.dtype) if films.dtype == torch.uint8 else greys.clamp(0, 1)


REJECTED: dict[str, tuple[str, Change]] = {
    "chest films upside down": ("upside down", upside_down),
    "chest films lying on a side": ("lying", quarter_turn),
    "a quarter of a chest film": ("piece", partial(crop, least=0.4, most=0.55)),
    "a small piece of a chest film": ("piece", partial(crop, least=0.2, most=0.35)),
    "negatives of chest films": ("negative", invert),
    "four chest films in one picture": ("several", four_in_one),
    "two chest films in one picture": ("several", two_in_one),
    "tiles of a chest film": ("other", shuffle_tiles),
}
"""What the gate must reject: the kind that it should name, and the corruption."""
ACCEPTED: dict[str, Change] = {
    "mirrored": mirror,
    "turned by up to 8 degrees": tilt,
    "a tenth trimmed off each side": partial(crop, least=0.9, most=0.9),
}
"""What the gate must accept."""
