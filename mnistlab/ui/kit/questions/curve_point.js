// Axes on which a point is put with the pointer, or with number fields. Its value: [x, y]. Where `at`
// is given, that is the x of every answer.
const PLOT = { width: 400, height: 280, left: 46, right: 14, top: 12, bottom: 40 };

class CurvePoint {
  constructor({ words, x, y, at, value }) {
    Object.assign(this, { words, axes: { x, y }, at, value: value ?? null, down: false });
    this.svg = drawn("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, role: "img", "aria-label": words.plot });
    this.svg.append(...this.axis("x"), ...this.axis("y"));
    if (at !== null) this.svg.append(this.line(this.across(at), PLOT.top, this.across(at), this.up(y.low), "at"));
    this.dot = drawn("circle", { r: 8, class: "dot" });
    this.svg.append(this.dot);
    this.fields = Object.fromEntries((at === null ? ["x", "y"] : ["y"]).map((name) => [name, this.field(name)]));
    const labels = Object.values(this.fields).map((field) => field.parentElement);
    this.root = element("div", { className: "curve" }, [this.svg, element("div", { className: "fields" }, labels)]);
    this.svg.onpointerdown = (event) => this.begin(event);
    this.svg.onpointermove = (event) => this.down && this.put(event);
    this.svg.onpointerup = this.svg.onpointercancel = () => this.lift();
    this.refresh();
  }

  field(name) {
    const { title, low, high } = this.axes[name];
    const field = element("input", { type: "number", min: low, max: high, step: this.grain(name) });
    element("label", {}, [`${title} `, field]);
    field.onchange = () => this.typed();
    return field;
  }

  // What is typed counts once it is complete and lies on the axes.
  typed() {
    const read = (name) => (this.fields[name] ? this.fields[name].valueAsNumber : this.at);
    const point = [read("x"), read("y")];
    if (!["x", "y"].every((name, i) => this.within(name, point[i]) === point[i])) return;
    this.value = point;
    this.lift();
  }

  begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    this.down = true;
    this.put(event);
  }

  put(event) {
    const box = this.svg.getBoundingClientRect();
    const right = ((event.clientX - box.left) / box.width) * PLOT.width;
    const down = ((event.clientY - box.top) / box.height) * PLOT.height;
    const { x, y } = this.axes;
    const [wide, high] = [PLOT.width - PLOT.left - PLOT.right, PLOT.height - PLOT.top - PLOT.bottom];
    const place = this.at ?? x.low + ((right - PLOT.left) / wide) * (x.high - x.low);
    const height = y.high - ((down - PLOT.top) / high) * (y.high - y.low);
    this.value = [this.at ?? this.rounded("x", place), this.rounded("y", height)];
    this.refresh();
  }

  lift() {
    this.down = false;
    this.refresh();
    if (this.value) this.say(this.value);
  }

  refresh() {
    this.dot.toggleAttribute("hidden", !this.value);
    if (!this.value) return;
    const [x, y] = this.value;
    this.dot.setAttribute("cx", this.across(x));
    this.dot.setAttribute("cy", this.up(y));
    if (this.fields.x) this.fields.x.value = x;
    this.fields.y.value = y;
  }

  // -- axes -----------------------------------------------------------------------------------------

  axis(name) {
    const { low, high, title } = this.axes[name];
    const ticks = ticksOf(low, high).flatMap((tick) => this.tick(name, tick));
    const [left, bottom] = [this.across(this.axes.x.low), this.up(this.axes.y.low)];
    const [right, top] = [this.across(this.axes.x.high), this.up(this.axes.y.high)];
    if (name === "x")
      return [this.line(left, bottom, right, bottom, "axis"), ...ticks, text(title, (left + right) / 2, PLOT.height - 6, "middle")];
    const label = text(title, 0, 0, "middle");
    label.setAttribute("transform", `translate(12 ${(top + bottom) / 2}) rotate(-90)`);
    return [this.line(left, top, left, bottom, "axis"), ...ticks, label];
  }

  tick(name, value) {
    const bottom = this.up(this.axes.y.low);
    const label = String(value);
    if (name === "x") return [text(label, this.across(value), bottom + 15, "middle")];
    const [left, right] = [this.across(this.axes.x.low), this.across(this.axes.x.high)];
    const height = this.up(value);
    return [this.line(left, height, right, height, "grid"), text(label, left - 5, height + 4, "end")];
  }

  line(x1, y1, x2, y2, kind) {
    return drawn("line", { x1, y1, x2, y2, class: kind });
  }

  across(value) {
    const { low, high } = this.axes.x;
    return PLOT.left + ((value - low) / (high - low)) * (PLOT.width - PLOT.left - PLOT.right);
  }

  up(value) {
    const { low, high } = this.axes.y;
    return PLOT.height - PLOT.bottom - ((value - low) / (high - low)) * (PLOT.height - PLOT.top - PLOT.bottom);
  }

  // Answers are no finer than a hand can point.
  grain(name) {
    const { low, high } = this.axes[name];
    return 10 ** Math.floor(Math.log10((high - low) / 100));
  }

  rounded(name, value) {
    const grain = this.grain(name);
    return this.within(name, Number((Math.round(value / grain) * grain).toPrecision(12)));
  }

  within(name, value) {
    const { low, high } = this.axes[name];
    return Math.min(Math.max(value, low), high);
  }
}

// About five round numbers from `low` to `high`.
function ticksOf(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (nothing, i) => Number(((first + i) * step).toPrecision(12)));
}

function text(words, x, y, anchor) {
  const made = drawn("text", { x, y, "text-anchor": anchor });
  made.textContent = words;
  return made;
}

function drawn(kind, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
