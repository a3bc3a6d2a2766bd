"""Train the lung segmenter: ``python -m cnn.training.lung_segmenter FOLDER``.

FOLDER holds radiographs and their lungs, ``images/NNN.jpg`` and ``masks/NNN.png``. The published weights were trained
by version 0.1.0 of this code, which measured the images without lungs on more kinds.
"""

import argparse
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Generator, Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import trange

from cnn import cards
from cnn.imaging.preprocess import resize, standardise
from cnn.models.architectures import LungNet
from cnn.models.loading import write_weights
from cnn.models.lung_segmenter import INPUT_SIZE, MIN_LUNG_AREA, lung_probabilities
from cnn.training import augment
from cnn.training.mixed_precision import bfloat16_autocast
from cnn.training.ood_gate import film_corruptions, negatives
from cnn.training.pretrained import imagenet_lite0

HELD_OUT_EVERY = 5
BATCH, BATCH_WITHOUT_LUNGS = 14, 6


def dice(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return the Dice overlap of each pair of boolean masks (N, 1, S, S): twice the intersection over both areas."""
    intersection = (predicted & truth).sum(dim=(1, 2, 3))
    return 2 * intersection / (predicted.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3))).clamp(min=1)


def read_folder(folder: Path) -> tuple[Tensor, Tensor]:
    """Return films and masks, each (N, 1, INPUT_SIZE, INPUT_SIZE) float32 in 0..1, sorted by name."""
    paths = sorted((folder / "images").glob("*.jpg"))
    films = torch.cat([_read(path) for path in paths])
    masks = torch.cat([_read(folder / "masks" / f"{path.stem}.png") for path in paths])
    return films, (masks > 0.5).float()


def _read(path: Path) -> Tensor:
    with Image.open(path) as image:
        return resize(np.asarray(image.convert("L"), dtype=np.float32) / 255, INPUT_SIZE)


def negative_images(part: negatives.Part) -> Tensor:
    """Return images (N, 1, INPUT_SIZE, INPUT_SIZE) in 0..1 that are no chest films."""
    return torch.cat([resize(pixels, INPUT_SIZE) for _, pixels in negatives.images(part)])


def sample_without_lungs(others: Tensor, films: Tensor, count: int, generator: Generator) -> Tensor:
    """Return ``count`` images (count, 1, S, S) that show no lungs.

    They are pieces of ``others`` in any orientation; a sixth are tiles of ``films`` in random order, which have a
    film's greys and textures.
    """
    drawn = torch.randint(len(others), (count,), generator=generator)
    images = film_corruptions.crop(others[drawn], generator, 0.3, 1)
    for axis in (2, 3):
        images = torch.where(augment.bernoulli(count, 0.5, generator), images.flip(axis), images)
    images = torch.where(augment.bernoulli(count, 0.3, generator), images.transpose(2, 3), images)
    sources = films[torch.randint(len(films), (count,), generator=generator)]
    is_tiles = augment.bernoulli(count, 1 / 6, generator)
    return torch.where(is_tiles, film_corruptions.shuffle_tiles(sources, generator), images)


def train(films: Tensor, masks: Tensor, others: Tensor, epochs: int, seed: int = 0) -> LungNet:
    """Train on films and masks (N, 1, S, S) and on images without lungs, ``others`` (M, 1, S, S).

    Returns:
        The running average of the weights over the training, in evaluation mode.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = LungNet(imagenet_lite0())
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    steps = epochs * -(-len(films) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.97), use_buffers=True)
    network.train()
    for _ in trange(epochs, desc="lungs", unit="epoch"):
        for indices in torch.randperm(len(films), generator=generator).split(BATCH):
            batch, truth = augment.move(films[indices], masks[indices], generator)
            without = sample_without_lungs(others, films, BATCH_WITHOUT_LUNGS, generator)
            batch = augment.retake(torch.cat([batch, without]), generator)
            truth = torch.cat([truth, torch.zeros_like(without)]).round()
            with bfloat16_autocast(torch.device("cpu")):
                logits = network(standardise(batch).to(memory_format=torch.channels_last)).float()
            optimiser.zero_grad()
            (F.binary_cross_entropy_with_logits(logits, truth) + dice_loss(logits.sigmoid(), truth)).backward()
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
    return cast(LungNet, average.module.eval())


def dice_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return 1 minus the Dice overlap of shares ``predicted`` and ``truth`` over a whole batch, a scalar."""
    return 1 - (2 * (predicted * truth).sum() + 1) / (predicted.sum() + truth.sum() + 1)


def measure_without_lungs(network: LungNet) -> dict[str, Any]:
    """Return the share of images of kinds never trained on in which less than MIN_LUNG_AREA is taken for lung."""
    areas = (lung_probabilities(negative_images("report"), network) > 0.5).float().mean(dim=(1, 2, 3))
    return {
        "pictures": len(areas),
        "share without": float((areas < MIN_LUNG_AREA).float().mean()),
        "below": MIN_LUNG_AREA,
    }


def main() -> None:
    """Train, measure on the films held out (every fifth by name), write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with images/ and masks/")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER)
    arguments = parser.parse_args()
    films, masks = read_folder(arguments.folder)
    held_out = torch.arange(len(films)) % HELD_OUT_EVERY == 0
    network = train(films[~held_out], masks[~held_out], negative_images("fit"), arguments.epochs, arguments.seed)
    overlaps = dice(lung_probabilities(films[held_out], network) > 0.5, masks[held_out] > 0.5)
    card = {
        "classes": ["lung"],
        "input_size": INPUT_SIZE,
        "data": "65 films of the COVID-19 image data collection (Cohen et al. 2020), lungs outlined by V7 Labs",
        "split": f"every {HELD_OUT_EVERY}th film by name held out ({len(overlaps)} films), on which two recipes were "
        "compared, so their overlap is a little too high",
        "seed": arguments.seed,
        "epochs": arguments.epochs,
        "metrics": {"dice": {"mean": float(overlaps.mean()), "lowest": float(overlaps.min()), "films": len(overlaps)}},
        "without_lungs": measure_without_lungs(network),
        "limits": "Trained on films of adults with disease; on children checked by eye only.",
    }
    write_weights(arguments.out, "lung_segmenter", network, card)
    print(f"Dice on {len(overlaps)} films held out: mean {overlaps.mean():.3f}, lowest {overlaps.min():.3f}")


if __name__ == "__main__":
    main()
