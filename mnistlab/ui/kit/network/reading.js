// How a recurrent network reads the picture: all over the same rows, from top to bottom, the picture,
// the hidden states, the probabilities if it ended there, and below them the gates. T rows, H units.
const NARROWEST = 56; // pixels of a panel
const STRIP = 100; // of the probabilities
const UNREAD = 0.2; // opacity of rows that are not read yet
const PER_ROW = 70; // ms, while it is read row by row

class Reading {
  // `heard.row(t)`: the reader is at row t (null: at the end).
  constructor(words, palette, classes, colors, heard) {
    Object.assign(this, { words, palette, classes, colors, heard, row: null });
    this.tiers = ["", " gates"].map((name) => this.tier(name));
    this.button = element("button", { type: "button", className: "read", onclick: () => this.play() });
    this.button.textContent = words.read;
    this.root = element("div", { className: "reading", role: "application", "aria-label": words.stages });
    Object.assign(this.root, { tabIndex: 0, onkeydown: (event) => this.key(event) });
    this.root.append(...this.tiers.map(({ box }) => box), this.button);
  }

  tier(name) {
    const track = element("div", { className: "track" });
    const tier = { track, overlay: element("canvas", { className: "overlay" }), panels: [] };
    track.onpointermove = (event) => this.pointed(tier, event);
    track.onpointerleave = () => this.timer || this.go(null);
    return Object.assign(tier, { box: element("div", { className: `tier${name}` }, [track]) });
  }

  get panels() {
    return this.tiers.flatMap(({ panels }) => panels);
  }

  // `part`: the recurrent stage. Returns whether it is new.
  build(part) {
    const shapes = JSON.stringify([part.name, part.shape, part.layers.length]);
    if (shapes === this.shapes) return false;
    this.shapes = shapes;
    this.rows = part.shape[0];
    const named = part.layers.map((layer, at) => this.statesOf(layer, at, part.layers));
    this.tiers[0].panels = [
      this.panel("picture", "28×28"),
      ...named.map(({ hidden }) => hidden),
      this.strips(),
    ];
    this.tiers[1].panels = named.flatMap(({ others }) => others);
    for (const { track, overlay, panels } of this.tiers)
      track.replaceChildren(...panels.map(({ root }) => root), overlay);
    this.tiers[1].box.hidden = !this.tiers[1].panels.length;
    this.width = null;
    return true;
  }

  statesOf({ direction, gates, hidden, cell }, at, layers) {
    const count = new Set(layers.map((layer) => layer.direction)).size;
    const number = layers.length > count ? ` ${Math.floor(at / count) + 1}` : "";
    const where = count > 1 ? this.words[direction] : "";
    const units = hidden.length / this.rows;
    const made = (name) => {
      const panel = this.panel(this.words[name === "cell" && cell ? "candidate" : name] + number, where);
      return Object.assign(panel, { layer: at, units, of: name });
    };
    const state = { ...this.panel(this.words.cell + number, where), layer: at, units, of: "state" };
    const others = [...Object.keys(gates).map(made), ...(cell ? [state] : [])];
    return { hidden: made("hidden"), others };
  }

  // The probabilities, with the classes below where their names are short.
  strips() {
    const panel = this.panel("after", "");
    const short = this.classes.every((name) => name.length === 1);
    const names = short ? this.classes : [this.words.afterRows];
    const cells = names.map((name) => element("i", { textContent: name }));
    panel.root.append(element("span", { className: "names" }, cells));
    return panel;
  }

  panel(name, below) {
    const canvas = element("canvas", {});
    const title = element("b", { textContent: this.words[name] ?? name });
    const small = element("span", { textContent: below });
    return { root: element("div", { className: "column" }, [canvas, title, small]), canvas, of: name };
  }

  layout(width, height) {
    if (this.width === width && this.height === height) return;
    Object.assign(this, { width, height });
    const [first, second] = this.tiers;
    const gates = second.panels.length > 0;
    const side = Math.round(Math.max(140, Math.min(height * (gates ? 0.55 : 0.8), width * 0.42)));
    this.arrange(first, side, width - side - STRIP, first.panels.length - 2);
    this.arrange(second, gates ? Math.max(112, height - side - 76) : 0, width, second.panels.length);
  }

  // `room`: pixels for all `count` panels of states together
  arrange(tier, high, room, count) {
    const between = 8 * (tier.panels.length - 1);
    const each = Math.max(NARROWEST, Math.floor((room - between) / Math.max(1, count)));
    for (const panel of tier.panels) {
      panel.high = high;
      panel.wide = panel.of === "picture" ? high : panel.of === "after" ? STRIP : each;
      panel.context = fit(panel.canvas, panel.wide, high);
      panel.root.style.width = `${panel.wide}px`;
    }
    const wide = tier.track.scrollWidth;
    Object.assign(tier, { high, wide, context: fit(tier.overlay, wide, high) });
  }

  // `input`: the picture as the network receives it; `after` (T, 10): the probabilities
  draw(input, part, after) {
    const [low, high] = rangeOf(input.data);
    for (const panel of this.panels) {
      if (panel.of === "picture") this.states(panel, input.data, 28, this.palette.shades(low, high, true));
      else if (panel.of === "after") this.strip(panel, after);
      else this.states(panel, ...this.valuesOf(panel, part.layers[panel.layer]));
    }
    this.mark();
  }

  valuesOf({ of, units }, { gates, hidden, cell }) {
    const signed = (limit) => this.palette.shades(-limit, limit);
    if (of === "hidden") return [hidden, units, signed(1)];
    if (of === "state") return [cell, units, signed(Math.max(...rangeOf(cell).map(Math.abs)) || 1)];
    return [gates[of], units, of === "cell" || of === "new" ? signed(1) : this.palette.shades(0, 1)];
  }

  states({ context, wide, high }, values, columns, shades) {
    context.imageSmoothingEnabled = false;
    const painted = this.palette.painted(values, 0, columns, this.rows, shades);
    context.drawImage(painted, 0, 0, columns, this.rows, 0, 0, wide, high);
  }

  // Each class in its colour, the fainter the less likely.
  strip({ context, wide, high }, after) {
    context.clearRect(0, 0, wide, high);
    if (!after) return;
    const [across, down] = [wide / this.classes.length, high / this.rows];
    for (let i = 0; i < after.length; i += 1) {
      const [row, digit] = [Math.floor(i / this.classes.length), i % this.classes.length];
      context.globalAlpha = Math.max(0, Math.min(1, after[i] || 0));
      context.fillStyle = this.colors[digit];
      context.fillRect(digit * across, row * down, across - 1, down + 0.5);
    }
    context.globalAlpha = 1;
  }

  // The row that is being read; what comes after it is veiled.
  mark() {
    const ground = getComputedStyle(this.root).getPropertyValue("--st-background-color");
    for (const { context, high, wide } of this.tiers) {
      context.clearRect(0, 0, wide, high);
      if (this.row === null) continue;
      const [top, down] = [(this.row * high) / this.rows, high / this.rows];
      context.globalAlpha = 1 - UNREAD;
      context.fillStyle = ground;
      context.fillRect(0, top + down, wide, high);
      context.globalAlpha = 1;
      Object.assign(context, { strokeStyle: MARK, lineWidth: 2 });
      context.strokeRect(1, top, wide - 2, down);
    }
  }

  pointed({ track, high }, event) {
    const { top } = track.getBoundingClientRect();
    const row = Math.floor(((event.clientY - top) / high) * this.rows);
    this.stop();
    this.go(row >= 0 && row < this.rows ? row : null);
  }

  // Down and up: the next row and the one before; Escape: all of them.
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.target !== this.root || (!step && event.key !== "Escape")) return;
    this.stop();
    const next = (this.row ?? (step > 0 ? -1 : this.rows)) + step;
    this.go(step ? Math.max(0, Math.min(this.rows - 1, next)) : null);
    event.preventDefault();
  }

  go(row) {
    if (row === this.row) return;
    this.row = row;
    this.mark();
    this.heard.row(row);
  }

  play() {
    if (this.timer) {
      this.stop();
      this.go(null);
      return;
    }
    this.button.textContent = this.words.stop;
    this.go(0);
    this.timer = setInterval(() => {
      if (this.row < this.rows - 1) return this.go(this.row + 1);
      this.stop();
      return this.go(null);
    }, PER_ROW);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.button.textContent = this.words.read;
  }

  end() {
    this.stop();
  }
}
