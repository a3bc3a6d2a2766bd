// The lab: a film that the reader changes by hand, and the Lecture CNN's answer, computed here while the hand moves.

const SIDE = 224,
  REST = 700; // pixels of the film; milliseconds without a change until the server is asked
const TOOLS = { erase: "Brush: erase", mark: "Stamp: letter R" };
const SLIDERS = {
  centre: { title: "Grey window centre", low: 0, high: 100, start: 50, unit: "%" },
  width: { title: "Grey window width", low: 5, high: 200, start: 100, unit: "%" },
  turn: { title: "Turn", low: -30, high: 30, start: 0, unit: "°" },
  crop: { title: "Crop each side", low: 0, high: 30, start: 0, unit: "%" },
  blur: { title: "Blur", low: 0, high: 10, start: 0, unit: "px" },
  noise: { title: "Noise", low: 0, high: 30, start: 0, unit: "%" },
  frame: { title: "Keep only a frame of", low: 0, high: 40, start: 0, unit: "%" },
};
const SWITCHES = {
  left: "Grey out the lung on the image's left (the patient's right)",
  right: "Grey out the lung on the image's right (the patient's left)",
  box: "Grey out the lungs' box",
  black: "Black out the lungs",
  only: "Keep only the lungs",
  invert: "Invert",
  mirror: "Mirror",
};
const component = { root: ".lab", open, receive, close };

function receive(lab, data) {
  lab.data = data;
  const fresh = `${data.film} ${data.start.id}`;
  if (lab.fresh !== fresh) {
    lab.fresh = fresh;
    restart(lab, data.start.settings);
  } else if (lab.answer) {
    drawAnswers(lab);
    if (!lab.asked) askAtRest(lab);
  }
}

function close(lab) {
  clearTimeout(lab.timer);
  removeEventListener("bytes-stored", lab.arrived);
}

function open(root) {
  const find = (selector) => root.querySelector(selector);
  const lab = { root, find, settings: {}, strokes: [], tool: "erase", cursor: [SIDE / 2, SIDE / 2] };
  lab.arrived = () => {
    if (lab.loaded !== lab.data.film) restart(lab, lab.data.start.settings); // else it is not for this lab, and undoes nothing
  };
  addEventListener("bytes-stored", lab.arrived);
  for (const [name, title] of Object.entries(TOOLS)) find(".group").append(choice(lab, name, title));
  for (const [name, slider] of Object.entries(SLIDERS)) find(".sliders").append(sliderOf(lab, name, slider));
  for (const [name, title] of Object.entries(SWITCHES)) find(".switches").append(toggle(lab, name, title));
  for (const [name, { title }] of Object.entries(CORRUPTIONS))
    find(".corruptions .sliders").append(sliderOf(lab, name, { title, low: 0, high: 5, start: 0, unit: "" }));
  find(".undo").onclick = () => change(lab, () => lab.strokes.pop());
  find(".reset").onclick = () => restart(lab, {});
  listenToFilm(lab, find(".film"));
  return lab;
}

function element(name, className, text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

function choice(lab, name, title) {
  const button = Object.assign(element("button", "", title), { type: "button" });
  button.setAttribute("role", "radio");
  button.dataset.tool = name;
  button.onclick = () => {
    lab.tool = name;
    showSettings(lab);
  };
  return button;
}

function toggle(lab, name, title) {
  const button = Object.assign(element("button", "", title), { type: "button" });
  button.dataset.toggle = name;
  button.onclick = () => change(lab, () => (lab.settings[name] = !lab.settings[name]));
  return button;
}

function sliderOf(lab, name, { title, low, high, unit }) {
  const label = element("label", "slider"),
    value = element("output", "");
  const input = Object.assign(element("input", ""), { type: "range", min: low, max: high, step: 1 });
  input.dataset.slider = name;
  input.dataset.unit = unit;
  input.oninput = () => change(lab, () => (lab.settings[name] = Number(input.value)));
  label.append(element("span", "", title), input, value); // the first of input and output is what a label names
  return label;
}

// Forget all changes and begin with these settings.
function restart(lab, settings) {
  const starts = Object.fromEntries(Object.entries(SLIDERS).map(([name, { start }]) => [name, start]));
  lab.settings = { ...starts, ...settings };
  lab.strokes = settings.stamp ? [{ tool: "mark", size: 0.1, at: settings.stamp }] : [];
  const weights = globalThis.storedBytes?.get("weights"),
    film = globalThis.storedBytes?.get("film");
  if (!weights || film?.id !== lab.data.film) return; // they arrive later
  if (lab.weights !== weights.id) {
    lab.weights = weights.id;
    lab.tensors = readTensors(weights.bytes);
  }
  lab.loaded = film.id;
  lab.film = Float64Array.from(new Float32Array(film.bytes, 0, SIDE * SIDE));
  lab.lungs = new Uint8Array(film.bytes, 4 * SIDE * SIDE); // 0 none, 1 on the left of the picture, 2 on the right
  lab.before = ask(lab, lab.film);
  change(lab, () => {});
}

function ask(lab, film) {
  return classify(lab.tensors, resample(film, SIDE, NETWORK_SIDE), lab.data.temperature);
}

// Make a change, draw it with the next picture of the screen, and tell the server once the hand rests.
function change(lab, make) {
  make();
  showSettings(lab);
  lab.request ??= requestAnimationFrame(() => {
    lab.request = null;
    const start = performance.now();
    if (lab.tensors) redraw(lab);
    lab.root.dataset.milliseconds = (performance.now() - start).toFixed(1);
  });
}

function showSettings(lab) {
  const { root, settings } = lab;
  for (const input of root.querySelectorAll("[data-slider]")) {
    input.value = settings[input.dataset.slider] ?? 0;
    input.parentElement.querySelector("output").textContent = `${input.value} ${input.dataset.unit}`;
  }
  for (const button of root.querySelectorAll("[data-toggle]")) {
    button.setAttribute("aria-pressed", String(Boolean(settings[button.dataset.toggle])));
    button.hidden = !lab.data?.lungs && ["left", "right", "box", "black", "only"].includes(button.dataset.toggle);
  }
  for (const button of root.querySelectorAll("[data-tool]"))
    button.setAttribute("aria-checked", String(button.dataset.tool === lab.tool));
}

function redraw(lab) {
  const changed = applyAll(lab);
  lab.answer = ask(lab, changed);
  lab.changed = changed;
  lab.picture = toPicture(changed);
  paintFilm(lab);
  paintMap(lab);
  lab.number = (lab.number ?? 0) + 1;
  lab.asked = null;
  drawAnswers(lab);
  askAtRest(lab);
}

// Send the film once the hand rests, where the page asks another network and its answer is of another film.
function askAtRest(lab) {
  clearTimeout(lab.timer);
  lab.timer = setTimeout(() => {
    if (!lab.data.rest || (!lab.data.rest.id && !isChanged(lab))) return;
    lab.asked = `${lab.fresh} ${lab.number}`;
    lab.send("rest", { film: isChanged(lab) ? encode(lab.changed) : "", id: lab.asked });
  }, REST);
}

// Return greys as two bytes each, the lower first, in base64: one byte would move another network's answer.
function encode(film) {
  let text = "";
  for (const grey of film) {
    const level = Math.round(65535 * clip(grey));
    text += String.fromCharCode(level % 256, level >> 8);
  }
  return btoa(text);
}

const isChanged = (lab) => lab.changed.some((grey, index) => grey !== lab.film[index]);

// Return the film after all changes, in the order in which they are listed on the page.
function applyAll(lab) {
  const { settings } = lab,
    key = JSON.stringify(settings);
  if (lab.cached?.key !== key || lab.cached.of !== lab.film)
    lab.cached = { key, of: lab.film, film: applySettings(lab) };
  if (!lab.strokes.length) return lab.cached.film;
  const film = Float64Array.from(lab.cached.film),
    mean = meanOf(lab.film);
  for (const stroke of lab.strokes) (stroke.tool === "erase" ? eraseAt : stampAt)(film, stroke, mean);
  return film;
}

function applySettings({ film: original, lungs, settings }) {
  const { centre, width, turn, crop, frame } = settings,
    edge = Math.round((frame / 100) * SIDE);
  let film = original;
  if (settings.left)
    film = fillMean(
      film,
      lungs.map((lung) => lung === 1),
    );
  if (settings.right)
    film = fillMean(
      film,
      lungs.map((lung) => lung === 2),
    );
  if (settings.box) film = fillMean(film, boxAround(lungs));
  if (settings.black) film = film.map((grey, index) => (lungs[index] ? 0 : grey));
  if (settings.only)
    film = fillMean(
      film,
      lungs.map((lung) => lung === 0),
    );
  if (frame)
    film = fillMean(
      film,
      film.map((_, index) => inside(index, edge)),
    );
  if (settings.invert) film = film.map((grey) => 1 - grey);
  if (settings.mirror) film = film.map((_, index) => film[index - (index % SIDE) + SIDE - 1 - (index % SIDE)]);
  if (centre !== 50 || width !== 100) film = applyWindow(film, centre / 100, width / 100);
  for (const [name, { levels, run }] of Object.entries(CORRUPTIONS))
    if (settings[name]) film = run(film, SIDE, levels[settings[name] - 1]);
  if (turn || crop) film = turnAndCrop(film, SIDE, turn, crop / 100);
  if (settings.blur) film = blur(film, SIDE, settings.blur);
  if (settings.noise) film = CORRUPTIONS.gaussian.run(film, SIDE, settings.noise / 100);
  return film;
}

const inside = (index, edge) =>
  [index % SIDE, Math.floor(index / SIDE)].every((place) => place >= edge && place < SIDE - edge);

function boxAround(lungs) {
  const places = [...lungs.keys()].filter((index) => lungs[index]);
  const rows = places.map((index) => Math.floor(index / SIDE)),
    columns = places.map((index) => index % SIDE);
  const ends = (values) =>
    values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [SIDE, -1]);
  const [top, bottom] = ends(rows),
    [left, right] = ends(columns);
  return lungs.map((_, index) => {
    const row = Math.floor(index / SIDE),
      column = index % SIDE;
    return row >= top && row <= bottom && column >= left && column <= right;
  });
}

function eraseAt(film, { at: [x, y], size }, mean) {
  const radius = (size * SIDE) / 2;
  for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(SIDE - 1, y + radius); row++)
    for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(SIDE - 1, x + radius); column++)
      if ((row - y) ** 2 + (column - x) ** 2 <= radius ** 2) film[row * SIDE + column] = mean;
}

// A white letter R, as it marks the patient's right side.
function stampAt(film, { at: [x, y], size }) {
  const side = Math.max(8, Math.round(1.4 * size * SIDE));
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = canvas.getContext("2d");
  context.font = `bold ${side}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("R", side / 2, side / 2);
  const ink = context.getImageData(0, 0, side, side).data;
  for (let index = 0; index < side * side; index++) {
    const row = Math.round(y - side / 2) + Math.floor(index / side),
      column = Math.round(x - side / 2) + (index % side);
    if (row < 0 || column < 0 || row >= SIDE || column >= SIDE) continue;
    film[row * SIDE + column] = Math.max(film[row * SIDE + column], ink[4 * index + 3] / 255);
  }
}

function listenToFilm(lab, canvas) {
  const place = (event) => {
    const box = canvas.getBoundingClientRect(),
      side = Math.min(box.width, box.height);
    const [left, top] = [box.left + (box.width - side) / 2, box.top + (box.height - side) / 2];
    return [((event.clientX - left) / side) * SIDE, ((event.clientY - top) / side) * SIDE];
  };
  const touch = (at) =>
    change(lab, () => {
      lab.cursor = at;
      if (lab.dragging && lab.tool === "mark") lab.strokes.pop();
      lab.strokes.push({ tool: lab.tool, at, size: Number(lab.find(".size").value) / 100 });
    });
  canvas.addEventListener("pointerdown", (event) => {
    if (!lab.tensors) return;
    canvas.setPointerCapture(event.pointerId);
    touch(place(event));
    lab.dragging = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!lab.dragging) return;
    const places = event.getCoalescedEvents?.() ?? []; // all that the hand did since the last picture of the screen
    for (const each of places.length ? places : [event]) touch(place(each));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (lab.dragging = false));
  canvas.addEventListener("keydown", (event) => {
    if (!lab.picture) return;
    const step = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
    if (!step && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (step) lab.cursor = lab.cursor.map((value, axis) => Math.min(SIDE, Math.max(0, value + step[axis])));
    else touch(lab.cursor);
    paintFilm(lab);
  });
}

function paintFilm(lab) {
  const canvas = lab.find(".film"),
    context = canvas.getContext("2d");
  context.drawImage(lab.picture, 0, 0, canvas.width, canvas.width);
  canvas.setAttribute("aria-label", `The film; arrow keys move the ${TOOLS[lab.tool].toLowerCase()}, Enter uses it`);
  if (canvas.matches(":focus-visible")) {
    const scale = canvas.width / SIDE;
    context.strokeStyle = lab.data.colours.mark;
    context.lineWidth = 2;
    context.strokeRect(lab.cursor[0] * scale - 8, lab.cursor[1] * scale - 8, 16, 16);
  }
}

// Return the film as a picture of its own size.
function toPicture(film) {
  const picture = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const image = new ImageData(SIDE, SIDE),
    pixels = new Uint32Array(image.data.buffer);
  film.forEach((grey, index) => (pixels[index] = 0xff000000 | (Math.round(255 * clip(grey)) * 0x010101)));
  picture.getContext("2d").putImageData(image, 0, 0);
  return picture;
}

function paintMap(lab) {
  const canvas = lab.find(".map"),
    context = canvas.getContext("2d"),
    cell = canvas.width / LAST_SIDE;
  context.drawImage(lab.picture, 0, 0, canvas.width, canvas.width);
  const { contributions } = lab.answer;
  const most = Math.max(...[...contributions, ...lab.before.contributions].map(Math.abs), 1e-9);
  contributions.forEach((value, index) => {
    const [x, y] = [(index % LAST_SIDE) * cell, Math.floor(index / LAST_SIDE) * cell];
    context.globalAlpha = (0.8 * Math.abs(value)) / most;
    context.fillStyle = value > 0 ? lab.data.colours.positive : lab.data.colours.negative;
    context.fillRect(x, y, cell, cell);
    context.globalAlpha = 1;
    context.font = "bold 24px sans-serif";
    context.textAlign = "center";
    context.lineWidth = 5;
    context.lineJoin = "round"; // else pointed digits have thorns
    context.strokeStyle = "#000";
    context.fillStyle = "#fff";
    for (const draw of ["strokeText", "fillText"]) context[draw](signed(value), x + cell / 2, y + cell / 2 + 8);
  });
  const cells = [...contributions].map(signed).join(", ");
  canvas.setAttribute("aria-label", `Contributions, row by row: ${cells}. Bias ${signed(lab.answer.bias)}.`);
}

const signed = (value) => `${value > -0.005 ? (value < 0.005 ? "" : "+") : "−"}${Math.abs(value).toFixed(2)}`;
const percent = (p) => (p < 0.01 ? "under 1 %" : p > 0.99 ? "over 99 %" : `${Math.round(100 * p)} %`);

function drawAnswers(lab) {
  if (!lab.answer) return;
  const { data, answer, before } = lab,
    rows = [];
  const detail = `logits ${signed(answer.logits[0])} and ${signed(answer.logits[1])}, temperature ${data.temperature.toFixed(2)}`;
  rows.push(answerRow(data.title, before.probability, answer.probability, data.threshold, detail));
  if (data.rest) {
    const current = data.rest.id === lab.asked || (!data.rest.id && !isChanged(lab));
    const { title, before: first, probability, threshold } = data.rest;
    const said = current ? "computed on the server" : "computed on the server when you stop moving";
    const row = answerRow(title, first, probability, threshold, said);
    row.classList.toggle("waiting", !current);
    rows.push(row);
  }
  const notes = Object.keys(data.notes).filter((name) => lab.settings[name]);
  lab.find(".answers").replaceChildren(...notes.map((name) => element("p", "note", data.notes[name])), ...rows);
  const [normal, pneumonia] = answer.logits;
  Object.assign(lab.root.dataset, { normal, pneumonia, probability: answer.probability });
}

function answerRow(title, before, now, threshold, detail) {
  const row = element("div", "answer"),
    track = element("div", "track"),
    name = element("span", "", "");
  name.append(element("strong", "", title), document.createElement("br"), element("small", "", detail));
  for (const [mark, value] of Object.entries({ threshold, before, now })) {
    const dot = element("span", mark);
    dot.style.left = `${100 * value}%`;
    track.append(dot);
  }
  const label = now >= threshold ? "PNEUMONIA" : "NORMAL",
    then = before >= threshold ? "PNEUMONIA" : "NORMAL";
  const told = element("span", "", `P(PNEUMONIA) now ${percent(now)}, before ${percent(before)}: `);
  told.append(element("strong", "", label === then ? label : `${label}, not ${then}`));
  row.append(name, track, told);
  row.classList.add(label);
  return row;
}
