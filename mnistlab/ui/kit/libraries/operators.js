// needs: arithmetic, layers, recurrent
// The forward pass of a network in evaluation mode, from the weights of a run.
//
// `mnistlab/models/operators.py` describes the network: a list of operators, each with its name, its
// output's shape and the names of its weights. Tests compare every stage with torch.
const Network = (() => {
  const { product } = Arithmetic;
  const OPERATORS = {
    ...Layers,
    recurrent: Recurrent.recurrent,
    "last-step": Recurrent.lastStep,
  };

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
      const softmax = { ...operators.at(-1), name: "softmax", kind: "softmax", op: "softmax" };
      this.greys = greys(operators[0]);
      this.operators = [...operators, { ...softmax, weights: {} }];
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
      const [recurrent, last] = this.operators.slice(at, at + 2);
      const before = stages[at - 1];
      this.rows ??= {
        cell: new Recurrent.Reader(recurrent, this.weights[at], before.shape),
        state: new Float32Array(last.shape[0]),
        head: this.from(at + 2),
        probabilities: new Float32Array(before.shape[0] * 10),
      };
      const { cell, state, head, probabilities } = this.rows;
      for (let rows = 1; rows <= before.shape[0]; rows += 1) {
        // what a direction from below knows of a row depends on where the picture ends
        const read = last.bidirectional ? cell.read(before.data, rows) : stages[at].data;
        let data = Recurrent.lastOf(read, rows, last, state);
        for (const compute of head) data = compute(data);
        probabilities.set(data, (rows - 1) * 10);
      }
      return probabilities;
    }
  };
})();
