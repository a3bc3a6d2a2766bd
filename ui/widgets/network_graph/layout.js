// Places of items: a column for each step from the input, in a column near what an item reads; boxes to scale.

const TALL = 88, DEEP = 60, SLANT = 0.3, GAP = 34, LANE = 172;

function scaleOf(nodes) {
  const shapes = nodes.map((node) => node.dims).filter(Boolean);
  const volumes = shapes.filter((dims) => dims.length > 1);
  return {
    side: TALL / Math.max(1, ...volumes.flatMap((dims) => dims.slice(1))),
    depth: DEEP / Math.max(1, ...volumes.map((dims) => dims[0])),
    row: TALL / Math.max(1, ...shapes.filter((dims) => dims.length === 1).map((dims) => dims[0])),
  };
}

function boxOf(dims, scale) {
  if (!dims) return { width: 26, height: 26, back: 0 };
  if (dims.length < 2) return { width: 7, height: Math.max(4, scale.row * (dims[0] ?? 1)), back: 0 };
  const sides = dims.slice(1);
  return {
    width: Math.max(4, scale.depth * dims[0]),
    height: Math.max(3, scale.side * sides[sides.length > 1 ? sides.length - 2 : 0]),
    back: sides.length > 1 ? SLANT * scale.side * sides[sides.length - 1] : 0,
  };
}

function place(items, nodes) {
  const scale = scaleOf(nodes),
    byName = new Map(items.map((item) => [item.name, item]));
  const rank = new Map();
  const rankOf = (item) => {
    const waiting = [item];
    while (waiting.length) {
      const top = waiting[waiting.length - 1];
      const missing = [...top.sources].filter((name) => !rank.has(name));
      if (missing.length) waiting.push(...missing.map((name) => byName.get(name)));
      else {
        rank.set(top.name, Math.max(-1, ...[...top.sources].map((name) => rank.get(name))) + 1);
        waiting.pop();
      }
    }
    return rank.get(item.name);
  };
  const columns = [];
  for (const item of items) (columns[rankOf(item)] ??= []).push(item);
  let x = 10;
  columns.forEach((column) => {
    for (const item of column) {
      const last = nodes[item.ids[item.ids.length - 1]];
      item.dims = last.dims;
      item.box = boxOf(last.dims, scale);
      const lanes = [...item.sources].map((name) => byName.get(name).lane);
      item.wish = lanes.length ? lanes.reduce((sum, lane) => sum + lane, 0) / lanes.length : 0;
    }
    column.sort((a, b) => a.wish - b.wish);
    const taken = new Set();
    for (const item of column) {
      let lane = Math.round(item.wish);
      for (let step = 1; taken.has(lane); step += 1) lane = Math.round(item.wish) + (step % 2 ? (step + 1) / 2 : -step / 2);
      taken.add(lane);
      item.lane = lane;
    }
    const width = Math.max(92, ...column.map((item) => item.box.width + item.box.back));
    for (const item of column) item.x = x + (width - item.box.width - item.box.back) / 2;
    for (const item of column) item.middle = x + width / 2;
    x += width + GAP;
  });
  const low = Math.min(...items.map((item) => item.lane)),
    high = Math.max(...items.map((item) => item.lane));
  for (const item of items) item.y = (item.lane - low) * LANE + 24 + TALL * (1 + SLANT);
  return { width: x, height: (high - low + 1) * LANE + 40 };
}
