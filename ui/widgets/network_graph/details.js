// What is known of one layer, or of all layers of a module: arithmetic, costs as shares of the whole, receptive field.

const COSTS = ["parameters", "multiply-adds", "memory"];
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const NS = "http://www.w3.org/2000/svg";

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function drawn(tag, attributes, text = "") {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

function amount(value, cost) {
  if (cost !== 2) return value.toLocaleString("en");
  let unit = 0;
  while (value >= 1024 && unit < 4) [value, unit] = [value / 1024, unit + 1];
  return `${unit ? value.toFixed(1) : value} ${UNITS[unit]}`;
}

function costsOf(item, nodes) {
  return COSTS.map((_, cost) => item.ids.reduce((sum, id) => sum + nodes[id].costs[cost], 0));
}

function shapeText(dims) {
  return dims ? dims.join(" × ") || "1" : "?";
}

function titleOf(item, nodes) {
  const node = nodes[item.ids[0]];
  const [first, last] = [item.paths[0], item.paths[item.paths.length - 1]];
  if (first === undefined) return node.path && node.layer ? node.path : node.kind;
  return first === last ? first : `${first} … ${last.split(".").pop()} (${item.paths.length} alike)`;
}

function details(item, data) {
  const { nodes, totals } = data,
    last = nodes[item.ids[item.ids.length - 1]];
  const kinds = item.path === undefined ? item.ids.map((id) => nodes[id].kind) : [`module of ${item.ids.length / item.paths.length} layers`];
  const parts = [element("h4", `${titleOf(item, nodes)}: ${kinds.join(", then ")}`)];
  for (const id of item.ids.filter((each) => nodes[each].problem))
    parts.push(element("p", `Does not fit: ${nodes[id].problem}`, { class: "problem" }));
  const table = element("table");
  const row = (name, ...cells) => {
    const line = element("tr");
    line.append(element("th", name, { scope: "row" }), ...cells);
    table.append(line);
  };
  const source = nodes[nodes[item.ids[0]].inputs[0]];
  row("shape", element("td", `${source ? `${shapeText(source.dims)} → ` : ""}${shapeText(last.dims)}`), element("td"));
  if (item.path === undefined)
    nodes[item.ids[0]].formulas.forEach((formula, along) => {
      const names = { 1: ["length"], 2: ["height", "width"], 3: ["depth", "height", "width"] };
      row(names[nodes[item.ids[0]].formulas.length]?.[along] ?? "size", element("td", formula), element("td"));
    });
  costsOf(item, nodes).forEach((value, cost) => {
    const share = totals[cost] ? value / totals[cost] : 0;
    const bar = element("td", `${(100 * share).toFixed(share && share < 0.1 ? 1 : 0)} % of the network`);
    bar.style.setProperty("--share", `${100 * share}%`);
    bar.className = "share";
    const sums = item.ids.map((id) => nodes[id].sums[cost]).filter((sum) => sum && sum !== "0");
    const text = item.path !== undefined || !sums.length || cost === 2 ? "" : sums.join(" and ");
    const whole = amount(value, cost);
    row(COSTS[cost], element("td", !text ? whole : text.endsWith(`= ${whole}`) ? text : `${text}, ${whole} in all`), bar);
  });
  parts.push(table, fieldOf(last, nodes[0]));
  return parts;
}

function fieldOf(node, input) {
  const figure = element("figure");
  if (!input.dims || input.dims.length < 2) return figure;
  const sides = input.dims.slice(1).slice(-2);
  const [height, width] = sides.length > 1 ? sides : [Math.max(1, sides[0] / 8), sides[0]];
  const scale = 110 / Math.max(height, width);
  const svg = drawn("svg", { width: width * scale + 2, height: height * scale + 2, role: "img" });
  svg.append(drawn("rect", { x: 1, y: 1, width: width * scale, height: height * scale, class: "image" }));
  let text = "How far its units see differs from unit to unit.";
  if (node.fields === "all") {
    svg.append(drawn("rect", { x: 1, y: 1, width: width * scale, height: height * scale, class: "field" }));
    text = "Every unit depends on the whole input.";
  } else if (node.fields) {
    const spans = node.fields.slice(-2).map(([size, jump, start], along) => {
      const units = node.dims.slice(1).slice(-2)[along] ?? 1;
      return [start + Math.floor(units / 2) * jump, size];
    });
    if (spans.length === 1) spans.unshift([0, height]);
    const clip = (span, end) => [Math.max(0, span[0]), Math.min(end, span[0] + span[1])];
    const [top, bottom] = clip(spans[0], height),
      [left, right] = clip(spans[1], width);
    svg.append(drawn("rect", { x: 1 + left * scale, y: 1 + top * scale, class: "field",
      width: Math.max(1, (right - left) * scale), height: Math.max(1, (bottom - top) * scale) }));
    const jumps = node.fields.map(([, jump]) => jump);
    text = `Receptive field of the middle unit: ${node.fields.map(([size]) => size).join(" × ")} cells of the input, ` +
      `neighbours ${[...new Set(jumps)].join(" × ")} apart.`;
  }
  svg.setAttribute("aria-label", text);
  figure.append(svg, element("figcaption", text));
  return figure;
}
