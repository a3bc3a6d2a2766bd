// What the reader does: pointer, keys, buttons, playing, the link.

function pin(view, place) {
  if (view.travel) return view.travel(place); // this grid is a piece of something larger
  view.pinned = clamp(view, place);
  draw(view, view.pinned);
  link(view);
}

function go(view, steps) {
  const [rows, columns] = view.size;
  const step = stepNumber(view, view.pinned) + steps;
  const within = Math.max(0, Math.min(rows * columns - 1, step));
  pin(view, { row: Math.floor(within / columns), column: within % columns });
}

function play(view) {
  const last = view.size[0] * view.size[1] - 1;
  if (stepNumber(view, view.pinned) === last) go(view, -Infinity);
  view.find(".result-line").setAttribute("aria-live", "off"); // a step a second would drown a screen reader
  setPlaying(view, true);
  const pause = () => Number(view.find("[data-pick=speed]").value);
  const tick = () => {
    go(view, 1);
    const done = stepNumber(view, view.pinned) === last;
    view.timer = done ? null : setTimeout(tick, pause());
    if (done) stop(view);
  };
  view.timer = setTimeout(tick, pause());
}

function stop(view) {
  clearTimeout(view.timer);
  view.timer = null;
  view.find(".result-line").setAttribute("aria-live", "polite");
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
  const step = stepNumber(view, view.pinned);
  if (step || !view.data.stepName) url.searchParams.set(view.data.stepName || "step", step);
  else url.searchParams.delete(view.data.stepName);
  return url.href;
}

async function copy(view) {
  const status = view.find(".copied");
  try {
    await navigator.clipboard.writeText(address(view));
    status.textContent = "Copied.";
  } catch {
    status.textContent = address(view); // no clipboard here (a page without https): show it to be copied by hand
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

// The step that a cell stands for; null for cells that stand for none, and where a drag draws.
function stepOf(view, map, place) {
  if (!map || !place || view.data.concealed) return null;
  const { rows, columns, pool } = view.data;
  const last = (axis, index) => axis.windows[index][axis.windows[index].length - 1];
  return {
    output: () => place,
    relu: () => place,
    other: () => place,
    difference: () => place,
    stack: () => place,
    pooled: () => ({ row: last(pool.rows, place.row), column: last(pool.columns, place.column) }),
    gradient: () => nearest(view, place.row + rows.before, place.column + columns.before),
    input: () => (map.edits(place.row, place.column) ? null : nearest(view, place.row, place.column)),
  }[map.part]?.() ?? null;
}

// Channel and place of a weight as the kernel lies on the input; null for cells that are none.
function weightOf(view, map, place) {
  if (!map || !place || !view.data.kernel || !["kernel", "products"].includes(map.part)) return null;
  const { row, column } = place;
  return { channel: map.channel, row: map.given ? map.height - 1 - row : row, column: map.given ? map.width - 1 - column : column };
}

function mapAt(view, event) {
  const figure = event.target.closest?.(".figure");
  return view.maps.find((map) => map.figure === figure);
}

function listen(view) {
  listenToPointer(view);
  listenToKeys(view);
  listenToBar(view);
}

function listenToBar(view) {
  const { root } = view;
  const actions = {
    first: () => go(view, -Infinity),
    last: () => go(view, Infinity),
    back: () => go(view, -1),
    next: () => go(view, 1),
    play: () => (view.timer ? stop(view) : play(view)),
    copy: () => copy(view),
    undo: () => undo(view),
  };
  root.addEventListener("click", (event) => {
    const action = event.target.closest("[data-go]")?.dataset.go;
    if (action !== "play" && action !== "copy" && action) stop(view);
    actions[action]?.();
  });
  view.find(".scrub [type=range]").addEventListener("input", (event) => {
    stop(view);
    go(view, Number(event.target.value) - stepNumber(view, view.pinned));
  });
  view.find("[data-for=all] input").addEventListener("change", (event) => {
    view.all = event.target.checked;
    refresh(view);
  });
  view.find("[data-pick=filter]").addEventListener("change", (event) => pickFilter(view, Number(event.target.value)));
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
  view.find("details").addEventListener("toggle", (event) => event.target.open && listSteps(view));
}

function pickFilter(view, filter) {
  view.at.filter = filter;
  if (!view.data.kernel) view.at.channel = filter;
  build(view);
}

// A press on an editable input draws once it leaves its cell, else opens the cell; any other press moves the window.
function listenToPointer(view) {
  let [drag, erase] = [null, false];
  const { root } = view;
  const over = (event) => {
    const map = mapAt(view, event);
    return [map, map && cellUnder(map, event)];
  };
  root.addEventListener("pointermove", (event) => {
    if (drag) return dragTo(view, drag, event, erase);
    if (event.pointerType !== "mouse") return;
    const [map, place] = over(event);
    const cell = map && place && [map.part, map.channel, map.filter, place.row, place.column].join();
    if (cell === view.hovered) return;
    view.hovered = cell;
    hover(view, map, place);
  });
  root.addEventListener("pointerleave", () => {
    view.hovered = null;
    if (!drag) unmark(view);
  });
  root.addEventListener("pointerdown", (event) => {
    const [map, place] = over(event);
    if (!place || event.target.matches("input")) return;
    if (map.part === "stack") return pickFilter(view, map.filter);
    erase = event.altKey || event.button === 2;
    if (map.edits?.(place.row, place.column)) drag = { map, start: place, drawn: false, stroke: [] };
    else if (stepOf(view, map, place)) {
      drag = { map };
      stop(view);
      pin(view, stepOf(view, map, place));
    }
  });
  root.addEventListener("contextmenu", (event) => mapAt(view, event)?.part === "input" && view.data.editable.includes("input") && event.preventDefault());
  for (const end of ["pointerup", "pointercancel"]) {
    root.addEventListener(end, (event) => {
      const { map, start, drawn } = drag ?? {};
      drag = null;
      if (!start || drawn || end === "pointercancel") return;
      if (map.shaded || (erase && map.part === "input")) {
        drawOver(view, map, start, erase);
        if (map.shaded) tellValue(view, map, start);
      } else if (event.button === 0) openEditor(view, map, start);
    });
  }
}

function dragTo(view, drag, event, erase) {
  const place = cellUnder(drag.map, event);
  if (!place) return;
  const { map, start } = drag;
  if (!start) {
    const step = stepOf(view, map, place);
    if (step && stepNumber(view, step) !== stepNumber(view, view.at)) pin(view, step);
  } else if (map.part === "input" && (drag.drawn || place.row !== start.row || place.column !== start.column)) {
    if (!drag.drawn) drawOver(view, map, start, erase, drag.stroke);
    drag.drawn = true;
    drawOver(view, map, place, erase, drag.stroke);
  }
}

function hover(view, map, place) {
  if (map?.shaded && place) tellValue(view, map, place);
  else if (!map) view.find(".told").textContent = "";
  const weight = weightOf(view, map, place);
  const step = stepOf(view, map, place);
  if (weight) mark(view, weight);
  else if (step) {
    stop(view);
    draw(view, step);
  }
}

// The value under the pointer, where a map is shaded.
function tellValue(view, map, { row, column }) {
  const value = map.value(row, column);
  const names = view.data.channels;
  const text = Array.isArray(value)
    ? value.map((one, channel) => `${names[channel]} ${show(one, view.data.decimals)}`).join(", ")
    : cellText(value, map, view.data.decimals) || "not computed yet";
  view.find(".told").textContent = `${map.name}, ${map.place?.(row, column) ?? cellName(view.data, row, column)}: ${text}`;
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function listenToKeys(view) {
  const { root } = view;
  root.addEventListener("keydown", (event) => {
    const map = mapAt(view, event);
    if (!presenting()) event.stopPropagation(); // Streamlit's own one-letter shortcuts must not fire here
    if (event.target.matches("input, select")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      return undo(view);
    }
    if (!map) return;
    if (map.part === "output") return moveStep(view, event);
    const cell = event.target.closest("td");
    if (cell) pressInTable(view, map, cell, event);
  });
  root.addEventListener("focusin", (event) => {
    const { row, column } = event.target.closest("td")?.dataset ?? {};
    const weight = row !== undefined && weightOf(view, mapAt(view, event), { row: Number(row), column: Number(column) });
    if (weight) mark(view, weight);
  });
  root.addEventListener("focusout", (event) => weightOf(view, mapAt(view, event), {}) && unmark(view));
  view.onKey = (event) => presentingKey(view, event);
  view.onResize = () => view.data && fit(view) && build(view);
  window.addEventListener("keydown", view.onKey);
  window.addEventListener("resize", view.onResize);
}

// While presenting, arrows step and Space plays wherever the focus is.
function presentingKey(view, event) {
  if (!presenting() || event.defaultPrevented || !view.root.checkVisibility() || view.data?.concealed) return;
  const at = event.composedPath()[0];
  if (at.matches?.("input, select, textarea") || (at.matches?.("button, summary") && /^( |Enter)$/.test(event.key))) return;
  moveStep(view, event);
}

function pressInTable(view, map, cell, event) {
  const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
  const arrow = ARROWS[event.key];
  if (arrow) {
    event.preventDefault();
    return focusCell(view, map.part, map.channel, row + arrow[0], column + arrow[1]);
  }
  if (event.target !== cell || event.ctrlKey || event.metaKey || !map.edits?.(row, column)) return;
  if (/^[\d.,−-]$/.test(event.key) || event.key === "Enter" || event.key === "F2") {
    event.preventDefault();
    openEditor(view, map, { row, column }, event.key.length === 1 ? event.key : "");
  }
}

function focusCell(view, part, channel, row, column) {
  const map = view.maps.find((one) => one.part === part && one.channel === channel);
  const cell = map?.cells?.[row]?.[column];
  if (!cell || !cell.hasAttribute("tabindex")) return;
  for (const line of map.cells) for (const one of line) one.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

function moveStep(view, event) {
  const { row, column } = view.pinned;
  const [rows, columns] = view.size;
  const ends = { Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows - 1 : row, columns - 1] };
  const step = ARROWS[event.key];
  const turned = presenting() && { PageUp: -1, PageDown: 1 }[event.key]; // what a presenter's remote sends
  if (event.key === " ") {
    event.preventDefault();
    return view.timer ? stop(view) : play(view);
  }
  if (!step && !ends[event.key] && !turned) return;
  event.preventDefault();
  stop(view);
  if (turned) return go(view, turned);
  const inGrid = view.root.contains(event.target) || event.composedPath().includes(view.root);
  if (!inGrid && event.key === "ArrowRight") return go(view, 1);
  if (!inGrid && event.key === "ArrowLeft") return go(view, -1);
  const target = step ? [row + step[0], column + step[1]] : ends[event.key];
  pin(view, { row: target[0], column: target[1] });
  const output = view.maps.find((map) => map.part === "output");
  if (inGrid && output.cells) focusCell(view, "output", undefined, view.at.row, view.at.column);
}
