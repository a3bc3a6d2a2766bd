// Numbers and sentences. What a cell, a sum or a sentence prints is written here and nowhere else.

const MOST_TERMS = 25; // products that a sum writes out

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
  if (!inside.length) return "";
  const found = inside.map((cell) => cell + first); // of a piece, counted in the whole
  const [start, end] = [found[0], found[found.length - 1]];
  const gaps = end - start + 1 > found.length ? ` (${found.join(", ")})` : "";
  return start === end ? `${noun} ${start}` : `${noun}s ${start} to ${end}${gaps}`;
}

// What the window covers, and whether it also covers padding or reaches over the edge.
function covered(data, at) {
  const columns = axisSpan(data.columns, data.columns.windows[at.column], data.flat ? "place" : "column");
  const rows = axisSpan(data.rows, data.rows.windows[at.row], "row");
  const extra = [];
  if (rows.padding || columns.padding) extra.push("padding");
  if (rows.outside || columns.outside) extra.push("places outside the input");
  const where = data.flat ? columns.text : `${rows.text}, ${columns.text}`;
  return rows.text && columns.text ? [where, ...extra].join(" and ") : `${extra.join(" and ")} alone`;
}

function axisSpan(axis, window, noun) {
  return {
    text: span(noun, window, axis),
    padding: window.some((cell) => cell < axis.padded && (cell < axis.before || cell >= axis.before + axis.size)),
    outside: window.some((cell) => cell >= axis.padded),
  };
}

// Whether this step's result is what the reader is asked for, so that it must not be shown yet.
function isHidden(data, at) {
  return data.hidden?.join() === [at.filter, at.row, at.column].join();
}

function cellName(data, row, column) {
  return data.flat ? `place ${column + 1}` : `row ${row + 1}, column ${column + 1}`;
}

function sumOf(data, at, channel) {
  return data.sums ? data.sums[at.filter][at.row][at.column][channel] : channelSum(data, data.kernel, channel, at);
}

function outputOf(data, at) {
  return data.output[at.filter][at.row][at.column];
}

// The right-hand side of a step as [terms, sign, result]; the result of a hidden cell is a question mark.
function stepSum(data, at) {
  const result = outputOf(data, at);
  const [terms, total] = data.kernel ? convolutionTerms(data, at) : poolingTerms(data, at);
  return isHidden(data, at) ? [terms, " = ", "?"] : [terms, equals(total, result, data.decimals), show(result, data.decimals)];
}

// All products of one channel, or each channel's sum where there are several or too many; and what they add up to.
function convolutionTerms(data, at) {
  const d = data.decimals;
  const bias = data.bias[at.filter];
  const added = bias || data.sliders?.some((slider) => slider.name === "bias") ? ` + bias ${factor(bias, d)}` : "";
  const kernel = data.kernel[at.filter];
  if (kernel.length === 1 && kernel[0].length * kernel[0][0].length <= MOST_TERMS) {
    const products = kernel[0].flatMap((weights, a) => weights.map((weight, b) => [read(data, 0, at, a, b), weight]));
    const total = products.reduce((sum, [value, weight]) => sum + printed(value, d) * printed(weight, d), printed(bias, d));
    return [products.map(([value, weight]) => `${factor(value, d)}×${factor(weight, d)}`).join(" + ") + added, total];
  }
  if (data.together) {
    const together = data.together[at.row][at.column];
    return [`${plural(kernel.length, "channel")} together ${show(together, d)}${added}`, printed(together, d) + printed(bias, d)];
  }
  const hidden = isHidden(data, at);
  const sums = kernel.map((_, channel) => sumOf(data, at, channel));
  const many = kernel.length > 1;
  const names = many ? data.channels.map((name) => `${name}:`) : ["sum of the products"];
  const parts = sums.map((sum, channel) => `${names[channel]} ${hidden ? "?" : factor(sum, d)}`);
  return [parts.join(" + ") + (many ? added.replace("bias", "bias:") : added), sums.reduce((sum, part) => sum + printed(part, d), printed(bias, d))];
}

function poolingTerms(data, at) {
  const d = data.decimals;
  const cells = windowCells(data, at);
  const values = cells.map((cell) => factor(cell.value, d));
  const total = poolValues(data, cells.map((cell) => printed(cell.value, d)), data.rows.windows[at.row].length * data.columns.windows[at.column].length);
  if (data.kind === "max") return [`max(${cells.map((cell) => show(cell.value, d)).join(", ")})`, total];
  if (data.kind === "relu") return [`max(0, ${show(cells[0].value, d)})`, total];
  if (data.kind === "average") return [`(${values.join(" + ")}) / ${values.length}`, total];
  return [`(${values.map((value) => `${value}^${data.norm}`).join(" + ")})^(1/${data.norm})`, total];
}

// What a step of a pool after the convolution adds, once its window of the output is complete.
function pooledText(data, at) {
  if (!data.pool) return "";
  const [row, column] = [data.pool.rows, data.pool.columns].map((axis, side) =>
    axis.windows.findIndex((window) => window[window.length - 1] === [at.row, at.column][side]),
  );
  if (row < 0 || column < 0) return "";
  const pooling = { ...data.pool, padded: data.output, output: data.pooled, decimals: data.decimals };
  const place = { filter: at.filter, channel: at.filter, row, column };
  const [terms, total] = poolingTerms(pooling, place);
  if (poolHides(data, place)) return ` Its window of the pool is complete.`;
  return ` The pool's window is complete: ${terms}${equals(total, outputOf(pooling, place), data.decimals)}${show(outputOf(pooling, place), data.decimals)}.`;
}

// Whether a pooled cell would tell what the hidden output cell holds.
function poolHides(data, { filter, row, column }) {
  if (data.hidden?.[0] !== filter) return false;
  return data.pool.rows.windows[row].includes(data.hidden[1]) && data.pool.columns.windows[column].includes(data.hidden[2]);
}

// Which output cell a step makes, and from where.
function whereText(data, at) {
  const many = data.output.length > 1 ? `, ${data.filters[at.filter]}` : "";
  const from = data.from ?? [0, 0]; // where a piece begins in the whole
  const cell = cellName(data, at.row + from[0], at.column + from[1]);
  return `Output ${cell}${many}. The window covers ${covered(data, at)}.${noteText(data, at)}`;
}

// What else there is to say about a step.
function noteText(data, at) {
  if (data.together) {
    const sums = data.sums[at.filter][at.row][at.column];
    const strongest = sums.reduce((best, sum, channel) => (Math.abs(sum) > Math.abs(sums[best]) ? channel : best), 0);
    return ` The largest sum is that of ${data.channels[strongest]}, ${show(sums[strongest], data.decimals)}.`;
  }
  if (data.relu) {
    const map = data.output[at.filter].flat();
    return ` ReLU sets ${map.filter((value) => value < 0).length} of the map's ${plural(map.length, "number")} to 0.`;
  }
  if (data.kernel?.[0].length > 1 && data.input) {
    const [slices, weights] = [data.kernel[0].length, data.kernel[0][0].length * data.kernel[0][0][0].length];
    return ` ${slices} slices × ${plural(weights, "weight")} = ${slices * weights} products.`;
  }
  if (data.kind !== "max" || isHidden(data, at)) return pooledText(data, at);
  const winners = windowCells(data, at).filter((cell) => cell.value === outputOf(data, at)).length;
  return winners > 1 ? ` ${winners} cells tie; the gradient goes to the first of them.` : "";
}

// The whole step as one sentence, for the list of steps.
function sentence(data, at) {
  return `${whereText(data, at)} ${stepSum(data, at).join("")}.`;
}
