// The drawing: boxes, arrows, marks at the heaviest three, zoom and pan by mouse, touch and keyboard.

const component = { root: ".network", receive };

function receive(state, data) {
  const { root } = state;
  const key = JSON.stringify(data.nodes.map((node) => [node.path, node.kind, node.dims]));
  if (state.key !== key)
    Object.assign(state, { key, open: initiallyOpen(data.nodes), chosen: undefined, zoom: 0, x: 0, y: 0 });
  const svg = root.querySelector(".drawing");
  const draw = () => {
    state.items = view(data.nodes, state.open);
    state.size = place(state.items, data.nodes);
    const layer = drawn("g", { class: "all" });
    layer.append(arrowHead(), ...arrows(state.items), ...boxes(state, data, choose));
    svg.replaceChildren(layer);
    if (!state.zoom) fit(state, svg);
    move(state, svg);
    root.dataset.drawn = String(state.items.length);
    tell();
  };
  const tell = () => {
    const section = root.querySelector(".details");
    const item = state.items.find((each) => each.name === state.chosen) ?? state.items.find((each) =>
      each.ids.some((id) => data.nodes[id].problem));
    section.replaceChildren(...(item ? details(item, data) : []));
    if (!item) return;
    const modules = chain(data.nodes[item.ids[0]]).filter((path) => state.open.has(path));
    const buttons = element("div");
    if (item.paths.length) buttons.append(toggle(`Open ${titleOf(item, data.nodes)}`, () => open(state, item)));
    for (const path of modules) buttons.append(toggle(`Close ${path}`, () => close(state, path)));
    section.append(buttons);
  };
  const toggle = (text, act) => {
    const button = element("button", text, { type: "button" });
    button.onclick = () => {
      act();
      draw();
    };
    return button;
  };
  const choose = (item, unfold) => {
    if (unfold) open(state, item);
    state.chosen = item.name;
    draw();
    svg.querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
  };
  const actions = {
    in: () => zoom(state, svg, 1.25), out: () => zoom(state, svg, 0.8), fit: () => fit(state, svg, true),
    open: () => (state.open = allModules(data.nodes)), close: () => (state.open = new Set()),
    svg: () => save(svg, state, "svg"), png: () => save(svg, state, "png"),
  };
  for (const button of root.querySelectorAll("[data-do]"))
    button.onclick = () => {
      actions[button.dataset.do]();
      if (["open", "close"].includes(button.dataset.do)) [state.zoom, state.chosen] = [0, undefined];
      draw();
    };
  listen(svg, state);
  draw();
}

function open(state, item) {
  item.paths.forEach((path) => state.open.add(path));
}

function close(state, path) {
  for (const each of [...state.open]) if (each === path || each.startsWith(`${path}.`)) state.open.delete(each);
}

function arrowHead() {
  const marker = drawn("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6,
    orient: "auto" });
  marker.append(drawn("path", { d: "M0 0 L8 4 L0 8 z", class: "head" }));
  return marker;
}

function arrows(items) {
  const byName = new Map(items.map((item) => [item.name, item]));
  return items.flatMap((item) => [...item.sources].map((name) => {
    const from = byName.get(name);
    const [x1, y1] = [from.x + from.box.width + from.box.back + 2, from.y - from.box.height / 2];
    const [x2, y2] = [item.x - 3, item.y - item.box.height / 2];
    const far = x2 - x1 > 260 && Math.abs(y1 - y2) < 60;
    const bend = far ? Math.max(from.box.height, item.box.height) / 2 + TALL * 0.75 : 0;
    const middle = (x1 + x2) / 2;
    const path = far
      ? `M${x1} ${y1} C${x1 + 60} ${y1 - bend}, ${x2 - 60} ${y2 - bend}, ${x2} ${y2}`
      : `M${x1} ${y1} C${middle} ${y1}, ${middle} ${y2}, ${x2} ${y2}`;
    return drawn("path", { d: path, class: "arrow", "marker-end": "url(#head)" });
  }));
}

function boxes(state, data, choose) {
  const marks = heaviest(state.items, data.nodes);
  return state.items.map((item) => {
    const node = data.nodes[item.ids[0]];
    const problem = item.ids.some((id) => data.nodes[id].problem);
    const group = drawn("g", { class: `item ${problem ? "wrong" : node.role} ${item.path !== undefined ? "module" : ""}`,
      tabindex: 0, role: "button", "aria-pressed": String(item.name === state.chosen),
      "aria-label": `${titleOf(item, data.nodes)}, ${shapeText(item.dims)}` });
    const { width, height, back } = item.box,
      [x, y] = [item.x, item.y];
    if (back) {
      group.append(drawn("path", { class: "face top", d: `M${x} ${y - height} l${back} ${-back} h${width} l${-back} ${back} z` }));
      group.append(drawn("path", { class: "face side",
        d: `M${x + width} ${y} v${-height} l${back} ${-back} v${height} z` }));
    }
    group.append(drawn("rect", { x, y: y - height, width, height, class: "face front" }));
    const title = item.paths.length ? `▸ ${short(titleOf(item, data.nodes))}` : node.kind;
    const text = (line, words, name) =>
      drawn("text", { x: item.middle, y: y + 13 + 12 * line, class: name }, words);
    group.append(text(0, title, "name"), text(1, shapeText(item.dims), "shape"));
    (marks.get(item.name) ?? []).forEach((mark, line) => group.append(text(2 + line, mark, "mark")));
    group.onclick = () => state.dragged || choose(item, false);
    group.ondblclick = () => choose(item, true);
    group.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(item, item.name === state.chosen);
    };
    return group;
  });
}

function short(path) {
  return path.length > 16 ? `…${path.slice(-15)}` : path;
}

function heaviest(items, nodes) {
  const marks = new Map();
  COSTS.forEach((cost, number) => {
    const sorted = items.map((item) => [costsOf(item, nodes)[number], item.name]).filter(([value]) => value);
    sorted.sort((a, b) => b[0] - a[0]);
    sorted.slice(0, 3).forEach(([, name], place) =>
      marks.set(name, [...(marks.get(name) ?? []), `${["most", "2nd", "3rd"][place]} ${cost}`]));
  });
  return marks;
}

function fit(state, svg, whole = false) {
  const width = svg.clientWidth || 800;
  state.zoom = Math.max(whole ? 0.1 : 0.85, Math.min(1.5, width / state.size.width, 520 / state.size.height));
  const height = Math.max(190, Math.min(520, state.zoom * state.size.height));
  svg.style.height = `${height}px`;
  state.x = Math.max(0, (width - state.zoom * state.size.width) / 2);
  state.y = Math.max(0, (height - state.zoom * state.size.height) / 2);
}

function zoom(state, svg, factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const next = Math.max(0.1, Math.min(6, state.zoom * factor));
  state.x = x - ((x - state.x) * next) / state.zoom;
  state.y = y - ((y - state.y) * next) / state.zoom;
  state.zoom = next;
  move(state, svg);
}

function move(state, svg) {
  svg.querySelector(".all")?.setAttribute("transform", `translate(${state.x} ${state.y}) scale(${state.zoom})`);
}

function listen(svg, state) {
  const fingers = new Map();
  svg.onpointerdown = (event) => {
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    state.dragged = false;
  };
  svg.onpointermove = (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const after = [event.clientX, event.clientY];
    if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const length = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
      const box = svg.getBoundingClientRect();
      zoom(state, svg, length(after) / Math.max(1, length(before)), other[0] - box.left, other[1] - box.top);
    } else if (state.dragged || Math.hypot(after[0] - before[0], after[1] - before[1]) > 3) {
      if (!state.dragged) svg.setPointerCapture(event.pointerId);
      state.dragged = true;
      state.x += after[0] - before[0];
      state.y += after[1] - before[1];
      move(state, svg);
    } else return;
    fingers.set(event.pointerId, after);
  };
  svg.onpointerup = svg.onpointercancel = (event) => {
    fingers.delete(event.pointerId);
    setTimeout(() => (state.dragged = false));
  };
  svg.onwheel = (event) => {
    if (!event.ctrlKey) return; // the page scrolls
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    zoom(state, svg, event.deltaY < 0 ? 1.15 : 0.87, event.clientX - box.left, event.clientY - box.top);
  };
  svg.onkeydown = (event) => {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key === "+" || event.key === "-") zoom(state, svg, event.key === "+" ? 1.25 : 0.8);
    else if (steps[event.key]) {
      state.x += steps[event.key][0];
      state.y += steps[event.key][1];
      move(state, svg);
    } else return;
    event.preventDefault();
  };
}

function save(svg, state, kind) {
  const copy = svg.cloneNode(true),
    { width, height } = state.size;
  const originals = svg.querySelectorAll("*"),
    names = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "text-anchor"];
  copy.querySelectorAll("*").forEach((part, number) => {
    const style = getComputedStyle(originals[number]);
    for (const name of names) part.setAttribute(name, style.getPropertyValue(name));
  });
  copy.querySelector(".all").removeAttribute("transform");
  for (const [name, value] of Object.entries({ xmlns: NS, width, height, viewBox: `0 0 ${width} ${height}` }))
    copy.setAttribute(name, value);
  const page = drawn("rect", { width, height, fill: getComputedStyle(svg).getPropertyValue("background-color") });
  copy.prepend(page);
  const file = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  if (kind === "svg") return download(file, "network.svg");
  const picture = new Image();
  picture.onload = () => {
    const canvas = document.createElement("canvas"),
      scale = Math.min(2, 16000 / Math.max(width, height));
    [canvas.width, canvas.height] = [width * scale, height * scale];
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, "network.png"));
    URL.revokeObjectURL(picture.src);
  };
  picture.src = URL.createObjectURL(file);
}

function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
