// Numbers and sentences. Numbers arrive from Python and are only written down; of an example with too many products to
// be sent, a product is made of the two numbers beside it.

// A number as the page prints it: whole numbers plain, others with the example's decimals, a true minus sign.
function show(number, decimals) {
  if (number === null) return "–";
  const text = Number.isInteger(number) ? String(number) : number.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// The same number inside a sum or a product, where a negative one needs brackets.
function factor(number, decimals) {
  return show(number, decimals).startsWith("−") ? `(${show(number, decimals)})` : show(number, decimals);
}

// " = " where the printed terms give the printed result, else a sign that says that they were rounded.
function equals(printed, result, decimals) {
  if (result === null) return " = ";
  const exact = Math.abs(printed - Number(result.toFixed(decimals))) < 0.5 * 10 ** -decimals;
  return exact ? " = " : " ≈ ";
}

// A number as far as it is printed.
function printed(number, decimals) {
  return Number.isInteger(number) ? number : Number(number.toFixed(decimals));
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

// "rows 1 to 3", counted from 1 in the data; windows that reach beyond the data say so.
function span(noun, window, { before, size, first = 0 }) {
  const inside = window.map((cell) => cell - before + 1).filter((cell) => cell >= 1 && cell <= size);
  if (!inside.length) return `no ${noun} of the input`;
  const found = inside.map((cell) => cell + first); // of a piece, counted in the whole
  const [start, end] = [found[0], found[found.length - 1]];
  const gaps = end - start + 1 > found.length ? ` (${found.join(", ")})` : "";
  return start === end ? `${noun} ${start}` : `${noun}s ${start} to ${end}${gaps}`;
}

// Where the window lies, and whether it also covers padding or hangs over the edge.
function place(data, at) {
  const columns = axisSpan(data.columns, data.columns.windows[at.column], data.flat ? "place" : "column");
  const rows = axisSpan(data.rows, data.rows.windows[at.row], "row");
  const extra = [];
  if (rows.padding || columns.padding) extra.push("padding");
  if (rows.outside || columns.outside) extra.push("places behind the edge, where nothing is");
  const where = data.flat ? columns.text : `${rows.text}, ${columns.text}`;
  return [where, ...extra].join(" and on ");
}

function axisSpan(axis, window, noun) {
  return {
    text: span(noun, window, axis),
    padding: window.some((cell) => cell < axis.padded && (cell < axis.before || cell >= axis.before + axis.size)),
    outside: window.some((cell) => cell >= axis.padded),
  };
}

// The product of a weight and the number that it meets.
function productOf(data, channel, at, a, b) {
  if (data.products) return data.products[at.filter][at.row][at.column][channel][a][b];
  return read(data, channel, at, a, b) * data.kernel[at.filter][channel][a][b];
}

// Whether this step's result is what the reader is asked for, so that it must not be told yet.
function isHidden(data, at) {
  return data.hidden?.join() === [at.filter, at.row, at.column].join();
}

function cellName(data, row, column) {
  return data.flat ? `place ${column + 1}` : `row ${row + 1}, column ${column + 1}`;
}

// The right-hand side of the step: all products, or each channel's sum where there are several channels.
function convolutionText(data, at) {
  const d = data.decimals;
  const bias = data.bias[at.filter];
  const added = bias ? `, plus the bias ${show(bias, d)}` : "";
  const result = isHidden(data, at) ? "?" : show(data.output[at.filter][at.row][at.column], d);
  const sums = data.sums[at.filter][at.row][at.column];
  if (data.together) {
    const strongest = sums.reduce((best, sum, c) => (Math.abs(sum) > Math.abs(sums[best]) ? c : best), 0);
    const most = `the largest from ${data.channels[strongest]}, ${show(sums[strongest], d)}`;
    const together = data.together[at.row][at.column];
    const output = data.output[at.filter][at.row][at.column];
    const rounded = equals(printed(together, d) + printed(bias, d), output, d) === " = " ? "" : " (from numbers before rounding)";
    return `${plural(sums.length, "channel")} add up to ${show(together, d)}, ${most}${added}: ${result}${rounded}.`;
  }
  if (data.padded.length > 1 && result === "?") return `Add up all products${added}: what is the result?`;
  if (data.padded.length > 1) {
    const parts = sums.map((sum, c) => `${data.channels[c]} ${show(sum, d)}`);
    const total = sums.reduce((before, sum) => before + printed(sum, d), printed(bias, d));
    const output = data.output[at.filter][at.row][at.column];
    const rounded = equals(total, output, d) === " = " ? "" : " (from numbers before rounding)";
    return `Sum of each channel: ${parts.join(", ")}${added}: ${result}${rounded}.`;
  }
  const terms = [];
  let total = 0;
  data.kernel[at.filter][0].forEach((weights, a) =>
    weights.forEach((weight, b) => {
      const value = read(data, 0, at, a, b);
      terms.push(`${factor(value, d)}×${factor(weight, d)}`);
      total += printed(value, d) * printed(weight, d);
    }),
  );
  const sum = terms.join(" + ");
  if (result === "?") return `${sum}${added} = ${result}.`;
  const output = data.output[at.filter][at.row][at.column];
  if (!bias) return `${sum}${equals(total, output, d)}${result}.`;
  const last = equals(printed(sums[0], d) + printed(bias, d), output, d) === " = " ? "" : " (from numbers before rounding)";
  return `${sum}${equals(total, sums[0], d)}${show(sums[0], d)}${added}: ${result}${last}.`;
}

function poolingText(data, at) {
  if (isHidden(data, at)) return `It holds ${windowCells(data, at).map((cell) => show(cell.value, data.decimals)).join(", ")}.`;
  if (data.kind !== "max") {
    const output = data.output[at.filter][at.row][at.column];
    return `${poolingFormula(data, at)}${equals(pooledAsPrinted(data, at), output, data.decimals)}${show(output, data.decimals)}.`;
  }
  const cells = windowCells(data, at);
  const winners = cells.filter((cell) => data.winners[at.filter][at.row][at.column][cell.a][cell.b]).length;
  const tie = winners > 1 ? ` ${winners} cells tie; the gradient goes to the first of them.` : "";
  const values = cells.map((cell) => show(cell.value, data.decimals)).join(", ");
  return `The largest of ${values} is ${show(data.output[at.filter][at.row][at.column], data.decimals)}.${tie}`;
}

function poolingFormula(data, at) {
  const cells = windowCells(data, at);
  const values = cells.map((cell) => factor(cell.value, data.decimals));
  const shown = cells.map((cell) => show(cell.value, data.decimals));
  if (data.kind === "max") return `max(${shown.join(", ")})`;
  if (data.kind === "relu") return `max(0, ${shown[0]})`;
  if (data.kind === "average") return `(${values.join(" + ")}) / ${values.length}`;
  return `(${values.map((value) => `${value}^${data.norm}`).join(" + ")})^(1/${data.norm})`;
}

// The result that the numbers give as they are printed.
function pooledAsPrinted(data, at) {
  const values = windowCells(data, at).map((cell) => printed(cell.value, data.decimals));
  if (data.kind === "relu") return Math.max(0, values[0]);
  if (data.kind === "average") return values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + value ** data.norm, 0) ** (1 / data.norm);
}

// The cells that a window reads and that take part, in reading order.
function windowCells(data, at) {
  const cells = [];
  data.rows.windows[at.row].forEach((_, a) =>
    data.columns.windows[at.column].forEach((_, b) => {
      const value = read(data, at.channel, at, a, b);
      if (value !== null) cells.push({ a, b, value });
    }),
  );
  return cells;
}

// What the window of a step holds at kernel row a, column b; null where there is no cell.
function read(data, channel, at, a, b) {
  const row = data.padded[channel][data.rows.windows[at.row][a]];
  return row?.[data.columns.windows[at.column][b]] ?? null;
}

// The whole step as a sentence: what a reader who sees no grid gets.
function sentence(data, at) {
  const many = data.output.length > 1 ? `, ${data.filters[at.filter]}` : "";
  const text = data.kernel ? convolutionText(data, at) : poolingText(data, at);
  const from = data.from ?? [0, 0]; // where a piece begins in the whole
  return `Output ${cellName(data, at.row + from[0], at.column + from[1])}${many}. The window lies on ${place(data, at)}. ${text}`;
}
