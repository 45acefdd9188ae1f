// Reads the drawable canvas of the page while the pen moves: the stroke that is being drawn is on its
// upper canvas, all others are on a lower one.
const LOOK = 400; // ms between two looks while the pen is up: Undo and Clear change it too

class Drawable {
  constructor(heard) {
    this.heard = heard;
    this.scratch = element("canvas", { width: BOARD, height: BOARD });
    this.context = this.scratch.getContext("2d", { willReadFrequently: true });
    this.ink = new Uint8Array(BOARD * BOARD);
    this.listen = (event) => this.event(event);
    for (const kind of Drawable.EVENTS) document.addEventListener(kind, this.listen, true);
    this.timer = setInterval(() => !document.hidden && this.look(null), LOOK);
  }

  get down() {
    return this.drawing ?? null;
  }

  // All canvases of the drawable one, the upper one last; none while it is not there.
  canvases() {
    if (this.found?.at(-1)?.isConnected) return this.found;
    this.found = [];
    for (const host of document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')) {
      const upper = host.shadowRoot?.querySelector("canvas.upper-canvas");
      if (upper) this.found = [...host.shadowRoot.querySelectorAll("canvas.lower-canvas"), upper];
    }
    return this.found;
  }

  event(event) {
    const ours = event.composedPath().includes(this.canvases().at(-1));
    if (event.type === "pointerdown" && ours) this.drawing = event.pointerId;
    if (this.down === null) return;
    if (event.type === "pointerup" || event.type === "pointercancel") {
      this.drawing = null;
      this.heard.lifted();
    }
    this.heard.moved(event);
  }

  // Whether something has changed since the last look.
  look(event) {
    const before = this.ink;
    this.read();
    if (this.ink.some((value, i) => value !== before[i])) this.heard.moved(event);
  }

  read() {
    const canvases = this.canvases();
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, BOARD, BOARD);
    for (const canvas of canvases) this.context.drawImage(canvas, 0, 0, BOARD, BOARD);
    this.ink = inkOf(this.context.getImageData(0, 0, BOARD, BOARD).data);
  }

  prepared(steps) {
    this.read();
    return prepareInk(this.ink, BOARD, BOARD, steps);
  }

  end() {
    for (const kind of Drawable.EVENTS) document.removeEventListener(kind, this.listen, true);
    clearInterval(this.timer);
  }
}
Drawable.EVENTS = ["pointerdown", "pointermove", "pointerup", "pointercancel"];
