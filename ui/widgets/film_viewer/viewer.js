// A viewer of a film and its maps. All panes share one view, one window and one cursor; nothing here asks the server.

const TOOLS = { pan: "Move", window: "Grey window", ruler: "Ruler" };

const component = { root: ".viewer", open, receive, close: (viewer) => viewer.close() };

function open(root) {
  const find = (selector) => root.querySelector(selector);
  const viewer = { root, find, tool: "pan", panes: [], pointers: new Map(), zoom: 1, middle: [0.5, 0.5], maps: [] };
  Object.assign(viewer, { window: { centre: 127.5, span: 255 }, inverted: false, flipped: false, lens: false });
  const arrived = () => receive(viewer, viewer.data);
  const resized = new ResizeObserver(() => draw(viewer));
  addEventListener("bytes-stored", arrived);
  resized.observe(root);
  viewer.close = () => {
    removeEventListener("bytes-stored", arrived);
    resized.disconnect();
    clearInterval(viewer.timer);
  };
  const press = (name, action) => (find(name).onclick = () => (action(), repaint(viewer)));
  press(".out", () => zoomBy(viewer, 1 / 1.25));
  press(".in", () => zoomBy(viewer, 1.25));
  press(".reset", () => reset(viewer));
  press(".invert", () => (viewer.inverted = !viewer.inverted));
  press(".flip", () => (viewer.flipped = !viewer.flipped));
  press(".lens", () => (viewer.lens = !viewer.lens));
  press(".flicker", () => flicker(viewer));
  find(".full").onclick = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  find(".preset").onchange = (event) => (preset(viewer, event.target.value), repaint(viewer));
  for (const name of [".centre", ".width"])
    find(name).onchange = () => {
      viewer.window = { centre: Number(find(".centre").value), span: Math.max(1, Number(find(".width").value)) };
      repaint(viewer);
    };
  for (const name of [".opacity", ".threshold", ".colours", ".outlined"]) find(name).oninput = () => repaint(viewer);
  root.addEventListener("keydown", (event) => pressKey(viewer, event));
  return viewer;
}

function receive(viewer, data) {
  const { find } = viewer,
    stored = globalThis.storedBytes?.get(data.store);
  viewer.data = data;
  if (stored?.id !== data.film) return; // it arrives later
  if (viewer.film !== data.film) {
    Object.assign(viewer, {
      film: data.film,
      greys: new Uint8Array(stored.bytes, 0, data.size[0] * data.size[1]),
      stored: storedNumbers(stored.bytes, data.size),
      ruler: null,
      cursor: null,
      maps: [],
    });
    for (const pane of viewer.panes) pane.map = null;
    reset(viewer);
    find(".outlined").checked = data.outlined;
  }
  viewer.maps = data.maps.map(
    (map) => viewer.maps.find((old) => old.values === map.values && old.title === map.title) ?? decode(map, data.size),
  );
  viewer.palette = Object.fromEntries(Object.entries(data.colours).map(([name, colour]) => [name, rgb(colour)]));
  if (data.drawing && viewer.tool === "pan" && !viewer.drawingOffered) viewer.tool = "box";
  viewer.drawingOffered = data.drawing;
  if (!data.drawing && viewer.tool === "box") viewer.tool = "pan";
  viewer.box = data.drawn;
  buildTools(viewer);
  buildPanes(viewer);
  for (const label of viewer.root.querySelectorAll(".of-maps")) label.hidden = !data.maps.length;
  find(".flicker").hidden = !data.maps.length;
  find(".of-outlines").hidden = !data.outlines.length;
  find(".of-outlines span").textContent = `Outline: ${data.outlines.map((outline) => outline.name).join(", ")}`;
  repaint(viewer);
}

// Return the file's own numbers, which follow the greys; null where the file has none.
function storedNumbers(bytes, [width, height]) {
  const start = 4 * Math.ceil((width * height) / 4);
  return bytes.byteLength > start ? new Int32Array(bytes, start) : null;
}

function decode(map, size) {
  const bytes = Uint8Array.from(atob(map.values), (letter) => letter.charCodeAt(0));
  const values = Float32Array.from(new Int8Array(bytes.buffer), (level) => level / LEVELS);
  return { ...map, enlarged: enlarge(values, map.side, size) };
}

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function buildTools(viewer) {
  const tools = viewer.data.drawing ? { box: "Draw a box", ...TOOLS } : TOOLS;
  viewer.find(".tools").replaceChildren(
    ...Object.entries(tools).map(([name, title]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: title });
      button.setAttribute("role", "radio");
      button.setAttribute("aria-checked", String(name === viewer.tool));
      button.onclick = () => {
        viewer.tool = name;
        buildTools(viewer);
      };
      return button;
    }),
  );
  viewer.root.dataset.tool = viewer.tool;
  const drag = { pan: "move", window: "grey window", ruler: "measure", box: "draw a box" }[viewer.tool];
  const arrows = viewer.tool === "box" ? "arrows move the box" : "arrows move";
  const keys = `+ − zoom, 0 whole film, ${arrows}, i invert, h flip, m magnifier`;
  const flickers = viewer.data.maps.length ? ", f flicker" : "";
  viewer.find(".hint").textContent = `Wheel or pinch: zoom. Drag: ${drag}. Keys: ${keys}${flickers}, [ ] grey window.`;
}

// Make a pane for the film, each map and each map to come; those that are there already stay.
function buildPanes(viewer) {
  const { data, find } = viewer;
  const wanted = [null, ...viewer.maps, ...data.pending.map((title) => ({ title, waits: true }))];
  while (viewer.panes.length > wanted.length) viewer.panes.pop().figure.remove();
  while (viewer.panes.length < wanted.length) viewer.panes.push(newPane(viewer));
  viewer.panes.forEach((pane, index) => {
    const map = wanted[index];
    if (map?.waits && pane.map?.enlarged && !viewer.maps.includes(pane.map)) {
      const { enlarged, signed } = pane.map; // the map before stays, dimmed, until the new one is there
      Object.assign(map, { enlarged, signed });
    }
    pane.map = map;
    pane.figure.classList.toggle("pending", Boolean(map?.waits));
    pane.title.textContent = map ? `${map.title}${map.waits ? ": is being computed …" : ""}` : data.name;
    pane.canvas.setAttribute(
      "aria-label",
      map?.description ? `${map.title}. ${map.description}` : `The film ${data.name}`,
    );
    pane.legend.replaceChildren(...(map?.ends ? legend(viewer, map) : []));
    if (!pane.figure.isConnected) find(".panes").append(pane.figure);
  });
}

function newPane(viewer) {
  const figure = Object.assign(document.createElement("figure"), { className: "pane" });
  const [title, canvas, below] = ["figcaption", "canvas", "div"].map((name) => document.createElement(name));
  canvas.setAttribute("role", "img");
  below.className = "legend";
  figure.append(title, canvas, below);
  listen(viewer, canvas);
  return { figure, title, canvas, legend: below };
}

function legend(viewer, map) {
  const colour = Object.assign(document.createElement("div"), { className: "colour" });
  const stops = Array.from({ length: 11 }, (_, index) => {
    const value = map.signed ? index / 5 - 1 : index / 10,
      alpha = Math.abs(value) * 0.8;
    const over = colourOf(value, { signed: map.signed, colours: viewer.find(".colours").value }, viewer.palette);
    return `rgb(${over.map((channel) => Math.round(alpha * channel + (1 - alpha) * 128))})`;
  });
  colour.style.background = `linear-gradient(to right, ${stops})`;
  return [colour, ...map.ends.map((end) => Object.assign(document.createElement("span"), { textContent: end }))];
}

function reset(viewer) {
  Object.assign(viewer, { zoom: 1, middle: [0.5, 0.5], window: { centre: 127.5, span: 255 } });
  Object.assign(viewer, { inverted: false, flipped: false, ruler: null });
}

function preset(viewer, name) {
  const counts = new Uint32Array(256);
  for (const grey of viewer.greys) counts[grey]++;
  const quantile = (share) => {
    let sum = 0;
    return counts.findIndex((count) => (sum += count) >= share * viewer.greys.length);
  };
  const [low, high] = {
    full: [0, 255],
    lung: [0, quantile(0.55)],
    bone: [quantile(0.45), 255],
    auto: [quantile(0.01), quantile(0.99)],
  }[name];
  viewer.window = { centre: (low + high) / 2, span: Math.max(1, high - low) };
}

// Show film and map in turn in the same place, twice a second.
function flicker(viewer) {
  viewer.flickering = !viewer.flickering;
  clearInterval(viewer.timer);
  viewer.bare = false;
  if (viewer.flickering)
    viewer.timer = setInterval(() => {
      viewer.bare = !viewer.bare;
      repaint(viewer);
    }, 500);
}

function repaint(viewer) {
  if (!viewer.greys) return;
  const {
    find,
    data,
    window: { centre, span },
  } = viewer;
  find(".centre").value = Math.round(centre);
  find(".width").value = Math.round(span);
  find(".preset").value = centre === 127.5 && span === 255 ? "full" : "own";
  for (const [name, on] of [
    [".invert", viewer.inverted],
    [".flip", viewer.flipped],
    [".lens", viewer.lens],
    [".flicker", viewer.flickering],
  ])
    find(name).setAttribute("aria-pressed", String(Boolean(on)));
  const look = {
    opacity: find(".opacity").value / 100,
    threshold: find(".threshold").value / 100,
    colours: find(".colours").value,
  };
  for (const pane of viewer.panes) {
    pane.picture ??= document.createElement("canvas");
    Object.assign(pane.picture, { width: data.size[0], height: data.size[1] });
    let image = paintFilm(viewer.greys, data.size, { centre, span, inverted: viewer.inverted });
    if (pane.map?.enlarged && !viewer.bare)
      image = blend(image, pane.map.enlarged, { ...look, signed: pane.map.signed }, viewer.palette);
    pane.picture.getContext("2d").putImageData(image, 0, 0);
    if (pane.map?.ends) pane.legend.replaceChildren(...legend(viewer, pane.map));
  }
  draw(viewer);
}

// Return how the film lies on a canvas: pixels of the canvas per pixel of the film, and where its middle is.
function layout(viewer, canvas) {
  const [width, height] = viewer.data.size;
  const scale = Math.min(canvas.width / width, canvas.height / height) * viewer.zoom;
  const left = canvas.width / 2 - viewer.middle[0] * width * scale,
    top = canvas.height / 2 - viewer.middle[1] * height * scale;
  return { scale, left, top };
}

function draw(viewer) {
  if (!viewer.greys) return;
  for (const pane of viewer.panes) {
    const { canvas } = pane,
      box = canvas.getBoundingClientRect(),
      ratio = devicePixelRatio || 1;
    if (!box.width) continue;
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    const context = canvas.getContext("2d"),
      { scale, left, top } = layout(viewer, canvas);
    if (viewer.flipped) context.setTransform(-1, 0, 0, 1, canvas.width, 0);
    context.imageSmoothingEnabled = scale < 4;
    context.drawImage(pane.picture, left, top, pane.picture.width * scale, pane.picture.height * scale);
    drawLines(viewer, context, { scale, left, top, ratio });
    if (viewer.lens && viewer.cursor) magnify(viewer, pane, context, { scale, left, top, ratio });
  }
  tell(viewer);
}

function drawLines(viewer, context, { scale, left, top, ratio }) {
  const [width, height] = viewer.data.size;
  const at = ([x, y]) => [left + x * width * scale, top + y * height * scale];
  const line = (points, colour) => {
    context.beginPath();
    points.forEach((point, index) => context[index ? "lineTo" : "moveTo"](...at(point)));
    for (const [style, thick] of [
      ["#000", 4],
      [colour, 2],
    ]) {
      context.strokeStyle = style;
      context.lineWidth = thick * ratio;
      context.stroke();
    }
  };
  if (viewer.find(".outlined").checked)
    for (const { name, colour, polygons } of viewer.data.outlines) {
      for (const polygon of polygons) line(polygon, colour);
      if (polygons.length) write(viewer, context, name, colour, polygons[0].map(at), ratio);
    }
  const mark = viewer.data.colours.mark;
  if (viewer.box) {
    const [x, y, w, h] = viewer.box;
    line(
      [
        [x, y],
        [x + w, y],
        [x + w, y + h],
        [x, y + h],
        [x, y],
      ],
      mark,
    );
  }
  if (viewer.ruler) line(viewer.ruler, mark);
  if (viewer.cursor && viewer.tool !== "box") {
    const [x, y] = viewer.cursor,
      reach = (12 * ratio) / scale;
    line(
      [
        [x - reach / width, y],
        [x + reach / width, y],
      ],
      "#fff",
    );
    line(
      [
        [x, y - reach / height],
        [x, y + reach / height],
      ],
      "#fff",
    );
  }
}

// Write an outline's name above it, inside the canvas and never mirrored.
function write(viewer, context, name, colour, points, ratio) {
  const columns = points.map(([x]) => x),
    [left, right] = [Math.min(...columns), Math.max(...columns)],
    top = Math.min(...points.map(([, y]) => y));
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  Object.assign(context, { font: `600 ${13 * ratio}px sans-serif`, lineWidth: 3 * ratio, lineJoin: "round" });
  Object.assign(context, { strokeStyle: "#000", fillStyle: colour });
  const { width } = context.canvas;
  const x = Math.max(0, Math.min(viewer.flipped ? width - right : left, width - context.measureText(name).width));
  const y = Math.max(13 * ratio, top - 5 * ratio);
  context.strokeText(name, x, y);
  context.fillText(name, x, y);
  context.restore();
}

function magnify(viewer, pane, context, { scale, left, top, ratio }) {
  const [x, y] = [viewer.cursor[0] * pane.picture.width, viewer.cursor[1] * pane.picture.height];
  const radius = 70 * ratio,
    reach = radius / (scale * 2.5),
    [cx, cy] = [left + x * scale, top + y * scale];
  context.save();
  context.beginPath();
  context.arc(cx, cy, radius, 0, 2 * Math.PI);
  context.clip();
  context.fillRect(cx - radius, cy - radius, 2 * radius, 2 * radius);
  context.drawImage(
    pane.picture,
    x - reach,
    y - reach,
    2 * reach,
    2 * reach,
    cx - radius,
    cy - radius,
    2 * radius,
    2 * radius,
  );
  context.restore();
}
