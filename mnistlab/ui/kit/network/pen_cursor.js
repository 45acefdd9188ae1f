// The pen of the keyboard: arrows move it over the board, the space bar puts it down and lifts it.
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class PenCursor {
  // `width()`: of the pen, in pixels; `lifted()`: a stroke is done. `inHand`: from the start; else
  // from the first space bar to Escape, so that until then arrows can do something else.
  constructor(drawing, { width, lifted, inHand = false }) {
    Object.assign(this, { drawing, width, lifted, inHand, always: inHand });
    Object.assign(this, { x: BOARD / 2, y: BOARD / 2, down: false });
    this.mark = element("i", { className: "cursor", hidden: true });
  }

  // Whether `key` is one of its own.
  key(key) {
    if (key === " ") this.down ? this.rest() : this.press();
    else if (this.inHand && MOVES[key]) this.step(...MOVES[key]);
    else if (this.inHand && key === "Escape" && !this.always) this.away();
    else return false;
    if (this.inHand) this.show();
    return true;
  }

  step(right, down) {
    const within = (place) => Math.min(Math.max(place, 0), BOARD);
    this.x = within(this.x + (right * BOARD) / SIDE);
    this.y = within(this.y + (down * BOARD) / SIDE);
    if (this.down) this.drawing.extend(this.x, this.y);
  }

  press() {
    this.down = this.inHand = true;
    this.drawing.begin(this.x, this.y, this.width());
  }

  rest() {
    if (!this.down) return;
    this.down = false;
    this.show();
    this.lifted();
  }

  // Another pen takes over.
  away() {
    this.rest();
    this.inHand = this.always;
    this.mark.hidden = true;
  }

  show() {
    const { mark, x, y, down } = this;
    mark.hidden = false;
    mark.style.left = `${(100 * x) / BOARD}%`;
    mark.style.top = `${(100 * y) / BOARD}%`;
    mark.classList.toggle("down", down);
  }
}
