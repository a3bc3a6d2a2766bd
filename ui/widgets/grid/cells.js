// Tables of cells. They are built once for a configuration; a step only moves classes on the cells concerned.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A captioned table of height x width cells; fill(td, row, column) writes one. Returns the cells as rows of elements.
function table(figure, caption, height, width, role, fill) {
  const body = element("tbody");
  const cells = [];
  for (let row = 0; row < height; row++) {
    const line = element("tr", role ? { role: "row" } : {});
    cells.push([]);
    for (let column = 0; column < width; column++) {
      const cell = element("td", { "data-row": row, "data-column": column, role: role ? "gridcell" : null });
      fill(cell, row, column);
      cells[row].push(cell);
      line.append(cell);
    }
    body.append(line);
  }
  const made = element("table", { role, "aria-label": caption }, body);
  figure.append(element("div", { class: "caption" }, caption), element("div", { class: "scroll" }, made));
  return cells;
}

// A place on the stage for tables; on a wide screen each channel has its row.
function figure(view, part, row) {
  const made = element("div", { class: "figure", "data-part": part, style: `--row: ${row + 1}` });
  view.find(".stage").append(made);
  return made;
}

// A cell that can be typed into; what is typed goes to Python, which answers with a new example.
function field(cell, text, label, id, send) {
  const input = element("input", { type: "text", inputmode: "decimal", value: text, "aria-label": label, "data-id": id });
  input.addEventListener("change", () => {
    const number = Number(input.value.replace("−", "-").replace(",", "."));
    const valid = input.value.trim() !== "" && Number.isFinite(number);
    if (valid) send(number);
    else input.value = text; // what does not read as a number must not stand there as if it were used
  });
  cell.append(input);
}

// Text twin of a table's size, padding named where there is some.
function sizeText(data) {
  const { rows, columns } = data;
  const size = data.flat ? `${columns.size} numbers` : `${rows.size} × ${columns.size}`;
  const padded = rows.before + rows.after + columns.before + columns.after > 0;
  if (!padded) return size;
  const [height, width] = [rows.before + rows.size + rows.after, columns.before + columns.size + columns.after];
  return `${size}, with padding ${data.flat ? width : `${height} × ${width}`}`;
}

// Which kind of cell stands at a place of the padded input.
function kindOf(data, row, column) {
  const { rows, columns } = data;
  if (row >= rows.padded || column >= columns.padded) return "outside";
  const padding = [
    [row, rows],
    [column, columns],
  ].some(([at, axis]) => at < axis.before || at >= axis.before + axis.size);
  const unread = rows.unread.includes(row) || columns.unread.includes(column);
  return `${padding ? "padding" : "data"}${unread ? " unread" : ""}`;
}

function drawInput(view, place, channel) {
  const { data } = view;
  const height = data.rows.padded + data.rows.overhang;
  const width = data.columns.padded + data.columns.overhang;
  const name = data.padded.length > 1 ? `${data.names[0]}, ${data.channels[channel]}` : data.names[0];
  const edits = view.editing && data.editable.includes("input");
  const strip = hasStrip(data) ? 1 : 0;
  return table(place, `${name}: ${sizeText(data)}`, height + strip, width, null, (cell, row, column) => {
    if (row >= height) return cell.classList.add("strip");
    const kind = kindOf(data, row, column);
    const value = data.padded[channel][row]?.[column] ?? null;
    cell.className = kind;
    const text = kind === "outside" ? "" : value === null ? "−∞" : show(value, data.decimals);
    if (!edits || !kind.startsWith("data")) return cell.append(text);
    const [y, x] = [row - data.rows.before, column - data.columns.before];
    const label = `${name}, ${cellName(data, y, x)}`;
    field(cell, text, label, `input ${channel} ${y} ${x}`, (value) =>
      view.send({ part: "input", filter: 0, channel, row: y, column: x, value }),
    );
  });
}

// A signal has room below it for its kernel, which then visibly slides along.
function hasStrip(data) {
  return data.flat && data.kernel;
}

// The weights of one channel; "given" are those of a kernel before it is turned round.
function drawWeights(view, place, channel, weights, caption, { given, editable }) {
  const { data, at } = view;
  return table(place, caption, weights.length, weights[0].length, null, (cell, row, column) => {
    const text = show(weights[row][column], data.decimals);
    const label = `Weight ${text} at ${cellName(data, row, column)}`;
    const id = `kernel ${channel} ${row} ${column}`;
    cell.className = "weight";
    Object.assign(cell.dataset, { channel, turned: given ? "1" : "" });
    if (editable) {
      const send = (value) => view.send({ part: "kernel", filter: at.filter, channel, row, column, value });
      return field(cell, text, label, id, send);
    }
    const first = row + column === 0 ? 0 : -1; // one stop for the Tab key; arrows go on from there
    cell.append(element("button", { type: "button", tabindex: first, "aria-label": label, "data-id": id }, text));
  });
}

function drawKernel(view, place, channel) {
  const { data, at } = view;
  const name = data.padded.length > 1 ? `${data.names[1]}, ${data.channels[channel]}` : data.names[1];
  const laid = data.kernel[at.filter][channel];
  const size = data.flat ? `${laid[0].length} weights` : `${laid.length} × ${laid[0].length}`;
  const editable = data.editable.includes("kernel");
  if (!data.given) return drawWeights(view, place, channel, laid, `${name}: ${size}`, { editable });
  drawWeights(view, place, channel, data.given[at.filter][channel], `${name} as given`, { given: true, editable });
  return drawWeights(view, place, channel, laid, `${name} turned round: ${size}`, {});
}

function drawOutput(view, place) {
  const { data, at } = view;
  const map = data.output[at.filter];
  const name = data.output.length > 1 ? `${data.names[2]}, ${data.filters[at.filter]}` : data.names[2];
  const size = data.flat ? `${map[0].length} numbers` : `${map.length} × ${map[0].length}`;
  return table(place, `${name}: ${size}`, map.length, map[0].length, "grid", (cell, row, column) => {
    cell.className = "result";
    cell.tabIndex = -1;
    cell.append(isHidden(data, { ...at, row, column }) ? "?" : show(map[row][column], data.decimals));
  });
}

function drawGradient(view, place) {
  const { data, at } = view;
  const map = data.gradient[at.channel];
  const caption = `Gradient at the input: ${map.length} × ${map[0].length}`;
  return table(place, caption, map.length, map[0].length, null, (cell, row, column) => {
    cell.className = "share";
    cell.append(givesAway(data, at.channel, row, column) ? "?" : show(map[row][column], data.decimals));
  });
}

// Whether a cell of the gradient would tell what the hidden output cell holds.
function givesAway(data, channel, row, column) {
  if (data.hidden?.[0] !== channel) return false;
  const { rows, columns, hidden } = data;
  return rows.windows[hidden[1]].includes(row + rows.before) && columns.windows[hidden[2]].includes(column + columns.before);
}

// One little table a channel, in the kernel's own shape: value, times weight, equals product.
function drawProducts(view, place, channel) {
  const { data } = view;
  const [height, width] = [data.kernel[0][0].length, data.kernel[0][0][0].length];
  const name = data.padded.length > 1 ? `Products, ${data.channels[channel]}` : "Products";
  return table(place, name, height, width, null, (cell) => {
    cell.className = "product";
    cell.dataset.channel = channel;
    cell.append(element("span", { class: "v" }), element("span", { class: "w" }), element("span", { class: "p" }));
  });
}

const LEGEND = {
  window: "the window of this step",
  gets: "the largest in it; in a tie, the gradient goes to the first",
  padding: "padding",
  unread: "never read by any window",
  outside: "behind the edge: nothing there",
};

function legend(data) {
  const kinds = data.kind === "max" ? ["window", "gets"] : ["window"];
  if (data.rows.padded > data.rows.size || data.columns.padded > data.columns.size) kinds.push("padding");
  if (data.rows.unread.length || data.columns.unread.length) kinds.push("unread");
  if (data.rows.overhang || data.columns.overhang) kinds.push("outside");
  return kinds.flatMap((kind) => [element("i", { class: kind }), `${LEGEND[kind]} `]);
}
