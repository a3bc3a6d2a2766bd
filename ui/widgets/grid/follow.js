// Number boxes of the page that the grid follows at once; Python is asked by the box itself, and its answer is the same.
//
// data.follow: boxes, by their key: value, low, high; rows and columns: for each argument of slide() the key of its box,
// or a number; ceil. A box of the size means an example of counting digits and a filter of ones.

const PATIENCE = 5000; // milliseconds until an answer counts that says something else than the boxes
const MOST_PRODUCTS = 1e6;

function listenToBoxes(view) {
  const look = (event) => {
    const { follow } = view.data ?? {};
    if (!follow || (event.type === "keydown" && !/^Arrow(Up|Down)$/.test(event.key))) return;
    const box = event.target.closest?.("[class*=st-key-]");
    if (Object.keys(follow.boxes).some((key) => box?.classList.contains(`st-key-${key}`))) requestAnimationFrame(() => readBoxes(view));
    else if (event.type === "click" && !event.composedPath().includes(view.root)) {
      view.ahead = null; // an example, say, which only Python knows, or a question that must stay open
      view.waits = true;
    }
  };
  for (const type of ["click", "change", "keydown"]) document.addEventListener(type, look);
  return () => ["click", "change", "keydown"].forEach((type) => document.removeEventListener(type, look));
}

// What the boxes say where the grid can follow all of them, else null: Python says what is wrong.
function readBoxes(view) {
  const { follow } = view.data;
  if (!follow || view.waits || !view.root.isConnected) return;
  const boxes = {};
  for (const [key, box] of Object.entries(follow.boxes)) {
    const text = document.querySelector(`.st-key-${key} input`)?.value ?? String(box.value);
    if (!/^\d+$/.test(text) || text < box.low || text > box.high) return;
    boxes[key] = { ...box, value: Number(text) };
  }
  if (sameJson(boxes, follow.boxes)) return;
  const example = withBoxes(view.incoming, { ...follow, boxes });
  if (!example) return;
  view.ahead = boxes;
  clearTimeout(view.late);
  take(view, example);
}

// The example with the numbers of the boxes; null where no window fits.
function withBoxes(example, follow) {
  const side = (name) => Object.fromEntries(Object.entries(follow[name]).map(([argument, from]) => [argument, follow.boxes[from]?.value ?? from]));
  const [down, across] = [side("rows"), side("columns")];
  const rule = { ceil: follow.ceil, pooling: !example.weight };
  const [rows, columns] = [slide(down, rule), slide(across, rule)];
  if (!rows || !columns) return null;
  if (rows.windows.length * columns.windows.length * down.kernel_size * across.kernel_size > MOST_PRODUCTS) return null;
  const fill = (height, width, value) => [Array.from({ length: height }, (_, row) => Array.from({ length: width }, (__, column) => value(row * width + column)))];
  const input = follow.boxes[follow.rows.size] ? fill(rows.size, columns.size, (cell) => cell % 10) : example.input;
  const weight = example.weight && [fill(down.kernel_size, across.kernel_size, () => 1)];
  return { ...example, rows, columns, input, follow, flat: rows.size === 1, ...(weight && { weight }) };
}

// One side of an input and its windows, as in cnn/ops/windows.py; null where no window fits.
function slide({ size, kernel_size, stride, padding, dilation }, { ceil, pooling }) {
  const [padded, reach] = [size + 2 * padding, dilation * (kernel_size - 1) + 1];
  const steps = (padded - reach) / stride;
  let count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (ceil && (count - 1) * stride >= size + padding) count -= 1; // PyTorch drops a window that starts behind the input
  if (count < 1 || (pooling && padding > Math.floor(kernel_size / 2))) return null;
  const windows = Array.from({ length: count }, (_, at) => Array.from({ length: kernel_size }, (__, cell) => at * stride + cell * dilation));
  const read = new Set(windows.flat());
  const unread = Array.from({ length: padded }, (_, cell) => cell).filter((cell) => !read.has(cell));
  return { size, before: padding, after: padding, windows, mode: "zeros", padded, unread, overhang: Math.max(0, (count - 1) * stride + reach - padded) };
}

// Whether an example from Python is late: the boxes have been moved on. It is taken after all if no better one comes.
function isLate(view, incoming) {
  clearTimeout(view.late);
  view.waits = false;
  if (!view.ahead || !incoming.follow) return false;
  if (sameJson(incoming.follow.boxes, view.ahead)) {
    view.ahead = null;
    return false;
  }
  view.late = setTimeout(() => {
    view.ahead = null;
    receive(view, incoming);
  }, PATIENCE);
  return true;
}

function sameJson(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
