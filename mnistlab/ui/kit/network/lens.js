// The map or unit under the pointer, large, with its kernels or weights.
const LARGE = 168; // pixels
const KERNEL = 46;
const MOST = 3; // kernels that are shown

class Lens {
  constructor(words, palette) {
    Object.assign(this, { words, palette });
    this.title = element("b", {});
    this.text = element("span", { className: "small" });
    this.canvas = element("canvas", {});
    this.kernels = element("div", { className: "kernels" });
    this.hint = element("span", { className: "small hint", textContent: words.open });
    this.root = element("div", { className: "lens", hidden: true, "aria-hidden": "true" }, [
      this.title, this.canvas, this.text, this.kernels, this.hint,
    ]);
    this.said = element("p", { className: "spoken", role: "status" });
  }

  hide() {
    this.root.hidden = true;
    this.shown = null;
  }

  // `shown`: {column, index, box, columns, weights, opens}
  show(shown) {
    this.shown = shown;
    const { column, index, box, opens } = shown;
    this.hint.hidden = !opens;
    this.root.hidden = false;
    this.draw();
    const frame = this.root.offsetParent.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const right = box.x + box.width + 14 - frame.left;
    const left = box.x - 14 - width - frame.left;
    const x = right + width <= frame.width || left < 0 ? Math.min(right, frame.width - width) : left;
    const y = Math.min(Math.max(0, box.y - frame.top - height / 2), Math.max(0, frame.height - height));
    this.root.style.transform = `translate(${Math.round(Math.max(0, x))}px, ${Math.round(y)}px)`;
  }

  // Again, because the drawing has changed under it.
  draw() {
    if (!this.shown) return;
    const { column, index } = this.shown;
    const { words } = this;
    const named = column.maps ? words.map : words.unit;
    this.title.textContent = filled(named, { stage: column.name, n: index });
    this.canvas.hidden = !column.maps;
    if (column.maps) this.map(column, index);
    else this.text.textContent = filled(words.value, { value: number(column.values[index]) });
    this.said.textContent = `${this.title.textContent} · ${this.text.textContent}`;
    this.kernels.replaceChildren(...this.weightsOf());
  }

  map(column, index) {
    const [, rows, columns] = column.shape;
    const area = rows * columns;
    const context = fit(this.canvas, LARGE, Math.round((LARGE * rows) / columns));
    context.imageSmoothingEnabled = false;
    const painted = this.palette.painted(column.values, index * area, columns, rows, column.shades);
    context.drawImage(painted, 0, 0, columns, rows, 0, 0, LARGE, (LARGE * rows) / columns);
    const [low, high] = rangeOf(column.values.subarray(index * area, (index + 1) * area));
    const dead = isDead(column, index) && column.kind !== "input";
    this.text.textContent = dead
      ? this.words.dead
      : filled(this.words.range, { low: number(low), high: number(high) });
  }

  // Canvases with the kernels of a convolution, or the weights of a unit that sees a whole picture.
  weightsOf() {
    const { operator, tensors, input, column, index } = this.shown;
    if (!operator || !tensors || !input) return [];
    if (operator.kind === "conv") return this.kernelsOf(operator, tensors, input, column, index);
    if (operator.kind !== "linear" || input.count !== SIDE * SIDE) return [];
    const { data } = tensors.get(operator.weights.weight);
    const start = index * input.count;
    const [low, high] = rangeOf(data.subarray(start, start + input.count));
    const shades = this.palette.shades(Math.min(low, -1e-12), high);
    return [this.small(data, start, SIDE, SIDE, shades, 2 * KERNEL, this.words.weightsOf)];
  }

  kernelsOf(operator, tensors, input, column, map) {
    const { data } = tensors.get(operator.weights.weight);
    const [high, wide] = operator.kernel;
    const channels = channelsOf(operator, input.shape[0], map);
    const output = { shape: column.shape };
    const source = { shape: input.shape, data: input.values };
    const ranked = channels
      .map((channel, i) => {
        const start = kernelAt(operator, input.shape[0], map, i);
        return { channel, start, weight: response(operator, data, start, source, channel, output) };
      })
      .sort((a, b) => b.weight - a.weight)
      .slice(0, MOST);
    const limit = Math.max(...ranked.map(({ start }) => largest(data, start, high * wide))) || 1;
    const shades = this.palette.shades(-limit, limit);
    return ranked.map(({ channel, start }) => {
      const name = channels.length === 1 ? this.words.kernel : filled(this.words.map, { stage: input.name, n: channel });
      return this.small(data, start, wide, high, shades, KERNEL, name);
    });
  }

  small(values, start, columns, rows, shades, side, name) {
    const canvas = element("canvas", {});
    const context = fit(canvas, side, side);
    context.imageSmoothingEnabled = false;
    const painted = this.palette.painted(values, start, columns, rows, shades);
    context.drawImage(painted, 0, 0, columns, rows, 0, 0, side, side);
    return element("figure", {}, [canvas, element("figcaption", { textContent: name })]);
  }
}

function largest(values, start, count) {
  let most = 0;
  for (let i = start; i < start + count; i += 1) most = Math.max(most, Math.abs(values[i]));
  return most;
}
