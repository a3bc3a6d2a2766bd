"""One layer in words, as a network's line of text has it: ``conv 16 3 p1``.

Numbers without a letter must be given; those with one are left out where they are usual: ``s`` stride, ``p`` padding,
``d`` dilation, ``g`` groups, ``o`` output padding.
"""

import re
from collections.abc import Callable

from cnn.errors import UserError
from cnn.layers.layers import (
    Activation,
    AdaptivePool,
    Add,
    BatchNorm,
    Conv,
    ConvTranspose,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Pool,
    Softmax,
)

_WORDS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...], Callable[..., Layer]]] = {
    "conv": (("out_channels", "kernel_size"), "spdg", ("nobias",), Conv),
    "tconv": (("out_channels", "kernel_size"), "spodg", ("nobias",), ConvTranspose),
    "max": (("kernel_size",), "spd", ("ceil",), Pool),
    "avg": (("kernel_size",), "spd", ("ceil",), Pool),
    "adaptive": (("size",), "", (), AdaptivePool),
    "fc": (("out_features",), "", ("nobias",), Linear),
    "flatten": ((), "", (), Flatten),
    "norm": ((), "", (), BatchNorm),
    "softmax": ((), "", (), Softmax),
    "relu": ((), "", (), Activation),
    "tanh": ((), "", (), Activation),
    "sigmoid": ((), "", (), Activation),
}
"""For each word: numbers that must be given, letters of those that may, flags that may follow, and the layer."""
_LETTERS = {"s": "stride", "p": "padding", "d": "dilation", "g": "groups", "o": "output_padding"}
_USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "output_padding": 0}


def layer(part: str) -> Layer:
    """The layer that ``part`` describes. Raises ``UserError`` naming what is not understood."""
    word, *rest = part.split()
    if word == "drop" and len(rest) == 1 and re.fullmatch(r"\d?\.?\d{1,4}", rest[0]):
        return Dropout(float(rest[0]))
    if word not in _WORDS:
        known = ", ".join([*_WORDS, "drop"])
        raise UserError(f'"{safe(part)}" is not a layer: use one of {known}.')
    needed, letters, flags, build = _WORDS[word]
    given: dict[str, object] = {}
    numbers = rest[: len(needed)]
    if len(numbers) < len(needed) or not all(re.fullmatch(r"\d{1,9}", number) for number in numbers):
        example = " ".join([word, *("3" for _ in needed)])
        wanted = "a whole number" if len(needed) == 1 else f"{len(needed)} whole numbers"
        raise UserError(f'"{safe(part)}" needs {wanted} after its name, such as {example}.')
    given |= {name: int(number) for name, number in zip(needed, numbers, strict=True)}
    for extra in rest[len(needed) :]:
        named = re.fullmatch(r"([a-z])(\d{1,9})", extra)
        if named and named[1] in letters:
            given[_LETTERS[named[1]]] = int(named[2])
        elif extra in flags:
            given |= {"bias": False} if extra == "nobias" else {"ceil": True}
        else:
            allowed = ", ".join([*(f"{letter}1" for letter in letters), *flags]) or "nothing"
            raise UserError(f'"{safe(extra)}" means nothing to {word}, which takes {allowed} here.')
    if build is Pool:
        given = {"kind": "max" if word == "max" else "average", "stride": given["kernel_size"]} | given
    if build is Activation:
        given = {"name": word}
    return build(**given)


def written(layer: Layer) -> str:
    """The words of one layer, without what is usual."""
    if isinstance(layer, Add):
        return "add"
    if isinstance(layer, Dropout):
        return f"drop {layer.probability:g}"
    word = next(
        word
        for word, (*_, build) in _WORDS.items()
        if type(layer) is build
        and (not isinstance(layer, Activation) or layer.name == word)
        and (not isinstance(layer, Pool) or (layer.kind == "max") == (word == "max"))
    )
    needed, letters, flags, _ = _WORDS[word]
    parts = [word, *(str(getattr(layer, name)) for name in needed)]
    for letter in letters:
        name = _LETTERS[letter]
        usual = layer.kernel_size if isinstance(layer, Pool) and name == "stride" else _USUAL[name]
        value = getattr(layer, name)
        parts += [f"{letter}{value}"] if value != usual else []
    parts += ["nobias"] if "nobias" in flags and not layer.bias else []  # type: ignore[attr-defined]
    parts += ["ceil"] if "ceil" in flags and layer.ceil else []  # type: ignore[attr-defined]
    return " ".join(parts)


def safe(text: str) -> str:
    """At most 40 characters, none of which Markdown would act upon."""
    plain = re.sub(r"[^\w\s.-]|(?<![^\W_])_+|_+(?![^\W_])", "?", text)  # inside a word Markdown leaves a _ alone
    return plain if len(plain) <= 40 else f"{plain[:40]}..."
