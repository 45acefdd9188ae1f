// A forward pass as one would write it first: one loop for each axis, nothing prepared. Only to
// compare with; batch norm, dropout and the like, which take no time, are left out.
(operators, tensors, stages) => {
  const size = (shape) => shape.reduce((product, length) => product * length, 1);
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const weightOf = (operator, name) => tensors.get(operator.weights[name])?.data;

  function conv(operator, input, [channels, height, width]) {
    const [weight, bias] = [weightOf(operator, "weight"), weightOf(operator, "bias")];
    const [maps, rows, columns] = operator.shape;
    const [high, wide] = operator.kernel;
    const [[down, right], [above, left]] = [operator.stride, operator.padding];
    const [each, made] = [channels / operator.groups, maps / operator.groups];
    const output = new Float32Array(maps * rows * columns);
    for (let o = 0; o < maps; o += 1)
      for (let y = 0; y < rows; y += 1)
        for (let x = 0; x < columns; x += 1) {
          let sum = bias ? bias[o] : 0;
          for (let c = 0; c < each; c += 1)
            for (let i = 0; i < high; i += 1)
              for (let j = 0; j < wide; j += 1) {
                const [row, column] = [y * down + i - above, x * right + j - left];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                const from = Math.floor(o / made) * each + c;
                sum += weight[((o * each + c) * high + i) * wide + j] *
                  input[(from * height + row) * width + column];
              }
          output[(o * rows + y) * columns + x] = sum;
        }
    return output;
  }

  function pool(operator, input, [channels, height, width]) {
    const [, rows, columns] = operator.shape;
    const output = new Float32Array(channels * rows * columns);
    for (let c = 0; c < channels; c += 1)
      for (let y = 0; y < rows; y += 1)
        for (let x = 0; x < columns; x += 1) {
          let best = -Infinity;
          for (let i = 0; i < 2; i += 1)
            for (let j = 0; j < 2; j += 1)
              best = Math.max(best, input[(c * height + 2 * y + i) * width + 2 * x + j]);
          output[(c * rows + y) * columns + x] = best;
        }
    return output;
  }

  function linear(operator, input) {
    const [weight, bias] = [weightOf(operator, "weight"), weightOf(operator, "bias")];
    const output = new Float32Array(size(operator.shape));
    for (let k = 0; k < output.length; k += 1) {
      let sum = bias[k];
      for (let j = 0; j < input.length; j += 1) sum += weight[k * input.length + j] * input[j];
      output[k] = sum;
    }
    return output;
  }

  function lstm(operator, input) {
    const named = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
    const [fromInput, fromHidden, first, second] = named.map((name) => weightOf(operator, name));
    const [rows, hidden] = operator.shape;
    const width = input.length / rows;
    let [h, c] = [new Float32Array(hidden), new Float32Array(hidden)];
    const output = new Float32Array(rows * hidden);
    for (let t = 0; t < rows; t += 1) {
      const sums = new Float32Array(4 * hidden);
      for (let g = 0; g < 4 * hidden; g += 1) {
        sums[g] = first[g] + second[g];
        for (let j = 0; j < width; j += 1) sums[g] += fromInput[g * width + j] * input[t * width + j];
        for (let j = 0; j < hidden; j += 1) sums[g] += fromHidden[g * hidden + j] * h[j];
      }
      h = Float32Array.from(h, (_, k) => {
        const gate = (n) => sums[n * hidden + k];
        c[k] = sigmoid(gate(1)) * c[k] + sigmoid(gate(0)) * Math.tanh(gate(2));
        return sigmoid(gate(3)) * Math.tanh(c[k]);
      });
      output.set(h, t * hidden);
    }
    return output;
  }

  const KINDS = { conv, pool, linear, recurrent: lstm, activation: (_, input) => input.map((x) => Math.max(0, x)) };
  let [data, shape] = [stages[0].data, stages[0].shape];
  for (const operator of operators.slice(1)) {
    if (operator.kind === "last-step") data = data.slice(-operator.shape[0]);
    else data = (KINDS[operator.kind] ?? ((_, input) => input))(operator, data, shape);
    shape = operator.shape;
  }
  return data;
}
