// Paint a film, and a map over it, as pictures of the film's own size.

const LEVELS = 127;

// Return an ImageData of greys through a window, 0..255, inverted or not.
function paintFilm(greys, [width, height], { centre, span, inverted }) {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, grey) => {
    const value = 255 * ((grey - centre) / span + 0.5);
    return inverted ? 255 - value : value;
  });
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let index = 0; index < greys.length; index++) pixels[index] = 0xff000000 | (table[greys[index]] * 0x010101);
  return image;
}

// Return the map, Float32Array (side * side) in -1..1, bilinearly enlarged to the film's size.
function enlarge(values, side, [width, height]) {
  const result = new Float32Array(width * height);
  const place = (index, size) => Math.min(side - 1, Math.max(0, ((index + 0.5) * side) / size - 0.5));
  for (let row = 0; row < height; row++) {
    const y = place(row, height),
      top = Math.floor(y),
      bottom = Math.min(side - 1, top + 1),
      down = y - top;
    for (let column = 0; column < width; column++) {
      const x = place(column, width),
        left = Math.floor(x),
        right = Math.min(side - 1, left + 1),
        across = x - left;
      const above = values[top * side + left] * (1 - across) + values[top * side + right] * across;
      const below = values[bottom * side + left] * (1 - across) + values[bottom * side + right] * across;
      result[row * width + column] = above * (1 - down) + below * down;
    }
  }
  return result;
}

// Return the colour of a map's value, [red, green, blue].
function colourOf(value, { signed, colours }, palette) {
  const size = Math.abs(value);
  if (colours === "grey") return [255, 255, 255];
  if (colours === "heat" || !signed)
    return [255 * Math.min(1, 2 * size), 255 * Math.max(0, 2 * size - 0.6), 60 * (1 - size)];
  return value > 0 ? palette.positive : palette.negative;
}

// Lay a map over the picture of a film: the opacity of a pixel is proportional to the size of the map's value.
function blend(image, values, look, palette) {
  const { data } = image;
  for (let index = 0; index < values.length; index++) {
    const value = values[index],
      size = Math.abs(value),
      at = 4 * index;
    if (size < look.threshold) continue;
    const colour = colourOf(value, look, palette),
      alpha = look.opacity * size;
    for (let channel = 0; channel < 3; channel++)
      data[at + channel] = (1 - alpha) * data[at + channel] + alpha * colour[channel];
  }
  return image;
}
