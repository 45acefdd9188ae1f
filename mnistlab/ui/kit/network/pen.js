// The canvas to draw on with mouse, pen, finger or keyboard, and what belongs to it.
const PENS = { thin: 10, medium: 20, thick: 32 }; // pixels, as on the page Draw
const TURN = 15; // degrees
const ICONS = {
  undo: "M12.5 8c-2.65 0-5.05 1-6.9 2.6L2 7v9h9l-3.62-3.62A8 8 0 0 1 20.1 16l2.37-.78A10.5 10.5 0 0 0 12.5 8z",
  clear: "M6 19a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V7H6zM19 4h-3.5l-1-1h-5l-1 1H5v2h14z",
  left: "M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20z",
  right: "M4 13h12.2l-5.6 5.6L12 20l8-8-8-8-1.4 1.4 5.6 5.6H4z",
  up: "M13 20V7.8l5.6 5.6L20 12l-8-8-8 8 1.4 1.4L11 7.8V20z",
  down: "M11 4v12.2l-5.6-5.6L4 12l8 8 8-8-1.4-1.4-5.6 5.6V4z",
  turnLeft: "M12 5V1L7 6l5 5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z",
  turnRight: "M12 5V1l5 5-5 5V7a6 6 0 1 0 6 6h2a8 8 0 1 1-8-8z",
  thicker: "M19 13h-6v6h-2v-6H5v-2h6V5h2v6h6z",
  thinner: "M19 13H5v-2h14z",
};
const CHANGES = {
  left: { right: -1 },
  right: { right: 1 },
  up: { down: -1 },
  down: { down: 1 },
  turnLeft: { turn: -TURN },
  turnRight: { turn: TURN },
  thicker: { weight: 1 },
  thinner: { weight: -1 },
};
const KEYS = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  r: "turnRight",
  R: "turnLeft",
  "+": "thicker",
  "=": "thicker",
  "-": "thinner",
};

class Pen {
  // `heard.moved(event)`: the drawing has changed; `heard.lifted()`: and is as it is to stay.
  constructor(drawing, words, heard) {
    Object.assign(this, { drawing, words, heard, width: PENS.medium, digits: [] });
    const board = new Board(drawing, words.canvas, {
      width: () => this.width,
      moved: (event) => this.moved(event),
      lifted: () => this.heard.lifted(),
      key: (key) => this.key(key),
    });
    this.invite = element("span", { className: "invite", textContent: words.invite });
    drawing.canvas.after(this.invite);
    this.root = element("div", { className: "pen" }, [board.root, this.tools(), this.pictures(), this.changes()]);
    this.refresh();
  }

  tools() {
    const { words } = this;
    const sizes = Object.entries(PENS).map(([name, width]) => {
      const button = element("button", { type: "button", className: "nib", title: words[name], "aria-label": words[name] });
      button.append(element("i", {}));
      button.firstChild.style.width = button.firstChild.style.height = `${4 + width / 2.4}px`;
      button.onclick = () => {
        this.width = width;
        this.refresh();
      };
      return [width, button];
    });
    this.sizes = sizes;
    const group = element("div", { className: "nibs", role: "group", "aria-label": words.pens }, sizes.map(([, button]) => button));
    this.undoButton = iconButton(ICONS.undo, words.undo, () => this.done(() => this.drawing.undo()));
    this.clearButton = iconButton(ICONS.clear, words.clear, () => this.done(() => this.drawing.clear()));
    return element("div", { className: "tools" }, [group, this.undoButton, this.clearButton]);
  }

  pictures() {
    this.row = element("div", { className: "digits", role: "group", "aria-label": this.words.digits });
    this.rowTitle = element("span", { className: "small", textContent: this.words.digits });
    return element("div", {}, [this.rowTitle, this.row]);
  }

  changes() {
    const buttons = Object.keys(CHANGES).map((name) =>
      iconButton(ICONS[name], this.words[name], () => this.change(CHANGES[name])),
    );
    const summary = element("summary", { textContent: this.words.change });
    const keys = element("p", { className: "small", textContent: this.words.keys });
    return element("details", {}, [summary, element("div", { className: "changes" }, buttons), keys]);
  }

  // One test image of each class.
  offer(pictures, classes) {
    const same = pictures.join() === this.offered;
    if (same) return;
    this.offered = pictures.join();
    this.digits = pictures.map(fromBase64);
    this.rowTitle.hidden = this.row.hidden = !pictures.length;
    this.row.replaceChildren(
      ...this.digits.map((picture, digit) => {
        const label = filled(this.words.digit, { class: classes[digit] });
        const canvas = element("canvas", { width: SIDE, height: SIDE });
        paintPicture(canvas.getContext("2d"), picture, SIDE);
        const act = () => this.done(() => this.drawing.push({ picture }));
        return element("button", { type: "button", title: label, "aria-label": label, onclick: act }, [canvas]);
      }),
    );
  }

  key(key) {
    const name = KEYS[key];
    if (name) this.change(CHANGES[name]);
    else if (this.digits[key]) this.done(() => this.drawing.push({ picture: this.digits[key] }));
    else if (key === "Backspace") this.done(() => this.drawing.undo());
    else if (key === "Delete") this.done(() => this.drawing.clear());
    else return false;
    return true;
  }

  change(change) {
    const { image } = this.drawing.prepared(this.heard.steps());
    if (image) this.done(() => this.drawing.change(change, image));
  }

  done(act) {
    act();
    this.moved(null);
    this.heard.lifted();
  }

  moved(event) {
    this.refresh();
    this.heard.moved(event);
  }

  refresh() {
    this.invite.hidden = !this.drawing.empty;
    this.undoButton.disabled = this.drawing.states.length < 2;
    this.clearButton.disabled = this.drawing.empty;
    for (const [width, button] of this.sizes)
      button.setAttribute("aria-pressed", String(width === this.width));
  }
}
