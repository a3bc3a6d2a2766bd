"""Interpret the source of torchvision's classifiers where it is installed, so that their names are known.

The files are read as text like any other source: neither torchvision nor PyTorch is imported.
"""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typing_extensions import override

from cnn.layers.interpreter import composed_layers
from cnn.layers.interpreter.statements import Interpreter
from cnn.layers.operations.values import Name, Scope

_PACKAGES = ("models", "ops")
_REGISTERED = re.compile(r"^@register_model\(.*?^def (\w+)", re.DOTALL | re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z_]\w*")


@cache
def torchvision_folder() -> Path | None:
    """Return the folder of the installed torchvision; None if there is none."""
    found = find_spec("torchvision")
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) if places else None


@cache
def _defining_files(package: str) -> dict[str, Path]:
    """Return the file of a package that defines each of its functions and classes."""
    folder = torchvision_folder()
    files: dict[str, Path] = {}
    for path in sorted((folder / package).glob("*.py")) if folder else ():
        names = re.findall(r"^(?:def|class) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        files |= {name: path for name in names if name not in files}
    return files


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def model_names() -> tuple[str, ...]:
    """Return the names of torchvision's classifiers."""
    folder = torchvision_folder()
    if folder is None:
        return ()
    texts = [path.read_text(encoding="utf-8") for path in (folder / "models").glob("*.py")]
    return tuple(sorted(name for text in texts for name in _REGISTERED.findall(text)))


class LibraryInterpreter(Interpreter):
    """An interpreter that looks names of torchvision up in its source."""

    def __init__(self) -> None:
        super().__init__()
        self._scopes: dict[Path, Scope] = {}

    @override
    def import_library(self, module: str, name: str) -> Any:
        parts = module.split(".")
        if name in composed_layers.NAMES and parts[:2] == ["torch", "nn"]:
            return self._composed().variables[name]
        if parts[0] != "torchvision" or len(parts) < 2 or parts[1] not in _PACKAGES or not _PLAIN.fullmatch(name):
            return Name(f"{module}.{name}")
        path = _defining_files(parts[1]).get(name)
        if path is None:
            return Name(f"{module}.{name}")
        return self._scope_of(path, parts[1]).variables.get(name, Name(f"{module}.{name}"))

    def _composed(self) -> Scope:
        path = Path(composed_layers.__name__)
        if path not in self._scopes:
            self._scopes[path] = Scope()
            self.run(ast.parse(composed_layers.SOURCE).body, self._scopes[path])
        return self._scopes[path]

    def _scope_of(self, path: Path, package: str) -> Scope:
        if path not in self._scopes:
            scope = Scope({"__package__": f"torchvision.{package}"})
            self._scopes[path] = scope
            machine, self.machine = self.machine, None
            self.run_top(_parsed(path).body, scope)
            self.machine = machine
        return self._scopes[path]

    @override
    def import_from(self, statement: ast.ImportFrom, name: str, scope: Scope) -> Any:
        package = scope.variables.get("__package__")
        if statement.level and isinstance(package, str):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - statement.level + 1])
            return Name(".".join(part for part in (base, statement.module, name) if part))
        return super().import_from(statement, name, scope)
