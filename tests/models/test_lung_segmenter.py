"""The lung segmenter: shapes, its measure, and that the shipped one finds lungs where there are some."""

import torch

from cnn.imaging.preprocess import resize
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import lung_segmenter as models_lung_segmenter
from cnn.training import lung_segmenter


def test_dice_of_known_masks() -> None:
    truth = torch.zeros(3, 1, 4, 4, dtype=torch.bool)
    truth[:, :, :2] = True
    found = truth.clone()
    found[1, :, 1] = False  # half of the truth: 2 * 4 / (4 + 8)
    found[2] = ~truth[2]
    torch.testing.assert_close(lung_segmenter.dice(found, truth), torch.tensor([1, 2 / 3, 0]))


def test_the_shipped_segmenter_finds_two_lungs_in_the_samples() -> None:
    for sample in SAMPLES:
        if sample.key == "ankle":
            continue
        film = read_radiograph(*sample.read())
        mask = (
            models_lung_segmenter.lung_probabilities(resize(film.pixels, models_lung_segmenter.INPUT_SIZE))[0, 0] > 0.5
        )
        assert 0.1 < mask.float().mean() < 0.6
        middle = models_lung_segmenter.INPUT_SIZE // 2
        assert mask[:, :middle].float().mean() > 0.1
        assert mask[:, middle:].float().mean() > 0.1
