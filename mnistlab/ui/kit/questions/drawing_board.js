// A board to draw on with mouse, pen, finger or keyboard. Its value: 28x28 bytes as hexadecimal
// digits, prepared as MNIST's pictures are; null while nothing is drawn.
const NIB = 20; // pixels of the board, as the medium pen of the page Draw
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class DrawingBoard {
  constructor({ words, value }) {
    Object.assign(this, { words, drawing: new Drawing(), pointer: null });
    this.cursor = { x: BOARD / 2, y: BOARD / 2, down: false, mark: element("i", { className: "cursor", hidden: true }) };
    this.board = element("div", {
      className: "board", tabIndex: 0, role: "application", "aria-label": words.board,
    }, [this.drawing.canvas, this.cursor.mark]);
    this.undo = element("button", { type: "button", textContent: words.undo, onclick: () => this.back("undo") });
    this.clear = element("button", { type: "button", textContent: words.clear, onclick: () => this.back("clear") });
    const hint = element("small", { textContent: words.keys });
    this.root = element("div", { className: "drawing" }, [
      this.board, element("div", { className: "tools" }, [this.undo, this.clear]), hint,
    ]);
    if (value) this.drawing.give(fromHex(value));
    this.listen(this.drawing.canvas);
    this.refresh();
  }

  listen(canvas) {
    canvas.onpointerdown = (event) => this.begin(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => this.lift(event);
    this.board.onkeydown = (event) => this.key(event);
    this.board.onblur = () => this.rest();
  }

  begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.board.focus({ preventScroll: true });
    this.cursor.mark.hidden = true;
    this.drawing.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.drawing.begin(...this.place(event), NIB);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.drawing.extend(...this.place(each));
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.tell();
  }

  place(event) {
    const box = this.drawing.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * BOARD,
      ((event.clientY - box.top) / box.height) * BOARD,
    ];
  }

  // Arrows move the pen, the space bar puts it down and lifts it.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[event.key]) this.step(...MOVES[event.key]);
    else if (event.key === " ") this.cursor.down ? this.rest() : this.press();
    else if (event.key === "Backspace") this.back("undo");
    else if (event.key === "Delete") this.back("clear");
    else return;
    this.showCursor();
    event.preventDefault();
    event.stopPropagation();
  }

  step(right, down) {
    const within = (place) => Math.min(Math.max(place, 0), BOARD);
    const { cursor } = this;
    cursor.x = within(cursor.x + (right * BOARD) / SIDE);
    cursor.y = within(cursor.y + (down * BOARD) / SIDE);
    if (cursor.down) this.drawing.extend(cursor.x, cursor.y);
  }

  press() {
    this.cursor.down = true;
    this.drawing.begin(this.cursor.x, this.cursor.y, NIB);
  }

  rest() {
    if (!this.cursor.down) return;
    this.cursor.down = false;
    this.showCursor();
    this.tell();
  }

  showCursor() {
    const { mark, x, y, down } = this.cursor;
    mark.hidden = false;
    mark.style.left = `${(100 * x) / BOARD}%`;
    mark.style.top = `${(100 * y) / BOARD}%`;
    mark.classList.toggle("down", down);
  }

  back(how) {
    this.cursor.down = false;
    this.drawing[how]();
    this.tell();
  }

  tell() {
    this.refresh();
    const { image } = this.drawing.prepared();
    this.say(image ? toHex(image) : null);
  }

  refresh() {
    this.undo.disabled = this.drawing.states.length < 2;
    this.clear.disabled = this.drawing.empty;
  }
}

function fromHex(text) {
  return Uint8Array.from(text.match(/../g), (digits) => parseInt(digits, 16));
}

function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
