// The board to draw on: with mouse, pen or finger, and with the pen of the keyboard.
class Board {
  // `heard.width()`: of the pen, in pixels; `heard.moved(event)`: the drawing has changed (null: by the
  // keyboard); `heard.lifted()`: a stroke is done; `heard.key(key)`: whether this key, which is none of
  // the pen's, did something. `inHand`: see `PenCursor`.
  constructor(drawing, label, heard, { inHand = false } = {}) {
    Object.assign(this, { drawing, heard, down: null });
    this.cursor = new PenCursor(drawing, { width: heard.width, lifted: () => this.done(null), inHand });
    this.root = element("div", {
      className: "board", tabIndex: 0, role: "application", "aria-label": label,
    }, [drawing.canvas, this.cursor.mark]);
    this.root.onkeydown = (event) => this.key(event);
    this.root.onblur = () => this.cursor.rest();
    const { canvas } = drawing;
    canvas.onpointerdown = (event) => this.begin(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => this.lift(event);
  }

  begin(event) {
    if (this.down !== null || event.button !== 0) return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.cursor.away();
    this.drawing.canvas.setPointerCapture(event.pointerId);
    this.down = event.pointerId;
    this.drawing.begin(...this.place(event), this.heard.width());
    this.heard.moved(event);
  }

  move(event) {
    if (event.pointerId !== this.down) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.drawing.extend(...this.place(each));
    this.heard.moved(event);
  }

  lift(event) {
    if (event.pointerId !== this.down) return;
    this.down = null;
    this.done(event);
  }

  done(event) {
    this.heard.moved(event);
    this.heard.lifted();
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
    if (this.cursor.key(event.key)) this.heard.moved(null);
    else if (!this.heard.key(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // for Streamlit, R means to run the page again
  }
}
