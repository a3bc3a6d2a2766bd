"""DICOM files that can be read, each with the greys that it must give."""

import numpy as np
from pydicom import uid

from tests.imaging.corpus.build import (
    PATIENT,
    compressed,
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
)
from tests.imaging.corpus.good import G8, G16, GOOD, Good, good

for _syntax in (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian):
    GOOD[f"{_syntax.keyword} 8.dcm"] = lambda syntax=_syntax: Good(dicom(picture(), syntax), G8)
    GOOD[f"{_syntax.keyword} 16.dcm"] = lambda syntax=_syntax: Good(dicom(picture(16), syntax), G16)


@good("jpeg baseline colour.dcm")
def _() -> Good:
    frame = saved(grey_image().convert("RGB"), "JPEG", quality=95)
    tags = {"PhotometricInterpretation": "YBR_FULL_422"}
    return Good(compressed(np.dstack([picture()] * 3), uid.JPEGBaseline8Bit, frame, **tags), G8, within=0.03)


@good("jpeg lossless 14.dcm")
def _() -> Good:
    data = compressed(picture(12), uid.JPEGLossless, jpeg_lossless(picture(12), 12), BitsStored=12)
    return Good(data, unit(picture(12), 0, 4095))


@good("jpeg 2000 lossy.dcm")
def _() -> Good:
    frame = jpeg_2000(picture(), irreversible=True, quality_mode="rates", quality_layers=[8])
    return Good(compressed(picture(), uid.JPEG2000, frame), G8, within=0.06)


@good("signed.dcm")
def _() -> Good:
    values = (picture(16).astype(np.int32) - 32768).astype(np.int16)
    return Good(dicom(values), G16)


@good("signed, narrow, monochrome1.dcm")
def _() -> Good:
    values = (picture(12).astype(np.int32) - 1024).astype(np.int16)
    greys = 1 - unit(values, -1024, 3071)
    return Good(dicom(values, PhotometricInterpretation="MONOCHROME1"), greys, ("-1024 to 3071", "MONOCHROME1"))


@good("window.dcm")
def _() -> Good:
    values = picture(12)
    greys = np.clip((values - (2000 - 0.5)) / (1000 - 1) + 0.5, 0, 1)
    return Good(dicom(values, BitsStored=12, WindowCenter=2000, WindowWidth=1000), greys, ("centre 2000, width 1000",))


@good("two windows, monochrome1.dcm")
def _() -> Good:
    greys = 1 - np.clip((picture(12) - 1999.5) / 999 + 0.5, 0, 1)
    tags = {"WindowCenter": [2000, 10], "WindowWidth": [1000, 20], "PhotometricInterpretation": "MONOCHROME1"}
    return Good(dicom(picture(12), BitsStored=12, **tags), greys, ("centre 2000", "MONOCHROME1"))


@good("window after rescale.dcm")
def _() -> Good:
    hounsfield = picture(12) * 2.0 - 1024
    greys = np.clip((hounsfield - 499.5) / 1999 + 0.5, 0, 1)
    tags = {"RescaleSlope": 2, "RescaleIntercept": -1024, "WindowCenter": 500, "WindowWidth": 2000}
    return Good(dicom(picture(12), BitsStored=12, **tags), greys, ("width 2000",))


@good("exact window.dcm")
def _() -> Good:
    tags = {"WindowCenter": 2000, "WindowWidth": 1000, "VOILUTFunction": "LINEAR_EXACT"}
    greys = np.clip((picture(12) - 2000.0) / 1000 + 0.5, 0, 1)
    return Good(dicom(picture(12), BitsStored=12, **tags), greys, ("centre 2000",))


@good("sigmoid window.dcm")
def _() -> Good:
    tags = {"WindowCenter": 2000, "WindowWidth": 1000, "VOILUTFunction": "SIGMOID"}
    greys = 1 / (1 + np.exp(-4 * (picture(12) - 2000.0) / 1000))
    return Good(dicom(picture(12), BitsStored=12, **tags), greys, ("centre 2000",))


@good("narrowest window.dcm")
def _() -> Good:
    data = dicom(picture(12), BitsStored=12, WindowCenter=2000, WindowWidth=1)
    return Good(data, unit(picture(12), 0, 4095), ("width 1",))


@good("senseless window.dcm")
def _() -> Good:
    data = dicom(picture(12), BitsStored=12, WindowCenter=2000, WindowWidth=0)
    return Good(data, unit(picture(12), 0, 4095), ("makes no sense",))


@good("name in the window.dcm")
def _() -> Good:
    data = dicom(picture(), WindowCenter="1234567890123456", WindowWidth=9)
    return Good(data.replace(b"1234567890123456", PATIENT.encode()), G8, ("makes no sense",))


@good("voi lut.dcm")
def _() -> Good:
    curve = np.rint(1023 * (np.arange(3000) / 2999) ** 2)
    greys = curve[np.clip(picture(12).astype(int) - 500, 0, 2999)] / 1023
    return Good(dicom(picture(12), BitsStored=12, VOILUTSequence=lut(curve, 500, 10)), greys, ("VOI LUT",))


@good("voi lut wins over window.dcm")
def _() -> Good:
    curve = np.rint(1023 * np.sqrt(np.arange(4096) / 4095))
    tags = {"VOILUTSequence": lut(curve, 0, 10), "WindowCenter": 9, "WindowWidth": 2}
    return Good(dicom(picture(12), BitsStored=12, **tags), curve[picture(12)] / 1023, ("VOI LUT",))


@good("modality lut, signed.dcm")
def _() -> Good:
    values = (picture(12).astype(np.int32) - 2048).astype(np.int16)
    curve = np.rint(4095 * (np.arange(4096) / 4095) ** 3)
    tags = {"BitsStored": 12, "ModalityLUTSequence": lut(curve, -2048, 12)}
    return Good(dicom(values, **tags), curve[picture(12)] / 4095, ("modality LUT",))


@good("padding, monochrome1.dcm")
def _() -> Good:
    values = picture(12)
    values[:, :30] = 65535
    greys = 1 - unit(values, values[:, 30:].min(), values[:, 30:].max())
    greys[:, :30] = 0
    tags = {"PixelPaddingValue": 65535, "PhotometricInterpretation": "MONOCHROME1"}
    return Good(dicom(values, **tags), greys, ("Stretched", "padding"))


@good("colour table in greys.dcm")
def _() -> Good:
    table = np.arange(255, -1, -1, dtype=np.uint8)
    tags: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        tags[f"{colour}PaletteColorLookupTableData"] = table.tobytes()
    return Good(dicom(picture(), **tags), 1 - G8)


GOOD.update(
    {
        "dicom named.png": lambda: Good(dicom(picture()), G8),
        "without preamble.dcm": lambda: Good(dicom(picture())[132:], G8, ("preamble",)),
        "window beside the picture.dcm": lambda: Good(
            dicom(picture(), WindowCenter=9000, WindowWidth=10), G8, ("black",)
        ),
        "rescaled by zero.dcm": lambda: Good(
            dicom(picture(), RescaleSlope=0, RescaleIntercept=3), G8, ("Rescale Slope",)
        ),
        "tiff preamble.dcm": lambda: Good(b"II*\0" + dicom(picture())[4:], G8),
        "jpeg baseline.dcm": lambda: Good(
            compressed(picture(), uid.JPEGBaseline8Bit, saved(grey_image(), "JPEG", quality=95)), G8, within=0.03
        ),
        "jpeg lossless.dcm": lambda: Good(
            compressed(picture(16), uid.JPEGLosslessSV1, jpeg_lossless(picture(16))), G16
        ),
        "jpeg-ls.dcm": lambda: Good(compressed(picture(16), uid.JPEGLSLossless, jpeg_ls_stream(picture(16), 16)), G16),
        "jpeg-ls near lossless.dcm": lambda: Good(
            compressed(picture(), uid.JPEGLSNearLossless, jpeg_ls_stream(picture(), 8, 3)), G8, within=0.012
        ),
        "jpeg 2000.dcm": lambda: Good(compressed(picture(16), uid.JPEG2000Lossless, jpeg_2000(picture(16))), G16),
        "rle 8.dcm": lambda: Good(compressed(picture(), uid.RLELossless, rle(picture())), G8),
        "rle 16.dcm": lambda: Good(compressed(picture(16), uid.RLELossless, rle(picture(16))), G16),
        "monochrome1.dcm": lambda: Good(
            dicom(picture(16), PhotometricInterpretation="MONOCHROME1"), 1 - G16, ("MONOCHROME1",)
        ),
        "12 of 16 bits.dcm": lambda: Good(dicom(picture(12), BitsStored=12), unit(picture(12), 0, 4095)),
        "12 bits said to be 16.dcm": lambda: Good(
            dicom(picture(12)), unit(picture(12), 0, 4095), ("0 to 4095 of 0 to 65535",)
        ),
        "grey stored as colour.dcm": lambda: Good(dicom(np.dstack([picture()] * 3)), G8),
        "pixel spacing.dcm": lambda: Good(
            dicom(picture(), PixelSpacing=[0.2, 0.1], ImagerPixelSpacing=[0.3, 0.3]), G8, spacing=(0.2, 0.1)
        ),
        "imager spacing.dcm": lambda: Good(
            dicom(picture(), PixelSpacing=[0, 0], ImagerPixelSpacing=[0.3, 0.3]), G8, spacing=(0.3, 0.3)
        ),
    }
)
