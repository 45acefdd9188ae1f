// The forward pass of a network in evaluation mode, from the weights of a run.
//
// `mnistlab/models/operators.py` describes the network: a list of operators, each with its name, its
// output's shape and the names of its weights. Tests compare every stage with torch.
// C channels, H rows, W columns, T time steps, K units.
const Network = (() => {
  // -- products -----------------------------------------------------------------------------------

  // out[start + i * down + j * right] = bias[i] + the sum over k of a[i, k] * b[j, k]; the rows of a
  // (m) and of b (n) have `size` numbers and begin at `first` and `begin`.
  function multiply(a, first, m, b, begin, n, size, bias, biased, out, start, down, right) {
    const blocks = m - (m % 4);
    for (let j = 0; j < n; j += 1) {
      const other = begin + j * size;
      for (let i = 0; i < blocks; i += 4) {
        const row0 = first + i * size;
        const [row1, row2, row3] = [row0 + size, row0 + 2 * size, row0 + 3 * size];
        let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
        for (let k = 0; k < size; k += 1) {
          const x = b[other + k];
          sum0 += a[row0 + k] * x;
          sum1 += a[row1 + k] * x;
          sum2 += a[row2 + k] * x;
          sum3 += a[row3 + k] * x;
        }
        const place = start + i * down + j * right;
        out[place] = sum0 + (bias ? bias[biased + i] : 0);
        out[place + down] = sum1 + (bias ? bias[biased + i + 1] : 0);
        out[place + 2 * down] = sum2 + (bias ? bias[biased + i + 2] : 0);
        out[place + 3 * down] = sum3 + (bias ? bias[biased + i + 3] : 0);
      }
      for (let i = blocks; i < m; i += 1) {
        const row = first + i * size;
        let sum = bias ? bias[biased + i] : 0;
        for (let k = 0; k < size; k += 1) sum += a[row + k] * b[other + k];
        out[start + i * down + j * right] = sum;
      }
    }
  }

  // -- convolutions -------------------------------------------------------------------------------

  // For each row of the output: the patches that its numbers see, one after another, times the kernels.
  function conv(operator, { weight, bias }, [channels, height, width]) {
    const [maps, rows, columns] = operator.shape;
    const { groups, table } = operator;
    const [high, wide] = operator.kernel;
    const kernels = table ? masked(weight, table, high * wide) : weight;
    const [seen, made, size] = [channels / groups, maps / groups, (channels / groups) * high * wide];
    const patches = new Float32Array(columns * size);
    const output = new Float32Array(maps * rows * columns);
    return (input) => {
      for (let group = 0; group < groups; group += 1) {
        const first = group * made;
        for (let row = 0; row < rows; row += 1) {
          cut(input, group * seen, seen, height, width, operator, row, columns, patches);
          const place = (first * rows + row) * columns;
          multiply(kernels, first * size, made, patches, 0, columns, size, bias, first, output,
            place, rows * columns, 1);
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
    const [window, size] = [[], high * wide];
    return (input) => {
      let place = 0;
      for (let c = 0; c < channels; c += 1) {
        for (let row = -above, i = 0; i < rows; i += 1, row += down) {
          for (let column = -left, j = 0; j < columns; j += 1, column += right) {
            const [top, end] = [Math.max(0, row), Math.min(height, row + high)];
            const [start, stop] = [Math.max(0, column), Math.min(width, column + wide)];
            let count = 0;
            for (let y = top; y < end; y += 1) {
              const source = (c * height + y) * width;
              for (let x = start; x < stop; x += 1) window[count++] = input[source + x];
            }
            window.length = count;
            output[place++] = result(window, size);
          }
        }
      }
      return output;
    };
  }

  // LeNet-5's: the sum of each window, times a weight, plus a bias, for each channel.
  function subsample(operator, { weight, bias }, shape) {
    const sums = pool({ ...operator, expression: "window.reduce((sum, x) => sum + x, 0)" }, {}, shape);
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
      multiply(weight, 0, units, input, 0, count, inputs, bias, 0, output, 0, 1, units);
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

  // -- recurrent layers ---------------------------------------------------------------------------

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  // One step of n units, whose numbers are written to `trace` from `place` on; those of the step
  // before begin at `before` (-1: there was none). `a` from `at` on is what the input contributes,
  // `b` what the hidden state before does.
  const CELLS = {
    lstm: {
      gates: ["input", "forget", "cell", "output"],
      step({ hidden, cell, gates }, n, a, at, b, place, before) {
        for (let k = 0; k < n; k += 1) {
          const input = sigmoid(a[at + k] + b[k]);
          const forget = sigmoid(a[at + n + k] + b[n + k]);
          const candidate = Math.tanh(a[at + 2 * n + k] + b[2 * n + k]);
          const output = sigmoid(a[at + 3 * n + k] + b[3 * n + k]);
          const kept = before < 0 ? 0 : forget * cell[before + k];
          cell[place + k] = kept + input * candidate;
          hidden[place + k] = output * Math.tanh(cell[place + k]);
          gates.input[place + k] = input;
          gates.forget[place + k] = forget;
          gates.cell[place + k] = candidate;
          gates.output[place + k] = output;
        }
      },
    },
    gru: {
      gates: ["reset", "update", "new"],
      step({ hidden, gates }, n, a, at, b, place, before) {
        for (let k = 0; k < n; k += 1) {
          const reset = sigmoid(a[at + k] + b[k]);
          const update = sigmoid(a[at + n + k] + b[n + k]);
          const candidate = Math.tanh(a[at + 2 * n + k] + reset * b[2 * n + k]);
          const kept = before < 0 ? 0 : update * hidden[before + k];
          hidden[place + k] = (1 - update) * candidate + kept;
          gates.reset[place + k] = reset;
          gates.update[place + k] = update;
          gates.new[place + k] = candidate;
        }
      },
    },
    rnn: {
      gates: [],
      step({ hidden }, n, a, at, b, place) {
        for (let k = 0; k < n; k += 1) hidden[place + k] = Math.tanh(a[at + k] + b[k]);
      },
    },
  };

  // Reads a sequence (T, W) in all layers and directions. Its buffers are for `rows` steps, but it
  // can also be given fewer.
  class Recurrent {
    constructor({ cell, hidden, layers, bidirectional }, weights, [rows, width]) {
      const { gates, step } = CELLS[cell];
      const directions = bidirectional ? ["forward", "backward"] : ["forward"];
      const numbers = () => new Float32Array(rows * hidden);
      Object.assign(this, { step, rows, width, hidden, directions });
      this.layers = [];
      this.readers = [];
      for (let layer = 0; layer < layers; layer += 1) {
        for (const direction of directions) {
          const suffix = `l${layer}${direction === "backward" ? "_reverse" : ""}`;
          const named = Object.fromEntries(gates.map((name) => [name, numbers()]));
          const trace = { layer, direction, gates: named, hidden: numbers() };
          if (cell === "lstm") trace.cell = numbers();
          const [inputs, states] = [weights[`weight_ih_${suffix}`], weights[`weight_hh_${suffix}`]];
          const biases = [weights[`bias_ih_${suffix}`], weights[`bias_hh_${suffix}`]];
          this.layers.push(trace);
          this.readers.push({ trace, inputs, states, biases });
        }
      }
      const sums = this.readers[0].states.length / hidden; // gates * hidden
      this.fromInput = new Float32Array(rows * sums);
      this.fromHidden = new Float32Array(sums);
      this.nothing = new Float32Array(hidden);
      this.outputs = Array.from(
        { length: layers }, () => new Float32Array(rows * hidden * directions.length)
      );
    }

    // The output of the last layer, (T, K * directions), for a sequence of `rows` steps.
    read(sequence, rows = this.rows) {
      const [hidden, count] = [this.hidden, this.directions.length];
      let [input, width] = [sequence, this.width];
      this.outputs.forEach((output, layer) => {
        for (let d = 0; d < count; d += 1) {
          const reader = this.readers[layer * count + d];
          this.direction(reader, input, width, rows);
          for (let t = 0; t < rows; t += 1) {
            const states = reader.trace.hidden.subarray(t * hidden, (t + 1) * hidden);
            output.set(states, (t * count + d) * hidden);
          }
        }
        [input, width] = [output, count * hidden];
      });
      return input;
    }

    direction({ trace, inputs, states, biases }, sequence, width, rows) {
      const { hidden: n, fromInput, fromHidden } = this;
      const sums = fromHidden.length;
      multiply(inputs, 0, sums, sequence, 0, rows, width, biases[0], 0, fromInput, 0, 1, sums);
      let before = -1;
      for (let i = 0; i < rows; i += 1) {
        const t = trace.direction === "backward" ? rows - 1 - i : i;
        const [state, start] = before < 0 ? [this.nothing, 0] : [trace.hidden, before];
        multiply(states, 0, sums, state, start, 1, n, biases[1], 0, fromHidden, 0, 1, 1);
        this.step(trace, n, fromInput, t * sums, fromHidden, t * n, before);
        before = t * n;
      }
    }
  }

  function recurrent(operator, weights, shape) {
    const cell = new Recurrent(operator, weights, shape);
    return Object.assign((input) => cell.read(input), { layers: cell.layers });
  }

  function lastStep(operator, weights, [rows]) {
    const output = new Float32Array(operator.shape[0]);
    return (input) => lastOf(input, rows, operator, output);
  }

  // What each direction knows when it has read all of `rows` steps.
  function lastOf(sequence, rows, { bidirectional }, output) {
    const width = output.length;
    const forward = bidirectional ? width / 2 : width;
    const last = (rows - 1) * width;
    for (let k = 0; k < width; k += 1) output[k] = sequence[k < forward ? last + k : k];
    return output;
  }

  // -- expressions --------------------------------------------------------------------------------

  // The integral of the normal distribution: its series, whose terms all have the sign of x
  // (Abramowitz and Stegun, 7.1.6).
  function erf(x) {
    if (Math.abs(x) > 6) return Math.sign(x);
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-12 * Math.abs(sum); n += 1) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  // Expressions come from the tables in `mnistlab/choices/network.py`, never from a reader.
  function compiled(body, ...names) {
    return new Function("erf", `return (${names.join(", ")}) => { ${body} };`)(erf);
  }

  // -- the network --------------------------------------------------------------------------------

  const OPERATORS = {
    conv,
    pool,
    subsample,
    expression,
    norm,
    identity,
    linear,
    recurrent,
    "last-step": lastStep,
    softmax,
  };

  const product = (sizes) => sizes.reduce((total, size) => total * size, 1);

  // What each of 256 grey values is for the network, in the precision of the training.
  function greys({ mean, std }) {
    const [middle, deviation] = [Math.fround(mean), Math.fround(std)];
    return Float32Array.from({ length: 256 }, (nothing, grey) =>
      Math.fround(Math.fround(grey / 255) - middle) / deviation
    );
  }

  // The weights of one operator, by their names in the layer.
  function weightsOf({ weights = {}, sizes }, tensors) {
    const found = Object.entries(weights).map(([name, stored]) => {
      const [tensor, size] = [tensors.get(stored), sizes[name].join("×")];
      if (!tensor) throw new Error(`These weights are not of this network: ${stored} is missing.`);
      if (tensor.shape.join("×") !== size) {
        const shape = tensor.shape.join("×") || "one number";
        throw new Error(
          `These weights are not of this network: ${stored} is ${shape} there, and ${size} here.`
        );
      }
      return [name, tensor.data];
    });
    return Object.fromEntries(found);
  }

  // One network with one set of weights. Its buffers are made once: `run` and `afterEachRow` write
  // into the same arrays each time, so copy what is to last.
  return class Network {
    // `operators` as `mnistlab/models/operators.py` describes them, `tensors` as `readSafetensors`
    // reads them. Throws an Error with a sentence where the weights do not fit.
    constructor(operators, tensors) {
      const ending = { name: "softmax", kind: "softmax", op: "softmax", shape: operators.at(-1).shape };
      this.greys = greys(operators[0]);
      this.operators = [...operators, ending];
      this.weights = this.operators.map((operator) => weightsOf(operator, tensors));
      this.input = new Float32Array(product(operators[0].shape));
      this.computed = this.from(1);
    }

    // The operators from number `first` on, with buffers of their own.
    from(first) {
      return this.operators.slice(first).map((operator, i) => {
        if (!OPERATORS[operator.op]) throw new Error(`There is no operator "${operator.op}" here.`);
        const before = this.operators[first + i - 1].shape;
        return OPERATORS[operator.op](operator, this.weights[first + i], before);
      });
    }

    // Every stage for a picture of 28×28 bytes, 0 black to 255 white: from "input" to "softmax",
    // each {name, kind, shape, data}; a recurrent one also has `layers`, in each direction.
    run(pixels) {
      let data = this.input;
      for (let i = 0; i < data.length; i += 1) data[i] = this.greys[pixels[i]];
      return this.operators.map(({ name, kind, shape }, i) => {
        if (i === 0) return { name, kind, shape, data };
        const compute = this.computed[i - 1];
        data = compute(data);
        return { name, kind, shape, data, ...(compute.layers && { layers: compute.layers }) };
      });
    }

    // For a network that reads row by row: the ten probabilities if the picture of `stages` ended
    // after each row, (T, 10); null for any other.
    afterEachRow(stages) {
      const at = this.operators.findIndex(({ op }) => op === "recurrent");
      if (at < 0 || this.operators[at + 1].op !== "last-step") return null;
      const [recurrent, last, before] = [this.operators[at], this.operators[at + 1], stages[at - 1]];
      this.rows ??= {
        cell: new Recurrent(recurrent, this.weights[at], before.shape),
        state: new Float32Array(last.shape[0]),
        head: this.from(at + 2),
        probabilities: new Float32Array(before.shape[0] * 10),
      };
      const { cell, state, head, probabilities } = this.rows;
      for (let rows = 1; rows <= before.shape[0]; rows += 1) {
        // what a direction from below knows of a row depends on where the picture ends
        const read = last.bidirectional ? cell.read(before.data, rows) : stages[at].data;
        let data = lastOf(read, rows, last, state);
        for (const compute of head) data = compute(data);
        probabilities.set(data, (rows - 1) * 10);
      }
      return probabilities;
    }
  };
})();
