"""Fetch real test radiographs: PneumoniaMNIST at 224 px, as the package medmnist publishes it.

    python -m cnn.imaging.samples.download --out FOLDER [--count N]

writes FOLDER/NORMAL/*.png and FOLDER/PNEUMONIA/*.png. The images are those of the official test split of Kermany et al.
(2018), cropped square by MedMNIST v2 (Yang et al., 2023; CC BY 4.0), so the networks here were not trained on them.

Address, checksum and class names are medmnist's own. The transfer is not, because medmnist's has no time limit, reports
no progress, and leaves half a file behind when it fails. The file is stored where medmnist stores it (~/.medmnist), so
that each finds what the other has fetched.
"""

import argparse
import hashlib
import io
import itertools
import os
import sys
import tempfile
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.request import urlopen

import numpy as np
from PIL import Image
from tqdm import tqdm
from typing_extensions import override

from cnn.errors import UserError
from cnn.imaging.samples.built_in import Sample
from cnn.progress import Progress, ignore_progress

SIZE = 224
FILE = f"pneumoniamnist_{SIZE}.npz"
TIMEOUT = 10.0  # seconds without a byte
CHUNK = 1 << 18


@dataclass(frozen=True)
class FetchedSample(Sample):
    """A real test image with its label, NORMAL or PNEUMONIA."""

    label: str
    data: bytes = field(repr=False)

    @override
    def read(self) -> tuple[bytes, str]:
        """Return the PNG's bytes and its name; nothing is read from disk or network."""
        return self.data, self.file


def fetch(count: int = 8, progress: Progress = ignore_progress) -> tuple[FetchedSample, ...]:
    """Return ``count`` test images, both labels in turn, always the same ones.

    Downloads about 200 MB the first time.

    Raises:
        UserError: medmnist is not installed, nothing can be fetched, or the file is damaged.
    """
    info = _read_info()
    names = {int(number): name.upper() for number, name in info["label"].items()}
    with np.load(_find_or_download(info, SIZE, progress)) as arrays:
        images, labels = arrays["test_images"], [names[int(number)] for number in arrays["test_labels"].ravel()]
    return tuple(_make_sample(images[index], index, labels[index]) for index in _choose(labels, count))


def fetch_arrays(size: int) -> dict[str, np.ndarray]:
    """Return all images and labels of one size, as medmnist stores them: ``train_images`` (N, size, size) and so on.

    Raises:
        UserError: as :func:`fetch`.
    """
    with np.load(_find_or_download(_read_info(), size, ignore_progress)) as arrays:
        return dict(arrays)


def _find_or_download(info: dict[str, Any], size: int, progress: Progress) -> Path:
    """Return the .npz file of a size with the right checksum, downloaded if it is not there yet."""
    path = Path.home() / ".medmnist" / f"pneumoniamnist_{size}.npz"
    if path.is_file() and _md5(path) == info[f"MD5_{size}"]:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    except OSError as error:
        raise UserError(f"PneumoniaMNIST cannot be stored in {path.parent}: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            digest = _transfer(info[f"url_{size}"], file, progress)
        if digest != info[f"MD5_{size}"]:
            raise UserError("PneumoniaMNIST arrived damaged (its checksum is wrong): try again later.")
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    return path


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read_info() -> dict[str, Any]:
    """Return medmnist's description of the dataset."""
    try:
        from medmnist import INFO
    except ImportError:
        raise UserError(
            "PneumoniaMNIST is fetched through the package medmnist, which is missing: "
            "install it with pip install medmnist."
        ) from None
    return dict(INFO["pneumoniamnist"])


def _transfer(url: str, file: BinaryIO, progress: Progress) -> str:
    """Copy ``url`` into ``file`` and return the MD5 of what arrived."""
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    try:
        with urlopen(url, timeout=TIMEOUT) as response:
            total = int(response.headers.get("Content-Length") or 0)
            while chunk := response.read(CHUNK):
                done += len(chunk)
                digest.update(chunk)
                _write(file, chunk)
                progress(done, total)
    except (OSError, HTTPException):
        raise UserError(
            "PneumoniaMNIST cannot be fetched, because its server cannot be reached: try again with a network."
        ) from None
    return digest.hexdigest()


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise UserError(f"PneumoniaMNIST cannot be stored: {error.strerror}.") from None


def _choose(labels: list[str], count: int) -> list[int]:
    """Return ``count`` indices, spread evenly over each label, the labels in turn for as long as there are both."""
    groups = [np.flatnonzero(np.array(labels) == label).tolist() for label in sorted(set(labels))]
    per_label = -(-count // len(groups))
    spread = [group[:: max(1, len(group) // per_label)] for group in groups]
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*spread))
    return [index for index in in_turn if index is not None][:count]


def _make_sample(image: np.ndarray, number: int, label: str) -> FetchedSample:
    png = io.BytesIO()
    Image.fromarray(image).save(png, format="PNG")
    return FetchedSample(
        key=f"pneumoniamnist-{number}",
        title=f"PneumoniaMNIST, test image {number}",
        story=f"A real film of a child aged 1 to 5, labelled {label}, from the official test split: "
        "no network here was trained on it.",
        simulated=False,
        file=f"pneumoniamnist_test_{number:03d}.png",
        label=label,
        data=png.getvalue(),
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m cnn.imaging.samples.download",
        description="Fetch real test radiographs (PneumoniaMNIST, CC BY 4.0).",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="gets NORMAL/*.png, PNEUMONIA/*.png")
    parser.add_argument("--count", type=int, default=8, metavar="N", help="how many images (8; there are 624)")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count must be at least 1")
    try:
        with tqdm(desc=FILE, unit="B", unit_scale=True, unit_divisor=1024, disable=None) as bar:

            def update_bar(done: int, total: int) -> None:
                bar.total = total or None
                bar.update(done - bar.n)

            samples = fetch(options.count, update_bar)
        _save(samples, options.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(samples)} images in {options.out}")
    return 0


def _save(samples: tuple[FetchedSample, ...], folder: Path) -> None:
    try:
        for sample in samples:
            path = folder / sample.label / sample.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sample.data)
    except OSError as error:
        raise UserError(f"The images cannot be written to {folder}: {error.strerror}.") from None


if __name__ == "__main__":
    sys.exit(main())
