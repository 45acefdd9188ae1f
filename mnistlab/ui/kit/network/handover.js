// Between the drawing and the page: its picture takes the drawing's place, and it is told what was
// drawn once the reader leaves, never while the pen is down.
class Handover {
  // `picture()`: what is drawn now, as base64, or null. `say`: how the page is told.
  constructor(root, drawing, picture) {
    Object.assign(this, { root, drawing, picture });
    this.outside = (event) => event.composedPath().includes(root) || this.tell();
    document.addEventListener("pointerdown", this.outside, true);
    root.onpointerleave = () => this.tell();
    root.onfocusout = (event) => root.contains(event.relatedTarget) || this.tell();
  }

  // The page's picture, unless it is what was drawn here. Returns whether it is new.
  take(picture, lasting) {
    const { drawing } = this;
    if (picture === drawing.given) return false;
    drawing.given = picture;
    if (picture === null ? lasting : drawing.told.has(picture) || picture === this.picture()) return false;
    drawing.give(picture && fromBase64(picture));
    return true;
  }

  tell() {
    const { drawing } = this;
    const picture = drawing.own && !this.down?.() ? this.picture() : null;
    if (picture === null || drawing.last === picture) return;
    drawing.told.add(picture);
    drawing.last = picture;
    this.say.drawing(picture);
  }

  // The page is to show how a map or unit is computed for what was drawn.
  open(place) {
    const picture = this.drawing.own || this.always ? this.picture() : null;
    if (picture) this.drawing.told.add(picture);
    this.say.open({ ...place, picture });
  }

  end() {
    document.removeEventListener("pointerdown", this.outside, true);
  }
}
