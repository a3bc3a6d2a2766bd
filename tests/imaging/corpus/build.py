"""How the files of the corpus are written: pictures with known greys, PNG, JPEG and DICOM around them."""

import struct
import zlib
from io import BytesIO

import jpeg_ls
import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import get_encoder
from pydicom.sequence import Sequence

PATIENT = "SENTINEL^PATIENT"
HEIGHT, WIDTH = 96, 128
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LAST_BLOCK = b"\x03\x00"
"""Ends blocks of deflate."""


def picture(bits: int = 8, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(H, W) whole numbers from 0 to 2**bits - 1, both reached, smooth, unlike any of its flips and turns."""
    y, x = np.mgrid[0:height, 0:width]
    wave = 2 * x / width + np.sin(5 * y / height) + (y / height) * (x / width) ** 2
    wave = (wave - wave.min()) / (wave.max() - wave.min())
    return np.rint(wave * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def unit(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return (values.astype(np.float64) - low) / (high - low)


def photograph() -> np.ndarray:
    """(H, W, 3) hues that change while the brightness does not follow them."""
    grey = picture().astype(np.float64)
    turn = np.linspace(0, 6 * np.pi, WIDTH)[None, :]
    rgb = [grey / 2 + 60 + 60 * np.sin(turn + shift) for shift in (0, 2.1, 4.2)]
    return np.clip(np.dstack(rgb), 0, 255).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def deflated(data: bytes) -> bytes:
    """Blocks of deflate that others may follow."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(data) + squeeze.flush(zlib.Z_FULL_FLUSH)


def deflated_zeros(count: int) -> bytes:
    """The same of so many zeros, however many."""
    return deflated(bytes(10**6)) * (count // 10**6) + deflated(bytes(count % 10**6))


def png(width: int, height: int, depth: int, colour: int, raw: bytes, *, before: bytes = b"", lace: int = 0) -> bytes:
    """A PNG of any colour type, from scanlines that already have their filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, lace)
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    return PNG_SIGNATURE + body


def lines(samples: np.ndarray) -> bytes:
    """Unfiltered scanlines of samples (H, W) or (H, W, C), big-endian."""
    flat = samples.reshape(len(samples), -1)
    return b"".join(b"\0" + line.astype(flat.dtype.newbyteorder(">")).tobytes() for line in flat)


def with_crcs(data: bytes) -> bytes:
    """A mutated PNG with checksums that fit again, so that what is inside is looked at."""
    at, out = 8, data[:8]
    while at + 12 <= len(data):
        length = min(int.from_bytes(data[at : at + 4]), len(data) - at - 12)
        out += data[at : at + 4] + data[at + 4 : at + 8 + length]
        out += struct.pack(">I", zlib.crc32(data[at + 4 : at + 8 + length]))
        at += 12 + length
    return out + data[at:]


def grey_image() -> Image.Image:
    return Image.fromarray(picture())


def dataset(
    values: np.ndarray, syntax: uid.UID = uid.ExplicitVRLittleEndian, overlay_bit: int = 0, **tags: object
) -> Dataset:
    """A DX-like data set with a patient in it; ``tags`` override, and None deletes."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = PATIENT, PATIENT, "19700101"
    ds.Rows, ds.Columns = values.shape[:2]
    ds.SamplesPerPixel = 3 if values.ndim == 3 else 1
    ds.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    if values.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = 8 * values.dtype.itemsize
    ds.BitsStored = ds.BitsAllocated
    ds.HighBit = (tags.get("BitsStored") or ds.BitsAllocated) - 1
    ds.PixelRepresentation = int(values.dtype.kind == "i")
    if overlay_bit:
        ds.add_new(0x60000100, "US", ds.BitsAllocated)
        ds.add_new(0x60000102, "US", overlay_bit)
    for keyword, value in tags.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def written(ds: Dataset) -> bytes:
    stream = BytesIO()
    syntax = ds.file_meta.TransferSyntaxUID
    ds.save_as(
        stream, enforce_file_format=True, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian
    )
    return stream.getvalue()


def dicom(values: np.ndarray, syntax: uid.UID = uid.ExplicitVRLittleEndian, **tags: object) -> bytes:
    """An uncompressed DICOM file of values (H, W) or (H, W, 3)."""
    ds = dataset(values, syntax, **tags)
    swapped = values if syntax.is_little_endian else values.byteswap()
    ds.PixelData = swapped.tobytes()
    ds["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
    return written(ds)


def compressed(values: np.ndarray, syntax: uid.UID, frame: bytes, **tags: object) -> bytes:
    """A DICOM file around one compressed frame."""
    ds = dataset(values, syntax, **tags)
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return written(ds)


def jpeg_lossless(values: np.ndarray, bits: int = 16) -> bytes:
    """A lossless JPEG (ITU-T T.81 annex H) of values (H, W): first-order prediction, 17 codes of five bits."""
    height, width = values.shape
    field = values.astype(np.int64)
    left = np.roll(field, 1, axis=1)
    left[1:, 0] = field[:-1, 0]
    left[0, 0] = 1 << (bits - 1)
    stream = []
    for difference in ((field - left + 32768) % 65536 - 32768).ravel().tolist():
        size = abs(difference).bit_length()
        stream.append(f"{size:05b}")
        if 0 < size < 16:
            stream.append(f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}")
    coded = "".join(stream)
    coded += "1" * (-len(coded) % 8)
    scan = int(coded, 2).to_bytes(len(coded) // 8).replace(b"\xff", b"\xff\0")
    table = bytes([0, 0, 0, 0, 0, 17, *[0] * 11]) + bytes(range(17))
    return b"".join(
        (
            b"\xff\xd8\xff\xc3",
            struct.pack(">HBHHB", 11, bits, height, width, 1),
            b"\x01\x11\x00",
            b"\xff\xc4",
            struct.pack(">H", 2 + len(table)),
            table,
            b"\xff\xda",
            struct.pack(">HB", 8, 1),
            b"\x01\x00\x01\x00\x00",
            scan,
            b"\xff\xd9",
        )
    )


def jpeg_2000(values: np.ndarray, **options: object) -> bytes:
    return saved(Image.fromarray(values), "JPEG2000", no_jp2=True, **options)


def jpeg_ls_stream(values: np.ndarray, bits: int, error: int = 0) -> bytes:
    height, width = values.shape
    return bytes(
        jpeg_ls.encode_pixel_data(
            values.tobytes(),
            lossy_error=error,
            interleave_mode=0,
            columns=width,
            rows=height,
            samples_per_pixel=1,
            bits_stored=bits,
        )
    )


def rle(values: np.ndarray) -> bytes:
    ds = dataset(values, uid.RLELossless)
    return get_encoder(uid.RLELossless).encode(
        values.tobytes(),
        rows=ds.Rows,
        columns=ds.Columns,
        samples_per_pixel=1,
        number_of_frames=1,
        bits_allocated=ds.BitsAllocated,
        bits_stored=ds.BitsStored,
        pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
        encoding_plugin="pylibjpeg",
    )


def lut(entries: np.ndarray, first: int, bits: int) -> Sequence:
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.LUTData = entries.astype("<u2").tobytes()
    item["LUTData"].VR = "OW"
    return Sequence([item])
