"""Any network as a graph: read from source, a printed model, a file or a name, drawn with its branches, and counted."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from urllib.parse import urlencode

import streamlit as st

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import Dims, Graph, Node, format_dims, title
from cnn.layers.interpreter.installed_source import model_names
from cnn.layers.layer import Volume
from cnn.layers.network import Network
from cnn.layers.reading.from_graph import build_network
from cnn.layers.reading.graph_code import torch_source
from cnn.layers.reading.read import parse_dims, read_file, read_graph
from cnn.text import typeset_shape
from ui.shell import upload_limits
from ui.shell.text import format_bytes, plain, sentence_of
from ui.widgets import tables
from ui.widgets.network_graph import show_network_graph
from ui.widgets.tables import Bar

_KNOWN, _KNOWN_INPUT = ("alexnet", "resnet18", "mobilenet_v2"), (3, 224, 224)
_MOST_IN_LINK = 2000
"""Most characters of source that a link holds."""


def show_reader(volume: Volume, on_edit: Callable[[Network], None]) -> None:
    """Show a box for source and one for a file, and the network that is in them.

    Args:
        volume: The builder's input, which is written here as PyTorch has it.
        on_edit: Called with a network that the reader wants to change with the builder's blocks.
    """
    for key, name, default in (("any_network", "any", ""), ("any_input", "input", "3x224x224")):
        st.session_state.setdefault(key, st.query_params.get(name, default)[: _MOST_IN_LINK if name == "any" else 40])
    text = st.text_area(
        "PyTorch or Keras source, what print(model) writes, or a name such as resnet18", key="any_network", height=180
    )
    left, right = st.columns([2, 1])
    with left:
        file = upload_limits.show_file_box("or a file: .py, .txt or .onnx", type=["py", "txt", "onnx"])
    shape = right.text_input("Shape of one input, channels first", key="any_input", max_chars=40)
    sides = f"{volume.depth}x{volume.height}x{volume.width}"
    st.caption(
        f"Source is read, never run. The builder's input would be {sides} here. For a larger file: "
        "`python -m cnn.layers FILE --input 3x224x224`."
    )
    data, name = (file.getvalue(), file.name) if file else (text.encode(), "text")
    if not data.strip():
        return
    try:
        graph = _read(data, name, shape)
        show_graph(graph)
        if not file and len(text) <= _MOST_IN_LINK:
            st.markdown("A link to this network:")
            st.code(f"{(st.context.url or '').split('?')[0]}?{urlencode({'any': text, 'input': shape})}", language=None)
    except UserError as error:
        st.error(sentence_of(error))
        return
    with suppress(UserError):
        network = build_network(graph)
        st.button("Edit it with blocks, above", on_click=on_edit, args=(network,))


@st.cache_data(max_entries=16, show_spinner=False)
def _read(data: bytes, name: str, shape: str) -> Graph:
    return read_file(data, name, parse_dims(shape))


def show_graph(graph: Graph) -> None:
    """Show totals, drawing and table of a network, and why it does not fit where it does not."""
    if problem := graph.first_problem:
        st.error(sentence_of(DoesNotFit(problem)))
    for note in graph.notes:
        st.info(plain(note))
    for column, label, value in zip(
        st.columns(4),
        ("Output", "Parameters", "Multiply-adds", "Activation memory"),
        (
            _typeset(graph.output_dims),
            f"{graph.parameters:,}",
            f"{graph.multiply_adds:,}",
            format_bytes(graph.memory),
        ),
        strict=True,
    ):
        column.metric(label, value)
    show_network_graph(graph, key="any_graph")
    st.caption(
        "Height and width to scale, the width running to the back, the depth in channels to the right; rows of numbers "
        "have a scale of their own. Dashed boxes are modules: double-click one to open it. Activations, normalisations "
        "and dropout are listed with the layer before. For each cost, the three largest layers carry their rank."
    )
    _show_known(graph)
    _show_table(graph)
    if problem:
        return
    with st.expander("As PyTorch, layer by layer"):
        try:
            st.code(torch_source(graph), "python", height=400)
        except UserError as error:
            st.info(sentence_of(error))
    if graph.output_dims:
        st.download_button("Download the table (CSV)", graph.csv(), "network.csv", "text/csv", key="any_csv")


@cache
def _known() -> dict[str, Graph]:
    """Return networks that everybody knows, for comparison."""
    return {name: read_graph(name, _KNOWN_INPUT) for name in _KNOWN if name in model_names()}


def _totals(graph: Graph) -> tuple[int, int, int]:
    return graph.parameters, graph.multiply_adds, graph.memory


def _texts(graph: Graph) -> tuple[str, str, str]:
    return f"{graph.parameters:,}", f"{graph.multiply_adds:,}", format_bytes(graph.memory)


def _show_known(graph: Graph) -> None:
    """Show the totals beside those of three known networks."""
    graphs = {"this network": graph} | _known()
    rows: list[list[str | Bar]] = []
    for name, one in graphs.items():
        cells: list[str | Bar] = [name, _typeset(one.nodes[0].output)]
        for total, text in zip(_totals(one), _texts(one), strict=True):
            cells.append(Bar(text, total / max(1, *(_totals(each)[len(cells) - 2] for each in graphs.values()))))
        rows.append(cells)
    head = ["network", "input", "parameters", "multiply-adds", "activation memory"]
    tables.show_table(head, rows, label="Totals beside three known networks", strong=[0])


def _show_table(graph: Graph) -> None:
    """Show a row for each layer, with its share of all parameters and multiply-adds as a bar."""
    rows: list[list[str | Bar]] = [_row(node, graph) for node in graph.nodes[1:]]
    rows += [[path, "", f"{count:,}", "0", ""] for path, count in graph.other_parameters]
    head = ["layer", "output", "parameters", "multiply-adds", "receptive field"]
    tables.show_table(head, rows, label="The network, layer by layer")


def _typeset(dims: Dims | None) -> str:
    return typeset_shape(format_dims(dims)) if dims else "?"


def _row(node: Node, graph: Graph) -> list[str | Bar]:
    name = title(node.operation)
    if node.problem:
        return [name, f"Does not fit: {node.problem}"]
    parameters, products = node.effect.parameters.value, node.effect.multiply_adds.value
    field = "all" if node.fields == "all" else " × ".join(str(side.size) for side in node.fields or ())
    return [
        name,
        _typeset(node.output),
        Bar(f"{parameters:,}", parameters / max(1, graph.parameters)),
        Bar(f"{products:,}", products / max(1, graph.multiply_adds)),
        field or "varies",
    ]
