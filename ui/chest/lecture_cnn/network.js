// The Lecture CNN in plain JavaScript: CONV -> ReLU -> POOL five times, flatten, one fully connected layer.
// Its input is a film of 128 x 128 pixels, its output two logits: NORMAL, PNEUMONIA. The numbers are PyTorch's.

const BLOCKS = [1, 2, 3, 4, 5], NETWORK_SIDE = 128, LAST_SIDE = 4;

// Return the tensors of a .safetensors file by name: a length of 8 bytes, a header in JSON, then float32 numbers.
function readTensors(file) {
  const length = Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
  const tensors = {};
  for (const [name, { data_offsets: ends, shape }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const values = new Float32Array(file.slice(8 + length + ends[0], 8 + length + ends[1]));
    tensors[name] = { values: Float64Array.from(values), shape };
  }
  return tensors;
}

// Return the network's answer to a film, Float64Array(128 * 128) of any brightness.
function classify(tensors, film, temperature) {
  let maps = withBorder(standardise(film), NETWORK_SIDE), side = NETWORK_SIDE;
  for (const block of BLOCKS) {
    maps = convReluPool(maps, side, tensors[`conv${block}.weight`], tensors[`conv${block}.bias`].values);
    side /= 2;
  }
  const { values: weight } = tensors["fc.weight"], { values: bias } = tensors["fc.bias"];
  const depth = weight.length / 2 / side ** 2, logits = [bias[0], bias[1]];
  const contributions = new Float64Array(side * side); // of each of the last cells to PNEUMONIA minus NORMAL
  for (let channel = 0, index = 0; channel < depth; channel++)
    for (let cell = 0; cell < side * side; cell++, index++) {
      const row = 1 + Math.floor(cell / side), column = 1 + (cell % side);
      const value = maps[(channel * (side + 2) + row) * (side + 2) + column];
      logits[0] += weight[index] * value;
      logits[1] += weight[weight.length / 2 + index] * value;
      contributions[cell] += (weight[weight.length / 2 + index] - weight[index]) * value;
    }
  const margin = logits[1] - logits[0];
  return { logits, contributions, bias: bias[1] - bias[0], probability: 1 / (1 + Math.exp(-margin / temperature)) };
}

// Subtract the film's mean and divide by its standard deviation, as cnn.imaging.preprocess does.
function standardise(film) {
  const mean = film.reduce((sum, value) => sum + value, 0) / film.length;
  const spread = Math.sqrt(film.reduce((sum, value) => sum + (value - mean) ** 2, 0) / film.length);
  return film.map((value) => (value - mean) / Math.max(spread, 1e-3));
}

// Surround one channel with a border of zeros: padding 1.
function withBorder(values, side) {
  const padded = new Float64Array((side + 2) ** 2);
  for (let row = 0; row < side; row++)
    padded.set(values.subarray(row * side, (row + 1) * side), (row + 1) * (side + 2) + 1);
  return padded;
}

// A convolution of 3 x 3 with padding 1, ReLU, and max pooling of 2 x 2 with stride 2.
// `maps` are the channels with their borders one after the other, and so is what is returned.
function convReluPool(maps, side, { values: weight, shape: [filters, depth] }, bias) {
  const wide = side + 2, half = side / 2, pooled = new Float64Array(filters * (half + 2) ** 2);
  const sums = new Float64Array(side * side);
  for (let filter = 0; filter < filters; filter++) {
    sums.fill(bias[filter]);
    for (let channel = 0; channel < depth; channel++) {
      const at = (filter * depth + channel) * 9;
      addProducts(sums, maps, channel * wide * wide, side, weight, at);
    }
    for (let row = 0; row < half; row++)
      for (let column = 0; column < half; column++) {
        const first = 2 * row * side + 2 * column, below = first + side;
        const largest = Math.max(sums[first], sums[first + 1], sums[below], sums[below + 1]);
        pooled[(filter * (half + 2) + row + 1) * (half + 2) + column + 1] = Math.max(0, largest); // ReLU
      }
  }
  return pooled;
}

// Add to each sum the products of one channel's window with nine weights; four windows of a row share what they read.
function addProducts(sums, maps, start, side, weight, at) {
  const wide = side + 2;
  const w0 = weight[at], w1 = weight[at + 1], w2 = weight[at + 2], w3 = weight[at + 3], w4 = weight[at + 4];
  const w5 = weight[at + 5], w6 = weight[at + 6], w7 = weight[at + 7], w8 = weight[at + 8];
  for (let row = 0, sum = 0; row < side; row++)
    for (let column = 0, i = start + row * wide; column < side; column += 4, sum += 4, i += 4) {
      const j = i + wide, k = j + wide;
      const a0 = maps[i], a1 = maps[i + 1], a2 = maps[i + 2], a3 = maps[i + 3], a4 = maps[i + 4], a5 = maps[i + 5];
      const b0 = maps[j], b1 = maps[j + 1], b2 = maps[j + 2], b3 = maps[j + 3], b4 = maps[j + 4], b5 = maps[j + 5];
      const c0 = maps[k], c1 = maps[k + 1], c2 = maps[k + 2], c3 = maps[k + 3], c4 = maps[k + 4], c5 = maps[k + 5];
      sums[sum] += w0 * a0 + w1 * a1 + w2 * a2 + (w3 * b0 + w4 * b1 + w5 * b2) + (w6 * c0 + w7 * c1 + w8 * c2);
      sums[sum + 1] += w0 * a1 + w1 * a2 + w2 * a3 + (w3 * b1 + w4 * b2 + w5 * b3) + (w6 * c1 + w7 * c2 + w8 * c3);
      sums[sum + 2] += w0 * a2 + w1 * a3 + w2 * a4 + (w3 * b2 + w4 * b3 + w5 * b4) + (w6 * c2 + w7 * c3 + w8 * c4);
      sums[sum + 3] += w0 * a3 + w1 * a4 + w2 * a5 + (w3 * b3 + w4 * b4 + w5 * b5) + (w6 * c3 + w7 * c4 + w8 * c5);
    }
}
