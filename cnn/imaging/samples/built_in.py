"""Built-in radiographs for a first visit without a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from cnn.errors import UserError

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """One built-in radiograph. A file .dcm belongs to the package pydicom-data, a file .png is in this folder."""

    key: str
    title: str
    story: str
    simulated: bool
    file: str

    def read(self) -> tuple[bytes, str]:
        """Return the file's bytes and its name, ready for :func:`cnn.imaging.radiograph.read_radiograph`.

        Raises:
            UserError: the package that has the file is not installed.
        """
        path = _find_in_pydicom_data(self.file) if self.file.endswith(".dcm") else FOLDER / self.file
        return path.read_bytes(), self.file


SAMPLES: tuple[Sample, ...] = (
    Sample(
        key="chest",
        title="Adult chest, with round shadows",
        story="A real film from a public set of DICOM test files, stored with black and white swapped (MONOCHROME1). "
        "No report came with it. Several round shadows lie in both lungs, and neither NORMAL nor PNEUMONIA is a good "
        "word for them: what does a network do that has no third word?",
        simulated=False,
        file="RG1_UNCR.dcm",
    ),
    Sample(
        key="simulated",
        title="Simulated chest, no lesion",
        story="Not a real film: it was computed by sending rays through a CT scan of a chest. "
        "Compare it with the next one, which differs in one place only.",
        simulated=True,
        file="simulated.png",
    ),
    Sample(
        key="simulated-consolidation",
        title="Simulated chest with consolidation",
        story="The simulated chest, after the air in one part of the right lung (on your left) was replaced by "
        "something as dense as tissue, as the fluid of pneumonia is. Here the ground truth is known, so a saliency "
        "map can be checked against it.",
        simulated=True,
        file="simulated_consolidation.png",
    ),
    Sample(
        key="ankle",
        title="An ankle (the wrong picture)",
        story="A real film of a lower leg; its R is mirrored, as on a film that lies the wrong way "
        "round. Asked whether an ankle has pneumonia, the network must choose: its probabilities still add up to 1.",
        simulated=False,
        file="RG3_UNCR.dcm",
    ),
)


def lesion_mask(key: str) -> np.ndarray | None:
    """Return the ground truth of a simulated lesion, (H, W) bool of the film's own size; None for other films.

    True where the added tissue absorbs at least a fifth of the X-rays that would otherwise have reached the film.
    """
    if key != "simulated-consolidation":
        return None
    with Image.open(FOLDER / "simulated_consolidation_truth.png") as mask:
        return np.asarray(mask, dtype=bool)


def _find_in_pydicom_data(file: str) -> Path:
    from pydicom.data import get_testdata_file

    path = get_testdata_file(file, download=False)
    if not isinstance(path, str):
        raise UserError(
            f"The sample {file} is not here, because the package pydicom-data is missing: "
            "install it with pip install pydicom-data, or choose another picture."
        )
    return Path(path)
