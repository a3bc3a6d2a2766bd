// Changes of a square film of greys 0..1, each from an array to a new one. The thirteen corruptions are those that
// MedMNIST-C (Di Salvo, Doerrich, Ledig, 2024) lists for PneumoniaMNIST, with its five severities.

const CORRUPTIONS = {
  pixelate: { title: "Pixelate", levels: [0.8, 0.7, 0.6, 0.5, 0.4], run: pixelate },
  jpeg: { title: "JPEG compression", levels: [50, 30, 15, 10, 7], run: compress },
  gaussian: { title: "Gaussian noise", levels: [0.04, 0.05, 0.06, 0.07, 0.08], run: noisy(addNormal) },
  speckle: { title: "Speckle noise", levels: [0.05, 0.07, 0.1, 0.15, 0.2], run: noisy(addSpeckle) },
  impulse: { title: "Impulse noise", levels: [0.005, 0.01, 0.013, 0.017, 0.02], run: noisy(impulse) },
  shot: { title: "Shot noise", levels: [300, 200, 150, 100, 80], run: noisy(addShot) },
  gaussianBlur: { title: "Gaussian blur", levels: [3, 5, 7, 9, 11], run: blurByKernel },
  brighter: { title: "Brightness up", levels: [1.1, 1.2, 1.3, 1.4, 1.5], run: pointwise(multiply) },
  darker: { title: "Brightness down", levels: [0.9, 0.8, 0.7, 0.6, 0.5], run: pointwise(multiply) },
  harder: { title: "Contrast up", levels: [1.1, 1.2, 1.3, 1.4, 1.6], run: contrast },
  softer: { title: "Contrast down", levels: [0.9, 0.8, 0.7, 0.6, 0.4], run: contrast },
  gammaUp: { title: "Gamma up", levels: [1.1, 1.2, 1.3, 1.4, 1.6], run: pointwise(power) },
  gammaDown: { title: "Gamma down", levels: [0.9, 0.8, 0.7, 0.6, 0.4], run: pointwise(power) },
};

const clip = (value) => Math.min(1, Math.max(0, value));
const meanOf = (film) => film.reduce((sum, value) => sum + value, 0) / film.length;

function pointwise(change) {
  return (film, side, level) => film.map((grey) => clip(change(grey, level)));
}

function contrast(film, side, level) {
  const mean = meanOf(film);
  return film.map((grey) => clip(mean + level * (grey - mean)));
}

// Noise that is the same each time, so that nothing flickers while another control moves.
function noisy(change) {
  return (film, side, level) => {
    const uniform = randomNumbers(7);
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()); // Box-Muller
    return film.map((grey) => clip(change(grey, level, normal, uniform)));
  };
}

function addNormal(grey, level, normal) {
  return grey + level * normal();
}

function addSpeckle(grey, level, normal) {
  return grey + grey * level * normal();
}

// Counted photons, `level` of them in white; their Poisson spread is drawn from a normal distribution.
function addShot(grey, level, normal) {
  return grey + Math.sqrt(Math.max(0, grey) / level) * normal();
}

function multiply(grey, level) {
  return grey * level;
}

function power(grey, level) {
  return Math.max(0, grey) ** level;
}

function impulse(grey, level, normal, uniform) {
  const draw = uniform();
  return draw < level / 2 ? 0 : draw < level ? 1 : grey;
}

// mulberry32: numbers in 0..1 from a seed.
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// A kernel of so many pixels, with the standard deviation that torchvision takes for it.
function blurByKernel(film, side, size) {
  return blur(film, side, 0.3 * ((size - 1) / 2 - 1) + 0.8, (size - 1) / 2);
}

function blur(film, side, sigma, reach = Math.ceil(3 * sigma)) {
  const bell = (offset) => Math.exp(-(offset ** 2) / (2 * sigma ** 2));
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, index) => bell(index - reach));
  const total = kernel.reduce((sum, value) => sum + value, 0);
  return alongBoth(film, side, (line, index) => {
    let sum = 0;
    for (let offset = -reach; offset <= reach; offset++) {
      const at = Math.abs(index + offset), mirrored = at < side ? at : 2 * side - 2 - at;
      sum += kernel[offset + reach] * line[mirrored];
    }
    return sum / total;
  });
}

// Apply a filter of one line along all rows, then along all columns.
function alongBoth(film, side, filter) {
  let values = film;
  for (let pass = 0; pass < 2; pass++) {
    const turned = new Float64Array(side * side);
    for (let row = 0; row < side; row++) {
      const line = values.subarray(row * side, (row + 1) * side);
      for (let column = 0; column < side; column++) turned[column * side + row] = filter(line, column);
    }
    values = turned;
  }
  return values;
}

function pixelate(film, side, level) {
  const cells = Math.floor(side * level);
  const sums = new Float64Array(cells * cells), counts = new Float64Array(cells * cells);
  const cellOf = (row, column) => Math.floor((row * cells) / side) * cells + Math.floor((column * cells) / side);
  for (let index = 0; index < film.length; index++) {
    const cell = cellOf(Math.floor(index / side), index % side);
    sums[cell] += film[index];
    counts[cell] += 1;
  }
  return film.map((_, index) => {
    const cell = cellOf(Math.floor(index / side), index % side);
    return sums[cell] / counts[cell];
  });
}

// The luminance table of the JPEG standard, annex K.
const QUANTA = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const COSINES = Array.from({ length: 64 }, (_, index) => {
  const frequency = index >> 3, place = index & 7;
  return (frequency ? 0.5 : Math.SQRT1_2 / 2) * Math.cos(((2 * place + 1) * frequency * Math.PI) / 16);
});

// What JPEG loses: the cosine transform of each 8 x 8 block, rounded to multiples of a quantum, and back.
function compress(film, side, quality) {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const quanta = QUANTA.map((value) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))));
  const result = Float64Array.from(film), block = new Float64Array(64), other = new Float64Array(64);
  const transform = (source, target, forward) => {
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 8; column++) {
        let sum = 0;
        for (let k = 0; k < 8; k++) sum += source[row * 8 + k] * COSINES[forward ? column * 8 + k : k * 8 + column];
        target[column * 8 + row] = sum; // turned, so that twice does both directions
      }
  };
  for (let top = 0; top + 8 <= side; top += 8)
    for (let left = 0; left + 8 <= side; left += 8) {
      for (let index = 0; index < 64; index++)
        block[index] = 255 * film[(top + (index >> 3)) * side + left + (index & 7)] - 128;
      transform(block, other, true);
      transform(other, block, true);
      for (let index = 0; index < 64; index++) block[index] = Math.round(block[index] / quanta[index]) * quanta[index];
      transform(block, other, false);
      transform(other, block, false);
      for (let index = 0; index < 64; index++)
        result[(top + (index >> 3)) * side + left + (index & 7)] = clip((block[index] + 128) / 255);
    }
  return result;
}

// Show the greys from centre - width / 2 to centre + width / 2 from black to white, as a reading station does.
function applyWindow(film, centre, width) {
  return film.map((grey) => clip((grey - centre) / width + 0.5));
}

// Turn by degrees clockwise and cut `crop` (share of the side) off each side; beyond the film is black.
function turnAndCrop(film, side, degrees, crop) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const middle = (side - 1) / 2, zoom = 1 - 2 * crop;
  return film.map((_, index) => {
    const x = ((index % side) - middle) * zoom, y = (Math.floor(index / side) - middle) * zoom;
    return sample(film, side, middle + cos * x + sin * y, middle - sin * x + cos * y);
  });
}

// The grey between pixels, bilinear.
function sample(film, side, x, y) {
  const left = Math.floor(x), top = Math.floor(y), right = x - left, down = y - top;
  const at = (row, column) => (row < 0 || column < 0 || row >= side || column >= side ? 0 : film[row * side + column]);
  const above = at(top, left) * (1 - right) + (right && at(top, left + 1) * right);
  const below = down && at(top + 1, left) * (1 - right) + (right && at(top + 1, left + 1) * right);
  return above * (1 - down) + below * down;
}

// Fill where `mask` is set with the film's mean grey.
function fillMean(film, mask) {
  const mean = meanOf(film);
  return film.map((grey, index) => (mask[index] ? mean : grey));
}

// Resize a square film: bilinear with a triangle as wide as the step, PyTorch's interpolate(antialias=True).
function resample(film, side, size) {
  const scale = side / size, support = Math.max(1, scale);
  const taps = Array.from({ length: size }, (_, index) => {
    const centre = scale * (index + 0.5);
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(side, Math.floor(centre + support + 0.5));
    const triangle = (tap) => Math.max(0, 1 - Math.abs((tap + first - centre + 0.5) / support));
    const weights = Array.from({ length: end - first }, (_, tap) => triangle(tap));
    const total = weights.reduce((sum, value) => sum + value, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
  const across = new Float64Array(side * size), result = new Float64Array(size * size);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < size; column++)
      across[row * size + column] = weigh(taps[column], film, row * side, 1);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) result[row * size + column] = weigh(taps[row], across, column, size);
  return result;
}

// Return the weighted sum of values that begin at `start` and are `stride` apart.
function weigh({ first, weights }, values, start, stride) {
  let sum = 0;
  for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * values[start + (first + tap) * stride];
  return sum;
}
