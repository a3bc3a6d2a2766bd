"""Odd DICOM files that are met in practice: the greys that are right, and the note or the sentence on what is wrong."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from cnn.imaging.radiograph import Radiograph
from tests.imaging.corpus.build import (
    HEIGHT,
    WIDTH,
    compressed,
    dataset,
    dicom,
    grey_image,
    jpeg_2000,
    jpeg_lossless,
    jpeg_ls_stream,
    lut,
    picture,
    rle,
    saved,
    unit,
    written,
)
from tests.imaging.corpus.mutate import judge

V12 = picture(12)
G12 = unit(V12, 0, 4095)
G8 = unit(picture(), 0, 255)
FULL = {"WindowCenter": 2048, "WindowWidth": 4096}


def _with(at: int, value: int, values: np.ndarray = V12) -> np.ndarray:
    changed = values.copy()
    changed[10, 10 : 10 + at] = value
    return changed


def _marked(values: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.where(values == 65535, 1, expected)


def _meta_free(syntax: uid.UID, **tags: object) -> bytes:
    data = dicom(V12, syntax, BitsStored=12, **tags)
    return data[144 + int.from_bytes(data[140:144], "little") :]


def _without_syntax() -> bytes:
    ds = dataset(V12, uid.ImplicitVRLittleEndian, BitsStored=12)
    ds.PixelData = V12.tobytes()
    del ds.file_meta.TransferSyntaxUID
    stream = BytesIO()
    ds.save_as(stream, implicit_vr=True, little_endian=True, enforce_file_format=False)
    return stream.getvalue()


def _palette(kind: str, bits: int, data: bytes) -> bytes:
    tags: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, bits]
        tags[f"{kind}{colour}PaletteColorLookupTableData"] = data
    return dicom(picture(), **tags)


def _words(*numbers: int) -> bytes:
    return np.array(numbers, "<u2").tobytes()


def _lut_of_negatives() -> bytes:
    items = lut(np.arange(4096), 64512, 12)
    return dicom(
        V12, uid.ImplicitVRLittleEndian, BitsStored=12, RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=items
    )


def _text(**tags: object) -> Callable[[bytes, bytes], bytes]:
    return lambda old, new: dicom(V12, BitsStored=12, **tags).replace(old, new)


def d12(values: np.ndarray = V12, **tags: object) -> bytes:
    return dicom(values, **{"BitsStored": 12, **tags})


NEAR = {"WindowCenter": 0.4565, "WindowWidth": 0.4, "RescaleSlope": "0.0002442002587", "RescaleIntercept": 0}
EMPTY = Sequence([Dataset()])
HOT = _with(1, 65535)
MARKER = _with(100, 65535)
J14 = picture(14) << 2
READ: dict[str, tuple[Callable[[], bytes], np.ndarray, str]] = {
    # bits
    "left aligned": (lambda: d12(V12 << 4, HighBit=15), G12, ""),
    "high bit says left, values are right": (lambda: d12(HighBit=15), G12, "lower 12 bits"),
    "left aligned, jpeg 2000": (
        lambda: compressed(J14, uid.JPEG2000Lossless, jpeg_2000(J14), BitsStored=14, HighBit=15),
        unit(picture(14), 0, 16383),
        "",
    ),
    "undeclared overlay": (lambda: d12(V12 | ((picture() > 200).astype(np.uint16) << 15)), G12, "Left out bits"),
    "undeclared overlay, jpeg 2000": (
        lambda: compressed(
            _with(9, 0x8000 | 77), uid.JPEG2000Lossless, jpeg_2000(_with(9, 0x8000 | 77)), BitsStored=12
        ),
        unit(_with(9, 77), 0, 4095),
        "Left out bits",
    ),
    "values beyond": (lambda: d12(picture(14)), unit(picture(14), 0, 16383), "use 14 bits"),
    "values little beyond": (
        lambda: d12((V12 * (4200 / 4095)).astype(np.uint16)),
        unit((V12 * (4200 / 4095)).astype(np.uint16), 0, 4200),
        "use 13 bits",
    ),
    "padding beyond": (
        lambda: d12(_with(50, 65535), PixelPaddingValue=65535),
        np.where(_with(50, 65535) == 65535, 0, G12),
        "padding",
    ),
    # greys
    "stuck pixel": (lambda: dicom(HOT), _marked(HOT, G12), "0 to 4095"),
    "marker": (lambda: dicom(MARKER), _marked(MARKER, G12), "Clipped"),
    "stuck pixel, png": (lambda: saved(Image.fromarray(HOT), "PNG"), _marked(HOT, G12), "0 to 4095"),
    "inverse": (lambda: d12(PresentationLUTShape="INVERSE"), 1 - G12, "INVERSE"),
    "identity": (
        lambda: d12(PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="IDENTITY"),
        1 - G12,
        "disagrees",
    ),
    "voi lut of negatives": (_lut_of_negatives, G12, "VOI LUT"),
    "empty voi item": (lambda: d12(VOILUTSequence=EMPTY, **FULL), np.clip(V12 / 4095, 0, 1), "empty VOI LUT"),
    "placeholder": (lambda: d12(WindowCenter=0, WindowWidth=1), G12, "Ignored a grey window"),
    "window of another picture": (lambda: d12(WindowCenter=40, WindowWidth=80), G12, "% of it white"),
    "window far too wide": (lambda: d12(WindowCenter=0, WindowWidth=10**6), G12, "contrast"),
    "second window": (
        lambda: d12(WindowCenter=[0, 2000], WindowWidth=[0, 4001]),
        np.clip((V12 - 1999.5) / 4000 + 0.5, 0, 1),
        "centre 2000",
    ),
    "narrow window": (
        lambda: d12(**NEAR),
        np.clip((V12 * 0.0002442002587 - 0.4565) / 0.4 + 0.5, 0, 1),
        "LINEAR_EXACT",
    ),
    "tiny slope": (lambda: d12(RescaleSlope="1e-9", RescaleIntercept=0), G12, ""),
    "empty rescale": (lambda: d12(RescaleSlope="", RescaleIntercept=""), G12, ""),
    "intercept only": (
        lambda: d12(RescaleIntercept=-1024, WindowCenter=1024, WindowWidth=4096),
        np.clip(V12 / 4095, 0, 1),
        "Rescale Slope (0028,1053) is missing",
    ),
    "decimal comma": (
        lambda: _text(RescaleSlope="1.00000", RescaleIntercept=0)(b"1.00000", b"1,00000"),
        G12,
        "Rescale Slope (0028,1053)",
    ),
    "palette of 8 bits in 16": (lambda: _palette("", 16, _words(*range(256))), G8, "uses 8"),
    "segmented palette": (lambda: _palette("Segmented", 16, _words(0, 1, 0, 1, 255, 65535)), G8, ""),
    "segmented palette with a copy": (
        lambda: _palette("Segmented", 16, _words(0, 1, 0, 1, 127, 32639, 2, 2, 0, 0)),
        np.where(picture() < 128, picture(), picture() - 128.0) / 255,
        "",
    ),
    # missing or odd tags
    "no preamble": (lambda: d12()[132:], G12, "preamble"),
    "no preamble but its prefix": (lambda: d12()[128:], G12, "preamble"),
    "no meta, implicit": (lambda: _meta_free(uid.ImplicitVRLittleEndian), G12, "Implicit VR Little Endian"),
    "no meta, explicit": (lambda: _meta_free(uid.ExplicitVRLittleEndian), G12, "Explicit VR Little Endian"),
    "no meta, big endian": (lambda: _meta_free(uid.ExplicitVRBigEndian), G12, "Big Endian"),
    "no transfer syntax": (_without_syntax, G12, "Transfer Syntax UID (0002,0010)"),
    "native syntax, jpeg inside": (
        lambda: compressed(V12, uid.JPEGLSLossless, jpeg_ls_stream(V12, 12), BitsStored=12).replace(
            b"1.2.840.10008.1.2.4.80", b"1.2.840.10008.1.2.1\0\0\0"
        ),
        G12,
        "JPEG-LS",
    ),
    "no sign": (lambda: d12(PixelRepresentation=None), G12, "Pixel Representation (0028,0103)"),
    "no samples": (lambda: d12(SamplesPerPixel=None), G12, "Samples per Pixel (0028,0002)"),
    "no photometric": (lambda: d12(PhotometricInterpretation=None), G12, "(0028,0004)"),
    "lower case": (lambda: d12(PhotometricInterpretation="monochrome1"), 1 - G12, "lower case"),
    "no high bit": (lambda: d12(HighBit=None), G12, "High Bit (0028,0102)"),
    "no bits stored": (lambda: dicom(V12, BitsStored=None, HighBit=11), G12, "Bits Stored (0028,0101)"),
    "no sequence delimiter": (
        lambda: compressed(picture(16), uid.RLELossless, rle(picture(16)))[:-8],
        unit(picture(16), 0, 65535),
        "delimiter",
    ),
    "no end marker, jpeg lossless": (
        lambda: compressed(V12, uid.JPEGLosslessSV1, jpeg_lossless(V12, 12)[:-2], BitsStored=12),
        G12,
        "end marker",
    ),
    "no end marker, jpeg-ls": (
        lambda: compressed(V12, uid.JPEGLSLossless, jpeg_ls_stream(V12, 12)[:-2], BitsStored=12),
        G12,
        "end marker",
    ),
    "no end marker, jpeg 2000": (
        lambda: compressed(picture(16), uid.JPEG2000Lossless, jpeg_2000(picture(16))[:-2]),
        unit(picture(16), 0, 65535),
        "end marker",
    ),
}
JPEG = saved(grey_image(), "JPEG", quality=95)
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a row and more missing": (lambda: dicom(picture())[: -WIDTH - 2], "is cut off: 130 bytes of Pixel Data"),
    "half a jpeg": (lambda: compressed(picture(), uid.JPEGBaseline8Bit, JPEG[: len(JPEG) // 2]), "is cut off"),
    "half a jpeg 2000": (
        lambda: compressed(picture(), uid.JPEG2000Lossless, jpeg_2000(picture())[:-40]),
        "is cut off",
    ),
    "blank behind a window": (
        lambda: dicom(np.full((HEIGHT, WIDTH), 700, np.uint16), **FULL),
        "all values in its Pixel Data (7FE0,0010) are 700",
    ),
    "no columns": (lambda: d12(Columns=None), "Columns (0028,0011) is missing"),
    "no bits allocated": (lambda: d12(BitsAllocated=None), "Bits Allocated (0028,0100) is missing"),
    "odd sign": (lambda: d12(PixelRepresentation=7), "Pixel Representation (0028,0103)"),
    "no pixels": (lambda: written(dataset(V12)), "Pixel Data (7FE0,0010) is missing"),
    "short palette": (lambda: _palette("", 16, _words(1, 2)), "Red Palette Color Lookup Table Data (0028,1201)"),
}


@pytest.mark.parametrize("kind", READ)
def test_odd_files_give_their_greys(kind: str) -> None:
    make, greys, note = READ[kind]
    film = judge(make(), "film.dcm")
    assert isinstance(film, Radiograph), film
    np.testing.assert_allclose(film.pixels, greys, atol=1 / 255, rtol=0)
    assert any(note in each for each in film.notes) or not note, film.notes


@pytest.mark.parametrize("kind", REFUSED)
def test_refusals_name_the_tag_or_the_stage(kind: str) -> None:
    make, words = REFUSED[kind]
    assert words in str(judge(make(), "film.dcm"))


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.RLELossless, uid.JPEGBaseline8Bit])
def test_a_film_cut_in_its_last_row_is_read(syntax: uid.UID) -> None:
    values = picture()
    match syntax:
        case uid.ExplicitVRLittleEndian:
            data = dicom(values)[:-2]
        case uid.RLELossless:
            data = compressed(values, syntax, rle(values)[:-6])
        case _:
            data = compressed(values, syntax, JPEG[:-12])
    film = judge(data, "film.dcm")
    assert isinstance(film, Radiograph), film
    np.testing.assert_allclose(film.pixels[:-16], G8[:-16], atol=0.03)
    np.testing.assert_allclose(film.pixels, G8, atol=0.15)
    assert any("filled from the row above" in note for note in film.notes)
