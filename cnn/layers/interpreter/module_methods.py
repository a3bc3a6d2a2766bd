"""What every module of the library has: children, weights, and methods that change no shape."""

from typing import Any

from cnn.errors import UserError
from cnn.layers.interpreter.run import Run
from cnn.layers.operations.effects import describe
from cnn.layers.operations.layer_table import LAYERS, REQUIRED
from cnn.layers.operations.values import Builtin, Module, Tensor, Unknown

_SELF = frozenset(
    [
        "train",
        "eval",
        "to",
        "cuda",
        "cpu",
        "half",
        "float",
        "double",
        "bfloat16",
        "type",
        "requires_grad_",
        "share_memory",
        "compile",
        "zero_grad",
        "xpu",
        "init_weights",
        "reset_parameters",
        "load_state_dict",
        "summary",
    ]
)
_PER_SIDE = ("kernel_size", "stride", "padding", "dilation", "output_padding")
"""Arguments of a convolution that PyTorch keeps as one number for each side."""
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")


def initialise(module: Module, values: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Do what the library's ``__init__`` does.

    Raises:
        UserError: A layer does not take these arguments, or a container other things than modules.
    """
    kind = module.kind
    if kind == "Identity":
        return
    if kind in LAYERS:
        module.arguments = LAYERS[kind].bind(kind, values, keywords)
        return
    if kind in ("ParameterList", *_CONTAINERS):
        items = values
        if kind != "Sequential" or (len(values) == 1 and isinstance(values[0], dict)):
            items = values[0] if values else keywords.get("modules", ())
        pairs = items.items() if isinstance(items, dict) else enumerate(_sequence(items))
        for name, value in pairs:
            add_child(module, str(name), value)


def _sequence(items: Any) -> list[Any]:
    if isinstance(items, Module) and items.kind in _CONTAINERS:
        return list(items.children().values())
    if isinstance(items, list | tuple):
        if items and all(isinstance(pair, tuple) and len(pair) == 2 for pair in items):
            return [value for _, value in items]
        return list(items)
    raise UserError(f"A list of layers is needed, not {describe(items)}.")


def add_child(module: Module, name: str, value: Any) -> None:
    """Put a module into a container; what is not known becomes a module of unknown kind."""
    if isinstance(value, Unknown):
        value = Module("an unknown module")
    is_parameter = isinstance(value, Tensor) and module.kind == "ParameterList"
    if value is not None and not is_parameter and not (isinstance(value, Module) and value.kind):
        raise UserError(f"{module.title} holds layers, not {describe(value)}.")
    module.attributes[name] = value


def attribute(objects: Run, module: Module, name: str) -> Any:
    """Return an attribute that the library itself defines.

    Raises:
        UserError: It defines none of this name.
    """
    if name == "training":
        return False
    if name == "_modules":
        return module.children()
    if name in ("weight", "bias") and module.kind in LAYERS:
        return _weight(module, name)
    if name in module.arguments and module.arguments[name] is not REQUIRED:
        value = module.arguments[name]
        if module.kind.startswith(("Conv", "LazyConv")) and name in _PER_SIDE and isinstance(value, int):
            return (value,) * int(module.kind[-2])
        return value
    if name in _SELF:
        return Builtin(name, lambda *_, **__: module)
    if name in _METHODS:
        return Builtin(name, lambda *values, **keywords: _METHODS[name](objects, module, *values, **keywords))
    if name in ("forward", "__call__"):
        return Builtin(name, lambda *values, **_: objects.run_layer(module, values))
    if name.startswith(("log", "save_", "register_", "load_", "_")) or module.kind not in (
        *LAYERS,
        "Module",
        *_CONTAINERS,
    ):
        return Unknown(f"{name} of {module.title}")
    raise UserError(f"{module.title} has no attribute {name}.")


def _weight(module: Module, name: str) -> Any:
    """Return weight or bias of a layer, by its shape as far as that is simple."""
    arguments = module.arguments
    sizes = [arguments.get(key) for key in ("out_features", "in_features")]
    if module.kind.startswith("Conv") and "Transpose" not in module.kind and isinstance(arguments["groups"], int):
        channels, groups = arguments["in_channels"], max(1, arguments["groups"])
        kernel = attribute_per_side(module)
        sizes = [arguments["out_channels"], channels // groups if isinstance(channels, int) else None, *kernel]
    known = all(isinstance(size, int) for size in sizes)
    if name == "weight":
        return Tensor(tuple(sizes) if known else None)  # type: ignore[arg-type]
    if not arguments.get("bias", True):
        return None
    return Tensor((sizes[0],) if isinstance(sizes[0], int) else None)


def attribute_per_side(module: Module) -> tuple[Any, ...]:
    """Return the kernel size of a convolution along each side."""
    kernel = module.arguments["kernel_size"]
    return tuple(kernel) if isinstance(kernel, tuple | list) else (kernel,) * int(module.kind[-2])


def get_item(module: Module, key: Any) -> Any:
    """Return an element of a container, or a part of it.

    Raises:
        UserError: There is none.
    """
    children = {name: value for name, value in module.attributes.items() if isinstance(value, Module | Tensor)}
    if isinstance(key, str) and key in children:
        return children[key]
    items = list(children.values())
    if isinstance(key, slice) and all(isinstance(end, int | None) for end in (key.start, key.stop, key.step)):
        part = Module(module.kind)
        for number, value in enumerate(items[key]):
            part.attributes[str(number)] = value
        return part
    if isinstance(key, int) and -len(items) <= key < len(items):
        return items[key]
    raise UserError(f"{module.title} has no element {describe(key)}.")


def set_item(module: Module, key: Any, value: Any) -> None:
    """Replace or add an element of a container."""
    names = list(module.children())
    if isinstance(key, int) and -len(names) <= key < len(names):
        key = names[key]
    if not isinstance(key, str):
        raise UserError(f"{module.title} has no element {describe(key)}.")
    add_child(module, key, value)


def delete_item(module: Module, key: Any) -> None:
    """Take an element out of a container; those of a list close up."""
    names = list(module.children())
    name = names[key] if isinstance(key, int) and -len(names) <= key < len(names) else key
    if name not in module.attributes:
        raise UserError(f"{module.title} has no element {describe(key)}.")
    del module.attributes[name]


def _append(_: Run, module: Module, value: Any) -> Module:
    add_child(module, str(len(module.children())), value)
    return module


def _extend(objects: Run, module: Module, values: Any) -> Module:
    for value in _sequence(values):
        _append(objects, module, value)
    return module


def _insert(_: Run, module: Module, index: int, value: Any) -> None:
    items = list(module.children().values())
    items.insert(index, value)
    module.attributes.clear()
    for number, item in enumerate(items):
        add_child(module, str(number), item)


def _add_module(_: Run, module: Module, name: str, value: Any) -> None:
    if not isinstance(name, str):
        raise UserError("add_module needs a name.")
    add_child(module, name, value)


def _register(_: Run, module: Module, name: str, value: Any = None, **__: Any) -> None:
    module.attributes[name] = value


def _apply(_: Run, module: Module, __: Any) -> Module:
    return module


def _pop(_: Run, module: Module, key: Any = -1) -> Any:
    value = get_item(module, key)
    delete_item(module, key)
    return value


def _update(_: Run, module: Module, values: Any) -> None:
    for name, value in dict(values).items():
        add_child(module, str(name), value)


def _submodule(_: Run, module: Module, path: str) -> Any:
    for name in path.split("."):
        module = get_item(module, name)
    return module


def _save_hyperparameters(objects: Run, module: Module, *_: Any, **__: Any) -> None:
    """Keep the arguments of ``__init__`` as ``hparams``, as Lightning does."""
    arguments = objects.frames[-1].variables if objects.frames else {}
    kept = {name: value for name, value in arguments.items() if value is not module and not name.startswith("__")}
    module.attributes["hparams"] = Module("", attributes=kept)


_METHODS: dict[str, Any] = {
    "children": lambda _, module: list(module.children().values()),
    "named_children": lambda _, module: list(module.children().items()),
    "modules": lambda _, module: [each for _, each in module.walk()],
    "named_modules": lambda _, module: list(module.walk()),
    "parameters": lambda *_, **__: [],
    "named_parameters": lambda *_, **__: [],
    "buffers": lambda *_, **__: [],
    "state_dict": lambda *_, **__: Unknown("the weights of a module"),
    "keys": lambda _, module: list(module.children()),
    "values": lambda _, module: list(module.children().values()),
    "items": lambda _, module: list(module.children().items()),
    "append": _append,
    "add": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "update": _update,
    "add_module": _add_module,
    "register_module": _add_module,
    "register_buffer": _register,
    "register_parameter": _register,
    "apply": _apply,
    "get_submodule": _submodule,
    "save_hyperparameters": _save_hyperparameters,
}
