// The operating point: the films' scores come once, and everything that follows from a threshold and a prevalence is
// counted and drawn here. Python hears of both when the reader lets go.

const PAUSE = 350; // milliseconds of rest after the last key before Python hears
const FORGET = 5000; // until a setting that Python never confirmed no longer counts
const [LEFT, TOP, SIDE] = [40, 22, 190]; // of the ROC's frame
const KINDS = [
  ["true-positive", "pneumonia, predicted PNEUMONIA"],
  ["false-positive", "no pneumonia, predicted PNEUMONIA"],
  ["false-negative", "pneumonia, predicted NORMAL"],
  ["true-negative", "no pneumonia, predicted NORMAL"],
];

const component = { root: ".explorer", open, receive, close };

function svg(tag, attributes, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

function open(root) {
  const find = (selector) => root.querySelector(selector);
  const view = { find, threshold: null, prevalence: null, films: "", told: "", sent: null, timer: null, dragging: false };
  for (const name of ["threshold", "prevalence"]) {
    const slider = find(`input.${name}`);
    slider.addEventListener("input", () => {
      view[name] = name === "prevalence" ? Number(slider.value) / 100 : Number(slider.value);
      draw(view);
    });
    slider.addEventListener("change", () => rest(view));
    slider.addEventListener("pointerdown", () => (view.dragging = true));
    for (const end of ["pointerup", "pointercancel"]) slider.addEventListener(end, () => (view.dragging = false));
  }
  listenToRoc(view, find(".roc"));
  find(".all").replaceChildren(...Array.from({ length: 1000 }, () => document.createElement("i")));
  view.resize = new ResizeObserver(() => view.data && drawDots(view));
  view.resize.observe(find(".dots"));
  return view;
}

function close(view) {
  clearTimeout(view.timer);
  view.resize.disconnect();
}

function listenToRoc(view, roc) {
  const follow = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(roc.getScreenCTM().inverse());
    const [x, y] = [(place.x - LEFT) / SIDE, 1 - (place.y - TOP) / SIDE];
    const far = (point) => (point.x - x) ** 2 + (point.y - y) ** 2;
    view.threshold = view.points.reduce((best, point) => (far(point) < far(best) ? point : best)).threshold;
    draw(view);
  };
  roc.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    roc.setPointerCapture(event.pointerId);
    view.dragging = true;
    follow(event);
  });
  roc.addEventListener("pointermove", (event) => view.dragging && follow(event));
  for (const end of ["pointerup", "pointercancel"])
    roc.addEventListener(end, () => {
      if (!view.dragging) return;
      view.dragging = false;
      rest(view);
    });
  roc.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = view.points.findLastIndex((point) => point.threshold >= view.threshold);
    view.threshold = view.points[Math.max(0, Math.min(view.points.length - 1, now + step))].threshold;
    draw(view);
    rest(view);
  });
}

function receive(view, data) {
  view.data = data;
  const films = JSON.stringify([data.ill, data.healthy, data.frozen]);
  const settings = JSON.stringify([data.threshold, data.prevalence]);
  const waiting = view.dragging || view.timer || (view.sent && Date.now() - view.sent.when < FORGET);
  if (view.sent?.settings === settings) view.sent = null;
  // A page that ran before the last move still names the old setting.
  else if ((films !== view.films || settings !== view.told) && !waiting) {
    view.threshold = data.threshold;
    view.prevalence = data.prevalence;
  }
  view.told = settings;
  if (films !== view.films) {
    view.films = films;
    view.points = rocPoints(data);
    drawRoc(view);
    drawDots(view);
  }
  draw(view);
}

// All operating points from "no prediction is positive" on, each with a threshold of as few decimals as tell it apart.
function rocPoints({ ill, healthy }) {
  const scores = [...new Set([...ill, ...healthy])].sort((one, other) => other - one);
  const points = scores.map((score, index) => shortest(scores[index + 1] ?? 0, score));
  const top = scores[0] < 1 ? [shortest(scores[0], 1)] : [];
  return [...top, ...points].map((threshold) => {
    const { truePositives, falsePositives } = count({ ill, healthy }, threshold);
    return { threshold, x: falsePositives / healthy.length, y: truePositives / ill.length };
  });
}

function shortest(below, most) {
  for (let digits = 2; digits < 12; digits++) {
    const number = Number((Math.floor(below * 10 ** digits + 1) / 10 ** digits).toFixed(digits));
    if (number > below && number <= most) return number;
  }
  return most;
}

function count({ ill, healthy }, threshold) {
  const positive = (scores) => scores.reduce((sum, score) => sum + (score >= threshold), 0);
  const [truePositives, falsePositives] = [positive(ill), positive(healthy)];
  return { truePositives, falsePositives, falseNegatives: ill.length - truePositives, trueNegatives: healthy.length - falsePositives };
}

// Like Python: halves go to the even neighbour.
function round(value) {
  const nearest = Math.round(value);
  return Math.abs(value % 1) === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}

function rates(view) {
  const { data, prevalence } = view;
  const films = count(data, view.threshold);
  const sensitivity = films.truePositives / data.ill.length;
  const specificity = films.trueNegatives / data.healthy.length;
  const [hit, alarm] = [prevalence * sensitivity, (1 - prevalence) * (1 - specificity)];
  const [miss, clear] = [prevalence * (1 - sensitivity), (1 - prevalence) * specificity];
  const ill = round(data.people * prevalence);
  const truePositives = round(ill * sensitivity);
  const falsePositives = round((data.people - ill) * (1 - specificity));
  return { films, sensitivity, specificity, shares: [hit, alarm, miss, clear], ppv: hit / (hit + alarm), npv: clear / (miss + clear), accuracy: hit + clear,
    people: [truePositives, falsePositives, ill - truePositives, data.people - ill - falsePositives] };
}

// One decimal, or as many as show that it is more than 0 and less than 100 %.
function percent(share) {
  if (!Number.isFinite(share)) return "–";
  let decimals = 1;
  while (share > 0 && share < 1 && [0, 100].includes(Number((100 * share).toFixed(decimals)))) decimals++;
  return `${(100 * share).toFixed(decimals)} %`;
}

// For a 0 that is only rounded: how many it is of more people.
function ofMore(share, people) {
  if (!share) return "";
  while (!round(people * share)) people *= 10;
  return ` (${round(people * share)} of ${people.toLocaleString("en")})`;
}

function draw(view) {
  const { data, find } = view;
  const all = rates(view);
  const own = Math.abs(view.threshold - data.frozen) < 1e-9;
  const said = own ? view.threshold.toFixed(3) : String(view.threshold);
  find(".threshold-value").textContent = said;
  find(".own").textContent = own ? "(the model’s threshold)" : `(the model’s: ${data.frozen.toFixed(3)})`;
  find("input.threshold").value = view.threshold;
  find("input.prevalence").value = 100 * view.prevalence;
  find(".prevalence-value").textContent = round(data.people * view.prevalence);
  find("input.threshold").setAttribute("aria-valuetext", `${said}: sensitivity ${percent(all.sensitivity)}, specificity ${percent(all.specificity)}`);
  for (const line of view.lines ?? []) line.setAttribute("x1", (line.at = view.threshold * view.width + 8)), line.setAttribute("x2", line.at);
  const [x, y] = [LEFT + SIDE * (1 - all.specificity), TOP + SIDE * (1 - all.sensitivity)];
  view.point.setAttribute("cx", x);
  view.point.setAttribute("cy", y);
  view.point.setAttribute("aria-valuenow", view.threshold);
  view.point.setAttribute("aria-valuetext", find("input.threshold").getAttribute("aria-valuetext"));
  drawMatrix(view, all.films);
  drawPeople(view, all);
  const hidden = (name) => data.hide && /[PN]PV/.test(name);
  const shown = { sensitivity: all.sensitivity, specificity: all.specificity, PPV: all.ppv, NPV: all.npv, accuracy: all.accuracy };
  find(".rates").innerHTML = Object.entries(shown)
    .map(([name, share]) => `<div><dt>${byPrevalence(name, view)}</dt><dd>${hidden(name) ? "?" : percent(share)}</dd></div>`)
    .join("");
}

function byPrevalence(name, { prevalence }) {
  return /PV|accuracy/.test(name) ? `${name} at a prevalence of ${Number((100 * prevalence).toFixed(1))}\u00a0%` : name;
}

function drawPeople(view, { people, shares, ppv, accuracy }) {
  const { data, find } = view;
  find(".key").hidden = find(".all").hidden = data.hide;
  if (data.hide) return (find(".sentence").textContent = "The people are shown once you have answered the question below.");
  find(".key").innerHTML = KINDS.map(([kind, words], index) => `<span><i class="${kind}"></i><b>${people[index]}</b> ${words}${people[index] ? "" : ofMore(shares[index], data.people)}</span>`).join("");
  const classes = KINDS.flatMap(([kind], index) => Array(people[index]).fill(kind));
  [...find(".all").children].forEach((mark, index) => mark.className !== classes[index] && (mark.className = classes[index]));
  find(".all").setAttribute("aria-label", `${data.people} people: ${KINDS.map(([, words], index) => `${people[index]} ${words}`).join("; ")}`);
  const positive = people[0] + people[1];
  find(".sentence").innerHTML = positive
    ? `<b>About ${people[0]} of ${positive} positive predictions are correct</b>: the PPV is ${percent(ppv)}. ${percent(accuracy)} of all predictions are correct.`
    : "No prediction is positive, so everyone who has pneumonia is missed.";
}

function drawMatrix(view, films) {
  const [normal, pneumonia] = view.data.classes;
  const row = (name, cells, right) =>
    `<tr><th scope="row">${name}</th>${cells.map((cell, index) => `<td class="${index === right ? "right" : ""}">${cell}</td>`).join("")}</tr>`;
  view.find(".matrix").innerHTML =
    `<caption>Confusion matrix of the ${view.data.ill.length + view.data.healthy.length} films, ${view.data.ill.length} of them with pneumonia</caption>` +
    `<tr><th scope="col">label</th><th scope="col">predicted ${normal}</th><th scope="col">predicted ${pneumonia}</th></tr>` +
    row(normal, [films.trueNegatives, films.falsePositives], 0) +
    row(pneumonia, [films.falseNegatives, films.truePositives], 1);
}

function drawRoc(view) {
  const at = ({ x, y }) => `${LEFT + SIDE * x},${TOP + SIDE * (1 - y)}`;
  const own = count(view.data, view.data.frozen);
  const frozen = { x: own.falsePositives / view.data.healthy.length, y: own.truePositives / view.data.ill.length };
  const [ownX, ownY] = at(frozen).split(",");
  view.point = svg("circle", { class: "point", r: 9, tabindex: 0, role: "slider", "aria-label": "Operating point on the ROC curve",
    "aria-valuemin": 0, "aria-valuemax": 1 });
  view.find(".roc").replaceChildren(
    svg("rect", { class: "frame", x: LEFT, y: TOP, width: SIDE, height: SIDE }),
    svg("line", { class: "chance", x1: LEFT, y1: TOP + SIDE, x2: LEFT + SIDE, y2: TOP }),
    svg("polyline", { class: "curve", points: [...view.points, { x: 1, y: 1 }].map(at).join(" ") }),
    svg("circle", { class: "own", r: 5, cx: ownX, cy: ownY }),
    ...[0, 1].flatMap((share) => [
      svg("text", { class: "muted", x: LEFT - 4, y: TOP + SIDE * (1 - share) + 4, "text-anchor": "end" }, `${100 * share} %`),
      svg("text", { class: "muted", x: LEFT + SIDE * share, y: TOP + SIDE + 14, "text-anchor": share ? "end" : "start" }, `${100 * share} %`),
    ]),
    svg("text", { x: LEFT + SIDE / 2, y: TOP + SIDE + 14, "text-anchor": "middle" }, "1 − specificity"),
    svg("text", { x: LEFT, y: TOP - 6 }, "ROC: drag the point"),
    svg("text", { transform: `translate(${LEFT - 12} ${TOP + SIDE / 2}) rotate(-90)`, "text-anchor": "middle" }, "sensitivity"),
    view.point,
  );
}

// A dot for each film under the slider, at its score: above those with pneumonia, below those without.
function drawDots(view) {
  const { data, find } = view;
  const dots = find(".dots");
  const scale = dots.clientHeight / 104; // larger while presenting
  view.width = dots.clientWidth - 16; // a slider's thumb stops half its width before the ends
  const made = [data.healthy, data.ill].flatMap((scores, label) =>
    scores.map((score, index) =>
      svg("circle", { class: label ? "ill" : "healthy", r: 2.4 * scale, cx: 8 + score * view.width,
        cy: scale * ((label ? 32 : 84) + 30 * (((index * 0.618) % 1) - 0.5)) })));
  const line = (name, score) => svg("line", { class: name, x1: 8 + score * view.width, x2: 8 + score * view.width, y1: 0, y2: 104 * scale });
  view.lines = [line("now", view.threshold)];
  const names = ["ill", "healthy"].map((name, row) =>
    svg("text", { x: 0, y: row ? 64 * scale : "0.75rem", class: "muted" }, `${data.classes[1 - row]}: one dot for each film, spread in height`));
  dots.replaceChildren(line("frozen", data.frozen), ...made, ...view.lines, ...names);
  dots.setAttribute("aria-label", `The scores of ${data.ill.length} films with pneumonia and ${data.healthy.length} without, and the threshold between them`);
}

function rest(view) {
  clearTimeout(view.timer);
  view.timer = setTimeout(() => {
    view.timer = null;
    if (view.dragging) return;
    const settings = [view.threshold, view.prevalence];
    view.sent = { settings: JSON.stringify(settings), when: Date.now() };
    view.send("settings", { threshold: view.threshold, prevalence: view.prevalence });
  }, PAUSE);
}
