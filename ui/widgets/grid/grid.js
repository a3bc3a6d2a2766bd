// The step-through grid: receives one example, computes and shows any step of it, and never asks the server for one.

const MOST_LISTED = 400;

function open(root) {
  const start = { filter: 0, channel: 0, row: 0, column: 0 };
  const view = { root, at: start, pinned: { ...start }, maps: [], lit: [], layout: {}, edits: new Map(), undo: [], slid: {}, timer: null };
  view.find = (selector) => root.querySelector(selector);
  view.width = root.clientWidth;
  view.watcher = new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === view.width) return;
    view.width = entry.contentRect.width; // kept, because asking for it after a redraw costs a layout of its own
    if (view.data && fit(view)) build(view);
  });
  view.watcher.observe(root);
  listen(view);
  view.forgetBoxes = listenToBoxes(view);
  return view;
}

function close(view) {
  stop(view);
  clearTimeout(view.linked);
  clearTimeout(view.late);
  view.forgetBoxes();
  view.watcher.disconnect();
  window.removeEventListener("keydown", view.onKey);
  window.removeEventListener("resize", view.onResize);
}

const MOST_PLAYED = 2000; // steps that a reader may sit through; with more, all of the output is there at once

// An example from Python, unless the page's number boxes are ahead of it or have shown it already.
function receive(view, incoming) {
  if (!isLate(view, incoming) && !isShown(view, incoming)) take(view, incoming);
}

function isShown(view, incoming) {
  const content = ({ sent, input, weight, ...rest }) => rest;
  const { incoming: shown } = view;
  return Boolean(shown?.follow && incoming.follow) && sameJson(content(shown), content(incoming)) && sameNumbers(numbersOf(shown).map(decodeNumbers), numbersOf(incoming).map(decodeNumbers));
}

// Keep the reader's place where it still exists, unless the link or an example of the page asks for another step.
function take(view, incoming) {
  view.incoming = incoming;
  const asked = !view.data || view.data.step !== incoming.step || view.data.examples !== incoming.examples;
  let data = { ...incoming };
  if (data.input) {
    for (const name of ["input", "weight"]) if (data[name]) data[name] = structuredClone(decodeNumbers(data[name]));
    if (data.bias) data.bias = [...data.bias];
    keepOwnNumbers(view, data);
    data = compute(data);
  }
  const steps = data.rows.windows.length * data.columns.windows.length;
  if (!view.data) view.all = Boolean(data.bare || data.stack || !data.input || steps > MOST_PLAYED);
  view.data = data;
  view.size = [data.rows.windows.length, data.columns.windows.length];
  const place = asked ? { row: Math.floor(data.step / view.size[1]), column: data.step % view.size[1] } : view.pinned;
  view.root.setAttribute("aria-label", data.label);
  for (const [name, on] of Object.entries({ pooling: !data.kernel, bare: data.bare, concealed: data.concealed })) view.root.classList.toggle(name, Boolean(on));
  view.at.filter = Math.min(view.at.filter, Math.max(0, data.output.length - 1));
  view.at.channel = data.kernel ? Math.min(view.at.channel, data.padded.length - 1) : view.at.filter;
  Object.assign(view.at, clamp(view, place));
  view.pinned = { ...view.at };
  measure(view);
  fit(view);
  const editor = view.find("td > input");
  if (editor && sameShape(view)) refresh(view);
  else rebuild(view);
  if (data.stepName && !asked) link(view);
}

// Builds the stage anew without taking the focus from the cell that has it.
function rebuild(view) {
  const focused = view.root.getRootNode().activeElement?.dataset?.id;
  build(view);
  if (focused) view.find(`[data-id="${focused}"]`)?.focus();
}

function sameShape(view) {
  const shape = ({ part, channel, height, width }) => [part, channel, height, width].join();
  return view.maps.map(shape).join("/") === describeStage(view).map(shape).join("/");
}

function clamp(view, { row, column }) {
  const within = (value, count) => Math.max(0, Math.min(count - 1, value));
  return { row: within(row, view.size[0]), column: within(column, view.size[1]) };
}

// The numbers changed here: everything is computed anew, and painted; the stage is built only if its layout changes.
function renew(view) {
  view.data = compute(view.data);
  measure(view);
  if (fit(view) && !view.find("td > input")) rebuild(view);
  else refresh(view);
}

// The smallest and largest numbers, which set the scales of shaded maps.
function measure(view) {
  const ends = (nested) => nested.flat(Infinity).reduce(([low, high], value) => [Math.min(low, value ?? low), Math.max(high, value ?? high)], [0, 0]);
  const { data } = view;
  const filters = data.output.map(ends);
  const input = ends(data.input ?? data.padded);
  view.extremes = {
    input,
    filters: filters.map((pair) => Math.max(...pair.map(Math.abs)) || 1),
    output: data.kernel ? (filters[view.at.filter] ?? [0, 0]) : input,
  };
}

// Drawing: build once a configuration, then draw each step.

function build(view) {
  const { data } = view;
  measure(view);
  for (const place of [".stage", ".terms", ".thumbnails"]) view.find(place).replaceChildren();
  view.maps = describeStage(view).map((spec) => makeMap(view, spec));
  view.lit = [];
  pickers(view);
  drawSliders(view);
  const drawn = view.maps.some((map) => map.part === "kernel");
  const weights = drawn ? " Point at a weight to see every input cell that it is multiplied with." : "";
  view.find(".hint").textContent = (globalThis.matchMedia?.("(hover: none)").matches && data.touchHint) || data.hint + weights;
  view.find("details ol").replaceChildren();
  if (view.find("details").open) listSteps(view);
  view.find(".scrub [type=range]").max = view.size[0] * view.size[1] - 1;
  const single = view.size[0] * view.size[1] === 1; // nothing to play
  for (const name of ["[data-go=first]", "[data-go=back]", "[data-go=play]", "[data-go=next]", "[data-go=last]", ".scrub", ".speed"])
    view.find(name).hidden = single;
  view.find("[data-for=all]").hidden = !data.input;
  view.find("[data-for=all] input").checked = view.all;
  draw(view, view.pinned);
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
  set("filter", data.output.length > 1 && !data.stack, data.filters, at.filter);
  view.find("[data-for=filter]").firstChild.textContent = data.kernel ? "Filter " : "Channel ";
  set("channel", data.kernel && shownChannels(view).length < data.padded.length, data.channels, at.channel);
}

// Shows one step: everything that the last one lit goes dark, the new window lights up.
function draw(view, place) {
  Object.assign(view.at, clamp(view, place));
  refresh(view);
  view.follow?.(); // whoever shows the same step elsewhere
}

// Paints every map as it is now.
function refresh(view) {
  const { data, at } = view;
  dark(view);
  for (const map of view.maps) paintMap(view, map);
  const ends = (cells) => [cells[0], cells[cells.length - 1]];
  const [rows, columns] = [ends(data.rows.windows[at.row]), ends(data.columns.windows[at.column])];
  for (const map of view.maps) {
    if (map.part === "input") {
      moveFrame(map, rows, columns);
      lightWindow(view, map);
    } else if (map.part === "plane") moveFrame(map, rows, columns);
    else if (["output", "relu", "other", "difference"].includes(map.part)) {
      moveFrame(map, [at.row, at.row], [at.column, at.column]);
    } else if (map.part === "products" && !data.kernel) lightWinners(view, map, 0, 0);
    else if (map.part === "gradient") lightShares(view, map);
    else if (map.part === "stack") map.figure.classList.toggle("chosen", map.filter === at.filter);
  }
  framePool(view);
  view.find("[data-go=undo]").hidden = !view.undo.length;
  view.find(".legend").replaceChildren(...legend(view));
  if (data.concealed) return;
  writeStep(view);
}

function light(view, cell, name) {
  if (!cell) return;
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

function lightWindow(view, map) {
  if (map.shaded) return;
  const { data, at } = view;
  data.rows.windows[at.row].forEach((row, a) =>
    data.columns.windows[at.column].forEach((column, b) => {
      const cell = map.cells[row][column];
      light(view, cell, "in");
      if (!data.kernel) return;
      const weight = show(data.kernel[at.filter][map.channel][a][b], data.decimals);
      if (!map.strip) {
        if (!view.layout.terms) cell.dataset.badge = `×${weight}`;
      } else {
        light(view, map.cells[row + 1][column], "riding");
        map.cells[row + 1][column].textContent = weight;
      }
    }),
  );
  if (!data.kernel) lightWinners(view, map, data.rows.windows[at.row][0], data.columns.windows[at.column][0]);
}

// The largest of the window, the first one in a tie, in a map that shows the window from a row and column on.
function lightWinners(view, map, top, left) {
  const { data, at } = view;
  if (data.kind !== "max" || isHidden(data, at) || data.concealed) return;
  const winner = windowCells(data, at).find(({ value }) => value === outputOf(data, at));
  if (winner) light(view, map.cells[top + winner.a]?.[left + winner.b], "gets");
}

function lightShares(view, map) {
  const { data, at } = view;
  if (map.shaded) return;
  for (const { a, b, share } of windowShares(data, { ...at, channel: at.channel })) {
    const cell = map.cells[data.rows.windows[at.row][a] - data.rows.before]?.[data.columns.windows[at.column][b] - data.columns.before];
    if (!cell) continue;
    const visible = share && !isHidden(data, at);
    light(view, cell, visible ? "gets" : "in");
    if (visible) cell.dataset.badge = `+${show(share, data.decimals)}`;
  }
}

// The window of the pool that this step completes, on the output, and the cell that it gives.
function framePool(view) {
  const { pool } = view.data;
  if (!pool) return;
  const [output, pooled] = ["output", "pooled"].map((part) => view.maps.find((map) => map.part === part));
  const complete = (axis, at) => axis.windows.findIndex((window) => window[window.length - 1] === at);
  const [row, column] = [complete(pool.rows, view.at.row), complete(pool.columns, view.at.column)];
  const done = row >= 0 && column >= 0;
  output.frame.classList.toggle("window", done); // a window to be pooled, no longer the one cell of this step
  moveFrame(pooled, done ? [row, row] : null, [column, column]);
  if (!done) return;
  const ends = (cells) => [cells[0], cells[cells.length - 1]];
  moveFrame(output, ends(pool.rows.windows[row]), ends(pool.columns.windows[column]));
}

// The step in numbers and words: the sum, where the window is, and the player's own numbers.
function writeStep(view) {
  const { data, at } = view;
  const [terms, sign, result] = stepSum(data, at);
  const total = view.find(".total");
  const box = element("b", { class: "result" }, result);
  if (data.together) total.replaceChildren(...manySums(view, data.sums[at.filter][at.row][at.column]), sign, box);
  else total.replaceChildren(`${terms}${sign}`, box);
  view.find(".sentence").textContent = whereText(data, at);
  const [step, count] = [stepNumber(view, at), view.size[0] * view.size[1]];
  const scrub = view.find(".scrub [type=range]");
  scrub.value = step;
  scrub.setAttribute("aria-valuetext", `Step ${step + 1} of ${count}`);
  view.find(".scrub output").textContent = `${step + 1} of ${count}`;
  const output = view.maps.find((map) => map.part === "output");
  if (!output.cells) return;
  light(view, output.cells[at.row][at.column], "at");
  for (const cell of output.cells.flat()) if (cell.tabIndex === 0) cell.tabIndex = -1;
  output.cells[at.row][at.column].tabIndex = 0;
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
function mark(view, { channel, row: a, column: b }) {
  draw(view, view.at);
  const { data, at } = view;
  const input = view.maps.find((map) => map.part === "input" && (map.channel === channel || map.shaded));
  const [rows, columns] = [data.rows.windows, data.columns.windows];
  if (!input.shaded) {
    for (const row of rows) for (const column of columns) light(view, input.cells[row[a]][column[b]], "meets");
    light(view, input.cells[rows[at.row][a]][columns[at.column][b]], "term");
  }
  for (const map of view.maps) if (["kernel", "products"].includes(map.part) && map.channel === channel && !map.given) light(view, map.cells[a][b], "term");
  if (data.concealed) return;
  const weight = show(data.kernel[at.filter][channel][a][b], data.decimals);
  const met = show(read(data, channel, at, a, b), data.decimals);
  view.find(".told").textContent = `The weight ${weight} meets ${plural(view.size[0] * view.size[1], "input cell")}, one at each step; at this step it meets ${met}.`;
}

function unmark(view) {
  view.find(".told").textContent = "";
  if (view.data) draw(view, view.pinned);
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

const LEGEND = {
  window: "the window of this step",
  pool: "in the convolution: the window that pooling reads, once it is complete",
  gets: "the maximum of the window (the first one in a tie)",
  padding: "padding",
  unread: "not read by any window",
  outside: "outside the input: nothing there",
  empty: "not computed yet: press Play or tick Show all",
};

function legend(view) {
  const { data } = view;
  if (data.concealed) return [];
  const kinds = data.kind === "max" ? ["window", "gets"] : ["window"];
  if (data.pool) kinds.push("pool");
  if (data.rows.padded > data.rows.size || data.columns.padded > data.columns.size) kinds.push("padding");
  if (data.rows.unread.length || data.columns.unread.length) kinds.push("unread");
  if (data.rows.overhang || data.columns.overhang) kinds.push("outside");
  const output = view.maps.find((map) => map.part === "output");
  if (output?.shaded && !view.all) kinds.push("empty");
  const items = kinds.flatMap((kind) => [element("i", { class: kind }), `${LEGEND[kind]} `]);
  if (!output?.shaded || output.colours() !== "signed") return items;
  const limit = show(output.limit(), data.decimals);
  return [...items, element("span", { class: "scale" }, `−${limit} `, element("i", { class: "signed" }), ` ${limit}`)];
}
