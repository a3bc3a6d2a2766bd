"""Freed blocks of the size of a batch's maps are used again without a new page from the system."""

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from cnn.models import allocator
if sys.argv[1] == "kept":
    assert allocator.keep_memory()
for number in range(12):
    if number == 4:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = [np.ones(40 * 2**20, np.uint8) for _ in range(3)]
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


GIVEN_BACK = """
from pathlib import Path
from cnn.models import allocator
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
assert allocator.keep_memory()
below, held = [bytearray(2**20) for _ in range(100)], bytearray(2**20)
del below
before = resident()
assert allocator.give_back()
print(before - resident())
"""


def faults(how: str) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True, env=environment
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
def test_memory_is_kept() -> None:
    plain, kept = faults("plain"), faults("kept")
    assert plain > 10_000, "else there is nothing to gain here"
    assert kept < plain / 20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
def test_what_is_free_below_something_still_held_is_given_back() -> None:
    """As after many readers have left: below the end of the heap, where keeping less would not reach."""
    done = subprocess.run([sys.executable, "-c", GIVEN_BACK], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 90 * 2**20
