// Maps on the stage: a table of digits, or a canvas of shaded cells where digits would be too small. Both are made of
// the same description (see stage.js), are painted again at each step, and have a frame that glides over their cells.

const INK = { positive: [199, 52, 52], negative: [40, 116, 196], padding: [128, 138, 148, 90], empty: [128, 138, 148, 50], hidden: [220, 130, 30, 200] };
const LINED = 9; // pixels of a shaded cell from which lines are drawn between cells

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Draws `spec` into the stage and returns it with what is needed to paint it.
function makeMap(view, spec) {
  const plane = element("div", { class: "plane" });
  const caption = element("div", { class: "caption" });
  const figure = element("div", { class: "figure", "data-part": spec.part, style: `--row: ${spec.line ?? 1}` }, caption, element("div", { class: "scroll" }, plane));
  const map = { ...spec, plane, figure, captionElement: caption, frame: element("i", { class: `glide ${spec.frame ?? ""}`, hidden: "" }) };
  map.shaded = !view.layout.digits && !spec.digits;
  if (map.shaded) makeCanvas(map);
  else makeTable(map);
  plane.append(map.frame);
  if (spec.under === ".planes" && !view.find(".planes")) view.find(".stage").append(element("div", { class: "planes" }));
  view.find(spec.under ?? ".stage").append(figure);
  return map;
}

function makeTable(map) {
  const role = map.focus ? "grid" : null;
  map.table = element("table", { role });
  map.cells = [];
  for (let row = 0; row < map.height + (map.strip ? 1 : 0); row++) {
    const line = map.table.insertRow();
    if (role) line.setAttribute("role", "row");
    map.cells.push([]);
    for (let column = 0; column < map.width; column++) {
      const cell = line.insertCell();
      Object.assign(cell.dataset, { row, column });
      cell.className = row < map.height ? map.kind(row, column) : "strip";
      if (map.channel !== undefined) cell.dataset.channel = map.channel;
      if (role) {
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = row + column === 0 ? 0 : -1; // one stop for the Tab key; arrows go on from there
        cell.dataset.id = `${map.part} ${map.channel ?? 0} ${row} ${column}`;
      }
      if (map.edits?.(row, column)) cell.classList.add("editable");
      map.cells[row].push(cell);
    }
  }
  map.plane.append(map.table);
}

function makeCanvas(map) {
  map.canvas = element("canvas", { width: map.width, height: map.height, role: map.focus ? "application" : "img", tabindex: map.focus ? 0 : null });
  map.plane.classList.add("shaded");
  map.plane.style.cssText = `--columns: ${map.width}; --rows: ${map.height}`;
  map.plane.append(map.canvas);
}

// Writes what the map holds now: its caption and its numbers or colours.
function paintMap(view, map) {
  const caption = map.caption();
  map.captionElement.textContent = caption;
  (map.table ?? map.canvas).setAttribute("aria-label", caption);
  if (map.shaded) return paintCanvas(map);
  for (let row = 0; row < map.height; row++) {
    for (let column = 0; column < map.width; column++) {
      const cell = map.cells[row][column];
      if (cell.firstElementChild?.matches("input")) continue; // the reader is typing there
      const value = map.value(row, column);
      const text = Array.isArray(value) ? writeTerm(cell, value, view.data.decimals) : cellText(value, map, view.data.decimals);
      if (cell.textContent !== text && !Array.isArray(value)) cell.textContent = text;
      if (map.focus) cell.setAttribute("aria-label", `${map.name}, ${map.place?.(row, column) ?? cellName(view.data, row, column)}: ${text || "empty"}`);
    }
  }
}

function cellText(value, map, decimals) {
  if (value === undefined) return "";
  if (value === null) return map.nothing ?? "–";
  return value === "?" ? value : show(value, decimals);
}

// Value, weight and product in one cell; returns it as text.
function writeTerm(cell, [value, weight, product], decimals) {
  if (cell.children.length < 3) cell.replaceChildren(...["v", "w", "p"].map((name) => element("span", { class: name })));
  const texts = [show(value, decimals), `×${show(weight, decimals)}`, product === "?" ? "?" : show(product, decimals)];
  texts.forEach((text, place) => cell.children[place].textContent !== text && (cell.children[place].textContent = text));
  cell.classList.toggle("zero", product === 0);
  return `${texts[0]} ${texts[1]} = ${texts[2]}`;
}

function paintCanvas(map) {
  const pixels = new ImageData(map.width, map.height);
  const limit = map.limit();
  for (let row = 0; row < map.height; row++) {
    for (let column = 0; column < map.width; column++) {
      pixels.data.set(colourOf(map, row, column, limit), 4 * (row * map.width + column));
    }
  }
  map.canvas.getContext("2d").putImageData(pixels, 0, 0);
}

// Red, green, blue and opacity of a cell. Signed numbers are clear at 0, so that they suit light and dark pages.
function colourOf(map, row, column, limit) {
  const value = map.value(row, column);
  if (value === undefined) return INK.empty;
  if (value === "?") return INK.hidden;
  if (map.kind(row, column).includes("padding") || value === null) return INK.padding;
  const level = (number) => Math.round((255 * Math.max(0, Math.min(limit, number))) / limit);
  if (map.tint !== undefined) return [0, 1, 2].map((channel) => (channel === map.tint ? level(value) : 0)).concat(255);
  if (Array.isArray(value)) return [...value.map(level), 255];
  if (map.colours() === "grey") return [level(value), level(value), level(value), 255];
  return [...(value < 0 ? INK.negative : INK.positive), level(Math.abs(value))];
}

// Lays the frame over cells first to last, counted from 0; a frame over nothing is hidden.
function moveFrame(map, rows, columns) {
  const { frame } = map;
  frame.hidden = !rows;
  if (!rows) return;
  const set = (name, value) => frame.style.setProperty(name, value);
  set("--top", rows[0]);
  set("--left", columns[0]);
  set("--down", rows[1] - rows[0] + 1);
  set("--across", columns[1] - columns[0] + 1);
}

// Row and column under the pointer, or null.
function cellUnder(map, event) {
  const { left, top, width, height } = (map.table ?? map.canvas).getBoundingClientRect();
  const rows = map.height + (map.strip ? 1 : 0);
  const row = Math.floor(((event.clientY - top) / height) * rows);
  const column = Math.floor(((event.clientX - left) / width) * map.width);
  return row >= 0 && row < map.height && column >= 0 && column < map.width ? { row, column } : null;
}
