"""The reader of uploads: right greys from good files, one sentence for the others, nothing else ever."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing
from sklearn.datasets import load_sample_image

from cnn.imaging.borders import trim_border
from cnn.imaging.radiograph import MAX_BYTES, Radiograph, display_name, read_radiograph
from tests.imaging.corpus import BAD, GOOD, HEAVY
from tests.imaging.corpus.build import PATIENT, picture, saved
from tests.imaging.corpus.mutate import SEEDS, broken_film, edited, judge

ROOT = Path(__file__).parents[2]


def read_test_file(name: str) -> Radiograph:
    path = get_testdata_file(name, download=False)
    assert path, f"{name} belongs to pydicom-data"
    return read_radiograph(Path(path).read_bytes(), name)


@pytest.mark.parametrize("name", GOOD)
def test_good_files_give_their_greys(name: str) -> None:
    file = GOOD[name]()
    film = judge(file.data, name)
    assert isinstance(film, Radiograph), film
    greys, *_ = trim_border(file.greys)  # of a window's clipped rim, for example
    assert film.pixels.shape == greys.shape
    np.testing.assert_allclose(film.pixels, greys, atol=file.within, rtol=0)
    assert film.pixel_spacing_mm == file.spacing
    for words in file.notes:
        assert any(words in note for note in film.notes), film.notes
    assert bool(film.notes) == bool(file.notes), film.notes


@pytest.mark.parametrize("name", BAD)
def test_bad_files_get_a_sentence(name: str) -> None:
    file = BAD[name]()
    said = judge(file.data, name)
    assert isinstance(said, str), said
    assert file.says in said


def test_the_kind_is_what_the_bytes_are() -> None:
    assert read_radiograph(GOOD["png named.jpg"]().data, "png named.jpg").kind == "PNG"
    assert read_radiograph(GOOD["dicom named.png"]().data, "dicom named.png").kind == "DICOM"
    assert read_radiograph(GOOD["progressive.jpg"]().data, "scan").kind == "JPEG"


@pytest.mark.parametrize(
    "name",
    [
        "8-bit grey.png",
        "progressive.jpg",
        "ExplicitVRLittleEndian 16.dcm",
        "jpeg 2000.dcm",
        "jpeg-ls.dcm",
        "jpeg lossless.dcm",
        "rle 16.dcm",
    ],
)
def test_files_cut_anywhere(name: str) -> None:
    data = GOOD[name]().data
    most = 0.95 if name.endswith(".dcm") else 0.8  # the last rows of a PNG or JPEG may be missing
    for length in range(0, int(most * len(data)), max(len(data) // 40, 1)):
        said = judge(data[:length], name)
        assert name == "jpeg 2000.dcm" or isinstance(said, str), f"{length} of {len(data)} bytes were enough"


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("RG1_UNCI.dcm", "RG1_UNCI.dcm"),
        ("C:\\Films\\thorax.png", "thorax.png"),
        ("../../etc/passwd", "passwd"),
        ("röntgen 胸部.png", "röntgen 胸部.png"),
        ("a\x00b\r\n\tc\x1b[31m.png", "a_b___c__31m.png"),
        ("\u202egnp.exe", "_gnp.exe"),
        ("![x](http://there/x.png)", "x.png)"),
        ("<script>$x$ `rm` *b* [l] |.png", "_script__x_ _rm_ _b_ _l_ _.png"),
        ("\ud800.png", "_.png"),
        ("a" * 300 + ".png", "a" * 47 + "…" + "a" * 8 + ".png"),
        ("", "the file"),
        ("///", "the file"),
    ],
)
def test_names_are_fit_to_be_shown(given_name: str, shown: str) -> None:
    assert display_name(given_name) == shown
    assert str(judge(b"", given_name)).startswith(f"“{shown}” is empty")


def test_same_bytes_are_equal_and_cannot_be_painted_over() -> None:
    data = saved(Image.fromarray(picture()), "PNG")
    one, two = read_radiograph(data, "a.png"), read_radiograph(data, "a.png")
    assert one == two
    assert hash(one) == hash(two)
    with pytest.raises(ValueError, match="read-only"):
        one.pixels[0, 0] = 1


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_colour_photographs_are_not_radiographs(name: str) -> None:
    photo = load_sample_image(name)
    assert "has colour and does not look like a radiograph" in str(judge(saved(Image.fromarray(photo), "JPEG"), name))
    tinted = np.asarray(Image.fromarray(photo).convert("L"))[..., None] * np.array([0.75, 0.85, 1.0])
    film = judge(saved(Image.fromarray(tinted.astype(np.uint8)), "JPEG"), name)
    assert isinstance(film, Radiograph), film


# -- real DICOM files --------------------------------------------------------------------------------------------------


def test_every_file_of_pydicom_is_read_or_refused() -> None:
    folders = [Path(str(get_testdata_file(name, download=False))).parent for name in ("CT_small.dcm", "RG1_UNCR.dcm")]
    paths = {path for folder in folders for path in folder.glob("*.dcm")}
    films = [judge(path.read_bytes(), path.name) for path in sorted(paths)]
    assert sum(isinstance(film, Radiograph) for film in films) > 25


def test_a_real_chest_has_bright_bone_and_dark_lungs() -> None:
    film = read_test_file("RG1_UNCR.dcm")
    assert film.notes == (
        "Applied the grey window of the file: centre 15000, width 30000.",
        "Inverted: in this file low values are bright (MONOCHROME1).",
    )
    height, width = film.pixels.shape
    middle = film.pixels[height // 3 : height // 2]
    spine, lung = middle[:, int(0.49 * width) : int(0.53 * width)], middle[:, int(0.60 * width) : int(0.68 * width)]
    assert spine.mean() > lung.mean() + 0.1
    assert film.pixel_spacing_mm is None, "the file says 0.000"


@pytest.mark.parametrize(
    ("plain", "packed", "within"),
    [
        ("RG1_UNCR.dcm", "RG1_J2KR.dcm", 0),
        ("RG1_UNCI.dcm", "RG1_J2KI.dcm", 0.001),
        ("RG3_UNCR.dcm", "RG3_J2KR.dcm", 0),
        ("693_UNCR.dcm", "693_J2KR.dcm", 0),
        ("MR_small.dcm", "MR_small_RLE.dcm", 0),
        ("MR_small.dcm", "MR_small_jpeg_ls_lossless.dcm", 0),
        ("MR_small.dcm", "MR_small_jp2klossless.dcm", 0),
        ("MR_small.dcm", "MR_small_bigendian.dcm", 0),
        ("MR_small.dcm", "MR_small_implicit.dcm", 0),
    ],
)
def test_compression_does_not_change_the_picture(plain: str, packed: str, within: float) -> None:
    one, two = read_test_file(plain).pixels, read_test_file(packed).pixels
    np.testing.assert_allclose(one, two, atol=within, rtol=0)


@pytest.mark.parametrize("name", ["RG3_UNCR.dcm", "693_UNCR.dcm", "MR2_UNCR.dcm", "MR_small.dcm"])
def test_windows_are_those_of_pydicom(name: str) -> None:
    ds = pydicom.dcmread(str(get_testdata_file(name, download=False)))
    values = apply_modality_lut(ds.pixel_array, ds)
    theirs = apply_windowing(values, ds)
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    bits, signed = ds.BitsStored, ds.PixelRepresentation
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    expected = (theirs - (low * slope + intercept)) / ((high - low) * slope)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        expected = 1 - expected
    if "PixelPaddingValue" in ds:
        expected[ds.pixel_array == ds.PixelPaddingValue] = 0
    np.testing.assert_allclose(read_test_file(name).pixels, trim_border(expected)[0], atol=2e-6)


def test_tables_are_those_of_pydicom() -> None:
    modality = pydicom.dcmread(str(get_testdata_file("mlut_18.dcm", download=False)))
    expected = apply_modality_lut(modality.pixel_array, modality) / 65535
    np.testing.assert_allclose(read_test_file("mlut_18.dcm").pixels, expected, atol=1e-6)
    voi = pydicom.dcmread(str(get_testdata_file("vlut_04.dcm", download=False)))
    expected = apply_voi_lut(voi.pixel_array, voi) / 65535
    np.testing.assert_allclose(read_test_file("vlut_04.dcm").pixels, expected, atol=1e-6)


# -- hostile files -----------------------------------------------------------------------------------------------------


def in_a_box(folder: Path) -> tuple[list[dict], set[str], str]:
    """Verdicts, modules and what reached the error stream, from a process of 600 MiB with every warning and log on."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RUST_BACKTRACE": "0"}
    run = subprocess.run(
        [sys.executable, "-W", "always", "-m", "tests.imaging.decode_under_limits", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    *verdicts, last = [json.loads(line) for line in run.stdout.splitlines()]
    return verdicts, set(last["modules"]), run.stdout + run.stderr


@pytest.mark.slow
def test_heavy_files_are_refused_without_their_weight(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="limits of address space are a Unix matter")
    files = {name: maker() for name, maker in HEAVY.items()}
    for name, file in files.items():
        assert len(file.data) <= MAX_BYTES
        (tmp_path / name).write_bytes(file.data)
    verdicts, modules, _ = in_a_box(tmp_path)
    assert [each["name"] for each in verdicts] == sorted(files)
    for each in verdicts:
        assert each["said"], f"{each['name']} was read"
        assert files[each["name"]].says in each["said"]
        assert "memory" not in each["said"], each
        assert each["seconds"] < 3, each
    assert not modules & {"torch", "streamlit", "torchvision"}


def test_no_patient_leaves_the_reader(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    for name, maker in (GOOD | BAD).items():
        if name.endswith(".dcm"):
            (tmp_path / name).write_bytes(maker().data)
    verdicts, _, heard = in_a_box(tmp_path)
    assert len(verdicts) > 60
    assert PATIENT not in heard
    assert "19700101" not in heard


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)
    for _ in range(10):
        judge(broken_film(name, chance), name)


def test_the_end_of_a_jpeg_ls_stream_is_not_searched_for_long() -> None:
    judge(edited(GOOD["jpeg-ls.dcm"]().data, [("end", 0.7, b"\0")]), "jpeg-ls.dcm")  # took five seconds once
