"""The 13 corruptions of MedMNIST-C for PneumoniaMNIST, each in five severities, pixel for pixel.

Source: Di Salvo, Doerrich, Ledig, MedMNIST-C: Comprehensive benchmark and improved classifier robustness by simulating
realistic image corruptions, 2024, and its package ``medmnistc``, to which a test compares these. The package itself
needs ImageMagick and pins versions of others, so that it is a tool for the test alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torch import Tensor

from cnn.imaging.blur import gaussian_blur
from cnn.imaging.preprocess import resample, standardise
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction, classify

SIDE = 224
"""Pixels a side of the films that the severities were chosen for."""
SEVERITIES = 5


@dataclass(frozen=True)
class Corruption:
    """A way in which a film can be spoilt.

    Attributes:
        title: for a reader.
        levels: its parameter at severity 1 to 5.
        run: from an RGB image, a level and random numbers to an image (H, W, 3) uint8.
    """

    title: str
    levels: tuple[float, ...]
    run: Callable[[Image.Image, float, np.random.RandomState], np.ndarray]


def corrupt(film: np.ndarray, name: str, severity: int, seed: int = 0) -> np.ndarray:
    """Return ``film`` (SIDE, SIDE) uint8 spoilt by ``name`` of :data:`CORRUPTIONS` at ``severity`` 1 to 5.

    As in the package, noise is drawn for red, green and blue, and their luminance is what is left of it.
    """
    corruption = CORRUPTIONS[name]
    random = np.random.RandomState(seed)
    image = corruption.run(Image.fromarray(film).convert("RGB"), corruption.levels[severity - 1], random)
    return np.asarray(Image.fromarray(image).convert("L"))


def classify_corrupted(model: LoadedModel, greys: Tensor, name: str) -> list[Prediction]:
    """Return the predictions for a film (1, 1, SIDE, SIDE) in 0..1, clean and at each severity of a corruption."""
    film = (255 * greys[0, 0]).round().to(torch.uint8).numpy()
    films = [film, *(corrupt(film, name, severity) for severity in range(1, SEVERITIES + 1))]
    pixels = torch.from_numpy(np.stack(films))[:, None].float() / 255
    return classify(model, standardise(resample(pixels, model.input_size)))


def _pixelate(image: Image.Image, level: float, _random: np.random.RandomState) -> np.ndarray:
    small = image.resize((int(image.width * level), int(image.height * level)), Image.Resampling.BOX)
    return np.array(small.resize(image.size, Image.Resampling.BOX))


def _compress(image: Image.Image, level: float, _random: np.random.RandomState) -> np.ndarray:
    file = BytesIO()
    image.save(file, "JPEG", quality=int(level))
    return np.array(Image.open(file))


def _blur(image: Image.Image, level: float, _random: np.random.RandomState) -> np.ndarray:
    channels = torch.from_numpy(np.array(image, np.float32)).permute(2, 0, 1)[:, None]
    blurred = gaussian_blur(channels, int(level), sigma=0.15 * level + 0.35)  # torchvision's where none is given
    return blurred[:, 0].round().byte().permute(1, 2, 0).numpy()


def _brighten(image: Image.Image, level: float, _random: np.random.RandomState) -> np.ndarray:
    return np.array(ImageEnhance.Brightness(image).enhance(level))


def _contrast(image: Image.Image, level: float, _random: np.random.RandomState) -> np.ndarray:
    return np.array(ImageEnhance.Contrast(image).enhance(level))


def _gamma(image: Image.Image, level: float, _random: np.random.RandomState) -> np.ndarray:
    return np.array(image.point([int(255.999 * (grey / 255) ** level) for grey in range(256)] * 3))


def _noisy(
    draw: Callable[[np.ndarray, float, np.random.RandomState], np.ndarray],
) -> Callable[[Image.Image, float, np.random.RandomState], np.ndarray]:
    """Return a corruption from a function of greys in 0..1."""

    def run(image: Image.Image, level: float, random: np.random.RandomState) -> np.ndarray:
        return np.asarray(np.clip(draw(np.array(image) / 255.0, level, random), 0, 1) * 255).astype(np.uint8)

    return run


def _impulse(greys: np.ndarray, level: float, random: np.random.RandomState) -> np.ndarray:
    """Make a share ``level`` of the values black or white, as scikit-image's ``random_noise`` does."""
    spoilt, white = random.random(greys.shape) <= level, random.random(greys.shape) <= 0.5
    return np.where(spoilt, white.astype(float), greys)


CORRUPTIONS = {
    "pixelate": Corruption("Pixelate", (0.8, 0.7, 0.6, 0.5, 0.4), _pixelate),
    "jpeg_compression": Corruption("JPEG compression", (50, 30, 15, 10, 7), _compress),
    "gaussian_noise": Corruption(
        "Gaussian noise",
        (0.04, 0.05, 0.06, 0.07, 0.08),
        _noisy(lambda greys, level, random: greys + random.normal(size=greys.shape, scale=level)),
    ),
    "speckle_noise": Corruption(
        "Speckle noise",
        (0.05, 0.07, 0.1, 0.15, 0.2),
        _noisy(lambda greys, level, random: greys + greys * random.normal(size=greys.shape, scale=level)),
    ),
    "impulse_noise": Corruption("Impulse noise", (0.005, 0.01, 0.013, 0.017, 0.02), _noisy(_impulse)),
    "shot_noise": Corruption(
        "Shot noise",
        (300, 200, 150, 100, 80),
        _noisy(lambda greys, level, random: random.poisson(greys * level) / level),
    ),
    "gaussian_blur": Corruption("Gaussian blur", (3, 5, 7, 9, 11), _blur),
    "brightness_up": Corruption("Brightness up", (1.1, 1.2, 1.3, 1.4, 1.5), _brighten),
    "brightness_down": Corruption("Brightness down", (0.9, 0.8, 0.7, 0.6, 0.5), _brighten),
    "contrast_up": Corruption("Contrast up", (1.1, 1.2, 1.3, 1.4, 1.6), _contrast),
    "contrast_down": Corruption("Contrast down", (0.9, 0.8, 0.7, 0.6, 0.4), _contrast),
    "gamma_corr_up": Corruption("Gamma up", (1.1, 1.2, 1.3, 1.4, 1.6), _gamma),
    "gamma_corr_down": Corruption("Gamma down", (0.9, 0.8, 0.7, 0.6, 0.4), _gamma),
}
"""By the names of MedMNIST-C."""
