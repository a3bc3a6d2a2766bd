// The step-through grid: receives one worked example, shows any step of it, and never asks the server for one.

const MOST_SHOWN = 3; // on a wide screen; with more channels than these, or on a narrow one, one at a time
const MOST_LISTED = 400;
const GAP = 40; // pixels between grids
const TALLEST = 620; // pixels that the input should not exceed, all channels together, nor a third of a low screen

function open(root) {
  const view = { root, at: { filter: 0, channel: 0, row: 0, column: 0 }, editing: false, timer: null, linked: null };
  view.pinned = { ...view.at };
  view.find = (selector) => root.querySelector(selector);
  view.width = root.clientWidth;
  view.watcher = new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === view.width) return;
    view.width = entry.contentRect.width; // kept, because asking for it after a redraw costs a layout of its own
    if (view.data) fit(view);
  });
  view.watcher.observe(root);
  listen(view);
  return view;
}

function close(view) {
  stop(view);
  clearTimeout(view.linked);
  view.watcher.disconnect();
}

// A new example: keep the reader's place where it still exists, unless the link itself asks for another step.
function receive(view, data) {
  const asked = !view.data || view.data.step !== data.step;
  view.data = data;
  view.size = [data.rows.windows.length, data.columns.windows.length];
  const place = asked
    ? { row: Math.floor(data.step / view.size[1]), column: data.step % view.size[1] }
    : view.pinned;
  view.root.setAttribute("aria-label", data.label);
  view.root.classList.toggle("pooling", !data.kernel);
  view.root.classList.toggle("bare", Boolean(data.bare));
  view.at.filter = Math.min(view.at.filter, data.output.length - 1);
  view.at.channel = data.kernel ? Math.min(view.at.channel, data.padded.length - 1) : view.at.filter;
  Object.assign(view.at, clamp(view, place));
  view.pinned = { ...view.at };
  const focused = view.root.getRootNode().activeElement?.dataset.id;
  build(view);
  if (focused) view.find(`[data-id="${focused}"]`)?.focus();
  if (data.stepName && !asked) link(view);
}

function clamp(view, { row, column }) {
  const within = (value, count) => Math.max(0, Math.min(count - 1, value));
  return { row: within(row, view.size[0]), column: within(column, view.size[1]) };
}

// Drawing: build once a configuration, then draw each step.

function build(view) {
  const { data } = view;
  const channels = shownChannels(view);
  const each = (part, make) =>
    Object.fromEntries(channels.map((channel, row) => [channel, make(view, figure(view, part, row), channel)]));
  view.find(".stage").replaceChildren();
  view.inputs = each("input", drawInput);
  view.weights = data.kernel ? each("kernel", drawKernel) : {};
  view.products = data.kernel ? each("products", drawProducts) : {};
  view.outputs = drawOutput(view, figure(view, "output", 0));
  view.shares = data.gradient ? drawGradient(view, figure(view, "gradient", 0)) : null;
  view.lit = [];
  pickers(view);
  view.find(".hint").textContent = data.hint;
  view.find(".legend").replaceChildren(...legend(data));
  view.find("details ol").replaceChildren();
  if (view.find("details").open) listSteps(view);
  view.find("[type=range]").max = view.size[0] * view.size[1] - 1;
  fit(view);
  draw(view, view.pinned);
}

function shownChannels(view) {
  const all = view.data.padded.map((_, c) => c);
  const most = view.layout === "wide" ? MOST_SHOWN : 1;
  return view.data.kernel && all.length <= most ? all : [view.at.channel];
}

function pickers(view) {
  const { data, at } = view;
  const options = (names) => names.map((name, value) => element("option", { value }, name));
  const set = (name, shown, names, value) => {
    view.find(`[data-for=${name}]`).hidden = !shown;
    const select = view.find(`[data-pick=${name}]`);
    select.replaceChildren(...options(names));
    select.value = String(value);
  };
  set("filter", data.output.length > 1, data.filters, at.filter);
  view.find("[data-for=filter]").firstChild.textContent = data.kernel ? "Filter " : "Channel ";
  set("channel", data.kernel && shownChannels(view).length < data.padded.length, data.channels, at.channel);
  view.find("[data-for=edit]").hidden = !data.editable.includes("input");
}

// One cell size for all grids, so that the window is as large as the kernel, and numbers that fit into it.
// "wide": everything in a row. "below": the products under it. "narrow": one grid under the other.
function fit(view) {
  const { data, root, width } = view;
  if (!width) return;
  const kernel = data.kernel ? data.kernel[0][0][0].length : 0;
  const input = data.columns.padded + data.columns.overhang;
  const counts = [input, kernel, data.columns.windows.length, data.gradient ? data.columns.size : 0].filter(Boolean);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const least = Math.max(16, 6 * data.widest + 6);
  const products = kernel * (24 + 9 * (data.widest + 2)) + GAP;
  const beside = (room) => (room - GAP * counts.length) / all;
  const layout = data.bare ? "narrow" :
    beside(width - products) >= Math.max(least, 28) ? "wide" : width > 700 && beside(width) >= least ? "below" : "narrow";
  const pair = (width - 24) / (input + data.columns.windows.length); // input and output side by side, if legible
  const narrow = data.bare ? (width - 30 * (counts.length - 1)) / all : pair >= Math.max(least, 30) ? pair : (width - 8) / Math.max(...counts);
  const space = { wide: beside(width - products), below: beside(width), narrow };
  const tall = Math.min(TALLEST, Math.max(220, 0.31 * innerHeight)) / ((data.rows.padded + data.rows.overhang) * shownChannels(view).length);
  const cell = Math.floor(Math.max(least, Math.min(46, space[layout], Math.max(30, tall))));
  if (view.layout !== layout) arrange(view, layout);
  root.classList.toggle("small", cell < 28);
  root.style.setProperty("--cell", `${cell}px`);
  root.style.setProperty("--number", `${Math.min(16, cell * 0.5, (cell - 4) / (0.6 * data.widest))}px`);
}

function arrange(view, layout) {
  const before = shownChannels(view).length;
  view.layout = view.root.dataset.layout = layout;
  if (shownChannels(view).length !== before) build(view);
}

// Shows one step: everything that the last one lit goes dark, the new window lights up.
function draw(view, place) {
  const { data, at } = view;
  Object.assign(at, clamp(view, place));
  dark(view);
  const [rows, columns] = [data.rows.windows[at.row], data.columns.windows[at.column]];
  for (const [channel, cells] of Object.entries(view.inputs)) {
    rows.forEach((_, a) => columns.forEach((__, b) => lightInput(view, cells, channel, a, b)));
  }
  light(view, view.outputs[at.row][at.column], "current");
  if (view.shares) lightShares(view, rows, columns);
  writeProducts(view);
  writeTotal(view);
  const step = at.row * view.size[1] + at.column;
  const scrub = view.find("[type=range]");
  scrub.value = step;
  scrub.setAttribute("aria-valuetext", `Step ${step + 1} of ${view.size[0] * view.size[1]}`);
  view.find(".scrub output").textContent = `${step + 1} of ${view.size[0] * view.size[1]}`;
  view.outputs.flat().find((cell) => cell.tabIndex === 0)?.setAttribute("tabindex", "-1");
  view.outputs[at.row][at.column].tabIndex = 0;
  view.find(".sentence").textContent = sentence(data, at);
  view.follow?.(); // whoever shows the same step elsewhere
}

function light(view, cell, name) {
  cell.classList.add(name);
  view.lit.push([cell, name]);
}

function dark(view) {
  for (const [cell, name] of view.lit) {
    cell.classList.remove(name);
    delete cell.dataset.badge;
    if (name === "riding") cell.textContent = "";
  }
  view.lit = [];
}

function lightInput(view, cells, channel, a, b) {
  const { data, at } = view;
  const [row, column] = [data.rows.windows[at.row][a], data.columns.windows[at.column][b]];
  const cell = cells[row][column];
  light(view, cell, "in");
  if (!data.kernel) {
    if (data.winners?.[at.filter][at.row][at.column][a][b] && !isHidden(data, at)) light(view, cell, "gets");
    return;
  }
  const weight = show(data.kernel[at.filter][channel][a][b], data.decimals);
  if (!hasStrip(data)) cell.dataset.badge = `×${weight}`;
  else {
    const below = cells[row + 1][column];
    light(view, below, "riding");
    below.textContent = weight;
  }
}

function lightShares(view, rows, columns) {
  const { data, at } = view;
  rows.forEach((row, a) =>
    columns.forEach((column, b) => {
      const cell = view.shares[row - data.rows.before]?.[column - data.columns.before];
      if (!cell) return;
      const share = isHidden(data, at) ? 0 : data.shares[at.filter][at.row][at.column][a][b];
      light(view, cell, share ? "gets" : "in");
      if (share) cell.dataset.badge = `+${show(share, data.decimals)}`;
    }),
  );
}

function writeProducts(view) {
  const { data, at } = view;
  const hidden = isHidden(data, at);
  for (const [channel, cells] of Object.entries(view.products)) {
    cells.forEach((line, a) =>
      line.forEach((cell, b) => {
        const product = productOf(data, channel, at, a, b);
        const [value, weight, result] = cell.children;
        value.textContent = show(read(data, channel, at, a, b), data.decimals);
        weight.textContent = `× ${factor(data.kernel[at.filter][channel][a][b], data.decimals)}`;
        result.textContent = `= ${hidden ? "?" : show(product, data.decimals)}`;
        cell.classList.toggle("zero", product === 0);
      }),
    );
  }
}

function writeTotal(view) {
  const { data, at } = view;
  const total = view.find(".total");
  const hidden = isHidden(data, at);
  const value = hidden ? "?" : show(data.output[at.filter][at.row][at.column], data.decimals);
  const result = element("b", { class: "result" }, value);
  if (!data.kernel) return total.replaceChildren(`${poolingFormula(data, at)} = `, result);
  const sums = data.sums[at.filter][at.row][at.column];
  if (data.together) return total.replaceChildren(...manySums(view, sums), " = ", result);
  const parts = sums.flatMap((sum, channel) => {
    const name = sums.length > 1 ? data.channels[channel] : "sum of the products";
    const text = `${name}: ${hidden ? "?" : show(sum, data.decimals)}`;
    return [channel ? " + " : "", element("span", { class: "part" }, text)];
  });
  if (!data.flat) parts.push(" + ", element("span", { class: "part" }, `bias: ${show(data.bias[at.filter], data.decimals)}`));
  total.replaceChildren(...parts, " = ", result);
}

// With more channels than a line holds: a button for the sum of each, which brings that channel into view.
function manySums(view, sums) {
  const { data, at } = view;
  const buttons = sums.map((sum, channel) => {
    const pressed = channel === at.channel;
    const text = `${data.channels[channel]}: ${show(sum, data.decimals)}`;
    return element("button", { type: "button", "data-sum": channel, "aria-pressed": pressed, tabindex: pressed ? 0 : -1 }, text);
  });
  const list = element("span", { class: "sums", role: "group", "aria-label": "The sum of each channel" }, ...buttons);
  const together = `${plural(sums.length, "sum")} together: ${show(data.together[at.row][at.column], data.decimals)}`;
  const bias = `bias: ${show(data.bias[at.filter], data.decimals)}`;
  return [list, element("span", { class: "part" }, together), " + ", element("span", { class: "part" }, bias)];
}

// One weight: where it lies now, and every input cell that it ever meets.
function mark(view, channel, a, b) {
  draw(view, view.at);
  const { data, at } = view;
  const cells = view.inputs[channel];
  for (const row of data.rows.windows) for (const column of data.columns.windows) light(view, cells[row[a]][column[b]], "meets");
  const [row, column] = [data.rows.windows[at.row][a], data.columns.windows[at.column][b]];
  for (const cell of [view.weights[channel][a][b], view.products[channel][a][b], cells[row][column]]) light(view, cell, "term");
  const weight = show(data.kernel[at.filter][channel][a][b], data.decimals);
  const count = plural(view.size[0] * view.size[1], "input cell");
  view.find(".told").textContent =
    `The weight ${weight} meets ${count}, one at each step; at this step it meets ${show(read(data, channel, at, a, b), data.decimals)}.`;
}

function unmark(view) {
  view.find(".told").textContent = "";
  draw(view, view.pinned);
}

function listSteps(view) {
  const { data, at } = view;
  const all = view.size[0] * view.size[1];
  const steps = Array.from({ length: Math.min(all, MOST_LISTED) }, (_, step) =>
    element("li", {}, sentence(data, { ...at, row: Math.floor(step / view.size[1]), column: step % view.size[1] })),
  );
  if (all > MOST_LISTED) steps.push(element("li", {}, `and ${all - MOST_LISTED} more.`));
  view.find("details ol").replaceChildren(...steps);
}
