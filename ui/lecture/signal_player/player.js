// One player for both conventions: signal, sliding kernel and output in the same columns, one step for all of them.

const NAMES = { first: -Infinity, back: -1, next: 1, last: Infinity };
const LABEL = 7.2; // width of the names at the left, in rem
const SVG = "http://www.w3.org/2000/svg";

const component = { root: ".player", open, receive, close };

function open(root) {
  const view = { root, find: (selector) => root.querySelector(selector), timer: null };
  view.watcher = new ResizeObserver(() => view.data && build(view));
  view.watcher.observe(root);
  view.onKey = (event) => document.body.classList.contains("presenting") && step(view, event);
  document.addEventListener("keydown", view.onKey);
  root.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Streamlit's own shortcuts of one letter
    if (!event.target.matches("input, select")) step(view, event);
  });
  root.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]")?.dataset.go;
    if (go === "play") return view.timer ? stop(view) : play(view);
    if (go) stop(view), move(view, view.at + NAMES[go]);
  });
  view.find("[type=range]").oninput = (event) => (stop(view), move(view, Number(event.target.value)));
  view.find("[type=checkbox]").onchange = () => draw(view);
  view.find("select").onchange = (event) => {
    view.drawing = event.target.value;
    build(view);
  };
  const picture = view.find(".picture");
  picture.onpointerdown = (event) => {
    view.pressed = true;
    picture.setPointerCapture(event.pointerId);
    point(view, event);
  };
  picture.onpointermove = (event) => view.pressed && point(view, event);
  picture.onpointerup = picture.onpointercancel = () => {
    if (view.pressed && view.drawing) view.send("drawn", { name: view.drawing, values: view.data[view.drawing] });
    view.pressed = view.stroke = null;
  };
  return view;
}

function close(view) {
  stop(view);
  clearTimeout(view.linked);
  view.watcher.disconnect();
  document.removeEventListener("keydown", view.onKey);
}

function receive(view, data) {
  const linked = !view.data || view.data.step !== data.step || view.data.examples !== data.examples;
  view.data = data;
  view.count = data.x.length + data.before + data.after - data.w.length + 1;
  view.at = clamp(view, linked ? data.step : view.at);
  view.find(".draw").hidden = !data.drawable;
  view.find(".bar").hidden = !data.convolution; // while a question is open: the number of steps may be its answer
  if (!data.drawable) view.drawing = "";
  build(view);
}

const clamp = (view, at) => Math.max(0, Math.min(view.count - 1, at));

function step(view, event) {
  const turned = document.body.classList.contains("presenting") && { PageUp: -1, PageDown: 1 }[event.key]; // a remote's keys
  const by = turned || { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (event.key === " " && event.target.tagName !== "BUTTON") view.timer ? stop(view) : play(view);
  else if (by) stop(view), move(view, view.at + by);
  else return;
  event.preventDefault();
}

function play(view) {
  if (view.at === view.count - 1) move(view, 0);
  view.find("[data-go=play]").textContent = "Pause";
  view.find(".sums").ariaLive = "off";
  const tick = () => {
    move(view, view.at + 1);
    if (view.at === view.count - 1) stop(view);
  };
  view.timer = setInterval(tick, view.digits ? 900 : Math.max(30, 6000 / view.count));
}

function stop(view) {
  clearInterval(view.timer);
  view.timer = null;
  view.find(".sums").ariaLive = "polite";
  view.find("[data-go=play]").textContent = "Play";
}

function move(view, at) {
  view.at = clamp(view, at);
  draw(view);
  clearTimeout(view.linked); // the address follows a moment later, without a message to the server
  view.linked = setTimeout(() => {
    const url = new URL(location.href);
    if (view.at) url.searchParams.set("step", view.at);
    else url.searchParams.delete("step");
    history.replaceState(history.state, "", url);
  }, 300);
}

// Where the reader points: a value to draw, or the window whose right end is there.
function point(view, event) {
  const box = view.find("svg").getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left - view.left) / view.cell);
  if (!view.drawing) return stop(view), move(view, column - view.data.w.length + 1);
  const values = view.data[view.drawing];
  const raw = Math.max(-view.limit, Math.min(view.limit, view.limit * (1 - (2 * (event.clientY - box.top)) / box.height)));
  const [from, before] = view.stroke ?? [column, raw]; // a quick hand skips columns: they get the values between
  const steps = Math.max(1, Math.abs(column - from));
  for (let part = view.stroke ? 1 : steps; part <= steps; part++) {
    const place = Math.round(from + ((column - from) * part) / steps);
    if (place < 0 || place >= values.length) continue;
    values[place] = Math.round((before + ((raw - before) * part) / steps) * view.grain) / view.grain;
  }
  view.stroke = [column, raw];
  drawPad(view);
}

function make(parent, name, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

const show = (value) => String(Math.round(value * 1000) / 1000 || 0).replace("-", "−");

function build(view) {
  const width = view.root.clientWidth;
  if (!width) return;
  const { data } = view;
  view.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  view.find(".picture").classList.toggle("drawing", Boolean(view.drawing));
  if (view.drawing) return openPad(view, width);
  const columns = data.x.length + data.before + data.after;
  view.left = width < 40 * view.rem ? 0 : LABEL * view.rem;
  view.cell = Math.min(4 * view.rem, (width - view.left - 2) / columns);
  const all = [data.x, data.w, data.convolution ?? [], data.correlation ?? [], data.difference ?? []];
  const widest = Math.max(...all.flat().map((value) => show(value).length));
  view.font = Math.min(1.05 * view.rem, 0.5 * view.cell, (view.cell - 3) / (0.58 * widest));
  view.digits = view.font >= 11;
  const svg = document.createElementNS(SVG, "svg");
  view.find(".picture").replaceChildren(svg);
  view.svg = svg;
  view.y = view.left ? 0 : 1.3 * view.rem;
  view.clips = [];
  view.moving = [];
  const zeros = (count) => Array(count).fill(0);
  const top = view.y;
  row(view, "Signal x", "input", [...zeros(data.before), ...data.x, ...zeros(data.after)], 0);
  const tall = view.tall;
  view.y += 0.5 * view.rem;
  const flipped = [...data.w].reverse();
  const groups = [["Convolution", "w flipped", flipped, data.convolution], ["Cross-correlation", "w as written", data.w, data.correlation]];
  for (const [name, title, kernel, output] of groups) {
    view.moving.push(row(view, title, "kernel", kernel, 0));
    if (output) row(view, name, "output", output, data.w.length - 1);
    view.y += 0.9 * view.rem;
  }
  if (data.difference) row(view, "Difference", "output", data.difference, data.w.length - 1);
  const outline = make(svg, "g", { class: "slides" });
  make(outline, "rect", { class: "window", x: view.left, y: top, width: view.cell * data.w.length, height: tall });
  view.moving.push(outline);
  svg.setAttribute("width", width);
  svg.setAttribute("height", view.y + 4);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Signal, kernel and outputs of both conventions; the sums below say each step.");
  const range = view.find("[type=range]");
  range.max = view.count - 1;
  draw(view);
}

// One row: cells with numbers where they can be read, else bars. Outputs are covered until the window has been there.
function row(view, title, role, values, offset) {
  const { svg, cell, rem } = view;
  const bars = !view.digits;
  const tall = (view.tall = bars ? (role === "kernel" ? 2.2 : 3.4) * rem : Math.min(cell, 2.8 * rem));
  if (view.left) make(svg, "text", { class: "label", x: 0, y: view.y + tall / 2, "font-size": 0.85 * rem }, title);
  else make(svg, "text", { class: "label", x: 0, y: view.y - 0.6 * rem, "font-size": 0.8 * rem }, title);
  const group = make(svg, "g", { class: `${role} ${role === "kernel" ? "slides" : ""}` });
  const count = values.length;
  const frame = (parent, column, name = "") =>
    make(parent, "rect", { class: name, x: view.left + (column + offset) * cell, y: view.y, width: cell, height: tall });
  if (!bars) for (let column = 0; column < count; column++) frame(group, column, padded(view, role, column) ? "padding" : "");
  let numbers = group;
  if (role === "output") {
    const id = `clip-${Math.random().toString(36).slice(2)}`;
    const clip = make(make(svg, "clipPath", { id }), "rect", { x: view.left, y: view.y - 2, height: tall + 4 });
    numbers = make(svg, "g", { class: role, "clip-path": `url(#${id})` });
    view.clips.push(clip);
    if (!bars) {
      const now = make(svg, "rect", { class: "now slides", x: view.left + offset * cell, y: view.y, width: cell, height: tall });
      view.moving.push(now);
    }
  }
  if (bars) {
    const most = Math.max(...values.map(Math.abs), role === "output" ? peak(view) : 0) || 1;
    const middle = view.y + tall / 2;
    make(group, "line", { class: "base", x1: view.left + offset * cell, x2: view.left + (offset + count) * cell, y1: middle, y2: middle });
    values.forEach((value, column) => {
      const size = (Math.abs(value) / most) * (tall / 2);
      make(numbers, "rect", { class: "value", x: view.left + (column + offset) * cell, y: value < 0 ? middle : middle - size, width: Math.max(1, cell * 0.85), height: size });
    });
  } else {
    values.forEach((value, column) => {
      const x = view.left + (column + offset + 0.5) * cell;
      make(numbers, "text", { x, y: view.y + tall / 2, "font-size": view.font }, show(value));
    });
  }
  view.y += tall + (view.left ? 0.25 : 1.4) * rem;
  return group;
}

const padded = (view, role, column) =>
  role === "input" && (column < view.data.before || column >= view.data.before + view.data.x.length);
const peak = (view) => Math.max(0, ...[...(view.data.convolution ?? []), ...(view.data.correlation ?? [])].map(Math.abs));

function draw(view) {
  if (view.drawing || !view.svg) return;
  const { data, at, cell } = view;
  for (const group of view.moving) group.style.transform = `translateX(${at * cell}px)`;
  const shown = view.find("[type=checkbox]").checked ? view.count : at + 1;
  for (const clip of view.clips) clip.setAttribute("width", (data.w.length - 1 + shown) * cell + 1);
  const range = view.find("[type=range]");
  range.value = at;
  view.find("output").textContent = `${at + 1} of ${view.count}`;
  view.find(".sums").replaceChildren(...sums(view));
}

function sums(view) {
  const { data, at } = view;
  if (!data.convolution) return ["The outputs are hidden until you have answered the question below."];
  const flipped = [...data.w].reverse();
  const parts = [];
  for (const [name, kernel, output] of [["Convolution", flipped, data.convolution], ["Cross-correlation", data.w, data.correlation]]) {
    const result = document.createElement("b");
    result.textContent = show(output[at]);
    const terms = kernel.map((weight, place) => `${factor(data.x[at + place - data.before] ?? 0)}×${factor(weight)}`);
    const sum = kernel.length > 8 ? `${kernel.length} products added up = ` : `${terms.join(" + ")} = `;
    parts.push(`${name}: ${sum}`, result, document.createElement("br"));
  }
  return parts;
}

const factor = (value) => (value < 0 ? `(${show(value)})` : show(value));

// The pad: the values as bars that follow the pointer. The limit leaves room above the largest value.
function openPad(view, width) {
  const values = view.data[view.drawing];
  view.left = 0;
  view.cell = width / values.length;
  const most = Math.max(1, ...values.map(Math.abs));
  view.limit = Math.min(Math.max(4, 1.5 * most), 1000);
  view.grain = most > 20 ? 1 : values.length > 24 ? 10 : 1;
  view.find(".sums").textContent = "Drag across the bars to draw the values. Choose “off” to return to the steps.";
  drawPad(view);
}

function drawPad(view) {
  const [width, height] = [view.root.clientWidth, 18 * view.rem];
  const values = view.data[view.drawing];
  const svg = document.createElementNS(SVG, "svg");
  const group = make(svg, "g", { class: view.drawing === "x" ? "input" : "kernel" });
  make(group, "line", { class: "base", x1: 0, x2: width, y1: height / 2, y2: height / 2 });
  values.forEach((value, column) => {
    const size = ((Math.abs(value) / view.limit) * height) / 2;
    make(group, "rect", { class: "value", x: column * view.cell, y: value < 0 ? height / 2 : height / 2 - size, width: Math.max(1, view.cell * 0.85), height: Math.max(1, size) });
    if (view.cell > 2 * view.rem) make(group, "text", { x: (column + 0.45) * view.cell, y: height - view.rem, "font-size": view.rem }, show(value));
  });
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  view.find(".picture").replaceChildren(svg);
}
