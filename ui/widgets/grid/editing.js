// Numbers that the reader changes: typed, drawn with the pointer, or moved with a slider. They count in the browser at
// once; Python is told when the reader rests, in one message, and its answer never takes back what was changed since.

const REST = 400; // milliseconds without a change until Python is told
const LIMIT = 1000; // numbers beyond are not accepted, as in the fields of the page

const numbersOf = ({ input, weight, bias }) => [input, weight ?? [], bias ?? []];

// Whether two nests of numbers agree as far as an address writes them down.
function sameNumbers(one, other) {
  if (!Array.isArray(one) || !Array.isArray(other)) return Math.abs(one - other) <= 1e-5 * Math.max(1, Math.abs(one));
  return one.length === other.length && one.every((item, index) => sameNumbers(item, other[index]));
}

// Changes numbers of the input or the weights; each edit names part, filter, channel, row, column and value. Undo takes
// back what `stroke` collects, or this change alone.
function changeNumbers(view, edits, stroke = []) {
  for (const edit of edits) {
    const rows = edit.part === "input" ? view.data.input[edit.channel] : view.data.weight[edit.filter][edit.channel];
    const before = rows[edit.row][edit.column];
    if (before === edit.value) continue;
    stroke?.unshift({ ...edit, value: before });
    rows[edit.row][edit.column] = edit.value;
    view.edits.set([edit.part, edit.filter, edit.channel, edit.row, edit.column].join(), edit);
  }
  if (stroke?.length && view.undo.at(-1) !== stroke) view.undo.push(stroke);
  renew(view);
  tellAtRest(view);
}

function undo(view) {
  const stroke = view.undo.pop();
  if (stroke) changeNumbers(view, stroke, null);
}

// What the sliders change, by name.
const SLIDERS = {
  bias: (data, value) => data.bias.fill(value),
};

function moveSlider(view, name, value) {
  SLIDERS[name](view.data, value);
  view.slid[name] = value;
  renew(view);
  tellAtRest(view);
}

function tellAtRest(view) {
  clearTimeout(view.resting);
  view.resting = setTimeout(() => {
    if (!view.edits.size && !Object.keys(view.slid).length) return;
    view.sent = structuredClone(numbersOf(view.data));
    const sliders = (view.data.sliders ?? []).map(({ name, value }) => [name, view.slid[name] ?? value]);
    view.send?.("change", { edits: [...view.edits.values()], sliders: Object.fromEntries(sliders) });
    view.edits.clear();
    view.slid = {};
  }, REST);
}

// Numbers from Python: the reader's own stay where Python answers them or has not yet heard of them.
function keepOwnNumbers(view, data) {
  const incoming = structuredClone(numbersOf(data));
  const known = view.base && (sameNumbers(incoming, view.base) || (view.sent && sameNumbers(incoming, view.sent)));
  if (known) Object.assign(data, { input: view.data.input }, data.weight && { weight: view.data.weight, bias: view.data.bias });
  else {
    clearTimeout(view.resting);
    view.edits.clear();
    view.undo = [];
    view.slid = {};
  }
  view.base = incoming;
}

// Opens a cell to be typed over; Enter or leaving it takes the number, Escape does not.
function openEditor(view, map, { row, column }, first = "") {
  const edits = map.edits?.(row, column);
  if (!edits || map.shaded) return;
  const cell = map.cells[row][column];
  const [{ part, filter, channel, row: y, column: x }] = edits;
  const before = (part === "input" ? view.data.input[channel] : view.data.weight[filter][channel])[y][x];
  const label = `${map.name}, ${map.place(row, column)}`;
  const input = element("input", { type: "text", inputmode: "decimal", "aria-label": label });
  input.value = first || String(before);
  cell.replaceChildren(input);
  input.focus();
  if (!first) input.select();
  let open = true;
  const finish = (take, refocus) => {
    if (!open) return;
    open = false;
    const number = Number(input.value.replace("−", "-").replace(",", "."));
    const valid = input.value.trim() !== "" && Math.abs(number) <= LIMIT;
    cell.replaceChildren();
    if (take && valid) {
      if (part === "input") view.brush = number;
      changeNumbers(view, edits.map((edit) => ({ ...edit, value: number })));
    } else refresh(view);
    if (take && !valid) view.find(".told").textContent = `A number from −${LIMIT} to ${LIMIT}, please: the cell keeps ${show(before, view.data.decimals)}.`;
    if (refocus) focusCell(view, map.part, map.channel, row, column);
  };
  input.addEventListener("blur", () => finish(true, false));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "Escape") finish(event.key === "Enter", true);
  });
}

// Fills an input cell with the last number typed, or with 0.
function drawOver(view, map, place, erase, stroke) {
  const edits = map.edits(place.row, place.column);
  if (edits) changeNumbers(view, edits.map((edit) => ({ ...edit, value: erase ? 0 : brush(view) })), stroke);
}

function brush(view) {
  return view.brush ?? (view.extremes.input[1] || 1);
}

// The sliders that Python asked for, in the bar.
function drawSliders(view) {
  const place = view.find(".sliders");
  const sliders = view.data.sliders ?? [];
  if (place.dataset.names !== sliders.map((slider) => slider.name).join()) {
    place.dataset.names = sliders.map((slider) => slider.name).join();
    place.replaceChildren(...sliders.map((slider) => makeSlider(view, slider)));
  }
  for (const { name, value } of sliders) {
    if (view.slid[name] !== undefined || place.contains(view.root.getRootNode().activeElement)) continue;
    showSlider(place.querySelector(`[name=${name}]`), value);
  }
}

function makeSlider(view, { name, label, min, max, step }) {
  const input = element("input", { type: "range", name, min, max, step });
  input.addEventListener("input", () => {
    showSlider(input, Number(input.value));
    moveSlider(view, name, Number(input.value));
  });
  return element("label", { class: "slider" }, `${label} `, input, element("output"));
}

function showSlider(input, value) {
  input.value = value;
  input.nextElementSibling.textContent = show(value, 2);
}
