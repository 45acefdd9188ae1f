// The strongest path to the answer: from the answered class backwards, of each stage the map or unit
// that contributes most to the one chosen after it.
//
// A unit of a linear layer: weight x activation, the largest. An input channel of a convolution: the
// sum over all places of |what its kernel makes of it|. Everything else keeps its place.

// For each of `stages` (as a network computed them) the index of a map or unit, or null.
function strongestPath(operators, tensors, stages, answer) {
  const described = new Map(operators.map((operator) => [operator.name, operator]));
  const path = stages.map(() => null);
  let index = answer;
  for (let place = stages.length - 1; place >= 0; place -= 1) {
    if (!Number.isFinite(index) || index < 0) return path;
    path[place] = index;
    if (place === 0) break;
    const operator = described.get(stages[place].name) ?? stages[place];
    index = before(operator, tensors, stages[place - 1], stages[place], index);
  }
  return path;
}

// The index in the stage before (-1: there is none) that counts most for `index` of this one.
function before(operator, tensors, input, output, index) {
  const weight = () => tensors.get(operator.weights.weight).data;
  const kind = operator.kind ?? output.kind;
  if (kind === "linear") return strongestInput(weight(), input.data, index);
  if (kind === "flatten") {
    const area = input.shape.length === 3 ? input.shape[1] * input.shape[2] : 1;
    return Math.floor(index / area);
  }
  if (kind === "conv") return strongestChannel(operator, weight(), input, output, index);
  return ["rows", "recurrent", "last-step"].includes(kind) ? -1 : index;
}

function strongestInput(weight, input, unit) {
  let [best, at] = [-Infinity, -1];
  for (let i = 0; i < input.length; i += 1) {
    const part = weight[unit * input.length + i] * input[i];
    if (part > best) [best, at] = [part, i];
  }
  return at;
}

// The input channels that output channel `map` of a convolution sees.
function channelsOf(operator, channels, map) {
  if (operator.table) return operator.table[map];
  const groups = operator.groups ?? 1;
  const each = channels / groups;
  const first = Math.floor(map / (operator.shape[0] / groups)) * each;
  return Array.from({ length: each }, (_, i) => first + i);
}

// Where the kernel for the `i`-th of these channels begins among the weights.
function kernelAt(operator, channels, map, i) {
  const area = operator.kernel[0] * operator.kernel[1];
  const seen = operator.table ? channels : channels / (operator.groups ?? 1);
  return (map * seen + (operator.table ? operator.table[map][i] : i)) * area;
}

function strongestChannel(operator, weight, input, output, map) {
  const channels = channelsOf(operator, input.shape[0], map);
  if (channels.length === 1) return channels[0];
  const strengths = channels.map((channel, i) =>
    response(operator, weight, kernelAt(operator, input.shape[0], map, i), input, channel, output),
  );
  return channels[argmax(strengths)];
}

// The sum over all places of |kernel x patch| for one input channel.
function response(operator, weight, kernel, input, channel, output) {
  const [high, wide] = operator.kernel;
  const [[down, right], [above, left]] = [operator.stride, operator.padding];
  const [spread, apart] = operator.dilation ?? [1, 1];
  const [, height, width] = input.shape;
  const [, rows, columns] = output.shape;
  const { data } = input;
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let i = 0; i < high; i += 1) {
        const y = row * down + i * spread - above;
        if (y < 0 || y >= height) continue;
        const source = (channel * height + y) * width;
        for (let j = 0; j < wide; j += 1) {
          const x = column * right + j * apart - left;
          if (x >= 0 && x < width) sum += weight[kernel + i * wide + j] * data[source + x];
        }
      }
      total += Math.abs(sum);
    }
  }
  return total;
}
