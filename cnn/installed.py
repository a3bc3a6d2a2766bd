"""Find what ships beside the package: the app and the weights, in a checkout or behind ``pip install``."""

from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[1]
HOME = _BESIDE if (_BESIDE / "weights" / "transfer.json").is_file() else _BESIDE / "cnn_lecture"
"""Folder that holds ``app.py``, ``pages``, ``ui`` and ``weights``.

In a checkout that is the repository. A wheel keeps them in ``cnn_lecture``, so that no module with a name as common as
``ui``, ``pages`` or ``app`` lies at the top of site-packages.
"""
