// What pointer and keys do to a viewer: zoom, move, window, ruler, box; and the same in words.

// Say in words what the cursor, the ruler and the box show.
function tell(viewer) {
  const {
      data,
      cursor,
      ruler,
      window: { centre, span },
    } = viewer,
    told = [];
  if (cursor) {
    const [column, row] = cursor.map((share, axis) => Math.floor(share * data.size[axis]));
    if (column >= 0 && row >= 0 && column < data.size[0] && row < data.size[1]) {
      const index = row * data.size[0] + column;
      const [x, y] = [column, row].map((at, axis) => Math.floor(((at + 0.5) * data.pixels[axis]) / data.size[axis]) + 1);
      const stored = viewer.stored ? `${viewer.stored[index]} in the file, ` : "";
      told.push(`x ${x}, y ${y}: ${stored}grey ${viewer.greys[index]} of 255`);
      for (const map of viewer.maps) told.push(`${map.title} ${(map.enlarged[index] * map.scale).toPrecision(3)}`);
    }
  }
  if (ruler) told.push(`ruler ${measure(data, ruler)}`);
  if (viewer.box)
    told.push(
      `box ${measure(data, [
        [0, 0],
        [viewer.box[2], 0],
      ])} × ${measure(data, [
        [0, 0],
        [0, viewer.box[3]],
      ])}`,
    );
  told.push(`zoom ${Math.round(100 * viewer.zoom)} %, grey window on screen: centre ${Math.round(centre)}, width ${Math.round(span)}`);
  viewer.find(".twin").textContent = `${told.join(" · ")}.`;
}

function measure({ pixels, spacing }, [[x1, y1], [x2, y2]]) {
  const [across, down] = [(x2 - x1) * pixels[0], (y2 - y1) * pixels[1]];
  const length = `${Math.hypot(across, down).toFixed(0)} px`;
  return spacing ? `${length} = ${Math.hypot(across * spacing[1], down * spacing[0]).toFixed(1)} mm` : length;
}

function zoomBy(viewer, factor, at = viewer.middle) {
  const zoom = Math.min(20, Math.max(1, viewer.zoom * factor)),
    moved = 1 - viewer.zoom / zoom;
  viewer.middle = viewer.middle.map((middle, axis) => middle + (at[axis] - middle) * moved);
  viewer.zoom = zoom;
  if (zoom === 1) viewer.middle = [0.5, 0.5];
}

function place(viewer, canvas, event) {
  const box = canvas.getBoundingClientRect(),
    ratio = canvas.width / box.width,
    { scale, left, top } = layout(viewer, canvas);
  let x = (event.clientX - box.left) * ratio;
  if (viewer.flipped) x = canvas.width - x;
  return [
    (x - left) / scale / viewer.data.size[0],
    ((event.clientY - box.top) * ratio - top) / scale / viewer.data.size[1],
  ];
}

function listen(viewer, canvas) {
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (viewer.zoom === 1 && event.deltaY > 0) return; // the page scrolls on
      event.preventDefault();
      zoomBy(viewer, Math.exp(-event.deltaY / 400), place(viewer, canvas, event));
      draw(viewer);
    },
    { passive: false },
  );
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    viewer.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    viewer.start = place(viewer, canvas, event);
    viewer.dragged = false;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = viewer.pointers.get(event.pointerId);
    viewer.cursor = place(viewer, canvas, event);
    if (before && viewer.pointers.size === 2) pinch(viewer, event);
    else if (before) drag(viewer, canvas, event, before);
    if (before) viewer.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (!before || viewer.tool !== "window") draw(viewer);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, (event) => {
      viewer.pointers.delete(event.pointerId);
      if (viewer.tool === "box" && viewer.dragged && viewer.box) viewer.send("box", viewer.box);
    });
  canvas.addEventListener("pointerleave", () => {
    viewer.cursor = null;
    draw(viewer);
  });
}

function pinch(viewer, event) {
  const [one, other] = [...viewer.pointers.values()],
    before = Math.hypot(one[0] - other[0], one[1] - other[1]);
  viewer.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  const [first, second] = [...viewer.pointers.values()];
  zoomBy(viewer, Math.hypot(first[0] - second[0], first[1] - second[1]) / before, viewer.start);
}

function drag(viewer, canvas, event, [x, y]) {
  const across = event.clientX - x,
    down = event.clientY - y;
  viewer.dragged = true;
  if (viewer.tool === "pan") {
    const ratio = canvas.width / canvas.getBoundingClientRect().width,
      { scale } = layout(viewer, canvas);
    const step = [viewer.flipped ? -across : across, down].map(
      (pixels, axis) => (pixels * ratio) / scale / viewer.data.size[axis],
    );
    viewer.middle = viewer.middle.map((middle, axis) => Math.min(1, Math.max(0, middle - step[axis])));
  } else if (viewer.tool === "window") {
    const { centre, span } = viewer.window;
    viewer.window = {
      centre: Math.min(255, Math.max(0, centre + down / 2)),
      span: Math.min(510, Math.max(1, span + across)),
    };
    repaint(viewer);
  } else if (viewer.tool === "ruler") viewer.ruler = [viewer.start, viewer.cursor];
  else viewer.box = boxBetween(viewer.start, viewer.cursor);
}

function boxBetween(start, end) {
  const within = (value) => Math.min(1, Math.max(0, value));
  const [x1, y1, x2, y2] = [...start, ...end].map(within);
  return [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)];
}

function pressKey(viewer, event) {
  if (/^(INPUT|SELECT)$/.test(event.composedPath()[0].tagName) || event.ctrlKey || event.metaKey || event.altKey)
    return;
  const move = (x, y) => () =>
    (viewer.middle = viewer.middle.map((middle, axis) => middle + [x, y][axis] / viewer.zoom));
  const narrow = (factor) => () => (viewer.window.span = Math.min(510, Math.max(1, viewer.window.span * factor)));
  const action = {
    "+": () => zoomBy(viewer, 1.25),
    "=": () => zoomBy(viewer, 1.25),
    "-": () => zoomBy(viewer, 0.8),
    0: () => reset(viewer),
    i: () => (viewer.inverted = !viewer.inverted),
    h: () => (viewer.flipped = !viewer.flipped),
    m: () => (viewer.lens = !viewer.lens),
    f: () => viewer.maps.length && flicker(viewer),
    "[": narrow(0.9),
    "]": narrow(1 / 0.9),
    ArrowLeft: move(-0.05, 0),
    ArrowRight: move(0.05, 0),
    ArrowUp: move(0, -0.05),
    ArrowDown: move(0, 0.05),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  if (viewer.data.drawing && viewer.tool === "box" && event.key.startsWith("Arrow")) moveBox(viewer, event);
  else action();
  repaint(viewer);
}

// Move the drawn box by the arrow keys, or its lower right corner with Shift; a new one begins in the middle.
function moveBox(viewer, event) {
  const [x, y, width, height] = viewer.box ?? [0.4, 0.4, 0.2, 0.2];
  const [across, down] = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] }[
    event.key
  ];
  const corner = event.shiftKey ? [x, y] : [x + across, y + down];
  viewer.box = boxBetween(corner, [x + width + across, y + height + down]);
  clearTimeout(viewer.boxTimer);
  viewer.boxTimer = setTimeout(() => viewer.send("box", viewer.box), 300);
}
