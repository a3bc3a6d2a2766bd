"""Importing the package changes nothing in the process; what a call changes, it puts back."""

import ast
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from pydicom import config

from cnn.imaging.quiet import quiet_libraries

ROOT = Path(__file__).parents[2]
COMPARE = """
import importlib, locale, logging, os, random, signal, sys, threading, warnings
import numpy, torch, PIL.Image, PIL.ImageFile
from pydicom import config
from pydicom.pixels.decoders import base

libraries = []
sys.addaudithook(lambda event, values: libraries.append(values[0]) if event == "ctypes.dlopen" else None)

def state():
    names = ("", "pydicom", "pydicom_jpeg_decoder", "PIL", "torch", "captum", "matplotlib")
    loggers = {name: (logging.getLogger(name).level, len(logging.getLogger(name).handlers)) for name in names}
    flags = {key: value for key, value in vars(config).items() if type(value) in (int, bool)}
    return {
        "warning filters": list(warnings.filters),
        "loggers": loggers,
        "decoders": {n: d.available_plugins for n, d in vars(base).items() if isinstance(d, base.Decoder)},
        "pydicom": dict(vars(config.settings)) | flags,
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads(), threading.active_count()),
        "allocator": "libc.so.6" in libraries,
        "environment": dict(os.environ),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "torch": (torch.get_default_dtype(), torch.is_grad_enabled(), torch.initial_seed(), torch.nn.Module.__call__),
        "numpy": (numpy.get_printoptions(), numpy.geterr(), numpy.random.get_state()[1].tolist()),
        "pillow": (PIL.Image.MAX_IMAGE_PIXELS, PIL.ImageFile.LOAD_TRUNCATED_IMAGES),
        "python": (random.getstate(), sys.excepthook, sys.getrecursionlimit(), os.getcwd(), locale.setlocale(0)),
    }

others, own = (names.split(",") for names in sys.argv[1:])
for name in others:
    importlib.import_module(name)
libraries.clear()
before = state()
for name in own:
    importlib.import_module(name)
after = state()
changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
assert not changed, changed
"""


@pytest.mark.slow
def test_importing_all_modules_changes_nothing_in_the_process() -> None:
    """What others change when they are imported is theirs: they come first."""
    paths = sorted((ROOT / "cnn").rglob("*.py"))
    own = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    own = [name for name in own if not name.endswith("__main__")]
    nodes = [node for path in paths for node in ast.parse(path.read_text(encoding="utf-8")).body]
    others = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    others |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    others = {name for name in others if name.split(".")[0] not in ("cnn", "__future__")}
    subprocess.run([sys.executable, "-c", COMPARE, ",".join(sorted(others)), ",".join(own)], check=True, cwd=ROOT)


def test_libraries_are_quiet_until_the_last_thread_has_left() -> None:
    def settings() -> tuple[object, ...]:
        return list(warnings.filters), logging.getLogger("pydicom").level, dict(vars(config.settings))

    before = settings()
    entered, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with quiet_libraries():
            entered.set()
            leave.wait(10)

    other = threading.Thread(target=stay)
    with quiet_libraries():
        other.start()
        assert entered.wait(10)
    assert logging.getLogger("pydicom").level == logging.CRITICAL
    assert config.settings.reading_validation_mode == config.IGNORE
    leave.set()
    other.join()
    assert settings() == before
