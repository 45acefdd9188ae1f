// A board to draw on with mouse, pen, finger or keyboard. Its value: 28x28 bytes as hexadecimal
// digits, prepared as MNIST's pictures are; null while nothing is drawn.
const NIB = 20; // pixels of the board, as the medium pen of the page Draw

class DrawingBoard {
  constructor({ words, value }) {
    Object.assign(this, { words, drawing: new Drawing(), pointer: null });
    this.cursor = new PenCursor(this.drawing, { width: () => NIB, lifted: () => this.tell(), inHand: true });
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
    this.board.onblur = () => this.cursor.rest();
  }

  begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.board.focus({ preventScroll: true });
    this.cursor.away();
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

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace") this.back("undo");
    else if (event.key === "Delete") this.back("clear");
    else if (!this.cursor.key(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
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
