// Steps a window over a picture. Every number shown was computed by torch and sent beforehand;
// nothing is calculated here.
const views = new WeakMap(); // the element that Streamlit gives -> its view
const SEND_AFTER = 600; // ms without a step until the place goes into the URL
const PLAY = { whole: 25000, least: 40, most: 450 }; // ms for all steps, and for one

export default function ({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new View(parentElement);
    views.set(parentElement, view);
  }
  view.show(data, setTriggerValue);
  return () => view.leave();
}

class View {
  constructor(parent) {
    this.root = element("div", { className: "stepper" });
    parent.appendChild(this.root);
    this.at = 0;
    this.channel = 0;
  }

  show(data, send) {
    this.data = data;
    this.send = send;
    this.numbers = {};
    for (const [name, text] of Object.entries(data.numbers)) this.numbers[name] = unpacked(text);
    const shape = JSON.stringify([data.mode, data.size, data.channels.length, data.editable]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.pause();
      this.build();
    }
    const [rows, columns] = data.output;
    const given = JSON.stringify(data.place);
    if (given !== this.given) {
      this.given = given;
      this.at = data.place[0] * columns + data.place[1];
    }
    this.at = Math.min(this.at, rows * columns - 1);
    this.channel = Math.min(this.channel, data.channels.length - 1);
    this.slider.max = rows * columns - 1;
    this.result.src = this.faint.src = data.picture;
    this.outputFrame.style.aspectRatio = `${columns} / ${rows}`;
    this.inputFrame.style.aspectRatio = `${data.input[1]} / ${data.input[0]}`;
    this.outputTitle.textContent = data.labels.output;
    const [top, left, bottom, right] = data.pixels;
    place(this.pixels, top, left, bottom - top, right - left, data.input);
    this.pixels.hidden = top === 0 && bottom === data.input[0] && right === data.input[1];
    this.chips.forEach(
      (chip, index) => (chip.querySelector("img").src = data.channels[index].picture),
    );
    this.draw();
  }

  build() {
    const { data } = this,
      { labels, size } = data;
    const frame = (...inside) => element("div", { className: "frame" }, inside);
    this.picture = element("img", { alt: labels.inputAlt });
    this.pixels = element("div", { className: "pixels" });
    this.window = element("div", { className: "window" });
    this.taps = Array.from({ length: size * size }, () => element("div", { className: "tap" }));
    this.inputFrame = frame(this.picture, this.pixels, this.window, ...this.taps);
    this.faint = element("img", { alt: "", className: "faint" });
    this.result = element("img", { alt: labels.outputAlt });
    this.cell = element("div", { className: "cell" });
    this.outputFrame = frame(this.faint, this.result, this.cell);
    this.inputTitle = element("b");
    this.outputTitle = element("b");
    const map = (title, inside) =>
      element("figure", {}, [element("figcaption", {}, [title]), inside]);
    const maps = element("div", { className: "maps" }, [
      map(this.inputTitle, this.inputFrame),
      map(this.outputTitle, this.outputFrame),
    ]);
    this.inputFrame.onclick = (event) => this.clicked(event, this.inputFrame, data.input, true);
    this.outputFrame.onclick = (event) => this.clicked(event, this.outputFrame, data.output, false);

    const button = (text, label, act) => {
      const made = element("button", {
        type: "button",
        textContent: text,
        title: label,
        onclick: act,
      });
      made.setAttribute("aria-label", label);
      return made;
    };
    this.playButton = button("▶", labels.play, () => (this.timer ? this.pause() : this.play()));
    this.slider = element("input", {
      type: "range",
      min: 0,
      oninput: () => this.go(Number(this.slider.value)),
      onkeydown: (event) => this.rowKey(event),
    });
    this.slider.setAttribute("aria-label", labels.step);
    this.where = element("span", { className: "where" });
    const controls = element("div", { className: "controls" }, [
      button("◀", labels.back, () => this.go(this.at - 1)),
      this.playButton,
      button("▶|", labels.next, () => this.go(this.at + 1)),
      this.slider,
      button(labels.strongest, labels.strongestHelp, () => this.go(this.data.strongest)),
      this.where,
    ]);

    this.chips = data.channels.map((channel, index) => {
      const chip = element(
        "button",
        {
          type: "button",
          className: "chip",
          onclick: () => {
            this.channel = index;
            this.draw();
          },
        },
        [element("img", { alt: "" }), element("span", { textContent: channel.name })],
      );
      return chip;
    });
    const chips = element(
      "div",
      { className: "chips", hidden: data.channels.length < 2 },
      this.chips,
    );

    this.patch = table(size, labels.patch);
    this.weights = table(
      size,
      labels.weights,
      data.editable ? (row, col) => this.input(row, col) : null,
    );
    this.products = table(size, labels.products);
    const sign = (text) => element("span", { className: "sign", textContent: text });
    const tables = element("div", { className: "tables", hidden: data.mode === "none" }, [
      this.patch.root,
      ...(data.mode === "max" ? [] : [sign("×"), this.weights.root, sign("="), this.products.root]),
    ]);
    this.hint = element("p", {
      className: "hint",
      hidden: true,
      textContent: labels.wrong,
      role: "alert",
    });
    this.sum = element("div", { className: "sum" });
    this.root.replaceChildren(maps, controls, chips, tables, this.hint, this.sum);
  }

  input(row, col) {
    const { labels } = this.data;
    const box = element("input", {
      type: "text",
      inputMode: "decimal",
      onchange: () => this.edited(box),
    });
    box.setAttribute(
      "aria-label",
      `${labels.weights}, ${labels.row} ${row}, ${labels.column} ${col}`,
    );
    return box;
  }

  edited(box) {
    const boxes = this.weights.cells.map((cell) => cell.firstChild);
    const values = boxes.map((each) =>
      Number(each.value.trim().replace("−", "-").replace(",", ".")),
    );
    const wrong = box.value.trim() === "" || !values.every((value) => Math.abs(value) <= 1000);
    box.classList.toggle("wrong", wrong);
    box.classList.toggle("sent", !wrong);
    this.hint.hidden = !wrong;
    // an unedited number goes back exactly, not as rounded for display
    if (!wrong)
      this.send(
        "kernel",
        values.map((value, i) =>
          boxes[i] === box || boxes[i].dataset.shown !== boxes[i].value
            ? value
            : Number(boxes[i].dataset.exact),
        ),
      );
  }

  clicked(event, frame, [rows, columns], input) {
    const box = frame.getBoundingClientRect(),
      { stride, span, output } = this.data;
    let row = Math.floor(((event.clientY - box.top) / box.height) * rows),
      col = Math.floor(((event.clientX - box.left) / box.width) * columns);
    if (input)
      [row, col] = [row, col].map((value) => Math.round((value - (span - 1) / 2) / stride));
    const within = (value, count) => Math.max(0, Math.min(count - 1, value));
    this.go(within(row, output[0]) * output[1] + within(col, output[1]));
  }

  go(step) {
    const [rows, columns] = this.data.output;
    this.at = Math.max(0, Math.min(rows * columns - 1, step));
    this.moved = true;
    this.draw();
    clearTimeout(this.sending);
    if (!this.timer) this.sending = setTimeout(() => this.tell(), SEND_AFTER);
  }

  // Left and right walk the columns, as every slider does; up and down walk the rows.
  rowKey(event) {
    const [rows, columns] = this.data.output,
      to = this.at + ({ ArrowUp: -columns, ArrowDown: columns }[event.key] ?? NaN);
    if (Number.isNaN(to)) return;
    event.preventDefault();
    if (to >= 0 && to < rows * columns) this.go(to);
  }

  tell() {
    const columns = this.data.output[1],
      now = [Math.floor(this.at / columns), this.at % columns];
    if (this.given !== JSON.stringify(now)) {
      this.given = JSON.stringify(now);
      this.send("place", now);
    }
  }

  play() {
    const count = this.data.output[0] * this.data.output[1];
    // from the start, unless the reader has chosen a place
    if (this.at === count - 1 || !this.moved) this.at = 0;
    this.timer = setInterval(
      () => {
        this.go(this.at + 1);
        if (this.at === count - 1) this.pause();
      },
      Math.max(PLAY.least, Math.min(PLAY.most, PLAY.whole / count)),
    );
    this.draw();
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.draw();
    this.tell();
  }

  leave() {
    clearInterval(this.timer);
    clearTimeout(this.sending);
    this.timer = null;
  }

  draw() {
    const { data, numbers, channel, at } = this,
      { labels, size, stride, dilation, span } = data;
    const [rows, columns] = data.output,
      row = Math.floor(at / columns),
      col = at % columns,
      cells = size * size;
    this.picture.src = data.channels[channel].picture;
    this.inputTitle.textContent =
      data.channels.length > 1 ? `${labels.input}: ${data.channels[channel].name}` : labels.input;
    place(this.window, row * stride, col * stride, span, span, data.input);
    this.taps.forEach((tap, i) => {
      tap.hidden = dilation === 1;
      place(
        tap,
        row * stride + Math.floor(i / size) * dilation,
        col * stride + (i % size) * dilation,
        1,
        1,
        data.input,
      );
    });
    place(this.cell, row, col, 1, 1, data.output);
    const x = `${(100 * (col + 1)) / columns}%`,
      above = `${(100 * row) / rows}%`,
      below = `${(100 * (row + 1)) / rows}%`;
    const corners = `0 0, 100% 0, 100% ${above}, ${x} ${above}, ${x} ${below}, 0 ${below}`;
    this.result.style.clipPath = `polygon(${corners})`;
    this.slider.value = at;
    const where = labels.where
      .replace("{step}", at + 1)
      .replace("{steps}", rows * columns)
      .replace("{row}", row)
      .replace("{column}", col);
    this.where.textContent = where;
    this.slider.setAttribute("aria-valuetext", where);
    this.playButton.textContent = this.timer ? "⏸" : "▶";
    this.playButton.title = this.timer ? labels.pause : labels.play;
    this.playButton.setAttribute("aria-label", this.playButton.title);
    this.chips.forEach((chip, index) =>
      chip.setAttribute("aria-pressed", String(index === channel)),
    );

    const [height, width] = data.input;
    const patch = Array.from({ length: cells }, (_, i) => {
      const y = row * stride + Math.floor(i / size) * dilation,
        z = col * stride + (i % size) * dilation;
      const [top, left, bottom, right] = data.pixels;
      return {
        value: numbers.inputs[(channel * height + y) * width + z],
        padding: y < top || y >= bottom || z < left || z >= right,
      };
    });
    const step = (at * data.channels.length + channel) * cells;
    const weights =
      data.mode === "conv"
        ? numbers.weights.subarray(channel * cells, (channel + 1) * cells)
        : numbers.weights.subarray(step, step + cells);
    const products = numbers.products.subarray(step, step + cells);
    this.patch.cells.forEach((cell, i) => {
      paint(cell, patch[i].value, data.shades.inputs, patch[i].padding);
      cell.classList.toggle("winner", data.mode === "max" && weights[i] > 0);
    });
    this.weights.cells.forEach((cell, i) => paint(cell, weights[i], data.shades.weights));
    this.products.cells.forEach((cell, i) => paint(cell, products[i], data.shades.products));
    this.hint.hidden = !this.root.querySelector(".wrong");
    this.write(patch, weights, at * data.channels.length);
  }

  write(patch, weights, first) {
    const { data, numbers, channel, at } = this,
      { labels } = data;
    const value = element("b", {
      className: "value",
      textContent: short(numbers.output[at], 5),
      title: String(numbers.output[at]),
    });
    const term = (text, quiet) =>
      element("span", { className: quiet ? "term quiet" : "term", textContent: text });
    const terms = patch.map(({ value: number, padding }, i) => {
      const factor = weights[i] < 0 ? `(${short(weights[i])})` : short(weights[i]);
      const text =
        ["max", "mean", "none"].includes(data.mode)
          ? short(number)
          : `${short(number)} × ${factor}`;
      return term(text, padding || number === 0 || (data.mode === "max" && weights[i] === 0));
    });
    const joined = (parts, by) => parts.flatMap((part, i) => (i ? [` ${by} `, part] : [part]));
    const lines = [];
    if (data.mode === "max") lines.push(["max( ", ...joined(terms, ","), " ) = ", value]);
    else if (data.mode === "mean") {
      const counted = terms.filter((_, i) => weights[i] > 0);
      lines.push(["( ", ...joined(counted, "+"), ` ) / ${counted.length} = `, value]);
    } else if (data.mode === "none") lines.push([`${labels.unchanged} `, value]);
    else {
      const alone = data.channels.length === 1 && data.bias === 0;
      const sums = data.channels.map((_, i) => numbers.sums[first + i]);
      lines.push([
        ...joined(terms, "+"),
        " = ",
        alone ? value : element("b", { textContent: short(sums[channel], 5) }),
      ]);
      if (!alone) {
        const parts = sums.map((sum, i) =>
          term(`${short(sum, 5)}${data.channels.length > 1 ? ` (${data.channels[i].name})` : ""}`),
        );
        if (data.bias !== 0) parts.push(term(`${short(data.bias, 5)} (${labels.bias})`));
        lines.push([...joined(parts, "+"), " = ", value]);
      }
    }
    this.sum.replaceChildren(...lines.map((parts) => element("p", {}, parts)));
  }
}

function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function table(size, title, make) {
  const cells = [],
    body = element("tbody");
  for (let row = 0; row < size; row++) {
    const line = element("tr");
    for (let col = 0; col < size; col++) {
      const cell = element("td", {}, make ? [make(row, col)] : []);
      cells.push(cell);
      line.append(cell);
    }
    body.append(line);
  }
  const root = element("div", { className: size > 3 ? "numbers small" : "numbers" }, [
    element("span", { textContent: title }),
    element("table", {}, [body]),
  ]);
  return { root, cells };
}

function place(box, row, col, height, width, [rows, columns]) {
  Object.assign(box.style, {
    top: `${(100 * row) / rows}%`,
    left: `${(100 * col) / columns}%`,
    height: `${(100 * height) / rows}%`,
    width: `${(100 * width) / columns}%`,
  });
}

function paint(cell, value, shades, hatched = false) {
  const box = cell.firstChild instanceof HTMLInputElement ? cell.firstChild : null;
  if (!box) cell.textContent = brief(value);
  else if (box.getRootNode().activeElement !== box || box.classList.contains("sent")) {
    box.value = box.dataset.shown = brief(value);
    box.dataset.exact = String(value);
    box.classList.remove("sent", "wrong");
  }
  cell.title = String(value);
  cell.classList.toggle("padding", hatched);
  const [red, green, blue] = color(value, shades),
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
  cell.style.background = hatched ? "" : `rgb(${red},${green},${blue})`;
  cell.style.color = hatched ? "" : light ? "#000" : "#fff";
}

function color(value, { colors, low, high }) {
  const share = Math.min(1, Math.max(0, (value - low) / (high - low))) * (colors.length - 1),
    i = Math.min(colors.length - 2, Math.floor(share));
  return [0, 1, 2].map((part) =>
    Math.round(colors[i][part] + (colors[i + 1][part] - colors[i][part]) * (share - i)),
  );
}

// for narrow cells: at most two decimals
function brief(value) {
  return Math.abs(value) < 10 ? short(Number(value.toFixed(2))) : short(value);
}

function short(value, digits = 3) {
  if (value === -Infinity) return "−∞";
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
