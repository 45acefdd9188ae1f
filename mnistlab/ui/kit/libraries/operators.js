// The forward pass of a network in evaluation mode, from the weights of a run.
//
// `mnistlab/models/operators.py` describes the network: a list of operators, each with its name, its
// output's shape and the names of its weights. Tests compare every stage with torch.
// C channels, H rows, W columns, T time steps, K units.
const Network = (() => {
  // -- products -----------------------------------------------------------------------------------

  // For the rows of a and of b, of `size` numbers each: out[i, j] = bias[i] + the sum over k of
  // a[i, k] * b[j, k]. Of a, b and bias, the first number is at `first`, of a and b there are `count`
  // rows; in out, i goes `down` and j goes `across`. Two rows of each at a time: what is read is used
  // twice.
  function multiply(a, b, size, bias, out) {
    const pairs = b.count - (b.count % 2);
    for (let j = 0; j < pairs; j += 2) twoColumns(a, b, j, size, bias, out);
    if (pairs < b.count) oneColumn(a, b, pairs, size, bias, out);
  }

  function twoColumns(a, b, j, size, bias, out) {
    const [rows, others, result] = [a.data, b.data, out.data];
    const left = b.first + j * size;
    const right = left + size;
    for (let i = 0; i < a.count; i += 2) {
      const top = a.first + i * size;
      const low = i + 1 < a.count ? top + size : top;
      let topLeft = 0;
      let topRight = 0;
      let lowLeft = 0;
      let lowRight = 0;
      for (let k = 0; k < size; k += 1) {
        const x = rows[top + k];
        const y = rows[low + k];
        topLeft += x * others[left + k];
        topRight += x * others[right + k];
        lowLeft += y * others[left + k];
        lowRight += y * others[right + k];
      }
      const place = out.first + i * out.down + j * out.across;
      const start = bias ? bias.data[bias.first + i] : 0;
      result[place] = topLeft + start;
      result[place + out.across] = topRight + start;
      if (low === top) return;
      const next = bias ? bias.data[bias.first + i + 1] : 0;
      result[place + out.down] = lowLeft + next;
      result[place + out.down + out.across] = lowRight + next;
    }
  }

  // Four rows at a time, so that no sum waits for the one before.
  function oneColumn(a, b, j, size, bias, out) {
    const [rows, others] = [a.data, b.data];
    const column = b.first + j * size;
    for (let i = 0; i < a.count; i += 4) {
      const row0 = a.first + i * size;
      const row1 = i + 1 < a.count ? row0 + size : row0;
      const row2 = i + 2 < a.count ? row1 + size : row0;
      const row3 = i + 3 < a.count ? row2 + size : row0;
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let k = 0; k < size; k += 1) {
        const x = others[column + k];
        sum0 += rows[row0 + k] * x;
        sum1 += rows[row1 + k] * x;
        sum2 += rows[row2 + k] * x;
        sum3 += rows[row3 + k] * x;
      }
      const sums = [sum0, sum1, sum2, sum3];
      for (let n = 0; n < 4 && i + n < a.count; n += 1) {
        const start = bias ? bias.data[bias.first + i + n] : 0;
        out.data[out.first + (i + n) * out.down + j * out.across] = sums[n] + start;
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
    const window = Array.from({ length: size }, () => 0.5); // V8: an array of doubles from the start
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
      multiply(
        { data: inputs, first: 0, count: sums },
        { data: sequence, first: 0, count: rows },
        width,
        biases[0] && { data: biases[0], first: 0 },
        { data: fromInput, first: 0, down: 1, across: sums }
      );
      let before = -1;
      for (let i = 0; i < rows; i += 1) {
        const t = trace.direction === "backward" ? rows - 1 - i : i;
        const known = before < 0 ? { data: this.nothing, first: 0 } : { data: trace.hidden, first: before };
        multiply(
          { data: states, first: 0, count: sums },
          { ...known, count: 1 },
          n,
          biases[1] && { data: biases[1], first: 0 },
          { data: fromHidden, first: 0, down: 1, across: 1 }
        );
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

  // The error function, to 2e-8: erfc(z) = t exp(-z² + a polynomial of t) with t = 1 / (1 + z / 2), as
  // in Numerical Recipes, with coefficients fitted to scipy.special.erfcx for z up to 6.
  const ERFC = [
    -1.265098843, 0.9922988457, 0.4359815653, -0.1822050745, 0.594249833, -1.128911236,
    0.5049520901, 0.2956269825, -0.3296189883, 0.08272484328,
  ];
  function erf(x) {
    const z = Math.abs(x);
    const t = 1 / (1 + z / 2);
    let exponent = 0;
    for (let i = ERFC.length - 1; i >= 0; i -= 1) exponent = exponent * t + ERFC[i];
    const above = 1 - t * Math.exp(exponent - z * z);
    return x < 0 ? -above : above;
  }

  // Expressions come from the tables in `mnistlab/choices/network.py`, never from a reader. Each is
  // compiled once, so that the networks of many steps share what the browser learns about its speed.
  const known = new Map();
  function compiled(body, ...names) {
    const source = `return (${names.join(", ")}) => { ${body} };`;
    if (!known.has(source)) known.set(source, new Function("erf", source)(erf));
    return known.get(source);
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
