"""Freed blocks of the size of a batch's maps are used again without a new page from the system."""

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from cnn import allocator
if sys.argv[1] == "kept":
    assert allocator.keep_memory()
for number in range(60):
    if number == 20:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = [np.ones(40 * 2**20, np.uint8) for _ in range(3)]
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
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
