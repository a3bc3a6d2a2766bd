// Flatten, scores, softmax. The numbers of the layer come once; following one of them and moving the temperature is done
// here, and Python hears of both when the reader lets go.

const PAUSE = 350; // milliseconds of rest after the last change before Python hears
const FORGET = 5000; // until a setting that Python never confirmed no longer counts

const component = { root: ".steps", open, receive, close: (view) => clearTimeout(view.timer) };

function open(root) {
  const view = { find: (selector) => root.querySelector(selector), root, chosen: 0, told: "", numbers: "", timer: null, sent: null };
  const slider = view.find("input");
  slider.addEventListener("input", () => {
    view.temperature = Number(slider.value);
    drawClasses(view);
  });
  slider.addEventListener("change", () => rest(view));
  root.addEventListener("click", (event) => choose(view, event.target));
  root.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !event.target.closest(".row")) return;
    event.preventDefault();
    follow(view, view.place + step);
    view.root.querySelectorAll(".row tr:first-child td")[view.place].focus();
  });
  return view;
}

function choose(view, target) {
  const cell = target.closest("[data-place]");
  const button = target.closest("[data-class]");
  if (cell) follow(view, Number(cell.dataset.place));
  if (!button) return;
  view.chosen = Number(button.dataset.class);
  draw(view);
}

function follow(view, place) {
  view.place = Math.max(0, Math.min(view.flat.length - 1, place));
  draw(view);
  rest(view);
}

function receive(view, data) {
  view.data = data;
  view.flat = data.volume.flat(2);
  const settings = JSON.stringify([data.temperature, data.place]);
  const waiting = view.timer || (view.sent && Date.now() - view.sent.when < FORGET);
  if (view.sent?.settings === settings) view.sent = null;
  // A page that ran before the last move still names the old setting.
  else if (view.temperature === undefined || (settings !== view.told && !waiting)) {
    view.temperature = data.temperature;
    view.place = data.place;
  }
  view.told = settings;
  view.place = Math.min(view.place, view.flat.length - 1);
  view.chosen = Math.min(view.chosen, data.names.length - 1);
  draw(view);
}

function rest(view) {
  clearTimeout(view.timer);
  view.timer = setTimeout(() => {
    view.timer = null;
    view.sent = { settings: JSON.stringify([view.temperature, view.place]), when: Date.now() };
    view.send("settings", { temperature: view.temperature, place: view.place });
  }, PAUSE);
}

const minus = (text) => String(text).replace("-", "−");
const short = (value) => minus(Number(Number(value.toFixed(9)).toPrecision(4)));

// e^z may be far beyond the range of numbers: its power of ten comes from the logarithm.
function exponential(z) {
  if (z > -9 && z < 13) return String(Number(Math.exp(z).toPrecision(4)));
  const power = Math.floor(z / Math.LN10);
  return minus(`${(10 ** (z / Math.LN10 - power)).toFixed(3)} × 10^${power}`);
}

function softmax({ scores }, temperature) {
  const scaled = scores.map((score) => score / temperature);
  const largest = Math.max(...scaled);
  const parts = scaled.map((z) => Math.exp(z - largest));
  const sum = parts.reduce((one, other) => one + other);
  return { terms: scaled.map((z, index) => ({ z, share: parts[index] / sum })), total: largest + Math.log(sum) };
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function draw(view) {
  const { data, find, flat } = view;
  const [height, width] = [data.volume[0].length, data.volume[0][0].length];
  const cell = (place, extra = "") =>
    `<td data-place="${place}" class="${place === view.place ? "at" : ""}"${extra}>${short(flat[place])}</td>`;
  find(".channels").innerHTML = data.volume
    .map((rows, channel) => {
      const first = channel * height * width;
      const lines = rows.map((line, row) => `<tr>${line.map((_, column) => cell(first + row * width + column)).join("")}</tr>`);
      return `<table><caption>Channel ${channel + 1}</caption><tbody>${lines.join("")}</tbody></table>`;
    })
    .join("");
  const focus = (place) => ` tabindex="${place === view.place ? 0 : -1}" aria-label="number ${place + 1}: ${short(flat[place])}"`;
  const weights = data.weights[view.chosen].map((weight) => `<td>${short(weight)}</td>`).join("");
  find(".row caption").textContent = `The row of input values, and below each its weight for ${data.names[view.chosen]}`;
  find(".scores").innerHTML = data.names
    .map((name, index) => `<button type="button" data-class="${index}" aria-pressed="${index === view.chosen}">${escaped(name)} <b>${short(data.layerScores[index])}</b></button>`)
    .join("");
  const same = data.layerScores.every((score, index) => Math.abs(score - data.scores[index]) < 1e-5);
  find(".origin").textContent = same
    ? "of the scores of step 2"
    : "not of the scores of step 2 but of your own: the example “Scores of the layer” takes those of step 2";
  find(".row tbody").innerHTML =
    `<tr>${flat.map((_, place) => cell(place, focus(place))).join("")}</tr><tr class="weights">${weights}</tr>`;
  find(".row").style.minWidth = `${28 * flat.length}px`;
  const [channel, row, column] = [Math.floor(view.place / (height * width)), Math.floor(view.place / width) % height, view.place % width];
  find(".sentence").textContent = data.hide
    ? `${flat.length} numbers in a row, channel by channel and row by row`
    : `channel ${channel + 1}, row ${row + 1}, column ${column + 1} → (${channel + 1} − 1) × ${height} × ${width} + (${row + 1} − 1) × ${width} + ${column + 1} = number ${view.place + 1}`;
  const bias = data.biases[view.chosen];
  const score = data.layerScores[view.chosen];
  find(".sum").textContent =
    `${data.names[view.chosen]}: each input value × its weight, added up` + (data.hide ? "" : ` = ${short(score - bias)}; + bias ${short(bias)} = ${short(score)}`);
  drawClasses(view);
}

function drawClasses(view) {
  const { data, find } = view;
  const { terms, total } = softmax(data, view.temperature);
  find("input").value = view.temperature;
  find(".t-value").textContent = view.temperature;
  const head = ["class", "score z", "e^(z/T)", "probability"];
  const lines = data.names.map((name, index) => {
    const { z, share } = terms[index];
    const percent = `<span class="percent">${(100 * share).toFixed(1)} %</span>`;
    const last = data.hide ? ["?", "?"] : [exponential(z), `<span class="bar"><i style="width:${100 * share}%"></i></span>${percent}`];
    const cells = [short(data.scores[index]), ...last].map((text) => `<td>${text}</td>`);
    return `<tr><th scope="row">${escaped(name)}</th>${cells.join("")}</tr>`;
  });
  find(".classes").innerHTML =
    `<thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join("")}</tr></thead><tbody>${lines.join("")}</tbody>` +
    `<tfoot><tr><th scope="row">sum</th><td></td><td>${data.hide ? "?" : exponential(total)}</td><td>100 %</td></tr></tfoot>`;
}
