// Convolution and pooling of one example, computed as in cnn/ops. Arrays are indexed [channel][row][column];
// null is a cell that does not take part: padding under max pooling, or a place outside the padded input.

// Which cell of the data each cell of a padded side repeats; -1 for none.
function paddingSources({ before, size, after }, mode) {
  const source = {
    zeros: (at) => (at >= 0 && at < size ? at : -1),
    replicate: (at) => Math.max(0, Math.min(size - 1, at)),
    reflect: (at) => (at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at),
    circular: (at) => (at + size) % size,
  }[mode];
  return Array.from({ length: before + size + after }, (_, cell) => source(cell - before));
}

// The input with its padding.
function padInput({ input, rows, columns, paddingMode, kind }) {
  const [down, across] = [paddingSources(rows, paddingMode), paddingSources(columns, paddingMode)];
  const fill = kind === "max" ? null : 0;
  return input.map((channel) => down.map((row) => across.map((column) => (row < 0 || column < 0 ? fill : channel[row][column]))));
}

function flipKernel(weight) {
  return weight.map((slices) => slices.map((rows) => rows.map((row) => [...row].reverse()).reverse()));
}

// What the window of an output cell (row, column) holds at row a, column b of the window.
function read(data, channel, at, a, b) {
  const row = data.padded[channel][data.rows.windows[at.row][a]];
  return row?.[data.columns.windows[at.column][b]] ?? null;
}

// The products of one channel added up: each weight times the value below it.
function channelSum({ padded, rows, columns }, kernel, channel, at) {
  const [down, across] = [rows.windows[at.row], columns.windows[at.column]];
  let sum = 0;
  kernel[at.filter][channel].forEach((weights, a) => weights.forEach((weight, b) => (sum += weight * padded[channel][down[a]][across[b]])));
  return sum;
}

// The output of all filters: the sums of all channels, and the bias.
function convolve(data, kernel) {
  return kernel.map((slices, filter) =>
    eachWindow(data, (at) => slices.reduce((sum, _, channel) => sum + channelSum(data, kernel, channel, { ...at, filter }), data.bias[filter])),
  );
}

// One value for each position of the window, as rows.
function eachWindow({ rows, columns }, make) {
  return rows.windows.map((_, row) => columns.windows.map((__, column) => make({ row, column })));
}

// The cells of a window that take part, in reading order.
function windowCells(data, at) {
  const cells = [];
  data.rows.windows[at.row].forEach((_, a) =>
    data.columns.windows[at.column].forEach((__, b) => {
      const value = read(data, at.channel, at, a, b);
      if (value !== null) cells.push({ a, b, value });
    }),
  );
  return cells;
}

// Maximum, average or Lp norm of the values; PyTorch scales Lp up where a window of so many `places` lost some.
function poolValues({ kind, norm }, values, places) {
  if (kind === "max") return values.length ? Math.max(...values) : null;
  if (kind === "relu") return Math.max(0, values[0]);
  const sum = (all) => all.reduce((total, value) => total + value, 0);
  if (kind === "average") return sum(values) / values.length;
  return (sum(values.map((value) => value ** norm)) * (places / values.length)) ** (1 / norm);
}

function pool(data) {
  return data.padded.map((_, channel) =>
    eachWindow(data, (at) => {
      const places = data.rows.windows[at.row].length * data.columns.windows[at.column].length;
      return poolValues(data, windowCells(data, { ...at, channel }).map((cell) => cell.value), places);
    }),
  );
}

// The cells of a window with the derivative of its output by each: 1 for the first maximum, equal shares of an average,
// scale · (x / output)^(p - 1) for Lp.
function windowShares(data, at) {
  const cells = windowCells(data, at);
  const output = data.output[at.channel][at.row][at.column];
  const winner = cells.findIndex((cell) => cell.value === output);
  const scale = (data.rows.windows[at.row].length * data.columns.windows[at.column].length) / cells.length;
  const share = {
    max: (_, place) => Number(place === winner),
    average: () => 1 / cells.length,
    lp: ({ value }) => (output === 0 ? 0 : scale * (value / output) ** (data.norm - 1)),
  }[data.kind];
  return cells.map((cell, place) => ({ ...cell, share: share(cell, place) }));
}

// The gradient at the input after the first steps: a cell collects from each window that reads it.
function collectGradient(data, channel, steps) {
  const { rows, columns } = data;
  const gradient = data.input[channel].map((row) => Array.from(row, () => 0));
  for (let step = 0; step < steps; step++) {
    const at = { channel, row: Math.floor(step / columns.windows.length), column: step % columns.windows.length };
    for (const { a, b, share } of windowShares(data, at)) {
      const [row, column] = [rows.windows[at.row][a] - rows.before, columns.windows[at.column][b] - columns.before];
      if (gradient[row]?.[column] !== undefined) gradient[row][column] += share;
    }
  }
  return gradient;
}

// Everything that the numbers of an example determine, and how many decimals and characters its cells need.
function compute(data) {
  const full = { ...data, padded: padInput(data) };
  if (data.weight) {
    full.kernel = data.flip ? flipKernel(data.weight) : data.weight;
    full.output = data.concealed ? [] : convolve(full, full.kernel);
    if (data.compare) full.other = convolve(full, flipKernel(full.kernel));
  } else full.output = data.concealed ? [] : pool(full);
  if (data.pool) full.pooled = full.output.map((map) => pool({ ...data.pool, padded: [map] })[0]);
  full.decimals = countDecimals(full);
  full.widest = countCharacters([full.padded, full.kernel ?? [], full.output, full.pooled ?? []], full.decimals);
  full.widestTerm = 1 + countCharacters(full.padded, full.decimals) + countCharacters(full.kernel ?? [], full.decimals);
  return full;
}

const MOST_DECIMALS = 5;

// None if every number is whole, else two, or three for small ones; more where one would read as 0 otherwise.
function countDecimals(data) {
  const flat = (nested) => nested?.flat(Infinity) ?? [];
  const inputs = [...flat(data.input), ...flat(data.weight), ...flat(data.bias)];
  const shares = data.backward && data.output.length ? windowShares(data, { channel: 0, row: 0, column: 0 }).map((cell) => cell.share) : [];
  const numbers = [...inputs, ...flat(data.output), ...flat(data.pooled), ...shares].filter(Number.isFinite);
  if (numbers.every(Number.isInteger)) return 0;
  const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  const smallest = inputs.reduce((least, number) => (number ? Math.min(least, Math.abs(number)) : least), 1);
  return Math.max(largest >= 1 ? 2 : 3, Math.min(Math.ceil(-Math.log10(smallest)), MOST_DECIMALS));
}

// The length of the widest of nested numbers.
function countCharacters(nested, decimals) {
  if (nested === null) return 2;
  if (typeof nested === "number") return show(nested, decimals).length;
  return nested.reduce((most, item) => Math.max(most, countCharacters(item, decimals)), 1);
}

// Nested lists, or packed 32-bit numbers of a shape [channels, rows, columns], as [channel][row][column].
function decodeNumbers(numbers) {
  if (Array.isArray(numbers)) return numbers;
  const bytes = Uint8Array.from(atob(numbers.float32), (character) => character.charCodeAt(0));
  const nest = (values, [count, ...rest]) => {
    if (!rest.length) return Array.from(values);
    const size = values.length / count;
    return Array.from({ length: count }, (_, index) => nest(values.subarray(index * size, (index + 1) * size), rest));
  };
  return nest(new Float32Array(bytes.buffer), numbers.shape);
}
