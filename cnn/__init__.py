"""The science behind the app; no user interface, usable from a notebook.

Packages, each importing only from those before it: layers, ops, imaging, models, predict, attribution, evaluation,
lecture, handson, training.
"""

__version__ = "0.2.0"
