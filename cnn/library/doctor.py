"""Check an installation: packages, weights by their hashes, decoders, and a film through them on every device."""

import importlib.metadata
import platform
from collections.abc import Iterator

import torch

from cnn import __version__, cards
from cnn.errors import UserError
from cnn.imaging.dicom.pixels import decoder_of
from cnn.imaging.dicom.tags import PLUGINS
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import loading, ood_gate, registry
from cnn.predict.prediction import predict

_PACKAGES = ("torch", "torchvision", "captum", "numpy", "pillow", "pydicom", "streamlit")
_OPTIONAL = ("matplotlib", "ray")
_TOLERANCE = 1e-3
"""How much a probability may differ between devices."""


def examine() -> int:
    """Run ``doctor``: print a line for each check; return 0 if all is well, else 1."""
    failed = 0
    for passed, line in checks():
        print(f"{'ok  ' if passed else 'FAIL'}  {line}")
        failed += not passed
    print("All is well." if not failed else f"{failed} checks failed.")
    return int(failed > 0)


def checks() -> Iterator[tuple[bool, str]]:
    """Yield, for each check, whether it passed, and what was found."""
    yield True, f"cnn {__version__}, Python {platform.python_version()}, {platform.platform()}"
    yield from _check_packages()
    yield from _check_weights()
    for syntax, plugin in PLUGINS.items():
        yield plugin in decoder_of(syntax).available_plugins, f"DICOM {syntax.name}: {plugin}"
    yield from _check_devices()


def _check_packages() -> Iterator[tuple[bool, str]]:
    for name in (*_PACKAGES, *_OPTIONAL):
        try:
            yield True, f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            yield name in _OPTIONAL, f"{name} is not installed: pip install {name}"


def _check_weights() -> Iterator[tuple[bool, str]]:
    for name in registry.REGISTRY:
        try:
            model = loading.load_from(loading.WEIGHTS_FOLDER, name)
            yield True, f"{cards.network_title(name)}: SHA-256 {model.weights_sha256[:16]}, as its card says"
        except UserError as error:
            yield False, str(error)
    try:
        yield True, f"gate and lung segmenter: SHA-256 {ood_gate.load().weights_sha256[:16]}, as their cards say"
    except UserError as error:
        yield False, str(error)


def _check_devices() -> Iterator[tuple[bool, str]]:
    """Predict a built-in film on the CPU and on every other device; answers must agree."""
    names = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    names += ["mps"] if torch.backends.mps.is_available() else []
    expected = None
    for name in names:
        try:
            film = read_radiograph(*SAMPLES[1].read())
            found = predict(loading.load_from(loading.WEIGHTS_FOLDER, "lecture", name), film).p_pneumonia
        except (UserError, RuntimeError) as error:
            yield False, f"device {name}: {error}"
            continue
        expected = found if expected is None else expected
        yield abs(found - expected) < _TOLERANCE, f"device {name}: P(PNEUMONIA) of a built-in film is {found:.6f}"
