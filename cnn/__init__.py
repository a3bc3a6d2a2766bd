"""The science behind the app; no user interface, usable from a notebook.

    film = cnn.read("film.dcm")
    reading = cnn.load().read(film)
    reading.explain("grad_cam", "integrated_gradients").check().plot()
    cnn.evaluate("films/", labels="labels.csv")

``import cnn`` loads nothing: each name of ``__all__`` is imported when it is first used.

Packages, each importing only from those before it: layers, ops, imaging, models, predict, attribution, evaluation,
lecture, handson, library, training.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnn.attribution.any_network import check, explain
    from cnn.layers.network_text import register_layer
    from cnn.library.classifier import load
    from cnn.library.films import read
    from cnn.library.nets import net
    from cnn.library.registration import register_method, register_model
    from cnn.library.studies import evaluate

__version__ = "0.2.0"
__all__ = [
    "check",
    "evaluate",
    "explain",
    "load",
    "net",
    "read",
    "register_layer",
    "register_method",
    "register_model",
]

_HOMES = {
    "check": "cnn.attribution.any_network",
    "evaluate": "cnn.library.studies",
    "explain": "cnn.attribution.any_network",
    "load": "cnn.library.classifier",
    "net": "cnn.library.nets",
    "read": "cnn.library.films",
    "register_layer": "cnn.layers.network_text",
    "register_method": "cnn.library.registration",
    "register_model": "cnn.library.registration",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
