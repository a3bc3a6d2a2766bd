// A picture with one box on it. The box follows pointer and keys at once; Python hears of it a little later.

const views = new WeakMap(); // one for each place on the page; it outlives new data, so that a drag goes on
const PAUSE = 250; // milliseconds between two messages while the box moves
const FORGET = 5000; // until a place that Python never confirmed no longer counts

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".place");
  let view = views.get(root);
  if (!view) views.set(root, (view = open(root)));
  view.send = (at) => setTriggerValue("to", at);
  receive(view, data);
  return () => {
    clearTimeout(view.timer);
    views.delete(root);
  };
}

function open(root) {
  const find = (selector) => root.querySelector(selector);
  const view = { film: find(".film"), picture: find("img"), box: find(".box"), lines: find(".lines"),
    sentence: find(".sentence"), hint: find(".hint"), at: null, sent: null, timer: null, dragging: false };
  view.film.addEventListener("pointerdown", (event) => {
    if (view.data.fixed || event.button !== 0) return;
    view.film.setPointerCapture(event.pointerId);
    view.dragging = true;
    move(view, under(view, event));
  });
  view.film.addEventListener("pointermove", (event) => view.dragging && move(view, under(view, event)));
  for (const end of ["pointerup", "pointercancel"]) view.film.addEventListener(end, () => (view.dragging = false));
  view.film.addEventListener("keydown", (event) => press(view, event));
  return view;
}

function receive(view, data) {
  view.data = data;
  view.film.setAttribute("aria-label", data.label);
  view.film.setAttribute("aria-disabled", String(data.fixed));
  if (view.picture.src !== data.picture) view.picture.src = data.picture;
  view.lines.hidden = !data.lines;
  view.lines.style.setProperty("--columns", data.columns);
  view.lines.style.setProperty("--rows", data.rows);
  view.hint.textContent = data.fixed ? "" : "Click, drag, or use the arrow keys (with Shift, in larger steps).";
  // A page that ran before the last move still names the old place: wait for the one that was sent.
  const waiting = view.dragging || view.timer || (view.sent && Date.now() - view.sent.when < FORGET);
  if (same(data.at, view.sent?.at)) view.sent = null;
  else if (waiting) return draw(view);
  view.at = data.at;
  draw(view);
}

const same = (one, other) => Boolean(one && other) && one.column === other.column && one.row === other.row;

function press(view, event) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const begin = !view.at && (event.key === "Enter" || event.key === " ");
  if (view.data.fixed || !(steps || begin)) return;
  event.preventDefault();
  const { columns, rows } = view.data;
  if (!view.at) return move(view, { column: Math.floor(columns / 2), row: Math.floor(rows / 2) });
  const far = event.shiftKey ? Math.max(2, Math.round(columns / 8)) : 1;
  const [across, down] = steps.map((step) => step * far);
  move(view, { column: view.at.column + across, row: view.at.row + down });
}

// The place whose box has its middle nearest to the pointer.
function under(view, event) {
  const { columns, rows, width, height } = view.data;
  const film = view.film.getBoundingClientRect();
  const nearest = (position, size, share, count) =>
    Math.round(((position / size - share / 2) / (1 - share)) * (count - 1));
  return {
    column: nearest(event.clientX - film.left, film.width, width, columns),
    row: nearest(event.clientY - film.top, film.height, height, rows),
  };
}

function move(view, { column, row }) {
  const within = (value, count) => Math.max(0, Math.min(count - 1, value));
  const at = { column: within(column, view.data.columns), row: within(row, view.data.rows) };
  if (same(at, view.at)) return;
  view.at = at;
  draw(view);
  view.timer ??= setTimeout(() => {
    view.timer = null;
    view.sent = { at: view.at, when: Date.now() };
    view.send(view.at);
  }, PAUSE);
}

function draw(view) {
  const { columns, rows, width, height, say } = view.data;
  view.box.hidden = !view.at;
  if (!view.at) {
    view.sentence.textContent = "Nothing is marked yet.";
    return;
  }
  const { column, row } = view.at;
  const [left, top] = [column / (columns - 1), row / (rows - 1)];
  view.box.style.cssText =
    `left:${100 * left * (1 - width)}%;top:${100 * top * (1 - height)}%;width:${100 * width}%;height:${100 * height}%`;
  view.sentence.textContent =
    say === "cells"
      ? `Marked: row ${row + 1} of ${rows}, column ${column + 1} of ${columns}.`
      : `${Math.round(100 * left)} % across, ${Math.round(100 * top)} % down.`;
}
