// Pictures of maps: one byte a cell and a palette, both from Python.

const BLANK = 255;

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

function paint(canvas, { height, width, levels }, palette) {
  Object.assign(canvas, { height, width });
  const pixels = new ImageData(width, height);
  bytes(levels).forEach((level, place) => {
    if (level !== BLANK) pixels.data.set([...palette[level], 255], 4 * place);
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}
