// What the reader does: pointer, keys, buttons, playing, the link.

function pin(view, place) {
  if (view.travel) return view.travel(place); // this grid is a piece of something larger
  view.pinned = clamp(view, place);
  draw(view, view.pinned);
  link(view);
}

function go(view, steps) {
  const [rows, columns] = view.size;
  const step = view.pinned.row * columns + view.pinned.column + steps;
  const within = Math.max(0, Math.min(rows * columns - 1, step));
  pin(view, { row: Math.floor(within / columns), column: within % columns });
}

function play(view) {
  const last = view.size[0] * view.size[1] - 1;
  if (view.pinned.row * view.size[1] + view.pinned.column === last) go(view, -Infinity);
  view.find(".sentence").setAttribute("aria-live", "off"); // a step a second would drown a screen reader
  setPlaying(view, true);
  const tick = () => {
    go(view, 1);
    const done = view.pinned.row * view.size[1] + view.pinned.column === last;
    view.timer = done ? null : setTimeout(tick, Number(view.find("[data-pick=speed]").value));
    if (done) stop(view);
  };
  view.timer = setTimeout(tick, Number(view.find("[data-pick=speed]").value));
}

function stop(view) {
  clearTimeout(view.timer);
  view.timer = null;
  view.find(".sentence").setAttribute("aria-live", "polite");
  setPlaying(view, false);
}

function setPlaying(view, playing) {
  const button = view.find("[data-go=play]");
  button.textContent = playing ? "Pause" : "Play";
  button.setAttribute("aria-pressed", String(playing));
}

// The address bar follows the pinned step, a moment later, without a message to the server.
function link(view) {
  if (!view.data.stepName) return;
  clearTimeout(view.linked);
  view.linked = setTimeout(() => history.replaceState(history.state, "", address(view)), 300);
}

function address(view) {
  const url = new URL(location.href);
  const step = view.pinned.row * view.size[1] + view.pinned.column;
  if (step || !view.data.stepName) url.searchParams.set(view.data.stepName || "step", step);
  else url.searchParams.delete(view.data.stepName);
  return url.href;
}

async function copy(view) {
  const said = view.find(".copied");
  try {
    await navigator.clipboard.writeText(address(view));
    said.textContent = "Copied.";
  } catch {
    said.textContent = address(view); // no clipboard here (a page without https): show it to be copied by hand
  }
}

// The step whose window has its middle nearest to an input cell.
function nearest(view, row, column) {
  const closest = (axis, at) => {
    const distance = axis.windows.map((cells) => Math.abs((cells[0] + cells[cells.length - 1]) / 2 - at));
    return distance.indexOf(Math.min(...distance));
  };
  return { row: closest(view.data.rows, row), column: closest(view.data.columns, column) };
}

// The step that a cell of the input, the output or the gradient stands for; null for other cells.
function stepOf(view, cell) {
  const part = cell?.closest("[data-part]")?.dataset.part;
  const [row, column] = [Number(cell?.dataset.row), Number(cell?.dataset.column)];
  if (part === "output") return { row, column };
  if (part === "gradient") return nearest(view, row + view.data.rows.before, column + view.data.columns.before);
  return part === "input" && !view.editing ? nearest(view, row, column) : null;
}

// Channel and place of a weight or product cell, as the kernel lies on the input; null for other cells.
function weightOf(view, cell) {
  if (!cell?.classList.contains("weight") && !cell?.classList.contains("product")) return null;
  const [channel, row, column] = ["channel", "row", "column"].map((name) => Number(cell.dataset[name]));
  const laid = view.data.kernel[0][0];
  return cell.dataset.turned ? [channel, laid.length - 1 - row, laid[0].length - 1 - column] : [channel, row, column];
}

function listen(view) {
  const { root } = view;
  listenToPointer(view);
  listenToKeys(view);
  const actions = {
    first: () => go(view, -Infinity),
    last: () => go(view, Infinity),
    back: () => go(view, -1),
    next: () => go(view, 1),
    play: () => (view.timer ? stop(view) : play(view)),
    copy: () => copy(view),
  };
  root.addEventListener("click", (event) => {
    const action = event.target.closest("[data-go]")?.dataset.go;
    if (action !== "play" && action !== "copy" && action) stop(view);
    actions[action]?.();
  });
  view.find("[type=range]").addEventListener("input", (event) => {
    stop(view);
    go(view, Number(event.target.value) - view.pinned.row * view.size[1] - view.pinned.column);
  });
  view.find("[data-pick=filter]").addEventListener("change", (event) => {
    view.at.filter = Number(event.target.value);
    if (!view.data.kernel) view.at.channel = view.at.filter;
    build(view);
  });
  view.find("[data-pick=channel]").addEventListener("change", (event) => {
    view.at.channel = Number(event.target.value);
    build(view);
  });
  view.find(".total").addEventListener("click", (event) => {
    const channel = event.target.closest("[data-sum]")?.dataset.sum;
    if (channel === undefined) return;
    view.at.channel = Number(channel);
    build(view);
    view.find(`[data-sum="${channel}"]`).focus();
  });
  view.find("[data-for=edit] input").addEventListener("change", (event) => {
    view.editing = event.target.checked;
    build(view);
  });
  view.find("details").addEventListener("toggle", (event) => event.target.open && listSteps(view));
}

function listenToPointer(view) {
  const { root } = view;
  let dragging = false;
  const cellAt = (event) => root.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest("td");
  root.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || dragging) return;
    const cell = event.target.closest("td");
    const weight = weightOf(view, cell);
    const place = stepOf(view, cell);
    if (!weight && !place) return;
    stop(view);
    if (weight) mark(view, ...weight);
    else draw(view, place);
  });
  view.find(".stage").addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !dragging) unmark(view);
  });
  root.addEventListener("pointerdown", (event) => {
    const place = stepOf(view, event.target.closest("td"));
    if (!place) return;
    stop(view);
    dragging = true;
    pin(view, place);
  });
  root.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const place = stepOf(view, cellAt(event));
    if (place && (place.row !== view.at.row || place.column !== view.at.column)) pin(view, place);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    root.addEventListener(end, () => (dragging = false));
  }
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function listenToKeys(view) {
  const { root } = view;
  root.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Streamlit's own one-letter shortcuts must not fire while a number is typed here
    const cell = event.target.closest("td");
    const part = cell?.closest("[data-part]")?.dataset.part;
    if (part === "output") return moveStep(view, event);
    const typing = event.target.matches("input");
    if (cell && event.key in ARROWS && !(typing && /Left|Right/.test(event.key))) moveFocus(event, cell);
  });
  root.addEventListener("focusin", (event) => {
    const weight = weightOf(view, event.target.closest("td"));
    if (weight) mark(view, ...weight);
  });
  root.addEventListener("focusout", (event) => weightOf(view, event.target.closest("td")) && unmark(view));
}

function moveStep(view, event) {
  const { row, column } = view.pinned;
  const [rows, columns] = view.size;
  const ends = { Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows - 1 : row, columns - 1] };
  const step = ARROWS[event.key];
  const target = step ? [row + step[0], column + step[1]] : ends[event.key];
  if (event.key === " ") {
    event.preventDefault();
    return view.timer ? stop(view) : play(view);
  }
  if (!target) return;
  event.preventDefault();
  stop(view);
  pin(view, { row: target[0], column: target[1] });
  view.outputs[view.at.row][view.at.column].focus();
}

function moveFocus(event, cell) {
  const [down, right] = ARROWS[event.key];
  const row = cell.parentElement.parentElement.children[Number(cell.dataset.row) + down];
  const next = row?.children[Number(cell.dataset.column) + right]?.firstElementChild;
  if (!next) return;
  event.preventDefault();
  next.focus();
}
