// How large everything is: the stage fills the width it has and the height that the window leaves it.

const HEAD = 190; // pixels of the page above the stage
const GAP = 28; // between maps
const CAPTION = 26; // the line above a map, at the type size of a page that is not presented
const NAME = 80; // the width of the shortest caption, such as "Output: 1 × 1"
const FONT = 11; // no digit is smaller
const PLANE = 0.27; // cells of a picture's planes, which stand one below the other, to those of the picture

// Chooses the layout and writes the sizes; returns whether what is on the stage must be built anew.
function fit(view) {
  if (!view.width) return false;
  const before = JSON.stringify(view.layout);
  const sizes = chooseLayout(view);
  const { root } = view;
  const set = (name, pixels) => root.style.setProperty(name, `${pixels}px`);
  root.dataset.layout = view.layout.name;
  set("--cell", sizes.cell);
  set("--number", sizes.number);
  set("--plane", sizes.cell * PLANE);
  set("--term", sizes.terms?.font ?? FONT);
  set("--term-cell", sizes.terms?.cell ?? 0);
  root.classList.toggle("presenting", presenting());
  root.classList.toggle("small", sizes.cell < 36);
  root.classList.toggle("lined", sizes.cell >= LINED);
  return before !== JSON.stringify(view.layout);
}

function presenting() {
  return document.body.classList.contains("presenting");
}

// The height that is left for the maps.
function heightLeft(view) {
  const { root } = view;
  const large = presenting();
  const top = large ? Math.max(0, root.getBoundingClientRect().top) : HEAD;
  const question = large ? 0 : (document.querySelector(".st-key-question")?.offsetHeight ?? 0);
  root.classList.toggle("asked", question > 0); // the question follows the grid, without the hint between
  const wraps = view.data.kernel?.[0].length === 1 && view.data.kernel[0][0].flat().length > 16; // a sum of two lines
  const words = large ? 150 + 50 * wraps : question ? 180 : 96; // the sum and the sentence, before a question also what follows them
  return Math.max(200, innerHeight - top - view.find(".bar").offsetHeight - words - question - 24);
}

// Cells across and down of the maps that stand in one row.
function measureMaps(view, channels) {
  const { data, size } = view;
  const [height, width] = [data.rows.padded + data.rows.overhang, data.columns.padded + data.columns.overhang];
  const maps = Array.from({ length: channels }, () => [width, height]);
  if (hasPlanes(data)) maps.push([PLANE * width, height]);
  if (data.concealed) return maps;
  const like = 1 + Boolean(data.relu) + (data.compare ? 2 : 0);
  for (let n = 0; n < like; n++) maps.push([size[1], size[0]]);
  if (data.pool) maps.push([data.pool.columns.windows.length, data.pool.rows.windows.length]);
  if (data.backward) maps.push([data.columns.size, data.rows.size]);
  return maps;
}

// Pixels of a cell with which maps of so many cells, none narrower than its caption, fill a row and a height.
function fitting(maps, width, height) {
  const down = Math.max(...maps.map(([, rows]) => rows));
  const room = width - GAP * (maps.length - 1) - 4 * maps.length;
  const fill = (wide) => (room - NAME * (maps.length - wide.length)) / wide.reduce((sum, [columns]) => sum + columns, 0);
  const cell = fill(maps);
  const wide = maps.filter(([columns]) => columns * cell >= NAME);
  return Math.min(cell, wide.length ? fill(wide) : cell, (height - CAPTION) / down);
}

function chooseLayout(view) {
  const { data, width } = view;
  const narrow = width < 640 && !data.bare;
  const height = heightLeft(view);
  const least = Math.max(2 * FONT, Math.ceil(0.6 * FONT * data.widest + 5));
  const most = presenting() ? 150 : Math.max(64, 0.06 * innerWidth);
  if (data.flat) return flatLayout(view, { narrow, height, least, most });
  const channels = data.kernel ? data.padded.length : 1;
  const many = channels > 1 || !data.input; // a piece of a network shows what its window holds
  const maps = measureMaps(view, 1);
  if (!many) {
    const kernel = data.kernel ? [data.kernel[0][0][0].length, data.kernel[0][0].length] : null;
    const kernels = kernel ? (data.flip ? [kernel, kernel] : [kernel]) : [];
    const row = [maps[0], ...kernels, ...maps.slice(1)];
    let cell = fitting(row, width, height);
    if (narrow) cell = Math.max(fitting(maps.slice(0, 2), width, Infinity), fitting([maps[0]], width, Infinity) * (maps[0][0] > 6));
    if (cell >= least || data.bare) return settle(view, { name: narrow ? "narrow" : "row", digits: true, narrow, terms: false }, Math.max(least, Math.min(cell, most)));
  }
  return termsLayout(view, { narrow, height, least, most, channels });
}

// A signal: input and output one below the other, as wide as there is room, and no narrower than legible.
function flatLayout(view, { narrow, height, least, most }) {
  const { data } = view;
  const across = Math.max(data.columns.padded + data.columns.overhang, data.columns.windows.length);
  const cell = Math.min((view.width - 8) / across, (height - 3 * CAPTION - 20) / 4, most);
  return settle(view, { name: "flat", digits: true, narrow, terms: data.padded.length > 1 }, Math.max(least, cell));
}

// Maps, and below or beside them what the window holds, as digits.
function termsLayout(view, { narrow, height, least, most, channels }) {
  const { data, width } = view;
  const shown = narrow || channels > MOST_SHOWN ? 1 : channels;
  const base = { narrow, terms: !data.brief };
  if (data.stack) return stackLayout(view, { ...base, name: narrow ? "narrow" : "stack", digits: false }, height);
  const terms = measureTerms(view, shown, height);
  const below = { width, height: height - terms.height - 12, name: "terms" };
  const beside = { width: width - terms.width - GAP, height, name: "beside" };
  const best = (maps, smallest) => {
    const [one, other] = [below, beside].map((place) => fitting(maps, place.width, place.height));
    return other > one && other >= smallest && !narrow ? [other, beside.name] : [one, below.name];
  };
  const measured = measureMaps(view, data.kernel ? shown : 1);
  const [digits, name] = narrow ? [Math.min(...measured.map((map) => fitting([map], width, Infinity))), "narrow"] : best(measured, least);
  const readable = digits >= least && !data.colour;
  if (!data.input || readable) {
    const widest = data.input ? most : 46; // a piece of a network is shown beside its maps
    return settle(view, { ...base, name: narrow ? "narrow" : name, digits: true }, Math.max(least, Math.min(digits, widest)), terms);
  }
  const maps = measureMaps(view, 1);
  const [cell, where] = narrow ? [(width - 6) / maps[0][0], "narrow"] : best(maps, 0);
  return settle(view, { ...base, name: where, digits: false }, Math.min(presenting() ? 48 : 24, Math.max(0.5, cell)), terms);
}

// Width and height of the tables of what the window holds, in the largest type that leaves room for the maps.
function measureTerms(view, shown, height) {
  const { data, width } = view;
  if (data.concealed || data.brief) return { font: FONT, width: 0, height: 0 };
  const [across, down] = [data.columns.windows[0].length, data.rows.windows[0].length];
  const characters = data.kernel ? (data.widestTerm ?? 1 + 2 * data.widest) : data.widest;
  const lines = data.kernel ? 2.4 : 1.3;
  const wide = ((width - GAP * (shown - 1)) / (shown * across) - 9) / (0.56 * characters);
  const high = (0.44 * height - CAPTION) / (down * lines) - 1;
  const font = Math.max(FONT, Math.min(wide, Math.max(high, presenting() ? 24 : 0), presenting() ? 32 : 18));
  return {
    font,
    cell: 0.56 * characters * font + 9,
    width: shown * across * (0.56 * characters * font + 9) + GAP * (shown - 1),
    height: down * (font * lines + 3) + CAPTION,
  };
}

// All maps small beside the input, and one of them large below.
function stackLayout(view, layout, height) {
  const { data, width, size, root } = view;
  const count = data.output.length;
  const across = layout.narrow ? Math.min(3, count) : count;
  const input = data.columns.padded;
  const thumbnail = Math.min((width - 12 * across - GAP) / (across * size[1] + (layout.narrow ? 0 : input)), (0.36 * height) / input);
  root.style.setProperty("--thumbnail", `${thumbnail}px`);
  const maps = measureMaps(view, 0);
  const left = height - thumbnail * input - CAPTION - 20;
  return settle(view, layout, Math.min(48, layout.narrow ? (width - 6) / size[1] : fitting(maps, width, left)));
}

function settle(view, layout, space, terms) {
  view.layout = layout;
  const cell = layout.digits ? Math.floor(space) : space;
  return { cell, terms, number: Math.max(FONT, Math.min(cell * 0.46, (cell - 4) / (0.6 * view.data.widest))) };
}
