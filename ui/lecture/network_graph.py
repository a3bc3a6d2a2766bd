"""Any network as a graph: read from source, a printed model, a file or a name, drawn with its branches, and counted."""

import streamlit as st

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import Graph, Node, format_dims, title
from cnn.layers.reading.read import parse_dims, read_file
from ui.shell import upload_limits
from ui.shell.text import format_bytes, plain, sentence_of
from ui.widgets import tables
from ui.widgets.network_graph import show_network_graph
from ui.widgets.tables import Bar


def show_reader() -> None:
    """Show a box for source and one for a file, and the network that is in them."""
    text = st.text_area(
        "PyTorch or Keras source, what print(model) writes, or a name such as resnet18", key="any_network", height=180
    )
    left, right = st.columns([2, 1])
    with left:
        file = upload_limits.show_file_box("or a file: .py, .txt or .onnx", type=["py", "txt", "onnx"])
    shape = right.text_input("Shape of one input, channels first", "3x224x224", key="any_input", max_chars=40)
    st.caption("Source is read, never run. For a larger file: `python -m cnn.layers FILE --input 3x224x224`.")
    data, name = (file.getvalue(), file.name) if file else (text.encode(), "text")
    if not data.strip():
        return
    try:
        show_graph(_read(data, name, shape))
    except UserError as error:
        st.error(sentence_of(error))


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
            format_dims(graph.output_dims) or "-",
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
        "have a scale of their own. Dashed boxes are modules: press one twice to open it. Activations, normalisations "
        "and dropout are told with the layer before. The heaviest three by each cost are marked."
    )
    _show_table(graph)
    if not problem:
        st.download_button("Download the table (CSV)", graph.csv(), "network.csv", "text/csv", key="any_csv")


def _show_table(graph: Graph) -> None:
    """Show a row for each layer, with its share of all parameters and multiply-adds as a bar."""
    rows: list[list[str | Bar]] = [_row(node, graph) for node in graph.nodes[1:]]
    rows += [[path, "", f"{count:,}", "0", ""] for path, count in graph.other_parameters]
    head = ["layer", "output", "parameters", "multiply-adds", "receptive field"]
    tables.show_table(head, rows, label="The network, layer by layer")


def _row(node: Node, graph: Graph) -> list[str | Bar]:
    name = title(node.operation)
    if node.problem:
        return [name, f"Does not fit: {node.problem}"]
    parameters, products = node.effect.parameters.value, node.effect.multiply_adds.value
    field = "all" if node.fields == "all" else "x".join(str(side.size) for side in node.fields or ())
    return [
        name,
        format_dims(node.output) or "?",
        Bar(f"{parameters:,}", parameters / max(1, graph.parameters)),
        Bar(f"{products:,}", products / max(1, graph.multiply_adds)),
        field or "varies",
    ]
