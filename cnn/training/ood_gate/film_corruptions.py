"""Chest films made into pictures that should be refused, and films changed so little that they should not.

Every function takes films (B, 1, S, S), greys in 0..1 or uint8, and returns as many of the same size.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from cnn.imaging.preprocess import resample
from cnn.training import augment


def upside_down(films: Tensor, generator: Generator) -> Tensor:
    """The feet's side up; half of them also mirrored, which is a half turn."""
    return torch.where(augment.chance(len(films), 0.5, generator), films.flip(2), films.flip((2, 3)))


def quarter_turn(films: Tensor, generator: Generator) -> Tensor:
    """Lying on one side or the other."""
    return torch.where(augment.chance(len(films), 0.5, generator), films.rot90(1, (2, 3)), films.rot90(-1, (2, 3)))


def quarter(films: Tensor, generator: Generator) -> Tensor:
    """A piece of half the height and half the width, from anywhere, enlarged."""
    return pieces(films, 0.4, 0.55, generator)


def fragment(films: Tensor, generator: Generator) -> Tensor:
    """A piece of a fifth to a third of each side, enlarged."""
    return pieces(films, 0.2, 0.35, generator)


def pieces(films: Tensor, least: float, most: float, generator: Generator) -> Tensor:
    """Of each film a square piece of ``least`` to ``most`` of its sides, from anywhere, enlarged."""
    side = films.shape[-1]
    sizes = (augment.uniform(len(films), least, most, generator).flatten() * side).round().int().tolist()
    found = []
    for film, size in zip(films, sizes, strict=True):
        top, left = torch.randint(0, side - size + 1, (2,), generator=generator).tolist()
        piece = film[None, :, top : top + size, left : left + size].float()
        found.append(resample(piece, side))
    return _as_given(torch.cat(found), films)


def _as_given(greys: Tensor, films: Tensor) -> Tensor:
    """``greys`` of the type and in the range of ``films``: bytes, or 0..1."""
    return greys.round().clamp(0, 255).to(films.dtype) if films.dtype == torch.uint8 else greys.clamp(0, 1)


def negative(films: Tensor, generator: Generator) -> Tensor:
    """Dark and bright swapped."""
    return 255 - films if films.dtype == torch.uint8 else 1 - films


def collage(films: Tensor, generator: Generator) -> Tensor:
    """Four films in one picture, two above two."""
    side = films.shape[-1]
    small = resample(films.float(), side // 2)
    others = [small[torch.randperm(len(films), generator=generator)] for _ in range(4)]
    sheet = torch.cat([torch.cat(others[:2], dim=3), torch.cat(others[2:], dim=3)], dim=2)
    return _as_given(sheet, films)


def pair(films: Tensor, generator: Generator) -> Tensor:
    """Two films side by side, or one above the other, squeezed into one picture."""
    side = films.shape[-1]
    others = films[torch.randperm(len(films), generator=generator)]
    beside = torch.cat([films, others], dim=3).float()
    above = torch.cat([films, others], dim=2).float()
    sheet = torch.where(augment.chance(len(films), 0.5, generator), resample(beside, side), resample(above, side))
    return _as_given(sheet, films)


def shuffled(films: Tensor, generator: Generator) -> Tensor:
    """Tiles of a film in random order and turned at random: a film's texture without a chest."""
    side = films.shape[-1]
    shuffles = []
    for film, count in zip(films, torch.randint(3, 8, (len(films),), generator=generator).tolist(), strict=True):
        size = side // count
        tiles = film[:, : size * count, : size * count].unfold(1, size, size).unfold(2, size, size)
        tiles = tiles.reshape(count * count, size, size)[torch.randperm(count * count, generator=generator)]
        turns = torch.randint(0, 4, (count * count,), generator=generator).tolist()
        tiles = torch.stack([tile.rot90(turn) for tile, turn in zip(tiles, turns, strict=True)])
        whole = tiles.view(count, count, size, size).transpose(1, 2).reshape(1, 1, size * count, size * count)
        shuffles.append(resample(whole.float(), side))
    return _as_given(torch.cat(shuffles), films)


REFUSED: dict[str, Callable[[Tensor, Generator], Tensor]] = {
    "chest films upside down": upside_down,
    "chest films lying on a side": quarter_turn,
    "a quarter of a chest film": quarter,
    "a small piece of a chest film": fragment,
    "negatives of chest films": negative,
    "four chest films in one picture": collage,
    "two chest films in one picture": pair,
    "tiles of a chest film": shuffled,
}
"""What must be refused."""


def mirrored(films: Tensor, generator: Generator) -> Tensor:
    """Left and right swapped."""
    return films.flip(3)


def tilted(films: Tensor, generator: Generator) -> Tensor:
    """Turned by up to 8 degrees, black in the corners."""
    from torchvision.transforms.functional import rotate

    angles = augment.uniform(len(films), -8, 8, generator).flatten().tolist()
    return torch.stack([rotate(film, angle) for film, angle in zip(films, angles, strict=True)])


def trimmed(films: Tensor, generator: Generator) -> Tensor:
    """A tenth of the height and of the width cut off, anywhere."""
    return pieces(films, 0.9, 0.9, generator)


ACCEPTED: dict[str, Callable[[Tensor, Generator], Tensor]] = {
    "mirrored": mirrored, "turned by up to 8 degrees": tilted, "a tenth trimmed off each side": trimmed,
}  # fmt: skip
"""What must pass."""
