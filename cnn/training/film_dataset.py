"""Films in memory with the masks of their lungs and boxes, as a PyTorch dataset."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import trange
from typing_extensions import override

from cnn.cards import CLASSES
from cnn.imaging.preprocess import resample
from cnn.models import inference, lung_segmenter
from cnn.training.cam_supervision import box_masks
from cnn.training.data import Film, labels_of, load_pixels

Batch = tuple[Tensor, Tensor, Tensor]
SEGMENTED_AT_ONCE = 64


class FilmReader:
    """Reads films and segments their lungs, each film once, for all the networks that need it."""

    def __init__(self) -> None:
        self._pixels: dict[tuple[Path, int], Tensor] = {}
        self._masks: dict[Path, Tensor] = {}

    def pixels(self, films: Sequence[Film], size: int) -> Tensor:
        """Return films (N, 1, size, size) as uint8 greys, resized from their files."""
        unread = [film for film in films if (film.path, size) not in self._pixels]
        self._pixels |= zip([(film.path, size) for film in unread], load_pixels(unread, size), strict=True)
        return torch.stack([self._pixels[film.path, size] for film in films])

    def lung_masks(self, films: Sequence[Film]) -> Tensor:
        """Return P(lung) of films, (N, 1, S, S) as uint8 (255 is 1), at the segmenter's input size."""
        unread = [film for film in films if film.path not in self._masks]
        for start in trange(0, len(unread), SEGMENTED_AT_ONCE, desc="segmenting lungs", unit="batch", leave=False):
            part = unread[start : start + SEGMENTED_AT_ONCE]
            masks = lung_segmenter.lung_probabilities(self.pixels(part, lung_segmenter.INPUT_SIZE))
            self._masks |= zip([film.path for film in part], (masks * 255).round().to(torch.uint8), strict=True)
        return torch.stack([self._masks[film.path] for film in films])


class FilmDataset(Dataset[Batch]):
    """Films of one size, on the device that trains. An item is a batch, because the augmentation mixes its films."""

    def __init__(self, films: Sequence[Film], size: int, reader: FilmReader) -> None:
        self.films, device = films, inference.device()
        self.labels = labels_of(films).to(device)
        self.pixels = _shrink(reader.pixels(films, lung_segmenter.INPUT_SIZE), size).to(device)  # (N, 1, size, size)
        self.masks = _shrink(reader.lung_masks(films), size).to(device)
        boxed = [film for film in films if film.boxes]
        self.boxes = torch.cat([torch.zeros(1, 1, size, size), box_masks(boxed, size)]).to(device)
        self.box_of = torch.zeros(len(films), dtype=torch.int64)  # of a film without boxes: the empty mask
        self.box_of[[index for index, film in enumerate(films) if film.boxes]] = 1 + torch.arange(len(boxed))
        self.box_of = self.box_of.to(device)

    def __len__(self) -> int:
        return len(self.films)

    @override
    def __getitem__(self, indices: Tensor) -> Batch:
        """Return greys (B, 1, S, S), masks (B, 2, S, S) of lungs and of boxes, both in 0..1, and labels (B,).

        All are on the device of the films, and so are the ``indices`` (B,).

        A box counts as lung: an opacity can hide a lung from the segmenter.
        """
        boxes = self.boxes[self.box_of[indices]]
        lungs = torch.maximum(self.masks[indices].float() / 255, boxes)
        return self.pixels[indices].float() / 255, torch.cat([lungs, boxes], dim=1), self.labels[indices]

    def sampling_weights(self, adult_share: float) -> Tensor:
        """Return weights (N,) by which both classes are drawn equally often, and adults as ``adult_share`` says."""
        adult, labels = torch.tensor([film.adult for film in self.films]), self.labels.cpu()
        weights = torch.zeros(len(self), dtype=torch.float64)
        for source, share in ((~adult, 1 - adult_share), (adult, adult_share)):
            for label in range(len(CLASSES)):
                members = source & (labels == label)
                weights[members] = share / max(1, int(members.sum()))
        return weights.to(self.pixels.device)


def _shrink(pixels: Tensor, size: int) -> Tensor:
    if pixels.shape[-1] == size:
        return pixels
    return torch.cat([resample(part.float(), size).round().to(torch.uint8) for part in pixels.split(256)])
