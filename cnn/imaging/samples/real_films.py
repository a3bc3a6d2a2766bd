"""Real radiographs with their labels: children's of Kermany et al., adults' of NIH ChestX-ray14.

Sources, licences and how they were picked: README.md in this folder. Imports nothing heavy.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from cnn.imaging.samples.built_in import SAMPLES, Sample

FOLDER = Path(__file__).parent / "films"
LIST = "films.csv"
CREDITS = {
    "child": "Kermany, Zhang and Goldbaum, 2018, [Mendeley Data](https://doi.org/10.17632/rscbjbr9sj.2), "
    "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/); resized to 224 px.",
    "adult": "NIH Clinical Center, [ChestX-ray14](https://nihcc.app.box.com/v/ChestXray-NIHCC) "
    "(Wang et al., CVPR 2017); resized to 512 px.",
}
"""Attribution of each group, markdown, to be shown beside the film."""


@dataclass(frozen=True)
class RealFilm(Sample):
    """A real film that no classifier here was trained on.

    Attributes:
        group: "child" or "adult".
        label: NORMAL or PNEUMONIA, as its source says.
        finding: the cause that a child's file name gives, or NIH's findings for an adult; may be empty.
        boxes: NIH's boxes around the finding: x, y, width, height in pixels of the film.
        sha256: of the file.
        original: name of the file in its source.
    """

    group: str
    label: str
    finding: str
    boxes: tuple[tuple[float, float, float, float], ...]
    sha256: str
    original: str

    @override
    def read(self) -> tuple[bytes, str]:
        return (FOLDER / self.file).read_bytes(), self.file

    @property
    def credit(self) -> str:
        """Source and licence, markdown."""
        return CREDITS[self.group]

    @property
    def answer(self) -> str:
        """The label in a sentence, with what the source says of how it was made."""
        if self.group == "child":
            cause = (
                f" In the original data set the file is named as {self.finding} pneumonia; an X-ray alone cannot tell "
                "the cause."
                if self.finding
                else ""
            )
            return f"The label is {self.label}, given by physicians who read the film.{cause}"
        drawn = " A radiologist of the NIH drew a box around the finding." if self.boxes else ""
        return f"The label is {self.label} ({self.finding}), mined from the text of a report: it may be wrong.{drawn}"


def _make_film(row: dict[str, str]) -> RealFilm:
    group, number = row["group"], int(row["file"].split("_")[1].split(".")[0])
    if group == "child":
        story = "A real film of a child aged 1 to 5, of the official test split: no network here was trained on it."
    else:
        who = {"M": "man", "F": "woman"}[row["sex"]]
        story = (
            f"A real film of a {who} aged {row['age']} ({row['view']} view): no classifier here was trained on a film "
            "of this patient."
        )
    boxes = tuple(tuple(box) for box in json.loads(row["boxes"] or "[]"))
    return RealFilm(
        key=row["file"].split(".")[0],
        title=f"{group.capitalize()} {number}",
        story=story,
        simulated=False,
        file=row["file"],
        group=group,
        label=row["label"],
        finding=row["finding"],
        boxes=boxes,
        sha256=row["sha256"],
        original=row["original"],
    )


def _read_list() -> tuple[RealFilm, ...]:
    with (FOLDER / LIST).open(newline="", encoding="utf-8") as file:
        return tuple(_make_film(row) for row in csv.DictReader(file))


REAL_FILMS = _read_list()
"""24 films of children, then 12 of adults."""
GALLERY: tuple[Sample, ...] = (*REAL_FILMS, *SAMPLES)
"""Every film that a reader can choose without one of their own; the first is the one that pages open with."""
