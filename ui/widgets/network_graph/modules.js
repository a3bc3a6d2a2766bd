// What is drawn of a network: layers one by one, or a module that is closed as one item; equal neighbours as one.

const QUIET = ["activation", "norm", "dropout"]; // leave the shape as it is: told with the layer before

function chain(node) {
  // the modules around a node, the outermost first
  const parts = node.path ? node.path.split(".") : [];
  if (node.layer) parts.pop();
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

function allModules(nodes) {
  return new Set(nodes.flatMap(chain));
}

function view(nodes, open) {
  // Items in order: {ids, path (of a closed module), nodes, sources}; modules in whose collapse there is a circle open.
  for (;;) {
    const items = new Map(),
      home = [];
    nodes.forEach((node, id) => {
      const quiet = QUIET.includes(node.role) && node.inputs.length === 1 && !node.problem;
      const closed = chain(node).find((path) => !open.has(path));
      const before = quiet && closed === undefined ? home[node.inputs[0]] : undefined;
      const name = before ?? (closed !== undefined ? `m:${closed}` : `n:${id}`);
      if (!items.has(name)) items.set(name, { name, path: closed, ids: [], sources: new Set() });
      items.get(name).ids.push(id);
      home[id] = name;
    });
    nodes.forEach((node, id) => {
      for (const source of node.inputs) if (home[source] !== home[id]) items.get(home[id]).sources.add(home[source]);
    });
    const stuck = circles(items);
    if (!stuck.length) return repeated([...items.values()], nodes);
    stuck.forEach((path) => open.add(path));
  }
}

function repeated(items, nodes) {
  // Closed modules that follow each other and are alike become one item, which stands for all of them.
  const byName = new Map(items.map((item) => [item.name, item])),
    readers = new Map();
  for (const item of items) for (const name of item.sources) readers.set(name, (readers.get(name) ?? 0) + 1);
  const kept = [];
  for (const item of items) {
    item.paths = item.path === undefined ? [] : [item.path];
    item.alike = JSON.stringify(item.ids.map((id) => [nodes[id].kind, nodes[id].dims, nodes[id].costs]));
    const [name] = item.sources,
      before = byName.get(name);
    const follows = item.sources.size === 1 && before?.path !== undefined && item.path !== undefined;
    if (follows && readers.get(name) === 1 && before.alike === item.alike) {
      before.ids = [...before.ids, ...item.ids];
      before.paths.push(item.path);
      readers.set(name, readers.get(item.name));
      byName.set(item.name, before);
    } else kept.push(item);
  }
  for (const item of kept) item.sources = new Set([...item.sources].map((name) => byName.get(name).name));
  return kept;
}

function circles(items) {
  const waiting = new Map([...items].map(([name, item]) => [name, new Set(item.sources)]));
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const [name, sources] of waiting)
      if (![...sources].some((source) => waiting.has(source))) waiting.delete(name);
  }
  return [...waiting.keys()].map((name) => items.get(name).path).filter((path) => path !== undefined);
}

function initiallyOpen(nodes) {
  // as many levels as leave at most 40 items
  const modules = [...allModules(nodes)];
  let open = new Set();
  for (let depth = 1; depth < 8; depth += 1) {
    const next = new Set(modules.filter((path) => path.split(".").length <= depth));
    if (next.size === open.size && depth > 1) break;
    if (view(nodes, new Set(next)).length > 40) break;
    open = next;
  }
  return open;
}
