// What is on the stage: descriptions of maps, each with its size, and functions that tell what its cells hold now.
//
// A description has: part, name, height, width, caption(), kind(row, column) as classes, value(row, column): a number,
// null for a place without one, undefined for a cell not yet computed, "?" for one that is asked for. Where it is shaded:
// colours() "signed" or "grey", and limit(), the number of full strength. edits(row, column) is the number to be typed over.

const MOST_SHOWN = 3; // channels side by side on a wide screen; with more, or on a narrow one, one at a time

function shownChannels(view) {
  const all = view.data.padded.map((_, channel) => channel);
  return view.data.kernel && all.length <= MOST_SHOWN && !view.layout.narrow ? all : [view.at.channel];
}

// Everything on the stage, in the order of reading.
function describeStage(view) {
  const { data, layout } = view;
  const maps = [...inputMaps(view), ...planeMaps(view)];
  if (data.kernel && layout.digits && !layout.terms) maps.push(...kernelMaps(view));
  if (!data.concealed) maps.push(...outputMaps(view));
  if (layout.terms && !data.concealed) maps.push(...windowMaps(view));
  return maps;
}

function sizeText(data, height, width) {
  return data.flat ? plural(width, "number") : `${height} × ${width}`;
}

// The size of the input, with its padding where there is some.
function inputSize(data) {
  const { rows, columns } = data;
  const size = sizeText(data, rows.size, columns.size);
  const padded = rows.before + rows.after + columns.before + columns.after > 0;
  if (!padded) return size;
  return `${size}, with padding ${sizeText(data, rows.before + rows.size + rows.after, columns.before + columns.size + columns.after)}`;
}

// Which kind of cell is at a place of the padded input.
function kindOf({ rows, columns }, row, column) {
  if (row >= rows.padded || column >= columns.padded) return "outside";
  const beyond = (at, axis) => at < axis.before || at >= axis.before + axis.size;
  const unread = rows.unread.includes(row) || columns.unread.includes(column);
  return `${beyond(row, rows) || beyond(column, columns) ? "padding" : "data"}${unread ? " unread" : ""}`;
}

function inputMaps(view) {
  const { data, layout } = view;
  const colour = !layout.digits && data.padded.length === 3 && data.colour;
  return (colour ? [0] : shownChannels(view)).map((channel) => {
    const name = data.padded.length > 1 && !colour ? `${data.names[0]}, ${data.channels[channel]}` : data.names[0];
    const depth = colour ? ` × ${data.padded.length}` : "";
    return {
      part: "input",
      channel,
      name,
      height: data.rows.padded + data.rows.overhang,
      width: data.columns.padded + data.columns.overhang,
      strip: hasStrip(data),
      frame: "window",
      under: data.stack ? ".thumbnails" : ".stage",
      focus: data.editable.includes("input"),
      nothing: "−∞",
      caption: () => `${name}: ${inputSize(view.data)}${depth}`,
      kind: (row, column) => kindOf(view.data, row, column),
      place: (row, column) => cellName(data, row - data.rows.before, column - data.columns.before),
      value: (row, column) => {
        if (kindOf(view.data, row, column).startsWith("outside")) return undefined;
        return colour ? view.data.padded.map((one) => one[row][column]) : (view.data.padded[channel][row]?.[column] ?? null);
      },
      colours: () => (view.extremes.input[0] < 0 ? "signed" : "grey"),
      limit: () => Math.max(...view.extremes.input.map(Math.abs)) || 1,
      edits: (row, column) => {
        if (!data.editable.includes("input") || !kindOf(view.data, row, column).startsWith("data")) return null;
        const place = { part: "input", filter: 0, row: row - data.rows.before, column: column - data.columns.before };
        return (colour ? data.padded.map((_, one) => one) : [channel]).map((one) => ({ ...place, channel: one }));
      },
    };
  });
}

// Whether a picture in colour shows its channels apart, small, beside it.
function hasPlanes(data) {
  return Boolean(data.colour && !data.stack && data.input?.length === 3);
}

function planeMaps(view) {
  const { data, layout } = view;
  if (layout.digits || !hasPlanes(data)) return [];
  return data.channels.map((name, channel) => ({
    part: "plane",
    under: ".planes",
    tint: channel,
    name: `${name} plane`,
    height: data.rows.padded,
    width: data.columns.padded,
    frame: "window",
    caption: () => `${name} plane`,
    kind: (row, column) => kindOf(view.data, row, column),
    place: (row, column) => cellName(data, row - data.rows.before, column - data.columns.before),
    value: (row, column) => view.data.padded[channel][row][column],
    limit: () => Math.max(...view.extremes.input.map(Math.abs)) || 1,
  }));
}

// A signal has room below it for its kernel, which then visibly slides along.
function hasStrip(data) {
  return Boolean(data.flat && data.kernel);
}

// The weights of the shown filter, beside them flipped where they are.
function kernelMaps(view) {
  const { data, at } = view;
  const [height, width] = [data.kernel[0][0].length, data.kernel[0][0][0].length];
  const make = (flipped) => {
    const name = data.flip ? (flipped ? "Flipped" : `${data.names[1]} as given`) : data.names[1];
    const source = () => (flipped ? view.data.kernel : (view.data.weight ?? view.data.kernel));
    return {
      part: "kernel",
      channel: at.channel,
      name,
      height,
      width,
      focus: true,
      digits: true,
      given: data.flip && !flipped,
      caption: () => (data.flip ? name : `${name}: ${data.flat ? plural(width, "weight") : `${height} × ${width}`}`),
      kind: () => "weight",
      place: (row, column) => `weight at ${cellName(data, row, column)}`,
      value: (row, column) => source()[view.at.filter][view.at.channel][row][column],
      edits: (row, column) => (flipped && data.flip) || !data.editable.includes("kernel") ? null : [{ part: "kernel", filter: view.at.filter, channel: view.at.channel, row, column }],
    };
  };
  return data.flip ? [make(false), make(true)] : [make(true)];
}

// The output, and what is made of it.
function outputMaps(view) {
  const { data } = view;
  const [height, width] = view.size;
  const one = (part, name, value, more = {}) => ({
    part,
    name,
    height,
    width,
    kind: () => (part === "output" ? "result" : `result ${part}`),
    caption: () => `${name}: ${sizeText(data, height, width)}`,
    colours: () => (view.extremes.output[0] < 0 || data.kernel ? "signed" : "grey"),
    limit: () => Math.max(...view.extremes.output.map(Math.abs)) || 1,
    value: (row, column) => (isHidden(data, { ...view.at, row, column }) ? (reached(view, row, column) ? "?" : undefined) : reached(view, row, column) ? value(row, column) : undefined),
    ...more,
  });
  const output = (row, column) => view.data.output[view.at.filter][row][column];
  const name = data.output.length > 1 ? `${data.names[2]}, ${data.filters[view.at.filter]}` : data.names[2];
  const maps = [one("output", name, output, { focus: true, frame: "current" })];
  if (data.stack) maps.unshift(...stackMaps(view));
  if (data.relu) maps.push(one("relu", "After ReLU", (row, column) => Math.max(0, output(row, column)), { frame: "current" }));
  if (data.compare) {
    const other = (row, column) => view.data.other[view.at.filter][row][column];
    const difference = (row, column) => output(row, column) - other(row, column);
    maps.push(one("other", data.compare, other, { caption: () => data.compare }), one("difference", "Difference", difference, { caption: () => "Difference" }));
  }
  if (data.pool) maps.push(pooledMap(view, one));
  if (data.backward) maps.push(gradientMap(view, one));
  return maps;
}

// All maps of a layer, small, one of which is shown large.
function stackMaps(view) {
  const [height, width] = view.size;
  return view.data.output.map((_, filter) => ({
    part: "stack",
    under: ".thumbnails",
    name: view.data.filters[filter],
    filter,
    height,
    width,
    kind: () => "result",
    caption: () => `${filter + 1}. ${view.data.filters[filter]}`,
    colours: () => "signed",
    limit: () => view.extremes.filters[filter],
    value: (row, column) => {
      if (!reached(view, row, column)) return undefined;
      return isHidden(view.data, { filter, row, column }) ? "?" : view.data.output[filter][row][column];
    },
  }));
}

function pooledMap(view, one) {
  const { pool } = view.data;
  const place = (row, column) => ({ filter: view.at.filter, row, column });
  const last = (axis, index) => axis.windows[index][axis.windows[index].length - 1];
  const value = (row, column) => {
    if (!reached(view, last(pool.rows, row), last(pool.columns, column))) return undefined;
    return poolHides(view.data, place(row, column)) ? "?" : view.data.pooled[view.at.filter][row][column];
  };
  const [height, width] = [pool.rows.windows.length, pool.columns.windows.length];
  const name = view.data.names[3] ?? "After pooling";
  return one("pooled", name, value, { height, width, value, caption: () => `${name}: ${height} × ${width}` });
}

function gradientMap(view, one) {
  const { rows, columns } = view.data;
  const step = () => (view.all ? view.size[0] * view.size[1] : stepNumber(view, view.at) + 1);
  let [seen, gradient] = [null, null];
  const value = (row, column) => {
    if (givesAway(view.data, view.at.channel, row, column)) return "?";
    if (seen?.data !== view.data || seen.step !== step() || seen.channel !== view.at.channel) {
      seen = { data: view.data, step: step(), channel: view.at.channel };
      gradient = collectGradient(view.data, view.at.channel, step());
    }
    return gradient[row][column];
  };
  const name = "Gradient at the input";
  return one("gradient", name, value, { height: rows.size, width: columns.size, value, limit: () => 1, colours: () => "signed", kind: () => "share", caption: () => `${name}: ${rows.size} × ${columns.size}` });
}

// Whether a cell of the gradient would tell what the hidden output cell holds.
function givesAway({ hidden, rows, columns }, channel, row, column) {
  if (hidden?.[0] !== channel) return false;
  return rows.windows[hidden[1]].includes(row + rows.before) && columns.windows[hidden[2]].includes(column + columns.before);
}

function stepNumber(view, { row, column }) {
  return row * view.size[1] + column;
}

// Whether an output cell is computed yet: cells fill in as the window moves.
function reached(view, row, column) {
  const current = row === view.at.row && column === view.at.column;
  return view.all || current || stepNumber(view, { row, column }) <= stepNumber(view, view.pinned);
}

// What the window holds: value, weight and product of each place, one table a channel; under pooling the values alone.
function windowMaps(view) {
  const { data } = view;
  const [height, width] = [data.rows.windows[0].length, data.columns.windows[0].length];
  return shownChannels(view).map((channel) => ({
    part: "products",
    under: ".terms",
    channel,
    name: data.padded.length > 1 ? `Window × filter, ${data.channels[channel]}` : data.kernel ? "Window × filter" : "Window",
    height,
    width,
    digits: true,
    focus: Boolean(data.kernel),
    caption: () => termsCaption(view, channel),
    kind: () => "product",
    place: (row, column) => cellName({}, row, column),
    value: (a, b) => termText(view, channel, a, b),
    edits: (row, column) => {
      if (!data.kernel || !data.editable.includes("kernel")) return null;
      const place = data.flip ? { row: height - 1 - row, column: width - 1 - column } : { row, column };
      return [{ part: "kernel", filter: view.at.filter, channel, ...place }];
    },
  }));
}

function termsCaption(view, channel) {
  const { data, at } = view;
  if (!data.kernel) return "Window";
  const count = data.kernel[0][0].length * data.kernel[0][0][0].length;
  const name = data.padded.length > 1 ? `${data.channels[channel]}: ` : "";
  const sum = isHidden(data, at) ? "?" : show(sumOf(data, at, channel), data.decimals);
  if (hasPlanes(data)) return `${data.channels[channel]} plane × ${data.channels[channel]} slice: sum ${sum}`;
  return `${name}${plural(count, "product")}, sum ${sum}`;
}

function termText(view, channel, a, b) {
  const { data, at } = view;
  const value = read(data, data.kernel ? channel : at.channel, at, a, b);
  if (!data.kernel) return value;
  return [value, data.kernel[at.filter][channel][a][b], isHidden(data, at) ? "?" : value * data.kernel[at.filter][channel][a][b]];
}
