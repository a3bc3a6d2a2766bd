// The inside of a network: a map, what a cell of it sees on the film, and the piece of arithmetic that made the cell.
// All of an opened layer's map is here, so that pointing at it asks the server nothing; another map or layer does.

const FAR = 10; // cells that an arrow key moves with Shift

const component = {
  root: ".lens",
  open: openLens,
  receive: receiveLens,
  close(lens) {
    close(lens.view);
    clearTimeout(lens.linked);
  },
};

function openLens(root) {
  const lens = { root, view: open(root.querySelector(".grid")), data: null, at: null, pinned: null };
  lens.find = (picture, inside = "") => root.querySelector(`[data-picture=${picture}] ${inside}`);
  lens.view.travel = (place) => keep(lens, { row: place.row + lens.from[0], column: place.column + lens.from[1] });
  lens.view.follow = () => {
    const { at } = lens.view;
    if (lens.from) point(lens, { row: at.row + lens.from[0], column: at.column + lens.from[1] });
  };
  watchMap(lens);
  watchSheet(lens);
  return lens;
}

// Another map or layer: the reader stays at the same place of the film, unless this is the first that is seen.
function receiveLens(lens, data) {
  const { height, width } = data.map;
  const before = lens.data?.map;
  lens.data = data;
  lens.values = floats(data.map.values);
  lens.example = data.example ? unpack(data.example) : null;
  const scaled = (at, had, has) => Math.floor(((at + 0.5) / had) * has);
  lens.pinned = before
    ? { row: scaled(lens.pinned.row, before.height, height), column: scaled(lens.pinned.column, before.width, width) }
    : { row: Math.floor(data.step / width), column: data.step % width };
  if (before) rememberPlace(lens);
  drawPictures(lens);
  lens.view.root.hidden = !lens.example;
  lens.from = null;
  if (lens.example && before?.layer !== data.map.layer) lens.view.at.channel = strongestChannel(lens);
  look(lens, lens.pinned);
}

function unpack(example) {
  const { padded, sums, winners, together } = example;
  return {
    ...example,
    padded: floats(padded),
    sums: sums && floats(sums),
    together: together && floats(together),
    winners: winners && bytes(winners),
  };
}

function drawPictures(lens) {
  const { data, root } = lens;
  root.querySelector(".how").textContent = data.how;
  for (const picture of ["before", "map", "sheet"]) {
    const has = data[picture];
    lens.find(picture).hidden = !has;
    if (!has) continue;
    paint(lens.find(picture, "canvas"), has, data.palettes[Number(has.signed)]);
    lens.find(picture, picture === "map" ? ".frame" : "canvas").setAttribute("aria-label", has.label);
    lens.find(picture, "figcaption").textContent = has.title;
  }
  const [frame, image] = [lens.find("film", ".frame"), lens.find("film", "img")];
  const { side, margin, film } = data;
  frame.style.aspectRatio = film.width / film.height;
  if (image.src !== film.picture) image.src = film.picture;
  image.alt = film.label;
  lens.find("film", "figcaption").textContent = film.title + (margin ? "; stripes: padding" : "");
  boxOf(image, [0, side - 1], [0, side - 1], -margin, side + 2 * margin);
  lens.find("sheet", ".frame").classList.toggle("open", data.sheet.open);
  boxOf(lens.find("sheet", ".box"), ...tile(data.sheet, data.sheet.chosen), 0, null, data.sheet.columns, data.sheet.rows);
  root.querySelector(".scale").replaceChildren(
    ...data.scale.flatMap(([colour, text]) => [element("i", { style: `background: ${colour}` }), `${text} `]),
  );
}

function tile(sheet, number) {
  const [row, column] = [Math.floor(number / sheet.columns), number % sheet.columns];
  return [[row, row], [column, column]];
}

// Lays a box over cells first to last of a picture that begins at `from` and is so many cells wide and high.
function boxOf(box, [top, bottom], [left, right], from, side, wide = side, high = side) {
  const clip = (first, last, all) => [Math.max(first, from), Math.min(last + 1, from + all)];
  const [[y, yEnd], [x, xEnd]] = [clip(top, bottom, high), clip(left, right, wide)];
  Object.assign(box.style, {
    top: `${(100 * (y - from)) / high}%`,
    left: `${(100 * (x - from)) / wide}%`,
    height: `${(100 * (yEnd - y)) / high}%`,
    width: `${(100 * (xEnd - x)) / wide}%`,
  });
}

// Shows a cell everywhere: on the map, on the film, in words, and as arithmetic.
function look(lens, place) {
  const at = within(lens, place);
  if (!lens.example) return point(lens, at);
  const { view } = lens;
  const { piece, from } = cut(lens, at);
  lens.from = from;
  view.pinned = { ...view.at, row: at.row - from[0], column: at.column - from[1] };
  receive(view, { ...piece, step: view.pinned.row * piece.columns.windows.length + view.pinned.column });
}

function point(lens, { row, column }) {
  const { data } = lens;
  const { map, before, side, margin } = data;
  lens.at = { row, column };
  boxOf(lens.find("map", ".box"), [row, row], [column, column], 0, map.height);
  boxOf(lens.find("film", ".box"), map.rows[row], map.columns[column], -margin, side + 2 * margin);
  if (before) boxOf(lens.find("before", ".box"), before.rows[row], before.columns[column], 0, before.height);
  const value = element("b", {}, show(lens.values[row * map.width + column], data.decimals));
  lens.root.querySelector(".cell").replaceChildren(`Row ${row + 1}, column ${column + 1} of ${map.name}:`, value, seen(data, row, column));
}

// Which pixels a cell sees, and how much of what it sees is padding.
function seen({ map, side }, row, column) {
  const part = (noun, [first, last]) => {
    const all = first <= 0 && last >= side - 1;
    return all ? `all ${noun}s` : `${noun}s ${Math.max(first, 0) + 1} to ${Math.min(last, side - 1) + 1}`;
  };
  const beyond = ([first, last]) => Math.max(0, -first) + Math.max(0, last - side + 1);
  const [down, across] = [beyond(map.rows[row]), beyond(map.columns[column])];
  const lost = [down && plural(down, "row"), across && plural(across, "column")].filter(Boolean).join(" and ");
  const rest = lost ? ` Beyond the border, ${lost} of what it sees ${down + across === 1 ? "is" : "are"} padding.` : "";
  return ` It sees ${part("row", map.rows[row])} and ${part("column", map.columns[column])} of the film's ${side} × ${side} pixels.${rest}`;
}

function within(lens, { row, column }) {
  const { height, width } = lens.data.map;
  return { row: Math.max(0, Math.min(height - 1, row)), column: Math.max(0, Math.min(width - 1, column)) };
}

// A few cells around one, with what their windows read: an example as small as those that the grid was made for.
function cut(lens, at) {
  const { example } = lens;
  const start = (place, axis) => Math.max(0, Math.min(axis.windows.length - example.show, place - (example.show >> 1)));
  const from = [start(at.row, example.rows), start(at.column, example.columns)];
  const rows = cutAxis(example.rows, from[0], example.show);
  const columns = cutAxis(example.columns, from[1], example.show);
  const cell = (y, x) => (from[0] + y) * example.columns.windows.length + from[1] + x;
  const each = (make) => rows.windows.map((_, y) => columns.windows.map((__, x) => make(cell(y, x))));
  const channels = example.kernel ? example.kernel[0].length : 1;
  const windowShape = rows.windows[0].map((_, a) => columns.windows[0].map((__, b) => a * columns.windows[0].length + b));
  const piece = {
    ...example,
    rows,
    columns,
    from,
    padded: Array.from({ length: channels }, (_, channel) =>
      Array.from({ length: rows.padded }, (__, y) => {
        const row = (channel * example.rows.padded + rows.start + y) * example.columns.padded + columns.start;
        return [...example.padded.subarray(row, row + columns.padded)];
      }),
    ),
    output: [each((place) => lens.values[place])],
    sums: example.sums && [each((place) => [...example.sums.subarray(place * channels, (place + 1) * channels)])],
    together: example.together && each((place) => example.together[place]),
    winners: example.winners && [each((place) => windowShape.map((line) => line.map((bit) => Boolean(example.winners[place] >> bit & 1))))],
  };
  return { piece, from };
}

function cutAxis(axis, from, count) {
  const windows = axis.windows.slice(from, from + count);
  const [start, end] = [windows[0][0], windows[windows.length - 1].at(-1) + 1];
  const [first, last] = [Math.max(start, axis.before), Math.min(end, axis.before + axis.size)];
  return {
    ...axis,
    start,
    padded: end - start,
    before: first - start,
    size: last - first,
    after: end - last,
    first: first - axis.before, // of the data, counted in the whole
    windows: windows.map((cells) => cells.map((cell) => cell - start)),
    unread: [],
    overhang: 0,
  };
}

function strongestChannel(lens) {
  const { example, pinned, data } = lens;
  if (!example.sums) return 0;
  const channels = example.kernel[0].length;
  const start = (pinned.row * data.map.width + pinned.column) * channels;
  const sums = example.sums.subarray(start, start + channels);
  return sums.reduce((best, sum, channel) => (Math.abs(sum) > Math.abs(sums[best]) ? channel : best), 0);
}

// Keeps a cell until another is kept; the address follows a moment later.
function keep(lens, place) {
  lens.pinned = within(lens, place);
  look(lens, lens.pinned);
  rememberPlace(lens);
}

function rememberPlace(lens) {
  clearTimeout(lens.linked);
  lens.linked = setTimeout(() => {
    const url = new URL(location.href);
    url.searchParams.set(lens.data.stepName, lens.pinned.row * lens.data.map.width + lens.pinned.column + 1);
    history.replaceState(history.state, "", url.href);
  }, 300);
}

function watchMap(lens) {
  const frame = lens.find("map", ".frame");
  let dragging = false;
  const placeOf = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const { map } = lens.data;
    return within(lens, {
      row: Math.floor(((event.clientY - top) / height) * map.height),
      column: Math.floor(((event.clientX - left) / width) * map.width),
    });
  };
  frame.addEventListener("pointerdown", (event) => {
    dragging = true;
    frame.setPointerCapture(event.pointerId);
    keep(lens, placeOf(event));
  });
  frame.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    if (place.row === lens.at.row && place.column === lens.at.column) return;
    if (dragging) keep(lens, place);
    else look(lens, place);
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (dragging = false));
  frame.addEventListener("pointerleave", () => !dragging && look(lens, lens.pinned));
  frame.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Streamlit's own one-letter shortcuts
    const step = ARROWS[event.key]?.map((cells) => cells * (event.shiftKey ? FAR : 1));
    const { row, column } = lens.pinned;
    const ends = { Home: [row, 0], End: [row, Infinity] };
    const target = step ? [row + step[0], column + step[1]] : ends[event.key];
    if (!target) return;
    event.preventDefault();
    keep(lens, { row: target[0], column: target[1] });
  });
}

function watchSheet(lens) {
  const frame = lens.find("sheet", ".frame");
  frame.addEventListener("click", (event) => {
    const { sheet } = lens.data;
    const { left, top, width, height } = frame.getBoundingClientRect();
    const row = Math.floor(((event.clientY - top) / height) * sheet.rows);
    const column = Math.floor(((event.clientX - left) / width) * sheet.columns);
    const number = row * sheet.columns + column;
    if (sheet.open && number < sheet.count) lens.send("pick", number + 1);
  });
}
