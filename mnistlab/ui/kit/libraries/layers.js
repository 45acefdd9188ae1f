// needs: arithmetic
// The layers that a network can have, but for the recurrent ones: from an operator (see
// `mnistlab/models/operators.py`), its weights and the shape of its input, a function from the
// numbers of the input to those of the output. It writes them into the same array each time.
// C channels, H rows, W columns.
const Layers = (() => {
  const { multiply, compiled, product } = Arithmetic;

  // -- convolutions -------------------------------------------------------------------------------

  // For each row of the output: the patches that its numbers see, side by side, times the kernels.
  function conv(operator, { weight, bias }, [channels, height, width]) {
    const [maps, rows, columns] = operator.shape;
    const { groups, table } = operator;
    const [high, wide] = operator.kernel;
    const kernels = table ? masked(weight, table, high * wide) : weight;
    const [seen, made] = [channels / groups, maps / groups];
    const size = seen * high * wide;
    const patches = new Float32Array(columns * size);
    const output = new Float32Array(maps * rows * columns);
    return (input) => {
      for (let group = 0; group < groups; group += 1) {
        const first = group * made;
        for (let row = 0; row < rows; row += 1) {
          cut(input, group * seen, seen, height, width, operator, row, columns, patches);
          const place = (first * rows + row) * columns;
          multiply(
            { data: kernels, first: first * size, count: made },
            { data: patches, first: 0, count: columns },
            size,
            bias && { data: bias, first },
            { data: output, first: place, down: rows * columns, across: 1 }
          );
        }
      }
      return output;
    };
  }

  // `patches` (columns, seen * high * wide) of one row of the output; outside the input is zero.
  function cut(input, channel, seen, height, width, operator, row, columns, patches) {
    const [[high, wide], [down, right]] = [operator.kernel, operator.stride];
    const [[above, left], [spread, apart]] = [operator.padding, operator.dilation];
    const size = seen * high * wide;
    for (let c = 0; c < seen; c += 1) {
      for (let i = 0; i < high; i += 1) {
        const from = row * down + i * spread - above;
        const source = ((channel + c) * height + from) * width;
        const inside = from >= 0 && from < height;
        for (let j = 0; j < wide; j += 1) {
          let place = (c * high + i) * wide + j;
          let column = j * apart - left;
          for (let x = 0; x < columns; x += 1) {
            patches[place] = inside && column >= 0 && column < width ? input[source + column] : 0;
            place += size;
            column += right;
          }
        }
      }
    }
  }

  // A copy of the kernels (maps, channels, area); those that `table` leaves out are zero.
  function masked(weight, table, area) {
    const channels = weight.length / (table.length * area);
    return weight.map((value, i) => {
      const channel = Math.floor(i / area) % channels;
      return value * table[Math.floor(i / (area * channels))].includes(channel);
    });
  }

  // -- poolings -----------------------------------------------------------------------------------

  // `window` are the numbers of a window; those of the padding are left out.
  function pool(operator, weights, [channels, height, width]) {
    const [, rows, columns] = operator.shape;
    const [[high, wide], [down, right]] = [operator.kernel, operator.stride];
    const [above, left] = operator.padding;
    const result = compiled(`return ${operator.expression};`, "window", "size");
    const output = new Float32Array(channels * rows * columns);
    const size = high * wide;
    const window = Array.from({ length: size }, () => 0.5); // of fractions from the start: faster
    return (input) => {
      let place = 0;
      for (let c = 0; c < channels; c += 1) {
        for (let row = -above, i = 0; i < rows; i += 1, row += down) {
          const top = Math.max(0, row);
          const end = Math.min(height, row + high);
          for (let column = -left, j = 0; j < columns; j += 1, column += right) {
            const start = Math.max(0, column);
            const stop = Math.min(width, column + wide);
            let count = 0;
            for (let y = top; y < end; y += 1) {
              const source = (c * height + y) * width;
              for (let x = start; x < stop; x += 1) window[count++] = input[source + x];
            }
            if (window.length !== count) window.length = count;
            output[place++] = result(window, size);
          }
        }
      }
      return output;
    };
  }

  // LeNet-5's: the sum of each window, times a weight, plus a bias, for each channel.
  function subsample(operator, { weight, bias }, shape) {
    const expression = "window.reduce((sum, x) => sum + x, 0)";
    const sums = pool({ ...operator, expression }, {}, shape);
    const area = operator.shape[1] * operator.shape[2];
    return (input) => {
      const output = sums(input);
      for (let i = 0; i < output.length; i += 1) {
        const channel = Math.floor(i / area);
        output[i] = output[i] * weight[channel] + bias[channel];
      }
      return output;
    };
  }

  // -- number by number ---------------------------------------------------------------------------

  function expression(operator) {
    const output = new Float32Array(product(operator.shape));
    const each = `to[i] = ${operator.expression};`;
    const loop = compiled(
      `for (let i = 0; i < from.length; i += 1) { const x = from[i]; ${each} }`, "from", "to"
    );
    return (input) => {
      loop(input, output);
      return output;
    };
  }

  function norm(operator, weights, [channels, ...rest]) {
    const area = product(rest);
    const output = new Float32Array(channels * area);
    const { weight, bias, running_mean: mean, running_var: variance } = weights;
    return (input) => {
      for (let channel = 0, i = 0; channel < channels; channel += 1) {
        const scale = (weight ? weight[channel] : 1) / Math.sqrt(variance[channel] + operator.eps);
        const [middle, shift] = [mean[channel], bias ? bias[channel] : 0];
        for (const end = i + area; i < end; i += 1) output[i] = (input[i] - middle) * scale + shift;
      }
      return output;
    };
  }

  function identity() {
    return (input) => input;
  }

  // -- units --------------------------------------------------------------------------------------

  function linear(operator, { weight, bias }, shape) {
    const [inputs, units] = [shape.at(-1), operator.shape.at(-1)];
    const count = product(shape) / inputs;
    const output = new Float32Array(count * units);
    return (input) => {
      multiply(
        { data: weight, first: 0, count: units },
        { data: input, first: 0, count },
        inputs,
        bias && { data: bias, first: 0 },
        { data: output, first: 0, down: 1, across: units }
      );
      return output;
    };
  }

  function softmax(operator) {
    const output = new Float32Array(product(operator.shape));
    return (input) => {
      const largest = Math.max(...input);
      let sum = 0;
      for (const x of input) sum += Math.exp(x - largest);
      for (let i = 0; i < input.length; i += 1) output[i] = Math.exp(input[i] - largest) / sum;
      return output;
    };
  }

  return { conv, pool, subsample, expression, norm, identity, linear, softmax };
})();
