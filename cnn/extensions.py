"""Run the files that register methods, layers and networks, for the command line and the app.

``CNN_EXTENSIONS=mine.py:/path/to/others.py`` names them, separated as the system separates paths.
"""

import os
import runpy
from functools import cache

from cnn.errors import CommandFailed

VARIABLE = "CNN_EXTENSIONS"


@cache
def run_extensions() -> None:
    """Run each file that the environment names, once in this process.

    Raises:
        CommandFailed: There is no such file.
    """
    for path in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        if not os.path.isfile(path):
            raise CommandFailed(f"{VARIABLE} names %s, which is no file.", path)
        runpy.run_path(path, run_name="cnn_extension")
