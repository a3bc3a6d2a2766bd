"""Operators of an ONNX file on its constants, such as those that compute the target of a reshape."""

from collections.abc import Callable

from cnn.layers.reading.onnx_node import MAX_NUMBERS, Constant, Node, row


def _fold(function: Callable[[float, float], float]) -> Callable[[Node], Constant]:
    def fold(node: Node) -> Constant:
        first, second = node.constant(0), node.constant(1)
        if first is None or second is None or not first.numbers or not second.numbers:
            return Constant((), None)
        a, b = first.numbers, second.numbers
        length = max(len(a), len(b))
        a, b = (each * length if len(each) == 1 else each for each in (a, b))
        return Constant(first.dims or second.dims, tuple(map(function, a[:length], b[:length])))

    return fold


def _same_numbers(node: Node) -> Constant:
    value = node.constant(0)
    if value is None or value.numbers is None:
        return value or Constant((), None)
    dims = (len(value.numbers),) if node.kind != "Squeeze" else ()
    return value if node.kind in ("Cast", "Identity", "Floor") else Constant(dims, value.numbers)


def _gathered(node: Node) -> Constant:
    value, index = node.constant(0), node.constant(1)
    if value is None or index is None or value.numbers is None or index.numbers is None:
        return Constant(index.dims if index else (), None)
    return Constant(index.dims, tuple(value.numbers[int(i)] for i in index.numbers))


def _joined_numbers(node: Node) -> Constant:
    parts = [value.numbers if isinstance(value, Constant) else None for value in node.inputs]
    known = [number for part in parts if part is not None for number in part]
    return row(known) if all(part is not None for part in parts) and len(known) <= MAX_NUMBERS else Constant((), None)


def _sliced_numbers(node: Node) -> Constant:
    value, starts, ends = node.constant(0), node.whole_numbers(1, "starts"), node.whole_numbers(2, "ends")
    if value is None or value.numbers is None or not starts or not ends:
        return Constant((), None)
    step = (node.whole_numbers(4, "steps") or [1])[0]
    return row(list(value.numbers[starts[0] : ends[0] : step]))


def _written(node: Node) -> Constant:
    value = node.options.get("value", node.options.get("value_int", node.options.get("value_ints")))
    if isinstance(value, Constant):
        return value
    return row(value) if isinstance(value, list) else Constant((), None if value is None else (value,))


def _filled(node: Node) -> Constant:
    dims = node.whole_numbers(0, "shape") or []
    value = node.options.get("value")
    number = value.numbers[0] if isinstance(value, Constant) and value.numbers else 0
    few = len(dims) == 1 and 0 <= dims[0] <= MAX_NUMBERS
    return Constant(tuple(dims), (number,) * dims[0] if few else None)


CONSTANTS: dict[str, Callable[[Node], Constant]] = {
    "Constant": _written,
    "ConstantOfShape": _filled,
    "Gather": _gathered,
    "Concat": _joined_numbers,
    "Slice": _sliced_numbers,
    "Add": _fold(lambda a, b: a + b),
    "Sub": _fold(lambda a, b: a - b),
    "Mul": _fold(lambda a, b: a * b),
    "Div": _fold(lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else a / b),
} | dict.fromkeys(("Cast", "Identity", "Squeeze", "Unsqueeze", "Floor", "Reshape"), _same_numbers)
