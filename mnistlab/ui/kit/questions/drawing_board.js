// A board to draw on with mouse, pen, finger or keyboard. Its value: 28x28 bytes as hexadecimal
// digits, prepared as MNIST's pictures are; null while nothing is drawn.
const NIB = 20; // pixels of the board, as the medium pen of the page Draw

class DrawingBoard {
  constructor({ words, value }) {
    this.drawing = new Drawing();
    const heard = { width: () => NIB, moved: () => {}, lifted: () => this.tell(), key: (key) => this.key(key) };
    this.board = new Board(this.drawing, words.board, heard, { inHand: true });
    this.undo = element("button", { type: "button", textContent: words.undo, onclick: () => this.back("undo") });
    this.clear = element("button", { type: "button", textContent: words.clear, onclick: () => this.back("clear") });
    const hint = element("small", { textContent: words.keys });
    this.root = element("div", { className: "drawing" }, [
      this.board.root, element("div", { className: "tools" }, [this.undo, this.clear]), hint,
    ]);
    if (value) this.drawing.give(fromHex(value));
    this.refresh();
  }

  key(key) {
    if (key === "Backspace") this.back("undo");
    else if (key === "Delete") this.back("clear");
    else return false;
    return true;
  }

  back(how) {
    this.board.cursor.down = false;
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
