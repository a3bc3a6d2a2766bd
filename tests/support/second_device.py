"""A second device in a process that has one: tensors that say they are elsewhere, and meet none that are not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

DEVICE = torch.device("meta")
"""A device whose name torch knows and which needs no driver."""


class Elsewhere(torch.Tensor):
    """A tensor whose numbers are in ``inner``, on the CPU."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "Elsewhere":
        options = {"strides": inner.stride(), "dtype": inner.dtype, "device": DEVICE}
        self = torch.Tensor._make_wrapper_subclass(cls, inner.size(), **options)
        self.inner = inner
        return self

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})

    def __repr__(self) -> str:
        return f"Elsewhere({self.inner})"


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


@contextmanager
def second_device() -> Iterator[str]:
    """Yield the name of a device: what is sent there becomes an :class:`Elsewhere`.

    An operation on such a tensor and one on the CPU that has dimensions raises, as for a CPU and a GPU.
    """
    with _Mode():
        yield str(DEVICE)


def _run(func: Any, args: Any, kwargs: Any) -> Any:
    tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
    there = [each for each in tensors if isinstance(each, Elsewhere)]
    target = kwargs.get("device")
    moves = func._schema.name in ("aten::_to_copy", "aten::copy_")
    if there and not moves and any(each.ndim and not isinstance(each, Elsewhere) for each in tensors):
        raise RuntimeError(f"{func}: Expected all tensors to be on the same device")
    if target is not None:
        kwargs = kwargs | {"device": "cpu"}
    plain_args, plain_kwargs = tree_map_only(Elsewhere, lambda each: each.inner, (args, kwargs))
    result = func(*plain_args, **plain_kwargs)
    stays = torch.device(target).type == DEVICE.type if target is not None else bool(there)
    if func._schema.name == "aten::copy_":
        return args[0]
    known = {id(each.inner): each for each in there}

    def wrap(each: torch.Tensor) -> torch.Tensor:
        return known[id(each)] if id(each) in known else Elsewhere(each)

    return tree_map_only(torch.Tensor, wrap, result) if stays else result
