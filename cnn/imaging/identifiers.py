"""Read from a DICOM file what ties its pixels to an archive: identifiers, view and side.

Apart from :mod:`cnn.imaging.radiograph`, which keeps nothing of a file but its pixels: only a study asks for these.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cnn.imaging.dicom.tags import looks_like_dicom, parse
from cnn.imaging.quiet import quiet_libraries
from cnn.text import one_line

_MAX_LENGTH = 64
"""Of a UID or a patient's ID, by the standard (PS3.5 table 6.2-1)."""


@dataclass(frozen=True)
class Identifiers:
    """What a file says of itself; empty where it says nothing.

    Attributes:
        sop_uid: of the image.
        study_uid: of the study.
        series_uid: of the series.
        view: View Position, such as PA or AP.
        laterality: L or R, of an image or a series.
        patient_id: Patient ID, if it was asked for.
    """

    sop_uid: str = ""
    study_uid: str = ""
    series_uid: str = ""
    view: str = ""
    laterality: str = ""
    patient_id: str = ""


_KEYWORDS: dict[str, Sequence[str]] = {
    "sop_uid": ("SOPInstanceUID",),
    "study_uid": ("StudyInstanceUID",),
    "series_uid": ("SeriesInstanceUID",),
    "view": ("ViewPosition",),
    "laterality": ("ImageLaterality", "Laterality"),
    "patient_id": ("PatientID",),
}


@quiet_libraries()
def read_identifiers(data: bytes, with_patient: bool = False) -> Identifiers:
    """Return the identifiers of a file; all are empty in one that is no DICOM or has none that can be read."""
    if not looks_like_dicom(data):
        return Identifiers()
    names = {name: keys for name, keys in _KEYWORDS.items() if with_patient or name != "patient_id"}
    try:
        ds = parse(data, [key for keys in names.values() for key in keys]).ds
        values = {name: next((str(ds[key].value) for key in keys if ds.get(key)), "") for name, keys in names.items()}
    except Exception:  # Unreadable, and a hostile value can make the library raise anything
        return Identifiers()
    return Identifiers(**{name: one_line(value)[:_MAX_LENGTH] for name, value in values.items()})
