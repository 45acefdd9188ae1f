// needs: arithmetic
// Recurrent layers. T time steps, W numbers in each, K units.
const Recurrent = (() => {
  const { multiply } = Arithmetic;
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
  class Reader {
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
      const { hidden: n, nothing, fromInput, fromHidden } = this;
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
        const known = before < 0 ? [nothing, 0] : [trace.hidden, before];
        multiply(
          { data: states, first: 0, count: sums },
          { data: known[0], first: known[1], count: 1 },
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
    const cell = new Reader(operator, weights, shape);
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

  return { Reader, recurrent, lastStep, lastOf };
})();
